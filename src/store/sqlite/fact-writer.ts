import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { byDay, digestOf, FactTally, type Seen } from '../fact-tally.ts'
import { FACT_FIELDS, type Fact } from '../facts.ts'

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

/** Merges the counts of a batch of events into those of all. */
export class FactWriter {
  readonly #mergeTerm: StatementSync
  readonly #mergeText: StatementSync
  readonly #mergeSessionTerm: StatementSync
  readonly #mergeFine: StatementSync
  readonly #mergeDay: StatementSync
  readonly #tally = new FactTally()

  constructor(database: DatabaseSync) {
    this.#mergeTerm = database.prepare(MERGE_TERM)
    this.#mergeText = database.prepare('INSERT INTO term_text (rowid, value) VALUES (?, ?)')
    this.#mergeSessionTerm = database.prepare(MERGE_SESSION_TERM)
    this.#mergeFine = database.prepare(mergeTally('tally_fine'))
    this.#mergeDay = database.prepare(mergeTally('tally_day'))
  }

  note(fact: Fact, time: number, session: string | undefined): void {
    this.#tally.note(fact, time, session)
  }

  /** Writes what was noted. To be called within the transaction that stores its events. */
  merge(): void {
    for (const seen of this.#tally.values()) this.#mergeSeen(seen)
    this.#tally.clear()
  }

  /** Forgets what was noted in a transaction that failed. */
  discard(): void {
    this.#tally.clear()
  }

  #mergeSeen({ fact: { field, value }, firstSeen, lastSeen, count, sessions, fine }: Seen): void {
    const row = this.#mergeTerm.get(field, digestOf(value), value, firstSeen, lastSeen, count)
    const term = Number(row?.id)
    // Equal only when the value is new.
    if (Number(row?.count) === count && FACT_FIELDS[field] === 'text') this.#mergeText.run(term, value.slice(0, SEARCHED))
    for (const [session, times] of sessions) this.#mergeSessionTerm.run(session, term, times)
    for (const [bucket, times] of fine) this.#mergeFine.run(field, bucket, term, times)
    for (const [day, times] of byDay(fine)) this.#mergeDay.run(field, day, term, times)
  }
}
