import { describeStatement, parseSql, runSql, runStatement } from '../../host/database/engine.ts'
import { typeLength, typeModifier, typeOid } from '../../host/database/postgresql/type-name.ts'
import type { DatabaseSession, ResultColumn, SqlEffect, SqlResult } from '../../host/database/session.ts'
import { SqlError, type SqlWording } from '../../host/database/sql-error.ts'
import type { ParsedStatement } from '../../host/database/sql-parser.ts'
import type { SqlValue } from '../../host/database/value.ts'
import { toBytes, toText } from '../../host/text.ts'
import { ByteWriter } from '../../sensor/byte-writer.ts'
import type { SqlDesk } from '../../sensor/sql-desk.ts'
import { TimeSlice } from '../../sensor/time-slice.ts'
import { LimitReached, type Visit } from '../../sensor/visit.ts'
import {
  decodeBind,
  decodeExecute,
  decodeParse,
  decodeTarget,
  type ErrorFields,
  encodeComplete,
  encodeDataRow,
  encodeError,
  encodeReady,
  encodeRowDescription,
  message,
  PostgresFormatError,
  type RowColumn,
} from './codec.ts'
import { sourceOf } from './error-source.ts'
import type { PostgresqlEvents } from './events.ts'
import { binaryForm, parameterValue, textForm } from './values.ts'

const LARGEST_MESSAGE = 16 * 1024 * 1024
const LARGEST_COPY = 16 * 1024 * 1024
/** Prepared statements and portals of a connection. */
const PREPARED = 200
/** Messages gathered before they are sent. */
const BATCH_BYTES = 64 * 1024

interface Prepared {
  parsed: ParsedStatement | undefined
  types: number[]
}

interface Portal {
  statement: Prepared
  parameters: SqlValue[]
  resultFormats: number[]
  /** Filled when Describe had to run it. */
  result?: SqlResult
}

/** One connection after its login: messages in, messages out. */
export class Connection {
  readonly #visit: Visit<PostgresqlEvents>
  readonly #session: DatabaseSession
  readonly #desk: SqlDesk
  readonly #statements = new Map<string, Prepared>()
  readonly #portals = new Map<string, Portal>()
  readonly #slice = new TimeSlice()
  /** Notices of the statement that runs. */
  readonly notices: Extract<SqlEffect, { kind: 'notice' }>[] = []
  #queued: Buffer[] = []
  #queuedBytes = 0
  /** After an error in the extended protocol everything up to Sync is skipped. */
  #isSkipping = false

  constructor(visit: Visit<PostgresqlEvents>, session: DatabaseSession, desk: SqlDesk) {
    this.#visit = visit
    this.#session = session
    this.#desk = desk
  }

  async serve(): Promise<void> {
    for (;;) {
      await this.#slice.turn()
      const { type, body } = await readMessage(this.#visit, LARGEST_MESSAGE)
      if (type === 'X') return
      await this.#message(type, body)
      // Replies to a pipeline leave together.
      if (type === 'Q' || type === 'S' || type === 'H' || this.#queuedBytes > BATCH_BYTES) await this.#flush()
    }
  }

  #queue(...messages: Buffer[]): void {
    for (const one of messages) {
      this.#queued.push(one)
      this.#queuedBytes += one.length
    }
  }

  async #flush(): Promise<void> {
    if (this.#queued.length === 0) return
    const bytes = Buffer.concat(this.#queued)
    this.#queued = []
    this.#queuedBytes = 0
    await this.#visit.write(bytes)
  }

  async #message(type: string, body: Buffer): Promise<void> {
    if (type === 'Q') return this.#query(toText(body.at(-1) === 0 ? body.subarray(0, -1) : body))
    if (type === 'S') {
      this.#isSkipping = false
      this.#queue(this.#ready())
      return
    }
    if (this.#isSkipping || type === 'H') return
    // Left over from a COPY that failed.
    if (type === 'd' || type === 'c' || type === 'f') return
    try {
      await this.#extended(type, body)
    } catch (error) {
      if (error instanceof SqlError) this.#fail(this.#session.dialect.word(error.problem))
      else if (error instanceof PostgresFormatError) {
        this.#visit.record('postgresql.protocol-error', { message: error.message })
        this.#fail({ code: 0, state: '08P01', message: 'insufficient data left in message' })
      } else throw error
      this.#isSkipping = true
    }
  }

  #ready(): Buffer {
    return encodeReady(this.#session.isAborted ? 'E' : this.#session.rollback ? 'T' : 'I')
  }

  #fail(wording: SqlWording, severity: ErrorFields['severity'] = 'ERROR'): void {
    this.#queue(encodeError(errorFields(wording, severity)))
  }

  #flushNotices(): void {
    for (const { severity, state, text } of this.notices.splice(0)) {
      this.#fail({ code: 0, state, message: text }, severity > 0 ? 'WARNING' : 'NOTICE')
    }
  }

  /** The simple protocol: all statements of the text are one transaction. */
  async #query(sql: string): Promise<void> {
    const startedAt = performance.now()
    let count = 0
    const undo = this.#session.rollback || !sql.includes(';') ? undefined : this.#session.catalog.savepoint()
    try {
      for await (const { text, result } of runSql(this.#session, sql)) {
        count++
        await this.#wait()
        this.#desk.turn(text, result, this.#session, startedAt)
        await this.#send(result, undefined, true)
      }
      if (count === 0) this.#queue(message('I'))
    } catch (error) {
      if (!(error instanceof SqlError)) throw error
      if (!this.#session.rollback) undo?.()
      const wording = this.#session.dialect.word(error.problem)
      this.#desk.turn(sql, wording, this.#session, startedAt)
      this.#flushNotices()
      this.#fail(wording)
    }
    this.#queue(this.#ready())
  }

  async #wait(): Promise<void> {
    if (!this.#session.delayMs) return
    await this.#flush()
    await this.#visit.pause(this.#session.delayMs)
  }

  async #extended(type: string, body: Buffer): Promise<void> {
    switch (type) {
      case 'P':
        return this.#parse(body)
      case 'B':
        return this.#bind(body)
      case 'D':
        return this.#describe(body)
      case 'E':
        return this.#execute(body)
      case 'C': {
        const { kind, name } = decodeTarget(body)
        if (kind === 'statement') this.#statements.delete(name)
        else this.#portals.delete(name)
        this.#queue(message('3'))
        return
      }
      default:
        throw new SqlError({ kind: 'worded', code: 0, state: '08P01', message: `invalid frontend message type ${type.charCodeAt(0)}` })
    }
  }

  #parse(body: Buffer): void {
    const { name, query, types } = decodeParse(body)
    const [parsed, second] = parseSql(this.#session, toText(query))
    if (second)
      throw new SqlError({ kind: 'worded', code: 0, state: '42601', message: 'cannot insert multiple commands into a prepared statement' })
    if (name !== '' && this.#statements.has(name))
      throw new SqlError({ kind: 'worded', code: 0, state: '42P05', message: `prepared statement "${name}" already exists` })
    if (this.#statements.size >= PREPARED && !this.#statements.has(name))
      throw new SqlError({ kind: 'full', table: 'pg_prepared_statements' })
    this.#statements.set(name, { parsed, types })
    this.#queue(message('1'))
  }

  #statement(name: string): Prepared {
    const known = this.#statements.get(name)
    if (known) return known
    throw new SqlError({
      kind: 'worded',
      code: 0,
      state: '26000',
      message: name === '' ? 'unnamed prepared statement does not exist' : `prepared statement "${name}" does not exist`,
    })
  }

  #portal(name: string): Portal {
    const known = this.#portals.get(name)
    if (known) return known
    throw new SqlError({ kind: 'worded', code: 0, state: '34000', message: `portal "${name}" does not exist` })
  }

  #bind(body: Buffer): void {
    const { portal, statement: name, formats, values, resultFormats } = decodeBind(body)
    const statement = this.#statement(name)
    const wanted = statement.parsed?.parameters ?? 0
    if (values.length !== wanted) {
      throw new SqlError({
        kind: 'worded',
        code: 0,
        state: '08P01',
        message: `bind message supplies ${values.length} parameters, but prepared statement "${name}" requires ${wanted}`,
      })
    }
    const parameters = values.map((value, i) =>
      value === null ? null : parameterValue(value, (formats.length === 1 ? formats[0] : formats[i]) === 1, statement.types[i] ?? 0),
    )
    if (this.#portals.size >= PREPARED && !this.#portals.has(portal)) throw new SqlError({ kind: 'full', table: 'pg_cursors' })
    this.#portals.set(portal, { statement, parameters, resultFormats })
    this.#queue(message('2'))
  }

  async #describe(body: Buffer): Promise<void> {
    const { kind, name } = decodeTarget(body)
    if (kind === 'statement') {
      const { parsed, types } = this.#statement(name)
      const count = parsed?.parameters ?? 0
      const writer = new ByteWriter().u16be(count)
      for (let i = 0; i < count; i++) writer.u32be(types[i] || 25)
      const columns =
        parsed &&
        describeStatement(
          this.#session,
          parsed.statement,
          Array.from({ length: count }, () => null),
        )
      this.#queue(message('t', writer.done()), columns ? encodeRowDescription(columns.map((column) => rowColumn(column, 0))) : message('n'))
      return
    }
    const portal = this.#portal(name)
    const columns = portal.statement.parsed && describeStatement(this.#session, portal.statement.parsed.statement, portal.parameters)
    if (columns) {
      this.#queue(describeRows(columns, portal.resultFormats))
      return
    }
    // What SHOW and RETURNING give is known when they have run.
    const result = await this.#run(portal)
    this.#queue(result?.kind === 'rows' ? describeRows(result.columns, portal.resultFormats) : message('n'))
  }

  async #run(portal: Portal): Promise<SqlResult | undefined> {
    const { parsed } = portal.statement
    if (!parsed) return undefined
    if (portal.result) return portal.result
    const startedAt = performance.now()
    try {
      portal.result = await runStatement(this.#session, parsed.statement, portal.parameters)
      await this.#wait()
      this.#desk.turn(withParameters(parsed.text, portal.parameters), portal.result, this.#session, startedAt)
      return portal.result
    } catch (error) {
      if (error instanceof SqlError)
        this.#desk.turn(withParameters(parsed.text, portal.parameters), this.#session.dialect.word(error.problem), this.#session, startedAt)
      throw error
    }
  }

  async #execute(body: Buffer): Promise<void> {
    const portal = this.#portal(decodeExecute(body).portal)
    const result = await this.#run(portal)
    if (!result) {
      this.#queue(message('I'))
      return
    }
    await this.#send(result, portal.resultFormats, false)
    delete portal.result
  }

  async #send(result: SqlResult, formats: number[] | undefined, describes: boolean): Promise<void> {
    this.#flushNotices()
    if (result.kind === 'wants-data') return this.#copyIn(result)
    if (result.kind === 'copy-out') {
      this.#queue(
        message('H', copyFormat(result.columns)),
        ...result.rows.map((row) => message('d', row)),
        message('c'),
        encodeComplete(`COPY ${result.rows.length}`),
      )
      return
    }
    if (result.kind === 'done') {
      this.#queue(encodeComplete(tagOf(result)))
      return
    }
    if (describes) this.#queue(describeRows(result.columns, formats ?? []))
    const binary = result.columns.map((_, i) => (formats?.length === 1 ? formats[0] : formats?.[i]) === 1)
    for (const row of result.rows) {
      this.#queue(
        encodeDataRow(
          row.map((value, i) =>
            value === null ? null : binary[i] ? binaryForm(value, (result.columns[i] as ResultColumn).type) : textForm(value),
          ),
        ),
      )
      if (this.#queuedBytes > BATCH_BYTES) {
        await this.#flush()
        await this.#slice.turn()
      }
    }
    this.#queue(
      encodeComplete(
        result.verb === 'INSERT'
          ? `INSERT 0 ${result.rows.length}`
          : result.verb === 'SHOW' || result.verb === 'EXPLAIN'
            ? result.verb
            : `${result.verb} ${result.rows.length}`,
      ),
    )
  }

  /** COPY FROM STDIN. */
  async #copyIn(result: Extract<SqlResult, { kind: 'wants-data' }>): Promise<void> {
    this.#queue(message('G', copyFormat(result.columns)))
    await this.#flush()
    const parts: Buffer[] = []
    let size = 0
    for (;;) {
      const { type, body } = await readMessage(this.#visit, LARGEST_MESSAGE)
      if (type === 'd') {
        if (size + body.length <= LARGEST_COPY) parts.push(Buffer.from(body))
        size += body.length
      } else if (type === 'f')
        throw new SqlError({
          kind: 'worded',
          code: 0,
          state: '57014',
          message: `COPY from stdin failed: ${toText(body).replace(/\0.*/, '')}`,
        })
      else if (type === 'c') break
      else if (type !== 'H' && type !== 'S')
        throw new SqlError({
          kind: 'worded',
          code: 0,
          state: '08P01',
          message: `unexpected message type 0x${type.charCodeAt(0).toString(16)} during COPY from stdin`,
        })
    }
    const data = Buffer.concat(parts)
    const { sha256 } = this.#visit.capture(data, { how: 'postgresql.copy' })
    this.#visit.record('postgresql.copy-data', { bytes: size, sha256 })
    this.#queue(encodeComplete(tagOf(result.take(data) as Extract<SqlResult, { kind: 'done' }>)))
  }
}

/** One message after the startup: its type and body. @throws LimitReached `message` */
export async function readMessage(visit: Pick<Visit, 'exactly'>, max: number): Promise<{ type: string; body: Buffer }> {
  const head = await visit.exactly(5)
  const length = head.readUInt32BE(1)
  if (length < 4 || length - 4 > max) throw new LimitReached('message', max)
  return { type: String.fromCharCode(head[0] as number), body: await visit.exactly(length - 4) }
}

export function errorFields(wording: SqlWording, severity: ErrorFields['severity']): ErrorFields {
  const { state, message: text, detail, hint, at } = wording
  return {
    severity,
    code: state,
    message: toBytes(text),
    ...(detail !== undefined && { detail }),
    ...(hint !== undefined && { hint }),
    ...(at !== undefined && { position: at + 1 }),
    ...sourceOf(state, text),
  }
}

function rowColumn({ name, type }: ResultColumn, format: number): RowColumn {
  const oid = typeOid(type)
  return { name: toBytes(name), table: 0, attribute: 0, type: oid, length: typeLength(oid), modifier: typeModifier(type), format }
}

function describeRows(columns: readonly ResultColumn[], formats: readonly number[]): Buffer {
  return encodeRowDescription(columns.map((column, i) => rowColumn(column, (formats.length === 1 ? formats[0] : formats[i]) ?? 0)))
}

function copyFormat(columns: number): Buffer {
  const writer = new ByteWriter().u8(0).u16be(columns)
  for (let i = 0; i < columns; i++) writer.u16be(0)
  return writer.done()
}

function tagOf({ verb, affected }: { verb: string; affected: number }): string {
  if (verb === 'INSERT') return `INSERT 0 ${affected}`
  return ['UPDATE', 'DELETE', 'SELECT', 'COPY'].includes(verb) ? `${verb} ${affected}` : verb
}

function withParameters(text: string, parameters: readonly SqlValue[]): string {
  if (parameters.length === 0) return text
  const shown = parameters.map((value) =>
    value === null ? 'NULL' : Buffer.isBuffer(value) ? `\\x${value.toString('hex').slice(0, 200)}` : String(value).slice(0, 200),
  )
  return `${text} -- ${shown.join(', ')}`
}
