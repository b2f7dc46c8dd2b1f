/** What is wrong with a statement, before a server words it. Names are as the statement spells them. */
export type SqlProblem =
  | { kind: 'syntax'; at: number; end: number; near: string; line: number; atEnd: boolean }
  | { kind: 'too-complex' }
  | { kind: 'unknown-table'; database?: string; schema?: string; table: string; at?: number }
  | { kind: 'unknown-column'; column: string; table?: string; hasTable?: boolean; relation?: string; clause: Clause; at?: number }
  | { kind: 'ambiguous-column'; column: string; clause: Clause; at?: number }
  | { kind: 'unknown-database'; database: string }
  | { kind: 'unknown-schema'; schema: string }
  | { kind: 'unknown-function'; name: string; types: string[]; at?: number }
  | { kind: 'argument-count'; name: string; at?: number }
  | { kind: 'no-database' }
  | { kind: 'no-from' }
  | { kind: 'table-exists'; table: string }
  | { kind: 'database-exists'; database: string }
  | { kind: 'cannot-drop-database'; database: string }
  | { kind: 'duplicate-key'; value: string; key: string; column: string; table: string }
  | { kind: 'aborted' }
  | { kind: 'open-database' }
  | { kind: 'not-null'; column: string; table: string; row?: string }
  | { kind: 'no-default'; column: string }
  | { kind: 'column-count'; expected: number; got: number; row?: number; at?: number }
  | { kind: 'union-columns'; operator: string }
  | { kind: 'subquery-columns' }
  | { kind: 'subquery-rows' }
  /** PL/SQL's SELECT INTO found none, or more than one. */
  | { kind: 'into-rows'; rows: number }
  | { kind: 'not-grouped'; column: string; at?: number }
  | { kind: 'misplaced-aggregate'; name: string; isNested: boolean; clause: Clause; at?: number }
  | { kind: 'order-position'; position: number; clause: 'ORDER BY' | 'GROUP BY' }
  | { kind: 'divide-by-zero' }
  | { kind: 'bad-cast'; value: string; to: string; from?: string }
  | { kind: 'out-of-range'; type: string }
  | { kind: 'unknown-type'; type: string; at?: number }
  | { kind: 'bad-operand'; operator: string; types: string[]; at?: number }
  | { kind: 'bad-regex'; message: string }
  | { kind: 'unknown-variable'; name: string }
  | { kind: 'read-only-variable'; name: string }
  | { kind: 'parameters'; expected: number; got: number }
  | { kind: 'interrupted' }
  | { kind: 'result-too-large' }
  | { kind: 'full'; table: string }
  | { kind: 'read-only-table'; table: string; database: string }
  | { kind: 'unsupported'; what: string }
  /** Worded by the dialect itself. */
  | { kind: 'worded'; code: number; state: string; message: string; severity?: number; detail?: string; hint?: string }

/** Part of a statement that MySQL names in its errors. */
export type Clause =
  | 'field list'
  | 'where clause'
  | 'order clause'
  | 'group statement'
  | 'having clause'
  | 'on clause'
  | 'insert list'
  | 'set list'

/** A statement that cannot be answered; `problem` says why, the dialect says it in the server's words. */
export class SqlError extends Error {
  readonly problem: SqlProblem

  constructor(problem: SqlProblem) {
    super(problem.kind)
    this.name = 'SqlError'
    this.problem = problem
  }
}

/** An error as a server sends it. */
export interface SqlWording {
  code: number
  /** SQLSTATE. */
  state: string
  message: string
  /** SQL Server's level; PostgreSQL's fields. */
  severity?: number
  detail?: string
  hint?: string
  /** Where in the statement, in characters from 0. */
  at?: number
}
