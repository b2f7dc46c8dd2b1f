import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import type { Catalog, Database } from './catalog.ts'
import type { Dialect } from './dialect.ts'
import { Meter } from './meter.ts'
import type { SqlError } from './sql-error.ts'
import type { Statement } from './syntax.ts'
import type { SqlType, SqlValue } from './value.ts'

export interface ResultColumn {
  name: string
  type: SqlType
  /** Where it comes from, when it is a column of a table. */
  table?: string
  source?: string
}

export type SqlResult =
  | { kind: 'rows'; verb: string; columns: ResultColumn[]; rows: SqlValue[][] }
  | { kind: 'done'; verb: string; affected: number; insertId?: number; info?: string }
  /** MySQL's LOAD DATA LOCAL, PostgreSQL's COPY FROM STDIN: the client is to send data, `take` stores it. */
  | { kind: 'wants-data'; verb: string; file: string; columns: number; take(data: Buffer): SqlResult }
  /** PostgreSQL's COPY TO STDOUT. */
  | { kind: 'copy-out'; verb: string; columns: number; rows: Buffer[] }

/** Something a statement did beyond its answer, or tried to. */
export type SqlEffect =
  | { kind: 'read-file'; path: string; found: boolean }
  | { kind: 'write-file'; path: string; bytes: Buffer; how: string; written: boolean }
  | { kind: 'command'; command: string; output: Buffer }
  | { kind: 'library'; name: string; library: string }
  | { kind: 'drop'; what: 'database' | 'table'; name: string; rows: number }
  | { kind: 'privilege'; what: string; name: string; password?: string }
  | { kind: 'setting'; name: string; value: string }
  | { kind: 'notice'; severity: number; code: number; state: string; text: string }

/** What a command of the host left. */
export interface CommandResult {
  stdout: Buffer
  stderr: Buffer
  exitCode: number
}

/** The machine under the server, as far as SQL reaches it. */
export interface DatabaseHost {
  /** Undefined when the server's account may not read it or it is not there. */
  readFile(path: string): Buffer | undefined
  list(path: string): string[] | undefined
  exists(path: string): boolean
  writeFile(path: string, bytes: Buffer): boolean
  run(command: string): Promise<CommandResult>
}

export interface SessionSetup {
  dialect: Dialect
  catalog: Catalog
  identity: Identity
  persona: Persona
  host: DatabaseHost
  /** Release of the server, as it says it: `10.11.19-MariaDB-0+deb12u1`. */
  version: string
  database: string
  user: string
  /** Address of the client as the server sees it. */
  clientIp: string
  clientPort: number
  port: number
  /** Thread, backend pid or spid. */
  connectionId: number
  /** UTC milliseconds. */
  startedAt: number
  /** Settings of the whole server as this source has changed them: `xp_cmdshell` → 1. */
  serverSettings: Map<string, SqlValue>
  /** Functions that came with a library: name → library. */
  libraries: Map<string, string>
  note(effect: SqlEffect): void
}

/** A function that needs the host asks by throwing this; the statement is then run again with the answer. */
export class NeedsHost extends Error {
  readonly command: string

  constructor(command: string) {
    super('needs the host')
    this.name = 'NeedsHost'
    this.command = command
  }
}

/** One connection's state. */
export class DatabaseSession {
  readonly setup: SessionSetup
  database: string
  readonly variables = new Map<string, SqlValue>()
  /** Statements of PREPARE, by name. */
  readonly prepared = new Map<string, Statement>()
  /** SET of this session. */
  readonly settings = new Map<string, SqlValue>()
  lastInsertId = 0
  /** MySQL's CLIENT_FOUND_ROWS: UPDATE counts the rows that it found, changed or not. */
  countsMatched = false
  rowCount = 0
  foundRows = 0
  meter = new Meter()
  /** Milliseconds that SLEEP(), pg_sleep(), WAITFOR asked for in the present statement. */
  delayMs = 0
  /** Undo of the open transaction. */
  rollback: (() => void) | undefined
  /** A transaction of PostgreSQL in which a statement failed. */
  isAborted = false
  /** The error that CATCH or EXCEPTION handles. */
  caught: SqlError | undefined
  #hostAnswers = new Map<string, CommandResult>()

  constructor(setup: SessionSetup) {
    this.setup = setup
    this.database = setup.database
  }

  get dialect(): Dialect {
    return this.setup.dialect
  }

  get catalog(): Catalog {
    return this.setup.catalog
  }

  get current(): Database | undefined {
    return this.catalog.database(this.database)
  }

  /** What a command of the host left; the first time it throws {@link NeedsHost}. */
  commandResult(command: string): CommandResult {
    const known = this.#hostAnswers.get(command)
    if (known === undefined) throw new NeedsHost(command)
    return known
  }

  answerCommand(command: string, result: CommandResult): void {
    this.#hostAnswers.set(command, result)
  }

  forgetCommands(): void {
    this.#hostAnswers = new Map()
  }
}
