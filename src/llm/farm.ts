import { z } from 'zod'
import { Backend as BackendSettings, type Settings } from '../config/schema.ts'
import type { StateStore } from '../store/contract.ts'
import type { Backend } from './backend.ts'
import { createBackend } from './backends/create-backend.ts'
import type { PoolEntry } from './pool.ts'

const SCOPE = 'llm-backends'
/** How often what another process has changed is looked for. */
const LOOK_MS = 1_000

/** What an operator has said of the backend with one URL while Sundew ran. */
const Said = z.object({ drained: z.boolean(), added: BackendSettings.optional() })
type Said = z.infer<typeof Said>

/** A backend as the operator's tools show it. */
export interface FarmMember extends BackendSettings {
  drained: boolean
  /** `sundew.yaml`, or added while Sundew ran. */
  from: 'configuration' | 'operator'
}

/**
 * The model servers in force: those of `llm.backends`, and what was added, drained or removed while Sundew ran. Kept in the state
 * store, so another process changes it and a restart remembers it.
 */
export class ModelFarm {
  readonly #settings: Settings['llm']
  readonly #state: StateStore
  readonly #given: readonly Backend[] | undefined
  /** By settings: an unchanged member keeps its client, and with it its place in the pool. */
  readonly #clients = new Map<string, Backend>()
  #seen = ''
  #lookedAt = Number.NEGATIVE_INFINITY

  /** @param given takes the place of the backends that the settings describe (tests) */
  constructor(settings: Settings['llm'], state: StateStore, given?: readonly Backend[]) {
    this.#settings = settings
    this.#state = state
    this.#given = given
  }

  /** Whether {@link entries} would differ from what it last told. Looks once a second at most. */
  hasChanged(): boolean {
    const now = performance.now()
    if (now - this.#lookedAt < LOOK_MS) return false
    this.#lookedAt = now
    return JSON.stringify(this.members()) !== this.#seen
  }

  /** The backends for the pool; none when the model is switched off. */
  entries(): PoolEntry[] {
    if (!this.#settings.enabled) return []
    const members = this.members()
    this.#seen = JSON.stringify(members)
    const wanted = members.map((member, i) => ({ member, backend: this.#given?.[i] ?? this.#client(member) }))
    const used = new Set(wanted.map(({ backend }) => backend))
    for (const [key, client] of this.#clients) if (!used.has(client)) this.#clients.delete(key)
    const once = wanted.filter(({ backend }, i) => wanted.findIndex((other) => other.backend === backend) === i)
    return once.map(({ member, backend }) => ({
      backend,
      model: member.model ?? this.#settings.model,
      concurrency: member.concurrency,
      perMinute: member.perMinute,
      drained: member.drained,
    }))
  }

  members(): FarmMember[] {
    const said = this.#said()
    const configured = this.#settings.backends.map(
      (one): FarmMember => ({ ...one, drained: said.get(one.url)?.drained ?? false, from: 'configuration' }),
    )
    const urls = new Set(configured.map(({ url }) => url))
    const added = [...said].flatMap(([url, { drained, added }]): FarmMember[] =>
      added && !urls.has(url) ? [{ ...added, drained, from: 'operator' }] : [],
    )
    return [...configured, ...added]
  }

  /** Adds a server, or changes one that was added. @throws Error for one of the configuration */
  add(backend: BackendSettings): void {
    if (this.#isConfigured(backend.url)) throw new Error(`${backend.url} stands in llm.backends already: change it there`)
    this.#say(backend.url, { drained: this.#said().get(backend.url)?.drained ?? false, added: backend })
  }

  /** No new calls from now on, or calls again. @throws Error for an unknown one */
  drain(url: string, drained: boolean): void {
    const known = this.#demand(url)
    this.#say(url, { drained, ...(known?.added ? { added: known.added } : {}) })
  }

  /** Forgets a server that was added. @throws Error for an unknown one, and for one of the configuration */
  remove(url: string): void {
    this.#demand(url)
    if (this.#isConfigured(url)) throw new Error(`${url} stands in llm.backends: drain it, or take it out there`)
    this.#state.delete(SCOPE, url)
  }

  #demand(url: string): Said | undefined {
    const known = this.#said().get(url)
    if (known?.added || this.#isConfigured(url)) return known
    const all = this.members().map((one) => one.url)
    throw new Error(`there is no backend ${url}; there are: ${all.join(', ') || 'none'}`)
  }

  #isConfigured(url: string): boolean {
    return this.#settings.backends.some((one) => one.url === url)
  }

  #said(): Map<string, Said> {
    return new Map(
      [...this.#state.entries(SCOPE)].flatMap(({ key, value }): [string, Said][] => {
        const said = Said.safeParse(readJson(value))
        return said.success ? [[key, said.data]] : []
      }),
    )
  }

  #say(url: string, said: Said): void {
    this.#state.set(SCOPE, url, JSON.stringify(said))
  }

  #client(member: FarmMember): Backend {
    const key = JSON.stringify([member.kind, member.url, member.apiKey, member.model])
    const known = this.#clients.get(key) ?? createBackend(member)
    this.#clients.set(key, known)
    return known
  }
}

function readJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}
