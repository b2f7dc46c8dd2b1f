import { toText } from '../../text.ts'
import { Compiler, keepVariable } from '../compiler.ts'
import { done, type Sequence } from '../dialect.ts'
import { Scope } from '../scope.ts'
import { statementContext } from '../select.ts'
import type { DatabaseSession, SqlResult } from '../session.ts'
import { SqlError } from '../sql-error.ts'
import { SqlParser } from '../sql-parser.ts'
import type { Expression, Statement } from '../syntax.ts'
import { type SqlType, type SqlValue, textOf } from '../value.ts'
import { isOn } from './configuration.ts'

/** An argument of EXEC. */
export interface ProcedureArgument {
  /** In lower case without `@`; undefined when its place says which it is. */
  name: string | undefined
  value: SqlValue
  /** Variable that an OUTPUT parameter is written to. */
  output: string | undefined
}

/** The arguments of a call by place or by name. */
export class Arguments {
  readonly all: readonly ProcedureArgument[]

  constructor(all: readonly ProcedureArgument[]) {
    this.all = all
  }

  at(place: number, name?: string): ProcedureArgument | undefined {
    const named = name === undefined ? undefined : this.all.find((one) => one.name === name)
    const placed = this.all[place]
    return named ?? (placed?.name === undefined ? placed : undefined)
  }

  text(place: number, name?: string): string {
    const value = this.at(place, name)?.value
    return value === null || value === undefined ? '' : textOf(value)
  }
}

export type Procedure = (session: DatabaseSession, args: Arguments) => SqlResult | Sequence

export function rows(columns: readonly (readonly [name: string, type: SqlType])[], found: SqlValue[][]): SqlResult {
  return { kind: 'rows', verb: 'EXEC', columns: columns.map(([name, type]) => ({ name, type })), rows: found }
}

export function keepOutput(session: DatabaseSession, argument: ProcedureArgument | undefined, value: SqlValue): void {
  if (argument?.output !== undefined) keepVariable(session.variables, argument.output, value)
}

function turnedOff(what: string, component: string): never {
  return raise(
    15_281,
    16,
    `SQL Server blocked access to ${what} of component '${component}' because this component is turned off as part of the security configuration for this server. A system administrator can enable the use of '${component}' by using sp_configure. For more information about enabling '${component}', search for '${component}' in SQL Server Books Online.`,
  )
}

export function mustBeOn(session: DatabaseSession, procedure: string, component: string): void {
  if (!isOn(session, component)) turnedOff(`procedure 'sys.${procedure}'`, component)
}

/** Lines of a command's output; the host runs it before the statement goes on. */
export function commandLines(session: DatabaseSession, command: string): string[] {
  const { stdout, stderr } = session.commandResult(command)
  const lines = toText(Buffer.concat([stdout, stderr])).split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}

/** A message that goes to the client beside the results. */
export function say(session: DatabaseSession, code: number, text: string, severity = 0): SqlResult {
  session.setup.note({ kind: 'notice', severity, code, state: '1', text })
  return done('PRINT', -1)
}

/** @throws SqlError always */
export function raise(code: number, severity: number, message: string): never {
  throw new SqlError({ kind: 'worded', code, state: '1', severity, message })
}

export function evaluate(session: DatabaseSession, expression: Expression): SqlValue {
  return new Compiler(statementContext(session, []), new Scope([]), 'field list').compile(expression).run({ row: [] })
}

/** Statements of a text that was built at run time. */
export function statementsOf(session: DatabaseSession, text: string): { kind: 'sequence'; statements: Statement[] } {
  const parser = new SqlParser(text, session.dialect)
  const statements: Statement[] = []
  for (let parsed = parser.next(); parsed; parsed = parser.next()) statements.push(parsed.statement)
  return { kind: 'sequence', statements }
}
