import { evidence } from '../../events/bytes.ts'
import { describeStatement, parseSql, runSql, runStatement } from '../../host/database/engine.ts'
import { useDatabase } from '../../host/database/mysql/statements.ts'
import { resolveTable } from '../../host/database/resolve.ts'
import type { DatabaseSession, SqlResult } from '../../host/database/session.ts'
import { SqlError, type SqlWording } from '../../host/database/sql-error.ts'
import type { ParsedStatement } from '../../host/database/sql-parser.ts'
import { type SqlValue, TEXT } from '../../host/database/value.ts'
import { toBytes, toText } from '../../host/text.ts'
import type { SqlDesk } from '../../sensor/sql-desk.ts'
import { TimeSlice } from '../../sensor/time-slice.ts'
import type { Visit } from '../../sensor/visit.ts'
import { CLIENT, encodeEof, encodeError, encodeOk, encodePrepared, MysqlFormatError } from './codec.ts'
import type { MysqlEvents } from './events.ts'
import type { Packets } from './packets.ts'
import { encodeColumn, encodeRows, type Reception, STATUS } from './result-set.ts'
import { decodeExecution, decodeQuery } from './statements.ts'

/** `max_allowed_packet`. */
const LARGEST_PACKET = 16 * 1024 * 1024
/** A file that a client sends. */
const LARGEST_LOCAL_FILE = 16 * 1024 * 1024
/** Prepared statements a connection may hold. */
const PREPARED = 200
/** Packets gathered before they are sent. */
const BATCH = 500

const COMMANDS: Record<number, string> = {
  0: 'SLEEP',
  1: 'QUIT',
  2: 'INIT_DB',
  3: 'QUERY',
  4: 'FIELD_LIST',
  5: 'CREATE_DB',
  6: 'DROP_DB',
  7: 'REFRESH',
  8: 'SHUTDOWN',
  9: 'STATISTICS',
  10: 'PROCESS_INFO',
  12: 'PROCESS_KILL',
  13: 'DEBUG',
  14: 'PING',
  17: 'CHANGE_USER',
  18: 'BINLOG_DUMP',
  19: 'TABLE_DUMP',
  21: 'REGISTER_SLAVE',
  22: 'STMT_PREPARE',
  23: 'STMT_EXECUTE',
  24: 'STMT_SEND_LONG_DATA',
  25: 'STMT_CLOSE',
  26: 'STMT_RESET',
  27: 'SET_OPTION',
  28: 'STMT_FETCH',
  30: 'BINLOG_DUMP_GTID',
  31: 'RESET_CONNECTION',
}

interface Prepared {
  parsed: ParsedStatement
  types: { type: number; isUnsigned: boolean }[]
  long: Map<number, Buffer>
}

/** One connection after its login: commands in, packets out. */
export class Connection {
  readonly #visit: Visit<MysqlEvents>
  readonly #packets: Packets
  readonly #session: DatabaseSession
  readonly #desk: SqlDesk
  readonly #reception: Reception
  readonly #statements = new Map<number, Prepared>()
  readonly #slice = new TimeSlice()
  #statementIds = 0

  constructor(visit: Visit<MysqlEvents>, packets: Packets, session: DatabaseSession, desk: SqlDesk, reception: Reception) {
    this.#visit = visit
    this.#packets = packets
    this.#session = session
    this.#desk = desk
    this.#reception = reception
    session.countsMatched = (reception.capabilities & CLIENT.FOUND_ROWS) !== 0
  }

  /** Answers commands until the client goes. `changeUser` is COM_CHANGE_USER's new login. */
  async serve(changeUser: (argument: Buffer) => Promise<boolean>): Promise<void> {
    for (;;) {
      await this.#slice.turn()
      this.#packets.beginCommand()
      const packet = await this.#packets.read(LARGEST_PACKET)
      const [code] = packet
      if (code === undefined) return
      const name = COMMANDS[code]
      const argument = packet.subarray(1)
      if (name !== 'QUERY') this.#recordCommand(name ?? `0x${code.toString(16)}`, argument)
      if (name === 'QUIT') return
      if (name === 'CHANGE_USER') {
        if (!(await changeUser(argument))) return
      } else if (!(await this.#command(name, argument))) return
    }
  }

  #recordCommand(name: string, argument: Buffer): void {
    const isQuiet = name.startsWith('STMT_') || name === 'PING' || name === 'CHANGE_USER'
    if (isQuiet) return
    this.#visit.record('mysql.command', { name, ...(argument.length && { argument: evidence(argument.subarray(0, 1024)) }) })
  }

  /** False when the connection ends with this command. */
  async #command(name: string | undefined, argument: Buffer): Promise<boolean> {
    switch (name) {
      case 'QUERY':
        await this.#query(toText(this.#hasAttributes ? decodeQuery(argument).text : argument))
        return true
      case 'INIT_DB':
        await this.#answer(() => useDatabase(this.#session, toText(argument)))
        return true
      case 'CREATE_DB':
      case 'DROP_DB':
        await this.#query(`${name === 'CREATE_DB' ? 'CREATE' : 'DROP'} DATABASE \`${toText(argument).replaceAll('`', '``')}\``)
        return true
      case 'FIELD_LIST':
        await this.#fieldList(argument)
        return true
      case 'STATISTICS':
        await this.#packets.write(Buffer.from(this.#statistics()))
        return true
      case 'PROCESS_INFO':
        await this.#query('SHOW PROCESSLIST')
        return true
      case 'PROCESS_KILL':
        await this.#query(`KILL ${argument.length >= 4 ? argument.readUInt32LE() : 0}`)
        return true
      case 'PING':
      case 'REFRESH':
      case 'REGISTER_SLAVE':
      case 'RESET_CONNECTION':
        if (name === 'RESET_CONNECTION') this.#reset()
        await this.#ok()
        return true
      case 'DEBUG':
      case 'SET_OPTION':
        await this.#packets.write(encodeEof(this.#status()))
        return true
      case 'SHUTDOWN':
        await this.#packets.write(encodeEof(this.#status()))
        return false
      case 'STMT_PREPARE':
        await this.#prepare(toText(argument))
        return true
      case 'STMT_EXECUTE':
        await this.#execute(argument)
        return true
      case 'STMT_SEND_LONG_DATA':
        this.#longData(argument)
        return true
      case 'STMT_CLOSE':
        if (argument.length >= 4) this.#statements.delete(argument.readUInt32LE())
        return true
      case 'STMT_RESET':
        await this.#ok()
        return true
      case 'BINLOG_DUMP':
      case 'BINLOG_DUMP_GTID':
        await this.#error({ code: 1236, state: 'HY000', message: 'Binary log is not open' })
        return true
      default:
        await this.#error({ code: 1047, state: '08S01', message: 'Unknown command' })
        return true
    }
  }

  get #hasAttributes(): boolean {
    return (this.#reception.capabilities & CLIENT.QUERY_ATTRIBUTES) !== 0
  }

  #status(): number {
    return STATUS.autocommit | (this.#session.rollback ? STATUS.inTransaction : 0)
  }

  async #ok(): Promise<void> {
    await this.#packets.write(encodeOk({ affected: 0, insertId: 0, status: this.#status(), warnings: 0, info: '' }))
  }

  async #error({ code, state, message }: SqlWording): Promise<void> {
    await this.#packets.write(encodeError(code, state, toBytes(message)))
  }

  /** A query text; several statements in it are only for clients that asked for that. */
  async #query(sql: string): Promise<void> {
    const startedAt = performance.now()
    let count = 0
    try {
      if (!(this.#reception.capabilities & CLIENT.MULTI_STATEMENTS)) this.#refuseSecond(sql)
      for await (const { text, result, isLast } of runSql(this.#session, sql)) {
        count++
        if (this.#session.delayMs) await this.#visit.pause(this.#session.delayMs)
        this.#desk.turn(text, result, this.#session, startedAt)
        await this.#send(result, isLast ? 0 : STATUS.moreResults)
      }
    } catch (error) {
      if (!(error instanceof SqlError)) throw error
      const wording = this.#session.dialect.word(error.problem)
      this.#desk.turn(sql, wording, this.#session, startedAt)
      await this.#error(wording)
      return
    }
    if (count === 0) await this.#error({ code: 1065, state: '42000', message: 'Query was empty' })
  }

  #refuseSecond(sql: string): void {
    const [, second] = parseSql(this.#session, sql)
    if (second) throw this.#secondStatement(sql, second.at)
  }

  #secondStatement(sql: string, at: number): SqlError {
    return new SqlError({
      kind: 'syntax',
      at,
      end: sql.length,
      near: sql.slice(at),
      line: sql.slice(0, at).split('\n').length,
      atEnd: false,
    })
  }

  async #answer(act: () => SqlResult): Promise<void> {
    try {
      await this.#send(act(), 0)
    } catch (error) {
      if (!(error instanceof SqlError)) throw error
      await this.#error(this.#session.dialect.word(error.problem))
    }
  }

  async #send(result: SqlResult, more: number, isBinary = false): Promise<void> {
    const status = this.#status() | more
    if (result.kind === 'rows') {
      const packets = encodeRows(result, this.#session.database, status, this.#reception, isBinary)
      for (let at = 0; at < packets.length; at += BATCH) {
        await this.#packets.write(...packets.slice(at, at + BATCH))
        await this.#slice.turn()
      }
      return
    }
    if (result.kind === 'wants-data') return this.#receive(result, more)
    if (result.kind === 'copy-out') return
    const { affected, insertId = 0, info = '' } = result
    await this.#packets.write(encodeOk({ affected, insertId, status, warnings: 0, info }))
  }

  /** LOAD DATA LOCAL: the client sends the file that its own statement named. */
  async #receive(result: Extract<SqlResult, { kind: 'wants-data' }>, more: number): Promise<void> {
    if (!(this.#reception.capabilities & CLIENT.LOCAL_FILES)) {
      return this.#error({ code: 1148, state: '42000', message: 'The used command is not allowed with this MariaDB version' })
    }
    await this.#packets.write(Buffer.concat([Buffer.of(0xfb), toBytes(result.file)]))
    const parts: Buffer[] = []
    let kept = 0
    for (;;) {
      const part = await this.#packets.read(LARGEST_PACKET)
      if (part.length === 0) break
      if (kept + part.length <= LARGEST_LOCAL_FILE) parts.push(part)
      kept += part.length
    }
    const data = Buffer.concat(parts)
    const path = evidence(toBytes(result.file.slice(0, 1024)))
    const { sha256 } = this.#visit.capture(data, { name: path, how: 'mysql.local-infile' })
    this.#visit.record('mysql.local-file', { path, bytes: kept, sha256 }, ['attack:T1105'])
    try {
      await this.#send(result.take(data), more)
    } catch (error) {
      if (!(error instanceof SqlError)) throw error
      await this.#error(this.#session.dialect.word(error.problem))
    }
  }

  async #prepare(sql: string): Promise<void> {
    try {
      const [parsed, second] = parseSql(this.#session, sql)
      if (!parsed) return await this.#error({ code: 1065, state: '42000', message: 'Query was empty' })
      if (second) throw this.#secondStatement(sql, second.at)
      if (this.#statements.size >= PREPARED) {
        return await this.#error({
          code: 1461,
          state: '42000',
          message: "Can't create more than max_prepared_stmt_count statements (current value: 16382)",
        })
      }
      const parameters = Array.from({ length: parsed.parameters }, (): SqlValue => null)
      const columns = describeStatement(this.#session, parsed.statement, parameters) ?? []
      const id = ++this.#statementIds
      this.#statements.set(id, { parsed, types: [], long: new Map() })
      const hasEof = !(this.#reception.capabilities & CLIENT.DEPRECATE_EOF)
      const eof = hasEof ? [encodeEof(this.#status())] : []
      const definition = (name: string): Buffer => encodeColumn({ name, type: TEXT }, '', this.#reception)
      const packets = [encodePrepared(id, columns.length, parsed.parameters)]
      if (parsed.parameters) packets.push(...parameters.map(() => definition('?')), ...eof)
      if (columns.length) packets.push(...columns.map((column) => encodeColumn(column, this.#session.database, this.#reception)), ...eof)
      await this.#packets.write(...packets)
    } catch (error) {
      if (!(error instanceof SqlError)) throw error
      const wording = this.#session.dialect.word(error.problem)
      this.#desk.turn(sql, wording, this.#session, performance.now())
      await this.#error(wording)
    }
  }

  async #execute(argument: Buffer): Promise<void> {
    const prepared = argument.length >= 4 ? this.#statements.get(argument.readUInt32LE()) : undefined
    if (!prepared) {
      const id = argument.length >= 4 ? argument.readUInt32LE() : 0
      return this.#error({ code: 1243, state: 'HY000', message: `Unknown prepared statement handler (${id}) given to mysqld_stmt_execute` })
    }
    const startedAt = performance.now()
    const { parsed } = prepared
    try {
      const { parameters, types } = decodeExecution(argument, parsed.parameters, prepared.types, prepared.long, this.#hasAttributes)
      prepared.types = types
      prepared.long.clear()
      const result = await runStatement(this.#session, parsed.statement, parameters)
      if (this.#session.delayMs) await this.#visit.pause(this.#session.delayMs)
      this.#desk.turn(withParameters(parsed.text, parameters), result, this.#session, startedAt)
      await this.#send(result, 0, true)
    } catch (error) {
      if (error instanceof MysqlFormatError)
        return this.#error({ code: 1210, state: 'HY000', message: 'Incorrect arguments to mysqld_stmt_execute' })
      if (!(error instanceof SqlError)) throw error
      const wording = this.#session.dialect.word(error.problem)
      this.#desk.turn(parsed.text, wording, this.#session, startedAt)
      await this.#error(wording)
    }
  }

  #longData(argument: Buffer): void {
    const prepared = argument.length >= 6 ? this.#statements.get(argument.readUInt32LE()) : undefined
    if (!prepared) return
    const index = argument.readUInt16LE(4)
    const known = prepared.long.get(index) ?? Buffer.alloc(0)
    if (known.length + argument.length <= LARGEST_PACKET && prepared.long.size < 100)
      prepared.long.set(index, Buffer.concat([known, argument.subarray(6)]))
  }

  async #fieldList(argument: Buffer): Promise<void> {
    const end = argument.indexOf(0)
    const name = toText(end < 0 ? argument : argument.subarray(0, end))
    try {
      const { table } = resolveTable(this.#session, { parts: [name], at: 0 })
      // Each column brings its default besides: NULL.
      const columns = table.columns.map((column) =>
        Buffer.concat([
          encodeColumn(
            { name: column.name, type: column.type, table: table.name, source: table.name },
            this.#session.database,
            this.#reception,
          ),
          Buffer.of(0xfb),
        ]),
      )
      await this.#packets.write(...columns, encodeEof(this.#status()))
    } catch (error) {
      if (!(error instanceof SqlError)) throw error
      await this.#error(this.#session.dialect.word(error.problem))
    }
  }

  #statistics(): string {
    const { startedAt, connectionId } = this.#session.setup
    const uptime = Math.max(1, Math.floor((Date.now() - startedAt) / 1000))
    const questions = connectionId * 9 + Math.floor(uptime / 11)
    return `Uptime: ${uptime}  Threads: 1  Questions: ${questions}  Slow queries: 0  Opens: 37  Open tables: 30  Queries per second avg: ${(questions / uptime).toFixed(3)}`
  }

  #reset(): void {
    this.#statements.clear()
    this.#session.variables.clear()
    this.#session.settings.clear()
  }
}

function withParameters(text: string, parameters: readonly SqlValue[]): string {
  if (parameters.length === 0) return text
  const shown = parameters.map((value) =>
    value === null ? 'NULL' : Buffer.isBuffer(value) ? `0x${value.toString('hex').slice(0, 200)}` : String(value).slice(0, 200),
  )
  return `${text} -- ${shown.join(', ')}`
}
