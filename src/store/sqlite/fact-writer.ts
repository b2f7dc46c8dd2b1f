import { hash } from 'node:crypto'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { FACT_FIELDS, type Fact, type FactField } from '../facts.ts'

/** Width of a fine bucket, and of a day, in milliseconds. */
export const FINE_MS = 600_000
export const DAY_MS = 86_400_000

/** How much of a value can be searched within: what it costs to index one is bounded so. */
const SEARCHED = 2048

const MERGE_TERM = `
  INSERT INTO term (field, digest, value, first_seen, last_seen, count) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
  ON CONFLICT (field, digest) DO UPDATE SET
    first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen), count = count + excluded.count
  RETURNING id, count`

const MERGE_SESSION_TERM = `
  INSERT INTO session_term (session, term, count) VALUES (?, ?, ?)
  ON CONFLICT (session, term) DO UPDATE SET count = count + excluded.count`

const mergeTally = (table: string): string => `
  INSERT INTO ${table} (field, bucket, term, count) VALUES (?, ?, ?, ?)
  ON CONFLICT (field, bucket, term) DO UPDATE SET count = count + excluded.count`

/** One value of a batch, and where it was seen. */
interface Seen {
  fact: Fact
  firstSeen: number
  lastSeen: number
  count: number
  sessions: Map<string, number>
  fine: Map<number, number>
}

/** Counts what a batch of events says, then merges the counts: bots repeat themselves, so there is far less to write than was said. */
export class FactWriter {
  readonly #mergeTerm: StatementSync
  readonly #mergeText: StatementSync
  readonly #mergeSessionTerm: StatementSync
  readonly #mergeFine: StatementSync
  readonly #mergeDay: StatementSync
  readonly #seen = new Map<string, Seen>()

  constructor(database: DatabaseSync) {
    this.#mergeTerm = database.prepare(MERGE_TERM)
    this.#mergeText = database.prepare('INSERT INTO term_text (rowid, value) VALUES (?, ?)')
    this.#mergeSessionTerm = database.prepare(MERGE_SESSION_TERM)
    this.#mergeFine = database.prepare(mergeTally('tally_fine'))
    this.#mergeDay = database.prepare(mergeTally('tally_day'))
  }

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

  /** Writes what was noted. To be called within the transaction that stores its events. */
  merge(): void {
    for (const seen of this.#seen.values()) this.#mergeSeen(seen)
    this.#seen.clear()
  }

  /** Forgets what was noted in a transaction that failed. */
  discard(): void {
    this.#seen.clear()
  }

  #mergeSeen({ fact: { field, value }, firstSeen, lastSeen, count, sessions, fine }: Seen): void {
    const row = this.#mergeTerm.get(field, digestOf(value), value, firstSeen, lastSeen, count)
    const term = Number(row?.id)
    // Equal only when the value is new.
    if (Number(row?.count) === count && FACT_FIELDS[field] === 'text') this.#mergeText.run(term, value.slice(0, SEARCHED))
    for (const [session, times] of sessions) this.#mergeSessionTerm.run(session, term, times)
    const days = new Map<number, number>()
    for (const [bucket, times] of fine) {
      this.#mergeFine.run(field, bucket, term, times)
      increase(days, floorTo(bucket, DAY_MS), times)
    }
    for (const [day, times] of days) this.#mergeDay.run(field, day, term, times)
  }
}

export function digestOf(value: string): Buffer {
  return hash('sha256', value, 'buffer').subarray(0, 16)
}

export function floorTo(time: number, width: number): number {
  return Math.floor(time / width) * width
}

/** Whether sessions can be found by a field. */
export function isOfSessions(field: FactField): boolean {
  return FACT_FIELDS[field] !== 'counted'
}

function increase<K>(counts: Map<K, number>, key: K, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by)
}
