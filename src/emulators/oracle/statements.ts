import { runStatement } from '../../host/database/engine.ts'
import { ORACLE } from '../../host/database/oracle/dialect.ts'
import type { DatabaseSession, ResultColumn, SqlResult } from '../../host/database/session.ts'
import { SqlError, type SqlWording } from '../../host/database/sql-error.ts'
import { type ParsedStatement, SqlParser } from '../../host/database/sql-parser.ts'
import type { SqlValue } from '../../host/database/value.ts'
import type { SqlDesk } from '../../sensor/sql-desk.ts'
import type { Visit } from '../../sensor/visit.ts'
import { type Execute, OPTION } from './calls.ts'
import type { OracleEvents } from './events.ts'
import { encodeError } from './messages.ts'
import { encodeDescribe, encodeRow, encodeRowHeader } from './rows.ts'

/** OPEN_CURSORS. */
const MOST_CURSORS = 300
/** Rows that one answer carries. */
const MOST_ROWS = 2000
const NO_DATA_FOUND = 1403

interface Cursor {
  id: number
  parsed: ParsedStatement
  bindTypes: number[]
  columns: ResultColumn[]
  /** Rows that have not been fetched. */
  rows: SqlValue[][]
  fetched: number
}

export interface StatementsSetup {
  visit: Visit<OracleEvents>
  session: DatabaseSession
  desk: SqlDesk
  /** Field version that both speak. */
  version: number
}

/** The statements of one connection, with their cursors. */
export class Statements {
  readonly #setup: StatementsSetup
  readonly #cursors = new Map<number, Cursor>()
  #ids = 0

  constructor(setup: StatementsSetup) {
    this.#setup = setup
  }

  /** EXECUTE: a new statement or a known one. @returns messages of the answer */
  async execute(call: Execute): Promise<Buffer[]> {
    const { version } = this.#setup
    const startedAt = performance.now()
    const known = this.#cursors.get(call.cursor)
    const text = call.sql || (known?.parsed.text ?? '')
    try {
      if (call.sql === '' && !known) throw worded(1001, 'invalid cursor')
      const cursor = call.sql === '' && known ? known : this.#parse(call)
      if (call.bindTypes.length) cursor.bindTypes = call.bindTypes
      const isOnlyDefined = (call.options & (OPTION.execute | OPTION.describe)) === 0
      if (isOnlyDefined) return this.#rows(cursor, call.options & OPTION.fetch ? call.prefetch : 0)
      const affected = await this.#run(cursor, call.rows)
      if (call.options & OPTION.commit) this.commit()
      if (cursor.columns.length === 0) return [encodeError(0, '', { cursor: cursor.id, rows: affected })]
      const described = encodeDescribe(cursor.columns, version)
      return [described, ...this.#rows(cursor, call.options & OPTION.fetch ? call.prefetch : 0)]
    } catch (error) {
      return [this.#failed(error, text, startedAt)]
    }
  }

  /** The same cursor again, with new values. */
  async repeat(id: number, prefetch: number, rows: SqlValue[][]): Promise<Buffer[]> {
    const cursor = this.#cursors.get(id)
    const startedAt = performance.now()
    try {
      if (!cursor) throw worded(1001, 'invalid cursor')
      const affected = await this.#run(cursor, rows)
      if (cursor.columns.length === 0) return [encodeError(0, '', { cursor: id, rows: affected })]
      return this.#rows(cursor, prefetch)
    } catch (error) {
      return [this.#failed(error, cursor?.parsed.text ?? '', startedAt)]
    }
  }

  nextRows(id: number, count: number): Buffer[] {
    const cursor = this.#cursors.get(id)
    if (!cursor) return [encodeError(1001, 'ORA-01001: invalid cursor\n')]
    return this.#rows(cursor, count)
  }

  bindTypes(id: number): readonly number[] {
    return this.#cursors.get(id)?.bindTypes ?? []
  }

  close(ids: readonly number[]): void {
    for (const id of ids) this.#cursors.delete(id)
  }

  commit(): void {
    this.#setup.session.rollback = undefined
  }

  /** Also what becomes of work that nobody committed. */
  rollback(): void {
    const { session } = this.#setup
    session.rollback?.()
    session.rollback = undefined
  }

  #parse({ sql, bindTypes }: Execute): Cursor {
    const parser = new SqlParser(sql, ORACLE)
    const parsed = parser.next()
    if (!parsed) throw worded(900, 'invalid SQL statement')
    const isBlock = parsed.statement.kind === 'dialect'
    if (!parser.isAtEnd || (!isBlock && sql.trimEnd().endsWith(';'))) throw worded(933, 'SQL command not properly ended')
    if (this.#cursors.size >= MOST_CURSORS) throw worded(1000, 'maximum open cursors exceeded')
    const cursor: Cursor = { id: ++this.#ids, parsed, bindTypes, columns: [], rows: [], fetched: 0 }
    this.#cursors.set(cursor.id, cursor)
    return cursor
  }

  /** Runs the statement once for each row of binds. @returns rows that were changed */
  async #run(cursor: Cursor, rows: SqlValue[][]): Promise<number> {
    const { session, desk, visit } = this.#setup
    const { statement, text } = cursor.parsed
    if (cursor.parsed.parameters > 0 && rows.length === 0) throw worded(1008, 'not all variables bound')
    this.#beginOrCommit(cursor)
    let affected = 0
    for (const given of rows.length ? rows : [[]]) {
      const startedAt = performance.now()
      const result: SqlResult = await runStatement(session, statement, statement.kind === 'dialect' ? byOccurrence(text, given) : given)
      if (session.delayMs) await visit.pause(session.delayMs)
      desk.turn(text, result, session, startedAt)
      cursor.fetched = 0
      if (result.kind === 'rows') {
        cursor.columns = result.columns
        cursor.rows = result.rows
      } else if (result.kind === 'done') affected += Math.max(0, result.affected)
    }
    return affected
  }

  /** A transaction begins by itself with the first change; a definition ends it. */
  #beginOrCommit({ parsed: { statement } }: Cursor): void {
    const { session } = this.#setup
    const { kind } = statement
    if (kind === 'insert' || kind === 'update' || kind === 'delete' || (kind === 'dialect' && /^(?:PL|CALL)/.test(statement.verb)))
      session.rollback ??= session.catalog.savepoint()
    else if (kind !== 'select' && kind !== 'transaction') this.commit()
  }

  #rows(cursor: Cursor, count: number): Buffer[] {
    const taken = cursor.rows.splice(0, Math.min(count, MOST_ROWS))
    cursor.fetched += taken.length
    const end = { cursor: cursor.id, rows: cursor.fetched }
    const isAtEnd = cursor.rows.length === 0 && count > 0
    return [
      ...(taken.length ? [encodeRowHeader()] : []),
      ...taken.map((row) => encodeRow(cursor.columns, row)),
      isAtEnd ? encodeError(NO_DATA_FOUND, 'ORA-01403: no data found\n', end) : encodeError(0, '', end),
    ]
  }

  #failed(error: unknown, sql: string, startedAt: number): Buffer {
    if (!(error instanceof SqlError)) throw error
    const { session, desk } = this.#setup
    const wording: SqlWording = session.dialect.word(error.problem)
    desk.turn(sql, wording, session, startedAt)
    return encodeError(wording.code, `${wording.message}\n`, { position: wording.at ?? 0 })
  }
}

function worded(code: number, message: string): SqlError {
  return new SqlError({ kind: 'worded', code, state: '72000', message })
}

/** A block names a bind as often as it likes and is given it once; its parser counts each occurrence. */
function byOccurrence(text: string, given: readonly SqlValue[]): SqlValue[] {
  const { tokens } = new SqlParser(text, ORACLE).reader
  const names = tokens.filter(({ kind }) => kind === 'parameter').map(({ at, end }) => text.slice(at, end).toUpperCase())
  const unique = [...new Set(names)]
  return names.map((name) => given[unique.indexOf(name)] ?? null)
}
