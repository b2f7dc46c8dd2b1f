import { keepVariable } from '../../host/database/compiler.ts'
import { ownStatement } from '../../host/database/dialect.ts'
import { runSql, runStatement } from '../../host/database/engine.ts'
import { runProcedure } from '../../host/database/mssql/procedures.ts'
import type { DatabaseSession, SqlEffect, SqlResult } from '../../host/database/session.ts'
import { SqlError } from '../../host/database/sql-error.ts'
import { numberOf, type SqlValue, textOf } from '../../host/database/value.ts'
import { toText } from '../../host/text.ts'
import { ByteWriter } from '../../sensor/byte-writer.ts'
import type { SqlDesk } from '../../sensor/sql-desk.ts'
import { TimeSlice } from '../../sensor/time-slice.ts'
import type { Visit } from '../../sensor/visit.ts'
import { PACKET, TdsFormatError, withoutHeaders } from './codec.ts'
import type { MssqlEvents } from './events.ts'
import { decodeRpc, type RpcRequest } from './rpc.ts'
import {
  type Dialogue,
  DONE,
  ENVIRONMENT,
  encodeDone,
  encodeEnvironment,
  encodeHandle,
  encodeMessage,
  encodeReturnStatus,
  encodeRows,
  type Message,
} from './tokens.ts'
import type { Transport } from './transport.ts'

/** A batch or a request with its parameters. */
const LARGEST_MESSAGE = 8 * 1024 * 1024
const PREPARED = 200
/** Statements whose rows are counted in DONE. */
const COUNTED = new Set(['INSERT', 'UPDATE', 'DELETE', 'SELECT', 'BULK INSERT', 'MERGE'])

interface Prepared {
  names: string[]
  sql: string
}

export interface ConnectionSetup {
  visit: Visit<MssqlEvents>
  transport: Transport
  session: DatabaseSession
  desk: SqlDesk
  dialogue: Dialogue
  /** Name of the server in messages. */
  server: string
  /** Messages that statements leave: PRINT, sp_configure. */
  notices: Extract<SqlEffect, { kind: 'notice' }>[]
}

/** One connection after its login. */
export class Connection {
  readonly #setup: ConnectionSetup
  readonly #prepared = new Map<number, Prepared>()
  readonly #slice = new TimeSlice()
  #handles = 0
  #tokens: Buffer[] = []
  /** DONE of the last result, until it is known whether more follows. */
  #pending: ((more: number) => Buffer) | undefined

  constructor(setup: ConnectionSetup) {
    this.#setup = setup
  }

  async serve(): Promise<void> {
    const { transport } = this.#setup
    for (;;) {
      const { type, bytes } = await transport.read(LARGEST_MESSAGE)
      await this.#slice.turn()
      if (!(await this.#request(type, bytes))) return
    }
  }

  async #request(type: number, bytes: Buffer): Promise<boolean> {
    const { dialogue } = this.#setup
    const body = (): Buffer => (dialogue.isVersion72 ? withoutHeaders(bytes) : bytes)
    switch (type) {
      case PACKET.batch: {
        const text = body()
        await this.#batch(text.subarray(0, text.length & ~1).toString('utf16le'))
        return true
      }
      case PACKET.rpc:
        await this.#rpc(decodeRpc(body(), dialogue.isVersion72))
        return true
      case PACKET.transaction:
        await this.#transaction(body())
        return true
      case PACKET.attention:
        await this.#reply(encodeDone(dialogue, DONE.attention))
        return true
      case PACKET.bulk:
        await this.#reply(encodeDone(dialogue, DONE.final, 0))
        return true
      default:
        throw new TdsFormatError(`packet type ${type} after the login`)
    }
  }

  async #reply(...tokens: Buffer[]): Promise<void> {
    await this.#setup.transport.write(PACKET.response, Buffer.concat(tokens), this.#setup.session.setup.connectionId)
  }

  #forgetVariables(): void {
    const { variables } = this.#setup.session
    // Those of the connection itself begin with @.
    for (const name of variables.keys()) if (!name.startsWith('@')) variables.delete(name)
  }

  async #batch(sql: string): Promise<void> {
    this.#forgetVariables()
    const isFine = await this.#run(sql)
    await this.#finish(isFine)
  }

  /** Runs a text and gathers its tokens; false when it failed. */
  async #run(sql: string, shown = sql): Promise<boolean> {
    const { session, desk, visit } = this.#setup
    const startedAt = performance.now()
    try {
      for await (const { text, result } of runSql(session, sql)) {
        if (session.delayMs) await visit.pause(session.delayMs)
        desk.turn(sql === shown ? text : shown, result, session, startedAt)
        await this.#result(result)
      }
      return true
    } catch (error) {
      this.#failed(error, shown, startedAt)
      return false
    }
  }

  #failed(error: unknown, sql: string, startedAt: number): void {
    if (!(error instanceof SqlError)) throw error
    const { session, desk } = this.#setup
    const wording = session.dialect.word(error.problem)
    desk.turn(sql, wording, session, startedAt)
    this.#settle(DONE.more)
    this.#notices()
    this.#message({ code: wording.code, state: Number(wording.state) || 1, severity: wording.severity ?? 16, text: wording.message })
  }

  #message(message: Omit<Message, 'server'>): void {
    const { dialogue, server } = this.#setup
    this.#tokens.push(encodeMessage({ ...message, server }, dialogue))
  }

  #notices(): void {
    for (const { code, severity, text } of this.#setup.notices.splice(0)) this.#message({ code, state: 1, severity, text })
  }

  #settle(more: number): void {
    if (this.#pending) this.#tokens.push(this.#pending(more))
    this.#pending = undefined
  }

  async #result(result: SqlResult): Promise<void> {
    const { dialogue, session } = this.#setup
    this.#settle(DONE.more)
    this.#databaseChange()
    this.#notices()
    if (result.kind === 'rows') {
      this.#tokens.push(...encodeRows(result, dialogue))
      const { length } = result.rows
      session.rowCount = length
      this.#pending = (more) => encodeDone(dialogue, more, length, false, 0xc1)
      await this.#slice.turn()
    } else if (result.kind === 'done') {
      const rows = COUNTED.has(result.verb) ? Math.max(0, result.affected) : undefined
      if (rows !== undefined) session.rowCount = rows
      this.#pending = (more) => encodeDone(dialogue, more, rows)
    }
  }

  #database: string | undefined

  #databaseChange(): void {
    const { session } = this.#setup
    this.#database ??= session.setup.database
    if (session.database === this.#database) return
    this.#tokens.push(encodeEnvironment(ENVIRONMENT.database, session.database, this.#database))
    this.#message({ code: 5701, state: 1, severity: 0, text: `Changed database context to '${session.database}'.` })
    this.#database = session.database
  }

  /** Sends what was gathered, with the DONE that ends it. */
  async #finish(isFine: boolean, ...last: Buffer[]): Promise<void> {
    const { dialogue } = this.#setup
    if (last.length) {
      this.#settle(DONE.more)
      this.#tokens.push(...last)
    } else if (this.#pending && isFine) this.#settle(DONE.final)
    else {
      this.#settle(DONE.more)
      this.#tokens.push(encodeDone(dialogue, isFine ? DONE.final : DONE.error))
    }
    await this.#reply(...this.#tokens.splice(0))
  }

  async #rpc({ procedure, parameters }: RpcRequest): Promise<void> {
    const { dialogue } = this.#setup
    this.#forgetVariables()
    const values = parameters.map(({ value }) => value)
    const text = (at: number): string => (values[at] === null || values[at] === undefined ? '' : textOf(values[at]))
    const name = procedure.toLowerCase().replace(/^.*\./, '')
    let isFine = true
    let handle: Buffer | undefined
    switch (name) {
      case 'sp_executesql':
        isFine = await this.#call({ names: namesOf(text(1)), sql: text(0) }, parameters.slice(2))
        break
      case 'sp_prepare':
      case 'sp_prepexec': {
        const prepared = { names: namesOf(text(1)), sql: text(2) }
        handle = encodeHandle(0, parameters[0]?.name ?? '', this.#prepare(prepared), dialogue)
        if (name === 'sp_prepexec') isFine = await this.#call(prepared, parameters.slice(3))
        break
      }
      case 'sp_execute': {
        const prepared = this.#prepared.get(values[0] === null || values[0] === undefined ? 0 : numberOf(values[0]))
        isFine = prepared ? await this.#call(prepared, parameters.slice(1)) : this.#unknownHandle(text(0))
        break
      }
      case 'sp_cursoropen':
        isFine = await this.#run(text(1))
        break
      default:
        isFine = await this.#procedure(procedure, parameters)
    }
    const status = encodeReturnStatus(isFine ? 0 : 1)
    await this.#finish(isFine, ...(handle ? [handle] : []), status, encodeDone(dialogue, isFine ? DONE.final : DONE.error, undefined, true))
  }

  #prepare(prepared: Prepared): number {
    const handle = ++this.#handles
    if (this.#prepared.size < PREPARED) this.#prepared.set(handle, prepared)
    return handle
  }

  #unknownHandle(handle: string): boolean {
    this.#message({ code: 8179, state: 2, severity: 16, text: `Could not find prepared statement with handle ${handle}.` })
    return false
  }

  async #call({ names, sql }: Prepared, parameters: RpcRequest['parameters']): Promise<boolean> {
    const { variables } = this.#setup.session
    for (const [i, { name, value }] of parameters.entries()) {
      const key = name || names[i]
      if (key) keepVariable(variables, key, value)
    }
    const shown = parameters.length
      ? `${sql} -- ${parameters.map(({ name, value }, i) => `@${name || names[i] || i} = ${shownValue(value)}`).join(', ')}`
      : sql
    return this.#run(sql, shown)
  }

  async #procedure(name: string, parameters: RpcRequest['parameters']): Promise<boolean> {
    const { session, desk, visit } = this.#setup
    const startedAt = performance.now()
    const given = parameters.map((one) => ({ name: one.name || undefined, value: one.value, output: undefined }))
    const plain = (name.split('.').at(-1) as string).replace(/^\[|\]$/g, '')
    const shown = `EXEC ${name} ${parameters.map(({ name: key, value }) => `${key ? `@${key} = ` : ''}${shownValue(value)}`).join(', ')}`
    try {
      const result = await runStatement(
        session,
        ownStatement('EXEC', () => runProcedure(session, plain, given)),
      )
      if (session.delayMs) await visit.pause(session.delayMs)
      desk.turn(shown, result, session, startedAt)
      await this.#result(result)
      return true
    } catch (error) {
      this.#failed(error, shown, startedAt)
      return false
    }
  }

  /** Transaction manager requests: begin, commit, rollback (MS-TDS 2.2.6.9). */
  async #transaction(bytes: Buffer): Promise<void> {
    const { dialogue } = this.#setup
    const type = bytes.length >= 2 ? bytes.readUInt16LE(0) : 0
    const statement = { 5: 'BEGIN TRANSACTION', 7: 'COMMIT', 8: 'ROLLBACK' }[type]
    if (!statement) throw new TdsFormatError(`transaction request ${type}`)
    const isFine = await this.#run(statement)
    // The descriptor of the transaction that begins, or of the one that ends.
    const descriptor = new ByteWriter().u32le(1).u32le(0x35).done()
    const body = type === 5 ? [Buffer.of(8, 8), descriptor, Buffer.of(0)] : [Buffer.of(type === 7 ? 9 : 10, 0, 8), descriptor]
    const change = Buffer.concat(body)
    const token = new ByteWriter().u8(0xe3).u16le(change.length).bytes(change).done()
    await this.#finish(isFine, token, encodeDone(dialogue, isFine ? DONE.final : DONE.error))
  }
}

/** Names of a declaration of parameters: `@a int, @b nvarchar(20)`. */
function namesOf(declaration: string): string[] {
  return [...declaration.slice(0, 8000).matchAll(/@(\w{1,128})\s/g)].map(([, name]) => (name as string).toLowerCase())
}

function shownValue(value: SqlValue): string {
  if (value === null) return 'NULL'
  if (Buffer.isBuffer(value)) return `0x${value.subarray(0, 1000).toString('hex')}`
  return typeof value === 'string' ? `'${toText(Buffer.from(value.slice(0, 4000)))}'` : textOf(value)
}
