import type { DeadLetter } from '../../events/bus.ts'
import type { SundewEvent } from '../../events/schema.ts'
import type {
  EventQuery,
  EventReader,
  FacetField,
  FactCount,
  FactQuery,
  HistogramSlot,
  Period,
  SessionGroup,
  SessionQuery,
  SessionSummary,
} from '../contract.ts'
import type { FactField } from '../facts.ts'
import {
  Conditions,
  countedSessions,
  EVENTS_DEFAULT,
  FACET_COLUMNS,
  FACET_VALUES,
  facetQuery,
  facetsOf,
  type RowForm,
  SESSIONS_DEFAULT,
  sessionOf,
  termFields,
} from '../query/reading.ts'
import { SessionConditions } from '../query/session-conditions.ts'
import { StoreError } from '../trouble.ts'
import type { Row } from './connection.ts'
import { numbered, POSTGRES } from './dialect.ts'
import { PostgresFactReader } from './fact-reader.ts'
import type { ConnectionPool } from './pool.ts'
import { fromPostgresText, toPostgresText } from './text.ts'
import { postgresTrouble } from './trouble.ts'

const SELECT_SESSION = `
  SELECT s.*, (SELECT json_agg(tag ORDER BY tag COLLATE "C") FROM session_tag t WHERE t.session = s.id) AS tags,
         (SELECT json_object_agg(t.value, x.count) FROM session_term x JOIN term t ON t.id = x.term
          WHERE x.session = s.id AND t.field = 'source') AS answers
  FROM session s`

const FORM: RowForm = { text: fromPostgresText, json: (value) => value }

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
    return rows.map((row) => sessionOf(row, FORM))
  }

  async countSessions(query: SessionQuery): Promise<number> {
    const where = this.#conditions(query)
    const sql = `SELECT count(*) AS n FROM ${countedSessions(where.sql, query.where !== undefined)}`
    return Number((await this.#all(sql, where.values))[0]?.n)
  }

  async facets(query: SessionQuery, fields: readonly FacetField[]): Promise<Record<string, { value: string; count: number }[]>> {
    const where = this.#conditions(query)
    const rows = await this.#all(facetQuery(where.sql, fields, facetCounts), [...where.values, ...termFields(fields)])
    const inText = rows.map((row) => ({ ...row, value: fromPostgresText(String(row.value)) }))
    return facetsOf(inText, fields)
  }

  async session(id: string): Promise<SessionSummary | undefined> {
    const [first, last] = idsThatBeginWith(id) ?? []
    if (first === undefined) return undefined
    const rows = await this.#all(`${SELECT_SESSION} WHERE s.id >= ? AND s.id <= ? LIMIT 2`, [first, last])
    return rows.length === 1 ? sessionOf(rows[0] as Row, FORM) : undefined
  }

  async events(query: EventQuery): Promise<SundewEvent[]> {
    const srcIp = query.srcIp && toPostgresText(query.srcIp)
    const where = new Conditions<unknown>()
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

  #conditions(query: SessionQuery): Conditions<unknown> {
    return new Conditions<unknown>()
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
