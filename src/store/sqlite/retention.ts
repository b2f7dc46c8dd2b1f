import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ArtifactFolder } from '../artifacts.ts'
import { FACT_FIELDS } from '../facts.ts'
import { inTransaction, pragmaNumber } from './database.ts'

/** Rows deleted in one transaction: some milliseconds of work. */
const SLICE = 250
/** Pages of 4 KiB given back to the disk after each slice. */
const VACUUM_PAGES = 512
/** An artifact of the last hour may belong to an event that is still on its way. */
const ORPHAN_AGE_MS = 3_600_000
const DAY_MS = 86_400_000

/** What has been silent longest: whole sessions, so that no transcript loses its beginning, and what belongs to none. */
const OLDEST = `
  SELECT 'session' AS kind, id, last_at AS at FROM session WHERE last_at < ?1
  UNION ALL SELECT 'event', id, time FROM event WHERE session IS NULL AND time < ?1
  UNION ALL SELECT 'dead letter', id, time FROM dead_letter WHERE time < ?1
  ORDER BY at LIMIT ${SLICE}`

const DELETE_EVENTS = `
  DELETE FROM event WHERE id IN (SELECT id FROM event WHERE session = ? ORDER BY id LIMIT ?)
  RETURNING iif(type = 'artifact', body ->> '$.data.sha256', NULL) AS sha256`

const DELETE_EVENT = `DELETE FROM event WHERE id = ? RETURNING iif(type = 'artifact', body ->> '$.data.sha256', NULL) AS sha256`

const REFERRED = `SELECT 1 FROM event WHERE type = 'artifact' AND body ->> '$.data.sha256' = ? LIMIT 1`

const OLDEST_LEFT = `
  SELECT min(at) AS at FROM (SELECT min(started_at) AS at FROM session UNION ALL SELECT min(time) FROM event WHERE session IS NULL)`

const DELETE_TALLIES = ['tally_fine', 'tally_day'].map(
  (table) => `
  DELETE FROM ${table} WHERE field = ?1 AND (bucket, term) IN (
    SELECT bucket, term FROM ${table} WHERE field = ?1 AND bucket < ?2 - ${DAY_MS} LIMIT ${SLICE})`,
)

const DELETE_TERMS = `DELETE FROM term WHERE id IN (SELECT id FROM term WHERE last_seen < ? LIMIT ${SLICE})`

export interface Retained {
  artifacts: ArtifactFolder | undefined
  /** Whether an event that is not in the database yet refers to the artifact. */
  isAwaited(sha256: string): boolean
}

interface Slice {
  rows: number
  events: number
  /** Artifacts that deleted events referred to. */
  artifacts: Set<string>
}

/** Deletes oldest first in small transactions, with turns of the event loop between them. */
export class SqliteRetention {
  readonly #database: DatabaseSync
  readonly #retained: Retained
  readonly #oldest: StatementSync
  readonly #deleteEvents: StatementSync
  readonly #deleteEvent: StatementSync
  readonly #deleteSession: StatementSync
  readonly #deleteSources: StatementSync
  readonly #deleteTags: StatementSync
  readonly #deleteTerms: StatementSync
  readonly #deleteDeadLetter: StatementSync
  readonly #referred: StatementSync

  constructor(database: DatabaseSync, retained: Retained) {
    this.#database = database
    this.#retained = retained
    this.#oldest = database.prepare(OLDEST)
    this.#deleteEvents = database.prepare(DELETE_EVENTS)
    this.#deleteEvent = database.prepare(DELETE_EVENT)
    this.#deleteSession = database.prepare('DELETE FROM session WHERE id = ?')
    this.#deleteSources = database.prepare('DELETE FROM session_source WHERE session = ?')
    this.#deleteTags = database.prepare('DELETE FROM session_tag WHERE session = ?')
    this.#deleteTerms = database.prepare('DELETE FROM session_term WHERE session = ?')
    this.#deleteDeadLetter = database.prepare('DELETE FROM dead_letter WHERE id = ?')
    this.#referred = database.prepare(REFERRED)
  }

  /** @throws SQLite's error; what was deleted before it stays deleted. */
  async retain(policy: { days: number; bytes: number }, now = Date.now()): Promise<{ deletedEvents: number }> {
    const byAge = await this.#delete(now - policy.days * DAY_MS, () => true)
    const bySize = await this.#delete(Number.MAX_SAFE_INTEGER, () => this.#bytes() > policy.bytes)
    await this.#deleteFacts(now)
    this.#dropOrphans(this.#agedArtifacts(now))
    return { deletedEvents: byAge + bySize }
  }

  async #delete(before: number, goesOn: () => boolean): Promise<number> {
    let events = 0
    while (goesOn()) {
      const slice = inTransaction(this.#database, () => this.#deleteSlice(before))
      if (slice.rows === 0) break
      events += slice.events
      this.#database.exec(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`)
      this.#dropOrphans(slice.artifacts)
      await nextTurn()
    }
    return events
  }

  /** What was last counted before the oldest event that is left. */
  async #deleteFacts(now: number): Promise<void> {
    const oldest = Number(this.#database.prepare(OLDEST_LEFT).get()?.at ?? now)
    for (const sql of DELETE_TALLIES) for (const field of Object.keys(FACT_FIELDS)) await this.#deleteInSlices(sql, field, oldest)
    await this.#deleteInSlices(DELETE_TERMS, oldest)
  }

  async #deleteInSlices(sql: string, ...values: (string | number)[]): Promise<void> {
    const statement = this.#database.prepare(sql)
    while (Number(inTransaction(this.#database, () => statement.run(...values)).changes) > 0) await nextTurn()
  }

  #deleteSlice(before: number): Slice {
    const slice: Slice = { rows: 0, events: 0, artifacts: new Set() }
    for (const { kind, id } of this.#oldest.all(before)) {
      if (slice.rows >= SLICE) break
      if (kind === 'session') this.#deleteOfSession(String(id), slice)
      else if (kind === 'event') note(slice, this.#deleteEvent.all(id!))
      else slice.rows += Number(this.#deleteDeadLetter.run(id!).changes)
    }
    return slice
  }

  /** A session of more events than the slice has room for goes on in the next one. */
  #deleteOfSession(session: string, slice: Slice): void {
    const room = SLICE - slice.rows
    const rows = this.#deleteEvents.all(session, room)
    note(slice, rows)
    if (rows.length === room) return
    this.#deleteSources.run(session)
    this.#deleteTags.run(session)
    this.#deleteTerms.run(session)
    slice.rows += Number(this.#deleteSession.run(session).changes)
  }

  #bytes(): number {
    const pages = pragmaNumber(this.#database, 'page_count') - pragmaNumber(this.#database, 'freelist_count')
    return pages * pragmaNumber(this.#database, 'page_size') + (this.#retained.artifacts?.bytes() ?? 0)
  }

  #agedArtifacts(now: number): string[] {
    const aged = this.#retained.artifacts?.list().filter((artifact) => artifact.firstSeen < now - ORPHAN_AGE_MS) ?? []
    return aged.map((artifact) => artifact.sha256)
  }

  #dropOrphans(candidates: Iterable<string>): void {
    for (const sha256 of candidates) {
      if (this.#retained.isAwaited(sha256) || this.#referred.get(sha256)) continue
      this.#retained.artifacts?.remove(sha256)
    }
  }
}

function note(slice: Slice, deleted: readonly Record<string, unknown>[]): void {
  slice.rows += deleted.length
  slice.events += deleted.length
  for (const { sha256 } of deleted) if (typeof sha256 === 'string') slice.artifacts.add(sha256)
}
