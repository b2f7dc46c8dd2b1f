import { randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { DataIndex } from './data-index.ts'
import { type Doc, matchesWildcard } from './document.ts'
import { badIndexName, ElasticError, illegalArgument, noSuchIndex } from './elastic-error.ts'
import type { NodeFacts } from './node-facts.ts'

/** What one source may bring in, bytes of documents and number of indices. Beyond, the disk of the node is full. */
const MOST_BYTES = 1024 * 1024
const MOST_INDICES = 200
const MOST_SCROLLS = 50
const MOST_KEPT = 100

/** What is left of a scroll. */
export interface Scroll {
  hits: { index: DataIndex; doc: Doc }[]
  size: number
  total: number
}

/** The cluster as one source sees it: the seed, and what this source has written and deleted. */
export class Cluster {
  readonly node: NodeFacts
  readonly scrolls = new LRUCache<string, Scroll>({ max: MOST_SCROLLS })
  readonly settings: { persistent: Record<string, unknown>; transient: Record<string, unknown> } = { persistent: {}, transient: {} }
  /** Templates, repositories, pipelines and stored scripts, by kind and name. */
  readonly kept = new LRUCache<string, object>({ max: MOST_KEPT })
  readonly #indices: Map<string, DataIndex>
  readonly #own = new Set<DataIndex>()
  #written = 0

  constructor(node: NodeFacts, seed: ReadonlyMap<string, DataIndex>) {
    this.node = node
    this.#indices = new Map(seed)
  }

  get indices(): DataIndex[] {
    return [...this.#indices.values()]
  }

  /** Shards of every index, with their copies: on one node the copies have no place. */
  shards(indices: readonly DataIndex[] = this.indices): { active: number; unassigned: number } {
    const open = indices.filter((index) => index.isOpen)
    return {
      active: open.reduce((sum, { shards }) => sum + shards, 0),
      unassigned: open.reduce((sum, { shards, replicas }) => sum + shards * replicas, 0),
    }
  }

  /**
   * The indices of an expression such as `a,b-*,-b-1`, `_all` or an alias.
   * @throws ElasticError 404 for a name that is no index, unless `lenient`
   */
  resolve(expression: string | undefined, lenient = false): DataIndex[] {
    if (expression === undefined || expression === '' || expression === '_all' || expression === '*') return this.indices
    const found = new Set<DataIndex>()
    for (const part of expression.split(',', 500)) {
      const isExcluded = part.startsWith('-') && found.size > 0
      for (const index of this.#named(isExcluded ? part.slice(1) : part, lenient)) {
        if (isExcluded) found.delete(index)
        else found.add(index)
      }
    }
    return [...found]
  }

  #named(name: string, lenient: boolean): DataIndex[] {
    const { major } = this.node.release
    if (name.startsWith('_') && name !== '_all' && major > 1) throw badIndexName(name, "must not start with '_'.")
    const matching = this.indices.filter(
      (index) => matchesWildcard(name, index.name) || [...index.aliases.keys()].some((alias) => matchesWildcard(name, alias)),
    )
    if (matching.length === 0 && !name.includes('*') && name !== '_all' && !lenient) throw noSuchIndex(name, major)
    return name === '_all' ? this.indices : matching
  }

  /** The index of this name or alias. @throws ElasticError 404 */
  one(name: string): DataIndex {
    const [index] = this.resolve(name)
    if (!index) throw noSuchIndex(name, this.node.release.major)
    return index
  }

  has(name: string): boolean {
    return this.#indices.has(name)
  }

  create(
    name: string,
    given: { shards?: number; replicas?: number; properties?: Record<string, unknown>; settings?: Record<string, unknown> } = {},
  ): DataIndex {
    const { release } = this.node
    checkName(name)
    const existing = this.#indices.get(name)
    if (existing) {
      throw new ElasticError(
        400,
        'resource_already_exists_exception',
        `index [${name}/${existing.uuid}] already exists`,
        { index_uuid: existing.uuid, index: name },
        `IndexAlreadyExistsException[[${name}] already exists]`,
      )
    }
    if (this.#indices.size >= MOST_INDICES) {
      throw illegalArgument(
        `Validation Failed: 1: this action would add [2] shards, but this cluster currently has [999]/[1000] maximum normal shards open;`,
      )
    }
    const index = new DataIndex({ ...given, name, shards: given.shards ?? release.shards })
    this.#own.add(index)
    this.#indices.set(name, index)
    return index
  }

  /** The index as this source may write to it; one that is missing is made. */
  writable(name: string): DataIndex {
    const [existing] = this.#indices.has(name) ? [this.#indices.get(name) as DataIndex] : this.resolve(name, true)
    const index = existing ?? this.create(name)
    if (this.#own.has(index)) return index
    const copy = index.copy()
    this.#own.add(copy)
    this.#indices.set(index.name, copy)
    return copy
  }

  /** Puts a document. @throws ElasticError when the disk is full */
  put(
    name: string,
    id: string | undefined,
    source: Record<string, unknown>,
    type = '_doc',
  ): { index: DataIndex; doc: Doc; created: boolean } {
    const bytes = JSON.stringify(source).length
    if (this.#written + bytes > MOST_BYTES) throw floodStage(name)
    const index = this.writable(name)
    this.#written += bytes
    return { index, ...index.put(id ?? newId(), source, type, bytes) }
  }

  delete(index: DataIndex): void {
    this.#indices.delete(index.name)
    this.#own.delete(index)
  }
}

/** 20 letters, as a node makes ids (time, machine and a counter, which nobody can read). */
export function newId(): string {
  return randomBytes(15).toString('base64url')
}

function checkName(name: string): void {
  if (name === '.' || name === '..') throw badIndexName(name, "must not be '.' or '..'")
  if (/[\\/*?"<>| ,]/.test(name)) throw badIndexName(name, 'must not contain the following characters [ , ", *, \\, <, |, ,, >, /, ?]')
  if (name !== name.toLowerCase()) throw badIndexName(name, 'must be lowercase')
  if (/^[-_+]/.test(name)) throw badIndexName(name, "must not start with '_', '-', or '+'")
  if (name.includes('#')) throw badIndexName(name, "must not contain '#'")
  if (Buffer.byteLength(name) > 255) throw badIndexName(name, `index name is too long, (${Buffer.byteLength(name)} > 255)`)
}

function floodStage(index: string): ElasticError {
  const reason = `index [${index}] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block];`
  return new ElasticError(429, 'cluster_block_exception', reason, { index })
}
