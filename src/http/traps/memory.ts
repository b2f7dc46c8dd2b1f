import { LRUCache } from 'lru-cache'
import { atMost } from '../../config/at-most.ts'
import type { Remembered } from './condition.ts'

const LIFETIME = 24 * 3_600_000
const MOST_MET = 50_000
const MOST_VALUES = 20_000
const LONGEST_VALUE = 4_096
/** Bytes of all kept files, and of one. */
const KEPT = 32 * 1024 * 1024
const LARGEST_KEPT = 1024 * 1024

/** What each source did at a set of traps. Bounded over all sources; the longest ago is forgotten first. */
export class TrapMemory {
  readonly #met = new LRUCache<string, true>({ ...atMost(MOST_MET), ttl: LIFETIME })
  readonly #values = new LRUCache<string, string>({ ...atMost(MOST_VALUES), ttl: LIFETIME })
  readonly #files = new LRUCache<string, Buffer>({ maxSize: KEPT, sizeCalculation: (bytes) => bytes.length + 64, ttl: LIFETIME })

  of(source: string): SourceMemory {
    const values = this.#values
    const met = this.#met
    const files = this.#files
    return {
      value: (name) => values.get(`${source} ${name}`),
      remember: (name, value) => void values.set(`${source} ${name}`, value.slice(0, LONGEST_VALUE)),
      hasMet: (trap) => met.has(`${source} ${trap}`),
      meet: (trap) => void met.set(`${source} ${trap}`, true),
      file: (path) => files.get(`${source} ${path}`),
      keep: (path, bytes) => void files.set(`${source} ${path}`, Buffer.from(bytes.subarray(0, LARGEST_KEPT))),
    }
  }
}

export interface SourceMemory extends Remembered {
  remember(name: string, value: string): void
  hasMet(trap: string): boolean
  meet(trap: string): void
  /** A file that this source has left at a path. */
  file(path: string): Buffer | undefined
  keep(path: string, bytes: Uint8Array): void
}
