import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { z } from 'zod'
import type { DeadLetter } from '../../events/bus.ts'
import type { SundewEvent } from '../../events/schema.ts'
import type { EventQuery, EventReader, SessionQuery, SessionSummary } from '../contract.ts'
import { StoreError, troubleOf } from '../trouble.ts'

/** Name of the database in the data folder. */
export const EVENTS_FILE = 'events.db'

/** The first reader after a crash replays the log; another one that comes meanwhile waits this long. */
const READER_TIMEOUT_MS = 1000

const SESSIONS_DEFAULT = 100
const EVENTS_DEFAULT = 1000

const SELECT_SESSION = `
  SELECT s.*, (SELECT json_group_array(tag) FROM session_tag t WHERE t.session = s.id) AS tags FROM session s`

const Strings = z.array(z.string())
const text = z.string().nullable()
const number = z.number().nullable()

const SessionRow = z
  .object({
    id: z.string(),
    sensor: z.string(),
    lure: text,
    stands_for: text,
    persona: text,
    src_ip: text,
    src_port: number,
    dst_port: number,
    started_at: z.number(),
    ended_at: number,
    events: z.number(),
    turns: z.number(),
    logins: z.number(),
    credential: text,
    artifacts: z.number(),
    tags: z.string(),
  })
  .transform(
    (row): SessionSummary => ({
      session: row.id,
      sensor: row.sensor,
      lure: row.lure ?? '',
      standsFor: row.stands_for === null ? [] : Strings.parse(JSON.parse(row.stands_for)),
      persona: row.persona ?? undefined,
      srcIp: row.src_ip ?? '',
      srcPort: row.src_port ?? 0,
      dstPort: row.dst_port ?? 0,
      startedAt: row.started_at,
      endedAt: row.ended_at ?? undefined,
      events: row.events,
      turns: row.turns,
      logins: row.logins,
      credential: row.credential ?? undefined,
      artifacts: row.artifacts,
      tags: Strings.parse(JSON.parse(row.tags)),
    }),
  )

/**
 * Opens the events of a data folder for reading, also while a sensor writes to it.
 * @throws {StoreError} when there are none, or they cannot be read
 */
export function openSqliteReader(folder: string): SqliteReader {
  const file = join(folder, EVENTS_FILE)
  if (!existsSync(file)) {
    throw new StoreError({ what: `there are no events in ${folder}`, cure: 'start Sundew once, or name its data folder with --data' })
  }
  try {
    return new SqliteReader(file)
  } catch (error) {
    throw new StoreError(troubleOf(error, file), { cause: error })
  }
}

/** The queries of a store, over a connection of its own that cannot write. */
export class SqliteReader implements EventReader {
  readonly #file: string
  readonly #database: DatabaseSync

  constructor(file: string) {
    this.#file = file
    this.#database = new DatabaseSync(file, { readOnly: true, timeout: READER_TIMEOUT_MS })
  }

  async sessions(query: SessionQuery): Promise<SessionSummary[]> {
    const where = new Conditions()
      .add('s.started_at >= ?', query.since)
      .add('s.started_at < ?', query.until)
      .add('s.lure = ?', query.lure)
      .add('s.id IN (SELECT session FROM session_source WHERE src_ip = ?)', query.srcIp)
      .add('s.id IN (SELECT session FROM session_tag WHERE tag = ?)', query.tag)
      .add('(s.started_at, s.id) < (SELECT started_at, id FROM session WHERE id = ?)', query.before)
    const sql = `${SELECT_SESSION} ${where.sql} ORDER BY s.started_at DESC, s.id DESC LIMIT ?`
    return this.#all(sql, [...where.values, query.limit ?? SESSIONS_DEFAULT]).map((row) => SessionRow.parse(row))
  }

  async session(id: string): Promise<SessionSummary | undefined> {
    // Ids are hexadecimal: with a "g" after it, a beginning is larger than all that begin so.
    const rows = this.#all(`${SELECT_SESSION} WHERE s.id >= ? AND s.id < ? LIMIT 2`, [id, `${id}g`])
    return rows.length === 1 ? SessionRow.parse(rows[0]) : undefined
  }

  async events(query: EventQuery): Promise<SundewEvent[]> {
    const where = new Conditions()
      .add('session = ?', query.session)
      .add('time >= ?', query.since)
      .add('time < ?', query.until)
      .add('type = ?', query.type)
      .add('lure = ?', query.lure)
      .add('src_ip = ?', query.srcIp)
      .add('(session IS NULL OR session IN (SELECT session FROM session_source WHERE src_ip = ?))', query.srcIp)
      .add('id > ?', query.after)
    const sql = `SELECT body FROM event ${where.sql} ORDER BY id ${query.latest ? 'DESC' : 'ASC'} LIMIT ?`
    const rows = this.#all(sql, [...where.values, query.limit ?? EVENTS_DEFAULT])
    return (query.latest ? rows.reverse() : rows).map((row) => JSON.parse(String(row.body)) as SundewEvent)
  }

  async counts(since = 0): Promise<{ events: number; sessions: number; sources: number; deadLetters: number }> {
    const [row] = this.#all(
      `SELECT (SELECT count(*) FROM event WHERE time >= ?1) AS events,
              (SELECT count(*) FROM session WHERE started_at >= ?1) AS sessions,
              (SELECT count(DISTINCT src_ip) FROM session WHERE started_at >= ?1) AS sources,
              (SELECT count(*) FROM dead_letter WHERE time >= ?1) AS deadLetters`,
      [since],
    )
    return {
      events: Number(row?.events),
      sessions: Number(row?.sessions),
      sources: Number(row?.sources),
      deadLetters: Number(row?.deadLetters),
    }
  }

  /** What did not fit its schema, newest first. */
  async deadLetters(limit = 100): Promise<DeadLetter[]> {
    return this.#all('SELECT reason, body FROM dead_letter ORDER BY time DESC, id DESC LIMIT ?', [limit]).map((row) => ({
      event: JSON.parse(String(row.body)) as SundewEvent,
      reason: String(row.reason),
    }))
  }

  close(): void {
    this.#database.close()
  }

  #all(sql: string, values: SQLInputValue[]): Record<string, unknown>[] {
    try {
      return this.#database.prepare(sql).all(...values)
    } catch (error) {
      throw new StoreError(troubleOf(error, this.#file), { cause: error })
    }
  }
}

/** The conditions of a WHERE whose value is given. */
class Conditions {
  readonly values: SQLInputValue[] = []
  readonly #conditions: string[] = []

  add(condition: string, value: SQLInputValue | undefined): this {
    if (value === undefined) return this
    this.#conditions.push(condition)
    this.values.push(value)
    return this
  }

  get sql(): string {
    return this.#conditions.length === 0 ? '' : `WHERE ${this.#conditions.join(' AND ')}`
  }
}
