import { evidence } from '../events/bytes.ts'
import { type Host, HostError } from '../host/contract.ts'
import type { DatabaseHost, DatabaseSession, ResultColumn, SqlEffect, SqlResult } from '../host/database/session.ts'
import type { SqlWording } from '../host/database/sql-error.ts'
import { type SqlValue, textOf } from '../host/database/value.ts'
import { toBytes, toText } from '../host/text.ts'
import { recordIndicators } from './indicators.ts'
import type { Witness } from './visit.ts'

/** Statements of one visit that become turns; the rest is counted. */
const LISTED_STATEMENTS = 5000
/** Of a statement and its answer an event keeps so much. */
const KEPT_TEXT = 16 * 1024
/** Largest file that LOAD_FILE and its kin read. */
const LARGEST_FILE = 4 * 1024 * 1024

export interface SqlDeskSetup {
  /** Name of the lure, before each of its events. */
  lure: string
  visit: Witness
  context: { readonly host: Host }
  /** Account that the server runs as, and its process as `ps` shows it. */
  account: string
  via: string
}

/** Connects a database session with a visit: files and commands go to the simulated host, deeds become events. */
export class SqlDesk {
  readonly #setup: SqlDeskSetup
  #statements = 0

  constructor(setup: SqlDeskSetup) {
    this.#setup = setup
  }

  get host(): DatabaseHost {
    const { context, visit, account, via } = this.#setup
    const user = (): string => (context.host.userExists(account) ? account : 'root')
    const files = (): ReturnType<Host['files']> => context.host.files(user())
    return {
      readFile: (path) =>
        unlessRefused(() => {
          const { size, type } = files().stat(path)
          return type === 'file' && size <= LARGEST_FILE ? files().read(path) : undefined
        }),
      list: (path) => unlessRefused(() => files().list(path)),
      exists: (path) => unlessRefused(() => files().stat(path)) !== undefined,
      writeFile: (path, bytes) =>
        unlessRefused(() => {
          files().write(path, bytes)
          return true
        }) ?? false,
      run: async (command) => {
        const request = { user: user(), command, via, remote: visit.source, local: visit.local, recorder: visit }
        return context.host.run(request)
      },
    }
  }

  /** Writes down what a statement did beyond its answer. */
  note(effect: SqlEffect): void {
    const { lure, visit } = this.#setup
    switch (effect.kind) {
      case 'read-file':
        visit.record(`${lure}.file-read`, { path: text(effect.path), found: effect.found }, ['attack:T1005'])
        return
      case 'write-file': {
        const { sha256, size } = visit.capture(effect.bytes, { name: text(effect.path), how: `${lure}.${effect.how}` })
        visit.record(`${lure}.file-write`, { path: text(effect.path), how: effect.how, bytes: size, sha256, written: effect.written }, [
          'attack:T1105',
        ])
        recordIndicators(visit, effect.bytes.toString('latin1', 0, KEPT_TEXT), `${lure}.${effect.how}`)
        return
      }
      case 'command':
        visit.record(`${lure}.host-command`, { command: text(effect.command), output: evidence(effect.output.subarray(0, KEPT_TEXT)) }, [
          'attack:T1059',
        ])
        recordIndicators(visit, effect.command, `${lure}.host-command`)
        return
      case 'library':
        visit.record(`${lure}.library`, { name: text(effect.name), library: text(effect.library) }, ['attack:T1505.001'])
        return
      case 'drop':
        visit.record(`${lure}.destroyed`, { what: effect.what, name: text(effect.name), rows: effect.rows }, ['attack:T1485'])
        return
      case 'privilege': {
        const { what, name, password } = effect
        visit.record(
          `${lure}.privilege`,
          { statement: text(what), name: text(name), ...(password !== undefined && { password: text(password) }) },
          ['attack:T1136'],
        )
        return
      }
      case 'setting':
        visit.record(`${lure}.setting`, { name: text(effect.name), value: text(effect.value) })
        return
      case 'notice':
        return
    }
  }

  /** One statement as a turn of the transcript. */
  turn(statement: string, outcome: SqlResult | SqlWording, session: DatabaseSession, startedAt: number): void {
    const { lure, visit } = this.#setup
    recordIndicators(visit, statement, `${lure}.query`)
    if (++this.#statements > LISTED_STATEMENTS) return
    const output =
      'kind' in outcome
        ? outputOf(outcome)
        : { text: `ERROR ${outcome.code || ''} (${outcome.state}): ${outcome.message}`, bytes: undefined }
    visit.record('turn', {
      input: text(statement),
      output: text(output.text),
      ...(output.bytes !== undefined && { outputBytes: output.bytes }),
      source: 'static',
      durationMs: Math.round(performance.now() - startedAt),
      kind: lure,
      detail: {
        database: session.database,
        user: session.setup.user,
        ...('kind' in outcome ? factsOf(outcome) : { errorCode: outcome.code, sqlState: outcome.state }),
      },
    })
  }

  /** To be called when the visit ends. */
  close(): void {
    const { lure, visit } = this.#setup
    if (this.#statements > LISTED_STATEMENTS) visit.record(`${lure}.uncounted`, { statements: this.#statements - LISTED_STATEMENTS })
  }
}

/** What the host refuses or does not have is undefined to a server. */
function unlessRefused<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch (error) {
    if (error instanceof HostError) return undefined
    throw error
  }
}

function text(value: string): ReturnType<typeof evidence> {
  return evidence(toBytes(value.slice(0, KEPT_TEXT)))
}

function factsOf(result: SqlResult): Record<string, unknown> {
  if (result.kind === 'rows') return { verb: result.verb, rows: result.rows.length }
  if (result.kind === 'done') return { verb: result.verb, affected: result.affected }
  return { verb: result.verb }
}

/** Rows as a client without frames prints them. */
function outputOf(result: SqlResult): { text: string; bytes: number | undefined } {
  if (result.kind === 'done') return { text: result.info ?? `${result.verb} ${result.affected}`, bytes: undefined }
  if (result.kind !== 'rows') return { text: result.verb, bytes: undefined }
  let shown = tabbed(result.columns.map((column: ResultColumn) => column.name))
  let rows = 0
  for (const row of result.rows) {
    if (shown.length > KEPT_TEXT) break
    shown += tabbed(
      row.map((value: SqlValue) =>
        value === null ? 'NULL' : Buffer.isBuffer(value) ? toText(value.subarray(0, 1000)) : textOf(value).slice(0, 1000),
      ),
    )
    rows++
  }
  const isCut = rows < result.rows.length || shown.length > KEPT_TEXT
  return { text: shown, bytes: isCut ? Math.round((shown.length / Math.max(1, rows)) * result.rows.length) : undefined }
}

function tabbed(fields: readonly string[]): string {
  return `${fields.map((field) => field.replace(/[\t\n]/g, ' ')).join('\t')}\n`
}
