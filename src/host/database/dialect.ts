import type { Table } from './catalog.ts'
import type { LexicalRules } from './lexer.ts'
import type { DatabaseSession, SqlResult } from './session.ts'
import type { SqlError, SqlProblem, SqlWording } from './sql-error.ts'
import type { SqlParser } from './sql-parser.ts'
import type { DialectRun, Statement } from './syntax.ts'
import type { SqlType, SqlValue } from './value.ts'

/** A function that expressions may call. */
export interface SqlFunction {
  /** Least and most arguments. */
  arity: readonly [number, number]
  type: SqlType | ((types: SqlType[]) => SqlType)
  /** `null` in, `null` out, without a call, unless this is set. */
  takesNull?: boolean
  /** The first argument is a text; PostgreSQL has no such function of a number. */
  takesText?: boolean
  run(args: SqlValue[], session: DatabaseSession): SqlValue
}

export type FunctionTable = Record<string, SqlFunction>

/** What makes a server MariaDB, PostgreSQL, SQL Server or Oracle. */
export interface Dialect {
  readonly name: 'mysql' | 'postgresql' | 'mssql' | 'oracle'
  readonly lexical: LexicalRules
  /** How a name is taken that has no quotes: PostgreSQL writes it small. */
  fold(name: string): string
  /** How names of tables and databases are compared. */
  foldTable(name: string): string
  /** How names of columns are compared. */
  foldColumn(name: string): string
  isReserved(upper: string): boolean
  readonly backtickNames: boolean
  readonly doubleQuotedNames: boolean
  readonly pipesMeanOr: boolean
  /** Statements need no semicolon between them. */
  readonly separatesByBlanks: boolean
  /** SCHEMA is another word for DATABASE. */
  readonly schemaIsDatabase: boolean
  /** Schema of a table that is named without one. */
  readonly defaultSchema: string
  readonly ignoresCase: boolean
  /** SELECT without FROM is an error. */
  readonly needsFrom?: boolean
  /** Functions of this dialect that are called without parentheses: SYSDATE. */
  readonly bareCalls?: ReadonlySet<string>
  /** Types that only this dialect has, or that mean something else here. */
  readonly types?: Readonly<Record<string, SqlType>>
  /** Comparing a text with a number: MySQL reads what it can of the text, the others refuse. */
  readonly textToNumber: 'leading' | 'strict'
  /** 7 / 2: a decimal or an integer. */
  readonly divides: 'exact' | 'whole'
  readonly divisionByZero: 'null' | 'error'
  readonly functions: FunctionTable
  /** Statements that only this dialect has, or reads otherwise; undefined = the common ones. */
  statement(parser: SqlParser): Statement | undefined
  /** Tables of the server about itself; they are made when they are asked for. */
  systemTable(session: DatabaseSession, database: string, schema: string, name: string): Table | undefined
  /** Functions that give rows, in FROM or in the field list. */
  readonly tableFunctions: ReadonlySet<string>
  /** Table that a call in FROM gives: `generate_series(1, 3)`. */
  tableFunction?(
    session: DatabaseSession,
    name: string,
    args: SqlValue[],
  ): { columns: { name: string; type: SqlType }[]; rows: SqlValue[][] } | undefined
  /** Value of `@@name`. */
  systemVariable(session: DatabaseSession, name: string): SqlValue | undefined
  /** Converts for CAST; undefined = the common conversion. */
  cast?(session: DatabaseSession, value: Exclude<SqlValue, null>, type: SqlType, typeName: string): SqlValue | undefined
  /** What a type means here beyond what it means to all, by its name in lower case. */
  adjustType?(type: SqlType, typeName: string): SqlType
  /** As the catalogue of this server names a type: `int(11)`, `character varying(20)`. */
  typeName(type: SqlType): string
  /** Name of a column without alias. */
  columnName(text: string, kind: string, name: string): string
  word(problem: SqlProblem): SqlWording
}

/** EXECUTE: another statement runs in place of this one. */
export interface Instead {
  kind: 'instead'
  statement: Statement
  parameters: readonly SqlValue[]
}

/** IF, WHILE, BEGIN … END, EXEC of a text: these run in place of this one, in order. */
export interface Sequence {
  kind: 'sequence'
  statements: readonly Statement[]
  /** What runs when one of them fails, in place of the rest: CATCH, EXCEPTION. Undefined = the error is not handled here. */
  onError?(error: SqlError): readonly Statement[] | undefined
}

/** A statement of one dialect alone. */
export function ownStatement(
  verb: string,
  run: (session: DatabaseSession, parameters: readonly SqlValue[]) => SqlResult | Instead | Sequence,
): Statement {
  return { kind: 'dialect', verb, run: run as DialectRun }
}

export const done = (verb: string, affected = 0): SqlResult => ({ kind: 'done', verb, affected })
