import { z } from 'zod'
import type { DeadLetter } from '../../events/bus.ts'
import type { SundewEvent } from '../../events/schema.ts'
import {
  COUNTED_SESSIONS,
  type EventQuery,
  type EventReader,
  type FacetField,
  type FactCount,
  type FactQuery,
  type HistogramSlot,
  type Period,
  type SessionGroup,
  type SessionQuery,
  type SessionSummary,
} from '../contract.ts'
import type { FactField } from '../facts.ts'
import { type Condition, SessionConditions } from '../query/session-conditions.ts'
import { StoreError } from '../trouble.ts'
import type { Row } from './connection.ts'
import { numbered, POSTGRES } from './dialect.ts'
import { PostgresFactReader } from './fact-reader.ts'
import type { ConnectionPool } from './pool.ts'
import { fromPostgresText, toPostgresText } from './text.ts'
import { postgresTrouble } from './trouble.ts'

const SESSIONS_DEFAULT = 100
const EVENTS_DEFAULT = 1000
const FACET_VALUES = 12

const SELECT_SESSION = `
  SELECT s.*, (SELECT json_agg(tag ORDER BY tag COLLATE "C") FROM session_tag t WHERE t.session = s.id) AS tags,
         (SELECT json_object_agg(t.value, x.count) FROM session_term x JOIN term t ON t.id = x.term
          WHERE x.session = s.id AND t.field = 'source') AS answers
  FROM session s`

const FACET_COLUMNS: Partial<Record<FacetField, string>> = {
  lure: 'lure',
  persona: 'persona',
  sensor: 'sensor',
  port: 'dst_port',
  src_ip: 'src_ip',
}

const Strings = z.array(z.string())
const text = z.string().transform(fromPostgresText).nullable()
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
    tags: Strings.nullable(),
    signature: text,
    last_input: text,
    answers: z.record(z.string(), z.number()).nullable(),
  })
  .transform(
    (row): SessionSummary => ({
      session: row.id,
      sensor: fromPostgresText(row.sensor),
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
      tags: (row.tags ?? []).map(fromPostgresText),
      signature: row.signature ?? undefined,
      lastInput: row.last_input ?? undefined,
      answers: row.answers ?? {},
    }),
  )

/** The queries of a store over connections of their own. Several processes and machines may read at once. */
export class PostgresReader implements EventReader {
  readonly #pool: ConnectionPool
  readonly #place: string
  readonly #facts: PostgresFactReader
  readonly #sessionConditions = new SessionConditions(POSTGRES, () => true)

  /** @param place the server in words for the operator */
  constructor(pool: ConnectionPool, place: string) {
    this.#pool = pool
    this.#place = place
    this.#facts = new PostgresFactReader((sql, values) => this.#all(sql, values))
  }

  async sessions(query: SessionQuery): Promise<SessionSummary[]> {
    const where = this.#conditions(query)
    const sql = `${SELECT_SESSION} ${where.sql} ORDER BY s.started_at DESC, s.id DESC LIMIT ? OFFSET ?`
    const rows = await this.#all(sql, [...where.values, query.limit ?? SESSIONS_DEFAULT, query.offset ?? 0])
    return rows.map((row) => SessionRow.parse(row))
  }

  async countSessions(query: SessionQuery): Promise<number> {
    const where = this.#conditions(query)
    const counted = query.where
      ? `(SELECT 1 FROM session s ${where.sql} ORDER BY s.started_at DESC LIMIT ${COUNTED_SESSIONS}) AS found`
      : `session s ${where.sql}`
    return Number((await this.#all(`SELECT count(*) AS n FROM ${counted}`, where.values))[0]?.n)
  }

  async facets(query: SessionQuery, fields: readonly FacetField[]): Promise<Record<string, { value: string; count: number }[]>> {
    const where = this.#conditions(query)
    const hits = `
      WITH hit AS MATERIALIZED (
        SELECT s.id, s.lure, s.persona, s.sensor, s.dst_port, s.src_ip FROM session s ${where.sql}
        ORDER BY s.started_at DESC, s.id DESC LIMIT ${COUNTED_SESSIONS})`
    const counts = fields.map((field) => facetCounts(field)).join(' UNION ALL ')
    const values = fields.filter((field) => FACET_COLUMNS[field] === undefined && field !== 'tag')
    const rows = await this.#all(`${hits} ${counts}`, [...where.values, ...values])
    const facets: Record<string, { value: string; count: number }[]> = Object.fromEntries(fields.map((field) => [field, []]))
    for (const row of rows) facets[String(row.facet)]?.push({ value: fromPostgresText(String(row.value)), count: Number(row.n) })
    return facets
  }

  async session(id: string): Promise<SessionSummary | undefined> {
    const [first, last] = idsThatBeginWith(id) ?? []
    if (first === undefined) return undefined
    const rows = await this.#all(`${SELECT_SESSION} WHERE s.id >= ? AND s.id <= ? LIMIT 2`, [first, last])
    return rows.length === 1 ? SessionRow.parse(rows[0]) : undefined
  }

  async events(query: EventQuery): Promise<SundewEvent[]> {
    const srcIp = query.srcIp && toPostgresText(query.srcIp)
    const where = new Conditions()
      .add('session = ?::uuid', uuidOrNone(query.session))
      .add('time >= ?', whole(query.since))
      .add('time < ?', whole(query.until))
      .add('type = ?', query.type)
      .add('lure = ?', query.lure)
      .add('src_ip = ?', srcIp)
      .add('(session IS NULL OR session IN (SELECT session FROM session_source WHERE src_ip = ?))', srcIp)
      .add('id > ?::uuid', query.after)
    const sql = `SELECT body FROM event ${where.sql} ORDER BY id ${query.latest ? 'DESC' : 'ASC'} LIMIT ?`
    const rows = await this.#all(sql, [...where.values, query.limit ?? EVENTS_DEFAULT])
    return (query.latest ? rows.reverse() : rows).map((row) => JSON.parse(String(row.body)) as SundewEvent)
  }

  async counts(since = 0): Promise<{ events: number; sessions: number; sources: number; deadLetters: number }> {
    const from = Math.floor(since)
    const [row] = await this.#all(
      `SELECT (SELECT count(*) FROM event WHERE time >= ?) AS events,
              (SELECT count(*) FROM session WHERE started_at >= ?) AS sessions,
              (SELECT count(DISTINCT src_ip) FROM session WHERE started_at >= ?) AS sources,
              (SELECT count(*) FROM dead_letter WHERE time >= ?) AS letters`,
      [from, from, from, from],
    )
    return {
      events: Number(row?.events),
      sessions: Number(row?.sessions),
      sources: Number(row?.sources),
      deadLetters: Number(row?.letters),
    }
  }

  facts(query: FactQuery): Promise<FactCount[]> {
    return this.#facts.facts(query)
  }

  factTotals(field: FactField, period: Period): Promise<{ values: number; count: number }> {
    return this.#facts.factTotals(field, period)
  }

  histogram(field: FactField, period: Period, slots: number): Promise<HistogramSlot[]> {
    return this.#facts.histogram(field, period, slots)
  }

  sessionFacts(session: string): Promise<{ field: FactField; value: string; count: number }[]> {
    return this.#facts.sessionFacts(session)
  }

  sessionGroups(period: Period): Promise<SessionGroup[]> {
    return this.#facts.sessionGroups(period)
  }

  /** What did not fit its schema, newest first. */
  async deadLetters(limit = 100): Promise<DeadLetter[]> {
    const rows = await this.#all('SELECT reason, body FROM dead_letter ORDER BY time DESC, id DESC LIMIT ?', [limit])
    return rows.map((row) => ({
      event: JSON.parse(String(row.body)) as SundewEvent,
      reason: fromPostgresText(String(row.reason)),
    }))
  }

  close(): Promise<void> {
    return this.#pool.close()
  }

  #conditions(query: SessionQuery): Conditions {
    return new Conditions()
      .add('s.started_at >= ?', whole(query.since))
      .add('s.started_at < ?', whole(query.until))
      .add('s.lure = ?', query.lure)
      .add('s.id IN (SELECT session FROM session_source WHERE src_ip = ?)', query.srcIp && toPostgresText(query.srcIp))
      .add('s.id IN (SELECT session FROM session_tag WHERE tag = ?)', query.tag && toPostgresText(query.tag))
      .add('(s.started_at, s.id) < (SELECT started_at, id FROM session WHERE id = ?::uuid)', uuidOrNone(query.before))
      .addCondition(query.where && this.#sessionConditions.of(query.where))
  }

  async #all(sql: string, values: readonly unknown[]): Promise<Row[]> {
    try {
      return await this.#pool.use((connection) => connection.query(numbered(sql), values))
    } catch (error) {
      throw new StoreError(postgresTrouble(error, this.#place), { cause: error })
    }
  }
}

/** One SELECT of the values of a field among the rows `hit`. */
function facetCounts(field: FacetField): string {
  return `(SELECT '${field}' AS facet, value::text AS value, n FROM (${facetValues(field)}) AS found
    ORDER BY n DESC, value::text COLLATE "C" LIMIT ${FACET_VALUES})`
}

function facetValues(field: FacetField): string {
  const column = FACET_COLUMNS[field]
  if (column !== undefined) return `SELECT ${column} AS value, count(*) AS n FROM hit WHERE ${column} IS NOT NULL GROUP BY 1`
  if (field === 'tag') return 'SELECT tag AS value, count(*) AS n FROM hit JOIN session_tag ON session = hit.id GROUP BY 1'
  return `
    SELECT t.value, count(*) AS n FROM hit JOIN session_term x ON x.session = hit.id JOIN term t ON t.id = x.term
    WHERE t.field = ? GROUP BY t.id, t.value`
}

/** The first and the last id with a beginning; nothing for what is the beginning of none. */
function idsThatBeginWith(text: string): [string, string] | undefined {
  const digits = text.toLowerCase().replaceAll('-', '')
  if (!/^[0-9a-f]{1,32}$/.test(digits)) return undefined
  return [digits.padEnd(32, '0'), digits.padEnd(32, 'f')]
}

/** What is no id is the id of nothing. */
function uuidOrNone(id: string | undefined): string | undefined {
  if (id === undefined) return undefined
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id) ? id : 'ffffffff-ffff-ffff-ffff-ffffffffffff'
}

function whole(time: number | undefined): number | undefined {
  return time === undefined ? undefined : Math.floor(time)
}

/** The conditions of a WHERE whose value is given. */
class Conditions {
  readonly values: unknown[] = []
  readonly #conditions: string[] = []

  add(condition: string, value: string | number | undefined): this {
    if (value === undefined) return this
    this.#conditions.push(condition)
    this.values.push(value)
    return this
  }

  addCondition(condition: Condition | undefined): this {
    if (!condition) return this
    this.#conditions.push(condition.sql)
    this.values.push(...condition.values)
    return this
  }

  get sql(): string {
    return this.#conditions.length === 0 ? '' : `WHERE ${this.#conditions.join(' AND ')}`
  }
}
