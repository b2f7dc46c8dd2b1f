import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
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
import { type Condition, SessionConditions } from '../query/session-conditions.ts'
import { StoreError, troubleOf } from '../trouble.ts'
import { demandCurrent, EVENTS_MIGRATIONS } from './database.ts'
import { SQLITE } from './dialect.ts'
import { FactReader } from './fact-reader.ts'

/** Name of the database in the data folder. */
export const EVENTS_FILE = 'events.db'

/** The first reader after a crash replays the log; another one that comes meanwhile waits this long. */
const READER_TIMEOUT_MS = 1000

const SELECT_SESSION = `
  SELECT s.*, (SELECT json_group_array(tag) FROM session_tag t WHERE t.session = s.id) AS tags,
         (SELECT json_group_object(t.value, x.count) FROM session_term x JOIN term t ON t.id = x.term
          WHERE x.session = s.id AND t.field = 'source') AS answers
  FROM session s`

/** Times that a term was seen up to which the sessions that have it are listed: what that costs, every session of a page costs otherwise. */
const RARE = 10_000

const FORM: RowForm = { text: (stored) => stored, json: (value) => JSON.parse(String(value)) }

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
    throw error instanceof StoreError ? error : new StoreError(troubleOf(error, file), { cause: error })
  }
}

/** The queries of a store, over a connection of its own that cannot write. */
export class SqliteReader extends Reader<SQLInputValue> {
  readonly #file: string
  readonly #database: DatabaseSync
  protected readonly counted: FactReader
  protected readonly selectSession = SELECT_SESSION
  protected readonly form = FORM
  readonly #rare: number
  readonly #sessionConditions = new SessionConditions(SQLITE, (terms) => this.#isRare(terms))

  /** @param options.rare how often a term was seen at most for its sessions to be listed; a test gives 0 */
  constructor(file: string, { rare = RARE }: { rare?: number | undefined } = {}) {
    super()
    this.#file = file
    this.#rare = rare
    this.#database = new DatabaseSync(file, { readOnly: true, timeout: READER_TIMEOUT_MS })
    try {
      demandCurrent(this.#database, file, EVENTS_MIGRATIONS)
    } catch (error) {
      this.#database.close()
      throw error
    }
    this.counted = new FactReader((sql, values) => this.#all(sql, values))
  }

  async facets(query: SessionQuery, fields: readonly FacetField[]): Promise<Record<string, { value: string; count: number }[]>> {
    const where = this.conditions(query)
    return facetsOf(this.#all(facetQuery(where.sql, fields, facetCounts), [...where.values, ...termFields(fields)]), fields)
  }

  async session(id: string): Promise<SessionSummary | undefined> {
    // Ids are hexadecimal: with a "g" after it, a beginning is larger than all that begin so.
    const rows = this.#all(`${SELECT_SESSION} WHERE s.id >= ? AND s.id < ? LIMIT 2`, [id, `${id}g`])
    return rows.length === 1 ? sessionOf(rows[0] as Record<string, unknown>, FORM) : undefined
  }

  async events(query: EventQuery): Promise<SundewEvent[]> {
    const where = new Conditions<SQLInputValue>()
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

  close(): void {
    this.#database.close()
  }

  protected conditions(query: SessionQuery): Conditions<SQLInputValue> {
    return new Conditions<SQLInputValue>()
      .add('s.started_at >= ?', query.since)
      .add('s.started_at < ?', query.until)
      .add('s.lure = ?', query.lure)
      .add('s.id IN (SELECT session FROM session_source WHERE src_ip = ?)', query.srcIp)
      .add('s.id IN (SELECT session FROM session_tag WHERE tag = ?)', query.tag)
      .add('(s.started_at, s.id) < (SELECT started_at, id FROM session WHERE id = ?)', query.before)
      .addCondition(query.where && this.#sessionConditions.of(query.where))
  }

  protected async all(sql: string, values: SQLInputValue[]): Promise<Record<string, unknown>[]> {
    return this.#all(sql, values)
  }

  #isRare({ sql, values }: Condition): boolean {
    return Number(this.#all(`SELECT coalesce(sum(t.count), 0) AS n FROM term t WHERE ${sql}`, values)[0]?.n) <= this.#rare
  }

  #all(sql: string, values: SQLInputValue[]): Record<string, unknown>[] {
    try {
      return this.#database.prepare(sql).all(...values)
    } catch (error) {
      throw new StoreError(troubleOf(error, this.#file), { cause: error })
    }
  }
}

/** One SELECT of the values of a field among the rows `hit`. */
function facetCounts(field: FacetField): string {
  return `SELECT * FROM (
    SELECT '${field}' AS facet, CAST(value AS TEXT) AS value, n FROM (${facetValues(field)}) ORDER BY n DESC, 2 LIMIT ${FACET_VALUES})`
}

/** CROSS JOIN and the plus sign keep SQLite from beginning at the terms, most of whose sessions are none of the rows. */
function facetValues(field: FacetField): string {
  const column = FACET_COLUMNS[field]
  if (column !== undefined) return `SELECT ${column} AS value, count(*) AS n FROM hit WHERE ${column} IS NOT NULL GROUP BY 1`
  if (field === 'tag') return 'SELECT tag AS value, count(*) AS n FROM hit CROSS JOIN session_tag ON session = hit.id GROUP BY 1'
  return `
    SELECT t.value, n FROM (
      SELECT x.term, count(*) AS n FROM hit CROSS JOIN session_term x ON x.session = hit.id
      WHERE +x.term IN (SELECT id FROM term WHERE field = ?) GROUP BY 1) JOIN term t ON t.id = term`
}
