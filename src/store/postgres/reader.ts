import type { SundewEvent } from '../../events/schema.ts'
import type { EventQuery, FacetField, SessionQuery, SessionSummary } from '../contract.ts'
import { Reader } from '../query/reader.ts'
import {
  Conditions,
  EVENTS_DEFAULT,
  FACET_COLUMNS,
  FACET_VALUES,
  facetQuery,
  facetsOf,
  type RowForm,
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
export class PostgresReader extends Reader<unknown> {
  readonly #pool: ConnectionPool
  readonly #place: string
  protected readonly counted: PostgresFactReader
  protected readonly selectSession = SELECT_SESSION
  protected readonly form = FORM
  readonly #sessionConditions = new SessionConditions(POSTGRES, () => true)

  /** @param place the server in words for the operator */
  constructor(pool: ConnectionPool, place: string) {
    super()
    this.#pool = pool
    this.#place = place
    this.counted = new PostgresFactReader((sql, values) => this.all(sql, values))
  }

  async facets(query: SessionQuery, fields: readonly FacetField[]): Promise<Record<string, { value: string; count: number }[]>> {
    const where = this.conditions(query)
    const rows = await this.all(facetQuery(where.sql, fields, facetCounts), [...where.values, ...termFields(fields)])
    const inText = rows.map((row) => ({ ...row, value: fromPostgresText(String(row.value)) }))
    return facetsOf(inText, fields)
  }

  async session(id: string): Promise<SessionSummary | undefined> {
    const [first, last] = idsThatBeginWith(id) ?? []
    if (first === undefined) return undefined
    const rows = await this.all(`${SELECT_SESSION} WHERE s.id >= ? AND s.id <= ? LIMIT 2`, [first, last])
    return rows.length === 1 ? sessionOf(rows[0] as Row, FORM) : undefined
  }

  async events(query: EventQuery): Promise<SundewEvent[]> {
    const srcIp = textOf(query.srcIp)
    const where = new Conditions<unknown>()
      .add('session = ?::uuid', uuidOrNone(query.session))
      .add('time >= ?', whole(query.since))
      .add('time < ?', whole(query.until))
      .add('type = ?', textOf(query.type))
      .add('lure = ?', textOf(query.lure))
      .add('src_ip = ?', srcIp)
      .add('(session IS NULL OR session IN (SELECT session FROM session_source WHERE src_ip = ?))', srcIp)
      .add('id > ?::uuid', query.after)
    const sql = `SELECT body FROM event ${where.sql} ORDER BY id ${query.latest ? 'DESC' : 'ASC'} LIMIT ?`
    const rows = await this.all(sql, [...where.values, query.limit ?? EVENTS_DEFAULT])
    return (query.latest ? rows.reverse() : rows).map((row) => JSON.parse(String(row.body)) as SundewEvent)
  }

  async counts(since = 0): Promise<{ events: number; sessions: number; sources: number; deadLetters: number }> {
    const from = Math.floor(since)
    const [row] = await this.all(
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

  close(): Promise<void> {
    return this.#pool.close()
  }

  protected conditions(query: SessionQuery): Conditions<unknown> {
    return new Conditions<unknown>()
      .add('s.started_at >= ?', whole(query.since))
      .add('s.started_at < ?', whole(query.until))
      .add('s.lure = ?', textOf(query.lure))
      .add('s.id IN (SELECT session FROM session_source WHERE src_ip = ?)', textOf(query.srcIp))
      .add('s.id IN (SELECT session FROM session_tag WHERE tag = ?)', textOf(query.tag))
      .add('(s.started_at, s.id) < (SELECT started_at, id FROM session WHERE id = ?::uuid)', uuidOrNone(query.before))
      .addCondition(query.where && this.#sessionConditions.of(query.where))
  }

  protected async all(sql: string, values: readonly unknown[]): Promise<Row[]> {
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

function textOf(value: string | undefined): string | undefined {
  return value === undefined ? undefined : toPostgresText(value)
}

function whole(time: number | undefined): number | undefined {
  return time === undefined ? undefined : Math.floor(time)
}
