import { randomUUID } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Row } from './generate.ts'

const SOURCES = 2_000
const HOUR_MS = 3_600_000
/** Objects of one source and resource that it has made or changed. */
const CHANGES = 100

interface Overlay {
  changed: Map<string, Row>
  deleted: Set<string>
}

/** The objects of all resources: shared ones, and over them what each source has made of them. */
export class Store {
  readonly #shared: ReadonlyMap<string, readonly Row[]>
  readonly #reveal: (row: Row, source: string) => Row
  readonly #overlays = new LRUCache<string, Map<string, Overlay>>({ max: SOURCES, ttl: HOUR_MS, updateAgeOnGet: true })

  /** @param reveal gives an object of ours with the secrets in it that this source is shown; what clients wrote is left as it is */
  constructor(shared: ReadonlyMap<string, readonly Row[]>, reveal: (row: Row, source: string) => Row) {
    this.#shared = shared
    this.#reveal = reveal
  }

  list(resource: string, source: string): Row[] {
    const overlay = this.#overlays.get(source)?.get(resource)
    const shared = this.#shared.get(resource) ?? []
    if (!overlay) return shared.map((row) => this.#reveal(row, source))
    const known = new Set(shared.map(({ id }) => String(id)))
    const kept = shared
      .filter(({ id }) => !overlay.deleted.has(String(id)))
      .map((row) => overlay.changed.get(String(row.id)) ?? this.#reveal(row, source))
    return [...kept, ...[...overlay.changed.values()].filter(({ id }) => !known.has(String(id)))]
  }

  get(resource: string, source: string, id: string): Row | undefined {
    const overlay = this.#overlays.get(source)?.get(resource)
    if (overlay?.deleted.has(id)) return undefined
    const changed = overlay?.changed.get(id)
    if (changed) return changed
    const shared = this.#shared.get(resource)?.find((row) => String(row.id) === id)
    return shared && this.#reveal(shared, source)
  }

  /** @returns undefined when this source has made too many */
  create(resource: string, source: string, row: Row, kind: 'integer' | 'uuid'): Row | undefined {
    const overlay = this.#overlay(resource, source)
    if (overlay.changed.size >= CHANGES) return undefined
    const ids = this.list(resource, source).map(({ id }) => Number(id))
    const id = kind === 'uuid' ? randomUUID() : Math.max(0, ...ids.filter(Number.isFinite)) + 1
    const made = { ...row, id }
    overlay.changed.set(String(id), made)
    return made
  }

  /** @returns whether there was room for the change */
  put(resource: string, source: string, id: string, row: Row): boolean {
    const overlay = this.#overlay(resource, source)
    if (overlay.changed.size >= CHANGES && !overlay.changed.has(id)) return false
    overlay.changed.set(id, row)
    return true
  }

  delete(resource: string, source: string, id: string): void {
    const overlay = this.#overlay(resource, source)
    overlay.changed.delete(id)
    if (this.#shared.get(resource)?.some((row) => String(row.id) === id)) overlay.deleted.add(id)
  }

  #overlay(resource: string, source: string): Overlay {
    const all = this.#overlays.get(source) ?? new Map<string, Overlay>()
    this.#overlays.set(source, all)
    const known = all.get(resource) ?? { changed: new Map(), deleted: new Set() }
    all.set(resource, known)
    return known
  }
}
