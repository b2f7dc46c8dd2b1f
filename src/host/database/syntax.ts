import type { SqlType, SqlValue } from './value.ts'

/** What a statement says, as a tree. `at` is where it stands in the text, for PostgreSQL's LINE and caret. */
export type Expression =
  | { kind: 'literal'; value: SqlValue; type: SqlType; text?: string }
  | { kind: 'column'; parts: string[]; at: number }
  | { kind: 'star'; table?: string }
  | { kind: 'parameter'; index: number }
  | { kind: 'variable'; name: string }
  | { kind: 'assign'; name: string; value: Expression }
  | { kind: 'unary'; operator: '-' | '+' | '~' | '!' | 'NOT' | 'BINARY'; operand: Expression }
  | { kind: 'binary'; operator: string; left: Expression; right: Expression; at: number }
  | { kind: 'is'; operand: Expression; what: 'NULL' | 'TRUE' | 'FALSE' | 'UNKNOWN'; isNegated: boolean }
  | { kind: 'distinct-from'; left: Expression; right: Expression; isNegated: boolean }
  | { kind: 'between'; operand: Expression; low: Expression; high: Expression; isNegated: boolean }
  | { kind: 'in'; operand: Expression; list: Expression[] | Select; isNegated: boolean }
  | { kind: 'like'; operand: Expression; pattern: Expression; escapedBy?: Expression; isNegated: boolean; ignoreCase: boolean }
  | { kind: 'case'; subject?: Expression; branches: { when: Expression; result: Expression }[]; otherwise?: Expression }
  | CallExpression
  | { kind: 'cast'; operand: Expression; type: SqlType; typeName: string; isTry: boolean }
  | { kind: 'subquery'; select: Select }
  | { kind: 'exists'; select: Select }
  | { kind: 'quantified'; operator: string; left: Expression; quantifier: 'ANY' | 'ALL'; right: Select | Expression; at: number }
  | { kind: 'array'; items: Expression[] | Select }
  | { kind: 'subscript'; operand: Expression; index: Expression }
  | { kind: 'row'; items: Expression[] }
  | { kind: 'interval'; amount: Expression; unit: string }

export interface CallExpression {
  kind: 'call'
  /** Last part of its name, as written. */
  name: string
  schema?: string
  args: Expression[]
  isDistinct?: boolean
  orderBy?: OrderItem[]
  separator?: string
  /** `OVER (…)`. */
  over?: { partitionBy: Expression[]; orderBy: OrderItem[] }
  at: number
}

export interface OrderItem {
  by: Expression
  isDescending: boolean
  nulls?: 'first' | 'last'
}

export interface SelectItem {
  expression: Expression
  alias?: string
  /** What MySQL names the column: the text of the expression. */
  text: string
}

/** Where MySQL's SELECT … INTO puts its rows. */
export interface SelectTarget {
  how: 'outfile' | 'dumpfile' | 'variables' | 'table'
  name: string
  variables?: string[]
  fieldsTerminatedBy?: string
  linesTerminatedBy?: string
  linesStartingBy?: string
}

export interface Select {
  with: { name: string; columns: string[]; select: Select; isRecursive: boolean }[]
  isDistinct: boolean
  /** MySQL's SQL_CALC_FOUND_ROWS: rows beyond LIMIT are counted too. */
  countsAll?: boolean
  items: SelectItem[]
  /** Of `VALUES (…), (…)`, in place of items. */
  values?: Expression[][]
  from?: FromItem
  where?: Expression
  groupBy: Expression[]
  having?: Expression
  orderBy: OrderItem[]
  limit?: Expression
  offset?: Expression
  /** Further selects in order; ORDER BY and LIMIT then belong to the whole. */
  combined: { operator: 'UNION' | 'EXCEPT' | 'INTERSECT'; isAll: boolean; select: Select }[]
  target?: SelectTarget
}

export type FromItem =
  | { kind: 'table'; parts: string[]; alias?: string; columnAliases: string[]; at: number }
  | { kind: 'derived'; select: Select; alias?: string; columnAliases: string[] }
  | { kind: 'function'; call: CallExpression; alias?: string; columnAliases: string[] }
  | {
      kind: 'join'
      how: 'inner' | 'left' | 'right' | 'full' | 'cross'
      left: FromItem
      right: FromItem
      on?: Expression
      using?: string[]
      isNatural?: boolean
    }

export interface ColumnDefinition {
  name: string
  type: SqlType
  typeName: string
  isNullable: boolean
  isPrimary: boolean
  isUnique: boolean
  isAutoIncrement: boolean
  default?: Expression
  comment?: string
}

export interface KeyDefinition {
  kind: 'primary' | 'unique' | 'index'
  name?: string
  columns: string[]
}

export interface TableName {
  parts: string[]
  at: number
}

export type Alteration =
  | { kind: 'add-column'; column: ColumnDefinition }
  | { kind: 'drop-column'; name: string; ifExists: boolean }
  | { kind: 'rename-column'; from: string; to: string }
  | { kind: 'change-column'; from: string; column: ColumnDefinition }
  | { kind: 'rename'; to: TableName }
  | { kind: 'add-key'; key: KeyDefinition }
  | { kind: 'nothing' }

export type Statement =
  | { kind: 'select'; select: Select }
  | InsertStatement
  | {
      kind: 'update'
      table: TableName
      alias?: string
      set: Assignment[]
      from?: FromItem
      where?: Expression
      orderBy: OrderItem[]
      limit?: Expression
      returning: SelectItem[]
    }
  | {
      kind: 'delete'
      table: TableName
      alias?: string
      from?: FromItem
      where?: Expression
      orderBy: OrderItem[]
      limit?: Expression
      returning: SelectItem[]
    }
  | {
      kind: 'create-table'
      table: TableName
      ifNotExists: boolean
      isTemporary: boolean
      columns: ColumnDefinition[]
      keys: KeyDefinition[]
      select?: Select
      like?: TableName
    }
  | { kind: 'create-database'; name: string; ifNotExists: boolean }
  | { kind: 'create-schema'; name: string; ifNotExists: boolean }
  | { kind: 'drop-table'; what: 'table' | 'view' | 'index'; tables: TableName[]; ifExists: boolean }
  | { kind: 'drop-database'; names: string[]; ifExists: boolean }
  | { kind: 'drop-schema'; names: string[]; ifExists: boolean; isCascade: boolean }
  | { kind: 'truncate'; tables: TableName[] }
  | { kind: 'alter-table'; table: TableName; alterations: Alteration[]; ifExists: boolean }
  | { kind: 'transaction'; what: 'begin' | 'commit' | 'rollback' | 'savepoint'; verb: string }
  | { kind: 'create-index'; table: TableName; key: KeyDefinition }
  | DialectStatement

/** What one dialect alone has: SHOW, EXEC, COPY. `run` is the dialect's own. */
export interface DialectStatement {
  kind: 'dialect'
  /** As PostgreSQL's command tag would say it, for events: `SHOW`, `EXEC`. */
  verb: string
  run: DialectRun
}

/** Filled in by dialect.ts, which knows sessions; here it would be a cycle. */
export type DialectRun = (session: never, parameters: readonly SqlValue[]) => unknown

export interface InsertStatement {
  kind: 'insert'
  isReplace: boolean
  ignoresDuplicates: boolean
  table: TableName
  columns: string[]
  rows?: (Expression | undefined)[][]
  select?: Select
  onDuplicate?: Assignment[]
  returning: SelectItem[]
}

export interface Assignment {
  column: string
  /** Absent = DEFAULT. */
  value?: Expression
}
