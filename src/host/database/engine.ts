import { change } from './change.ts'
import { define } from './define.ts'
import type { Instead, Sequence } from './dialect.ts'
import { Meter } from './meter.ts'
import { compileSelect, statementContext } from './select.ts'
import { selectInto } from './select-into.ts'
import { type DatabaseSession, NeedsHost, type SqlResult } from './session.ts'
import { SqlError } from './sql-error.ts'
import { type ParsedStatement, SqlParser } from './sql-parser.ts'
import type { Statement } from './syntax.ts'
import type { SqlValue } from './value.ts'

/** Commands of the host that one statement may wait for. */
const HOST_CALLS = 16
const LONGEST_COMMAND = 8192
const LONGEST_OUTPUT = 256 * 1024

/** A statement and what came of it. */
export interface Executed {
  text: string
  result: SqlResult
  /** No further statement follows. */
  isLast: boolean
}

/**
 * Runs the statements of a text in order, each as soon as the one before has its result. SLEEP and its kin leave their wait in
 * `session.delayMs`; whoever asks has to wait it out.
 * @throws SqlError at the first statement that fails; those before it have taken effect
 */
export async function* runSql(session: DatabaseSession, sql: string, parameters: readonly SqlValue[] = []): AsyncGenerator<Executed, void> {
  const parser = new SqlParser(sql, session.dialect)
  for (let parsed = parser.next(); parsed; parsed = parser.next()) {
    for await (const { result, isLast } of runEach(session, parsed.statement, parameters)) {
      yield { text: parsed.text, result, isLast: isLast && parser.isAtEnd }
    }
  }
}

/** Statements that one statement of a text may run in its place. */
const LONGEST_SEQUENCE = 2000

/** Runs a statement, or those that stand in it. */
async function* runEach(
  session: DatabaseSession,
  first: Statement,
  parameters: readonly SqlValue[],
): AsyncGenerator<{ result: SqlResult; isLast: boolean }, void> {
  const waiting = [first]
  const guards: Guard[] = []
  for (let statement = waiting.pop(), count = 0; statement; statement = waiting.pop()) {
    if (++count > LONGEST_SEQUENCE) throw new SqlError({ kind: 'interrupted' })
    while ((guards.at(-1)?.depth ?? -1) > waiting.length) guards.pop()
    const result = await runGuarded(session, statement, parameters, { waiting, guards })
    if (result.kind === 'sequence') {
      if (result.onError) guards.push({ depth: waiting.length, sequence: result })
      waiting.push(...result.statements.toReversed())
    } else yield { result, isLast: waiting.length === 0 }
  }
}

/** A sequence that handles errors, and how many statements wait behind it. */
interface Guard {
  depth: number
  sequence: Sequence
}

/** Runs a statement; when it fails inside of a sequence that handles errors, that sequence's handler is what comes of it. */
async function runGuarded(
  session: DatabaseSession,
  statement: Statement,
  parameters: readonly SqlValue[],
  { waiting, guards }: { waiting: Statement[]; guards: Guard[] },
): Promise<SqlResult | Sequence> {
  try {
    return await run(session, statement, parameters)
  } catch (error) {
    if (!(error instanceof SqlError)) throw error
    for (let guard = guards.pop(); guard; guard = guards.pop()) {
      const handler = guard.sequence.onError?.(error)
      if (!handler) continue
      waiting.length = guard.depth
      session.caught = error
      return { kind: 'sequence', statements: handler }
    }
    throw error
  }
}

/** All statements of a text, parsed. @throws SqlError */
export function parseSql(session: DatabaseSession, sql: string): ParsedStatement[] {
  const parser = new SqlParser(sql, session.dialect)
  const statements: ParsedStatement[] = []
  for (let parsed = parser.next(); parsed; parsed = parser.next()) statements.push(parsed)
  return statements
}

/** Runs one statement; of several that stand in it the last one's result. @throws SqlError */
export async function runStatement(
  session: DatabaseSession,
  statement: Statement,
  parameters: readonly SqlValue[] = [],
): Promise<SqlResult> {
  let last: SqlResult = { kind: 'done', verb: '', affected: 0 }
  for await (const { result } of runEach(session, statement, parameters)) last = result
  return last
}

async function run(session: DatabaseSession, statement: Statement, parameters: readonly SqlValue[]): Promise<SqlResult | Sequence> {
  session.forgetCommands()
  for (let calls = 0; ; calls++) {
    session.meter = new Meter()
    session.delayMs = 0
    try {
      return dispatch(session, statement, parameters)
    } catch (error) {
      if (error instanceof SqlError && session.rollback && session.dialect.name === 'postgresql') session.isAborted = true
      if (!(error instanceof NeedsHost) || calls >= HOST_CALLS) throw notOurs(error)
      await askHost(session, error.command)
    }
  }
}

/** What a statement's deep nesting does to our own stack is the attacker's trouble. */
function notOurs(error: unknown): unknown {
  if (error instanceof NeedsHost) return new SqlError({ kind: 'interrupted' })
  return error instanceof RangeError ? new SqlError({ kind: 'too-complex' }) : error
}

async function askHost(session: DatabaseSession, command: string): Promise<void> {
  const text = command.slice(0, LONGEST_COMMAND)
  const { stdout, stderr, exitCode } = await session.setup.host.run(text)
  const result = { stdout: stdout.subarray(0, LONGEST_OUTPUT), stderr: stderr.subarray(0, LONGEST_OUTPUT), exitCode }
  session.setup.note({ kind: 'command', command: text, output: Buffer.concat([result.stdout, result.stderr]) })
  session.answerCommand(command, result)
}

function dispatch(session: DatabaseSession, statement: Statement, parameters: readonly SqlValue[]): SqlResult | Sequence {
  if (session.isAborted && !(statement.kind === 'transaction' && statement.what !== 'begin')) throw new SqlError({ kind: 'aborted' })
  switch (statement.kind) {
    case 'select': {
      const compiled = compileSelect(statement.select, statementContext(session, parameters))
      const rows = compiled.run()
      const { target } = statement.select
      if (target) return selectInto(session, target, compiled.columns, rows)
      session.rowCount = session.dialect.name === 'mysql' ? -1 : rows.length
      return { kind: 'rows', verb: 'SELECT', columns: compiled.columns, rows }
    }
    case 'insert':
    case 'update':
    case 'delete':
      return change(session, statement, parameters)
    case 'transaction':
      return transaction(session, statement.what, statement.verb)
    case 'dialect': {
      const result = statement.run(session as never, parameters) as SqlResult | Instead | Sequence
      return result.kind === 'instead' ? dispatch(session, result.statement, result.parameters) : result
    }
    default:
      return define(session, statement, parameters)
  }
}

function transaction(session: DatabaseSession, what: 'begin' | 'commit' | 'rollback' | 'savepoint', verb: string): SqlResult {
  const warn = (state: string, text: string): void => session.setup.note({ kind: 'notice', severity: 1, code: 0, state, text })
  if (what === 'begin' && session.rollback) warn('25001', 'there is already a transaction in progress')
  if ((what === 'commit' || what === 'rollback') && !session.rollback) warn('25P01', 'there is no transaction in progress')
  // What failed cannot be committed.
  const ends = what === 'commit' && session.isAborted ? 'rollback' : what
  if (ends === 'begin') session.rollback ??= session.catalog.savepoint()
  else if (ends !== 'savepoint') {
    if (ends === 'rollback') session.rollback?.()
    session.rollback = undefined
  }
  session.isAborted = false
  return { kind: 'done', verb: ends === what ? verb : 'ROLLBACK', affected: 0 }
}

/** What a statement would give, without running it: for PREPARE and Describe. Undefined when it gives no rows. */
export function describeStatement(
  session: DatabaseSession,
  statement: Statement,
  parameters: readonly SqlValue[],
): ReturnType<typeof compileSelect>['columns'] | undefined {
  if (statement.kind !== 'select' || statement.select.target) return undefined
  return compileSelect(statement.select, statementContext(session, parameters)).columns
}
