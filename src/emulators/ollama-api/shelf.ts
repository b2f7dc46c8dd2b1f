import { LRUCache } from 'lru-cache'
import type { Identity } from '../../config/identity.ts'
import { digestOf, installedModels, type Weights } from './catalog.ts'
import { parseModelName, shortName } from './model-name.ts'

/** A model under a name, as one source has left it. */
export interface ShelfModel {
  name: string
  digest: string
  weights: Weights
  /** UTC milliseconds. */
  modifiedAt: number
  parent: string
  system: string
  template: string | undefined
  parameters: Record<string, unknown>
}

/** Models that one source may have beside those of the server, and blobs that it may have sent. */
const MOST = 100
const ASSISTANT = 'support-assistant:latest'
const ASSISTANT_OF = 'llama3.1:8b'
const ASSISTANT_AFTER_MS = 26 * 3_600_000

/** How long a model stays in memory, milliseconds (OLLAMA_KEEP_ALIVE). */
const KEEP_ALIVE = 300_000

/** The models of the server as one source sees them: what it pulled, copied, made or deleted, and what is loaded. */
export class Shelf {
  readonly #models = new Map<string, ShelfModel>()
  readonly #loaded = new Map<string, number>()
  /** Digests of blobs that were sent, with their sizes. */
  readonly blobs = new LRUCache<string, number>({ max: MOST })

  /** @param assistant what the model of the house was told about itself */
  constructor(identity: Identity, assistant: string, now = Date.now()) {
    for (const weights of installedModels()) {
      const age = identity.integer(`ollama ${weights.name}`, 3 * 86_400, 120 * 86_400)
      const modifiedAt = Math.floor(now / 86_400_000) * 86_400_000 - age * 1000 + identity.integer(`ollama ms ${weights.name}`, 0, 999)
      this.#models.set(weights.name, modelOf(weights.name, weights, modifiedAt))
    }
    this.#addAssistant(assistant)
  }

  /** A model that somebody made of another one, with a text that it keeps to itself. */
  #addAssistant(system: string): void {
    const base = this.#models.get(ASSISTANT_OF)
    if (!base) return
    const modifiedAt = base.modifiedAt + ASSISTANT_AFTER_MS
    const digest = digestOf(JSON.stringify([base.digest, system]))
    this.#models.set(ASSISTANT, { ...modelOf(ASSISTANT, base.weights, modifiedAt), parent: base.name, system, digest })
  }

  /** The latest first, as /api/tags lists them. */
  list(): ShelfModel[] {
    return [...this.#models.values()].sort((a, b) => Math.floor(b.modifiedAt / 1000) - Math.floor(a.modifiedAt / 1000))
  }

  /** The model of a name as a client writes it, its case ignored as `getExistingName` does. */
  find(name: string): ShelfModel | undefined {
    const parsed = parseModelName(name)
    if (!parsed) return undefined
    const wanted = shortName(parsed).toLowerCase()
    return this.#models.get(wanted) ?? [...this.#models.values()].find((one) => one.name.toLowerCase() === wanted)
  }

  /** @returns false when the disk is full */
  put(model: ShelfModel): boolean {
    if (!this.#models.has(model.name) && this.#models.size >= MOST) return false
    this.#models.set(model.name, model)
    return true
  }

  delete(model: ShelfModel): void {
    this.#models.delete(model.name)
    this.#loaded.delete(model.name)
  }

  /** Has a model in memory for a while. @returns whether it was there already */
  load(model: ShelfModel, keepAliveMs: number | undefined, now = Date.now()): boolean {
    const wasLoaded = (this.#loaded.get(model.name) ?? 0) > now
    const stays = keepAliveMs ?? KEEP_ALIVE
    this.#loaded.set(model.name, stays < 0 ? Number.MAX_SAFE_INTEGER : now + stays)
    return wasLoaded
  }

  unload(model: ShelfModel): void {
    this.#loaded.delete(model.name)
  }

  /** Models in memory with the time they leave it. */
  loaded(now = Date.now()): { model: ShelfModel; expiresAt: number }[] {
    return [...this.#loaded].flatMap(([name, expiresAt]) => {
      const model = this.#models.get(name)
      return model && expiresAt > now ? [{ model, expiresAt }] : []
    })
  }
}

export function modelOf(name: string, weights: Weights, modifiedAt: number): ShelfModel {
  return { name, digest: weights.digest, weights, modifiedAt, parent: '', system: '', template: undefined, parameters: {} }
}
