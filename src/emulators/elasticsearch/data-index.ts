import { randomBytes } from 'node:crypto'
import type { Doc } from './document.ts'

/** One index: its documents, and what its settings and mappings say. */
export class DataIndex {
  readonly name: string
  readonly uuid: string
  /** UTC milliseconds. */
  readonly created: number
  readonly shards: number
  replicas: number
  readonly aliases = new Map<string, Record<string, unknown>>()
  readonly docs = new Map<string, Doc>()
  /** Members of `properties`, by name. */
  properties: Record<string, unknown>
  /** Settings beyond the usual, as they were given. */
  settings: Record<string, unknown>
  isOpen = true
  deleted = 0
  bytes = 0
  #seqNo = 0

  constructor(given: {
    name: string
    uuid?: string
    created?: number
    shards: number
    replicas?: number
    properties?: Record<string, unknown>
    settings?: Record<string, unknown>
  }) {
    this.name = given.name
    this.uuid = given.uuid ?? randomBytes(16).toString('base64url')
    this.created = given.created ?? Date.now()
    this.shards = given.shards
    this.replicas = given.replicas ?? 1
    this.properties = given.properties ?? {}
    this.settings = given.settings ?? {}
  }

  /** An own copy to write to; the documents themselves are shared, since nobody changes one. */
  copy(): DataIndex {
    const copy = new DataIndex(this)
    for (const [name, alias] of this.aliases) copy.aliases.set(name, alias)
    for (const [id, doc] of this.docs) copy.docs.set(id, doc)
    copy.isOpen = this.isOpen
    copy.deleted = this.deleted
    copy.bytes = this.bytes
    copy.#seqNo = this.#seqNo
    return copy
  }

  put(id: string, source: Record<string, unknown>, type = '_doc', bytes = JSON.stringify(source).length): { doc: Doc; created: boolean } {
    const before = this.docs.get(id)
    const doc = { id, type, source, version: (before?.version ?? 0) + 1, seqNo: this.#seqNo++ }
    this.docs.set(id, doc)
    this.bytes += bytes
    if (before) this.deleted++
    this.#learn(source)
    return { doc, created: before === undefined }
  }

  /** @returns what was deleted, with the version of its deletion */
  remove(id: string): { version: number; seqNo: number } | undefined {
    const before = this.docs.get(id)
    if (!before) return undefined
    this.docs.delete(id)
    this.deleted++
    return { version: before.version + 1, seqNo: this.#seqNo++ }
  }

  /** The largest sequence number so far; -1 of an empty index. */
  get maxSeqNo(): number {
    return this.#seqNo - 1
  }

  /** What the index takes on disk: compressed fields and the inverted index, per shard some bookkeeping. */
  get storeBytes(): number {
    return Math.round(this.bytes * 0.62) + this.shards * 208 + this.docs.size * 11
  }

  /** Dynamic mapping: fields that are new get the type of their first value. */
  #learn(source: Record<string, unknown>): void {
    if (Object.keys(this.properties).length >= MOST_FIELDS) return
    for (const [name, value] of Object.entries(source))
      if (!Object.hasOwn(this.properties, name)) this.properties[name] = mappingOf(value, 0)
  }
}

/** index.mapping.total_fields.limit */
const MOST_FIELDS = 1000

function mappingOf(value: unknown, depth: number): unknown {
  if (Array.isArray(value)) return mappingOf(value[0] ?? '', depth)
  if (typeof value === 'number') return { type: Number.isInteger(value) ? 'long' : 'float' }
  if (typeof value === 'boolean') return { type: 'boolean' }
  if (typeof value === 'object' && value !== null && depth < 20) {
    return { properties: Object.fromEntries(Object.entries(value).map(([name, member]) => [name, mappingOf(member, depth + 1)])) }
  }
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\d(T|$)/.test(value)) return { type: 'date' }
  return { type: 'text', fields: { keyword: { type: 'keyword', ignore_above: 256 } } }
}
