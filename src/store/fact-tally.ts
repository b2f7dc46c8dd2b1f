import { hash } from 'node:crypto'
import { FACT_FIELDS, type Fact } from './facts.ts'

/** Width of a fine bucket, and of a day, in milliseconds. */
export const FINE_MS = 600_000
export const DAY_MS = 86_400_000

/** One value of a batch, and where it was seen. */
export interface Seen {
  fact: Fact
  firstSeen: number
  lastSeen: number
  count: number
  /** Session → times; empty for fields that say nothing of one session. */
  sessions: Map<string, number>
  /** Start of ten minutes → times. */
  fine: Map<number, number>
}

/** Counts what a batch of events says: bots repeat themselves, so there is far less to write than was said. */
export class FactTally {
  readonly #seen = new Map<string, Seen>()

  note(fact: Fact, time: number, session: string | undefined): void {
    const key = `${fact.field}\0${fact.value}`
    let seen = this.#seen.get(key)
    if (!seen) {
      seen = { fact, firstSeen: time, lastSeen: time, count: 0, sessions: new Map(), fine: new Map() }
      this.#seen.set(key, seen)
    }
    seen.count++
    seen.firstSeen = Math.min(seen.firstSeen, time)
    seen.lastSeen = Math.max(seen.lastSeen, time)
    increase(seen.fine, floorTo(time, FINE_MS))
    if (session !== undefined && FACT_FIELDS[fact.field] !== 'counted') increase(seen.sessions, session)
  }

  values(): IterableIterator<Seen> {
    return this.#seen.values()
  }

  clear(): void {
    this.#seen.clear()
  }
}

/** The same counts by day (UTC). */
export function byDay(fine: ReadonlyMap<number, number>): Map<number, number> {
  const days = new Map<number, number>()
  for (const [bucket, times] of fine) increase(days, floorTo(bucket, DAY_MS), times)
  return days
}

/** What values are looked up by: the first 16 bytes of their SHA-256. */
export function digestOf(value: string): Buffer {
  return hash('sha256', value, 'buffer').subarray(0, 16)
}

export function floorTo(time: number, width: number): number {
  return Math.floor(time / width) * width
}

function increase<K>(counts: Map<K, number>, key: K, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by)
}
