import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { atMost } from '../config/at-most.ts'
import type { Generation } from '../events/schema.ts'
import type { StateStore } from '../store/contract.ts'
import type { QuestionFacts } from './question.ts'

/** Where answers lie in the state store. */
export const CACHE_SCOPE = 'llm-cache'
/** Entries that are too old to be fresh are still served for this many lifetimes, while a new answer is made. */
const STALE_LIFETIMES = 2
/** Share of the disk bound that a clean-up leaves filled. */
const LOW_WATER = 0.8

export interface CacheEntry {
  /** The answer before domain types are checked again. */
  value: unknown
  generation: Generation
  /** UTC milliseconds. */
  storedAt: number
}

export type Hit = { freshness: 'fresh' | 'stale'; entry: CacheEntry } | { freshness: 'negative' }

export interface CacheStats {
  hits: number
  staleHits: number
  negativeHits: number
  misses: number
  /** Entries that were found and did not fit the question; dropped and asked anew. */
  wrongHits: number
  memoryEntries: number
  memoryBytes: number
  diskBytes: number
}

export interface CacheSettings {
  memoryMiB: number
  diskMiB: number
  ttlHours: number
  negativeMinutes: number
}

/**
 * What equal questions share: persona version, kind, the question in its key form, and the state that the answer depends on;
 * the source too where state is the source's own.
 */
export function cacheKey(question: QuestionFacts): string {
  const { persona, kind, key, state, share, asker } = question
  const parts = [persona.name, persona.version, kind, key, state, share === 'source' ? asker.ip : '']
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

/** Generated answers: the recent ones in memory, all of them in the state store, both bounded in bytes. */
export class AnswerCache {
  readonly #memory: LRUCache<string, string>
  readonly #failed: LRUCache<string, true>
  readonly #state: StateStore
  readonly #ttlMs: number
  readonly #diskLimit: number
  readonly #now: () => number
  #diskBytes = 0
  readonly #counts = { hits: 0, staleHits: 0, negativeHits: 0, misses: 0, wrongHits: 0 }

  constructor(settings: CacheSettings, state: StateStore, now: () => number = Date.now) {
    this.#memory = new LRUCache({
      maxSize: Math.ceil(settings.memoryMiB * 2 ** 20),
      // Two bytes a character is the worst case of a JavaScript string.
      sizeCalculation: (text, key) => 2 * (text.length + key.length),
    })
    this.#failed = new LRUCache({ ...atMost(10_000), ttl: settings.negativeMinutes * 60_000, ttlResolution: 0, perf: { now } })
    this.#state = state
    this.#ttlMs = settings.ttlHours * 3_600_000
    this.#diskLimit = Math.ceil(settings.diskMiB * 2 ** 20)
    this.#now = now
    this.#tidy()
  }

  get(key: string): Hit | undefined {
    const text = this.#memory.get(key) ?? this.#fromDisk(key)
    const entry = text === undefined ? undefined : (JSON.parse(text) as CacheEntry)
    const age = entry ? this.#now() - entry.storedAt : 0
    if (entry && age < this.#ttlMs * STALE_LIFETIMES) {
      this.#counts.hits++
      if (age < this.#ttlMs) return { freshness: 'fresh', entry }
      this.#counts.staleHits++
      return { freshness: 'stale', entry }
    }
    if (this.#failed.has(key)) {
      this.#counts.negativeHits++
      return { freshness: 'negative' }
    }
    this.#counts.misses++
    return undefined
  }

  /** Whether a question would be answered from here, or is known to have no answer; counts as no hit and no miss. */
  has(key: string): boolean {
    const text = this.#memory.get(key) ?? this.#state.get(CACHE_SCOPE, key)?.toString('utf8')
    if (text === undefined) return this.#failed.has(key)
    return this.#now() - (JSON.parse(text) as CacheEntry).storedAt < this.#ttlMs
  }

  set(key: string, value: unknown, generation: Generation): void {
    const text = JSON.stringify({ value, generation, storedAt: this.#now() } satisfies CacheEntry)
    this.#failed.delete(key)
    this.#memory.set(key, text)
    this.#state.set(CACHE_SCOPE, key, text)
    this.#diskBytes += Buffer.byteLength(text)
    if (this.#diskBytes > this.#diskLimit) this.#tidy()
  }

  /** Remembers for a while that no good answer to this question could be had, so that asking again costs nothing. */
  setNegative(key: string): void {
    this.#failed.set(key, true)
  }

  /** Takes back a hit that did not fit its question. */
  wrong(key: string): void {
    this.#counts.wrongHits++
    this.#counts.hits--
    this.delete(key)
  }

  delete(key: string): void {
    this.#memory.delete(key)
    this.#state.delete(CACHE_SCOPE, key)
  }

  purge(): void {
    this.#memory.clear()
    this.#failed.clear()
    this.#state.clear(CACHE_SCOPE)
    this.#diskBytes = 0
  }

  /** All entries, for moving them to another sensor. */
  *export(): Iterable<{ key: string } & CacheEntry> {
    for (const { key, value } of this.#state.entries(CACHE_SCOPE)) {
      yield { key, ...(JSON.parse(value.toString('utf8')) as CacheEntry) }
    }
  }

  import(entries: Iterable<{ key: string } & CacheEntry>): number {
    let taken = 0
    for (const { key, ...entry } of entries) {
      this.#state.set(CACHE_SCOPE, key, JSON.stringify(entry))
      taken++
    }
    this.#tidy()
    return taken
  }

  stats(): CacheStats {
    return { ...this.#counts, memoryEntries: this.#memory.size, memoryBytes: this.#memory.calculatedSize, diskBytes: this.#diskBytes }
  }

  #fromDisk(key: string): string | undefined {
    const text = this.#state.get(CACHE_SCOPE, key)?.toString('utf8')
    if (text !== undefined) this.#memory.set(key, text)
    return text
  }

  /** Counts what is stored and deletes what is too old, then the oldest of the rest while it is too much. */
  #tidy(): void {
    const entries = [...this.#state.entries(CACHE_SCOPE)].map(({ key, value, updatedAt }) => ({ key, bytes: value.length, updatedAt }))
    entries.sort((a, b) => b.updatedAt - a.updatedAt)
    const oldest = this.#now() - this.#ttlMs * STALE_LIFETIMES
    const bound = entries.reduce((sum, e) => sum + e.bytes, 0) > this.#diskLimit ? this.#diskLimit * LOW_WATER : this.#diskLimit
    this.#diskBytes = 0
    for (const { key, bytes, updatedAt } of entries) {
      if (updatedAt < oldest || this.#diskBytes + bytes > bound) this.delete(key)
      else this.#diskBytes += bytes
    }
  }
}
