import type { Dialect } from './dialect.ts'
import type { DatabaseSession, ResultColumn } from './session.ts'
import { type Clause, SqlError } from './sql-error.ts'
import type { Select } from './syntax.ts'
import type { SqlType, SqlValue } from './value.ts'

/** One column that expressions may name. */
export interface ScopeColumn {
  /** Alias or name of its table, as written. */
  table: string
  schema: string
  name: string
  type: SqlType
  /** Name of the real table, when there is one. */
  source?: string
  /** Second of two columns that USING made one: found by its table only. */
  isHidden?: boolean
}

/** The row that an expression is evaluated for, with the rows of the selects around. */
export interface Frame {
  /** Place that the row has in the result if it is taken, from 1: Oracle's ROWNUM. */
  number?: number
  row: readonly SqlValue[]
  outer?: Frame | undefined
  /** Results of the aggregates of the row's group. */
  aggregates?: readonly SqlValue[]
}

/** An expression ready to be evaluated. */
export interface Compiled {
  type: SqlType
  /** Whether it is a text that was written as a literal: PostgreSQL gives that no type yet. */
  isUntyped?: boolean
  column?: ScopeColumn
  run(frame: Frame): SqlValue
}

/** What all parts of one statement share. */
export interface StatementContext {
  session: DatabaseSession
  parameters: readonly SqlValue[]
  /** Selects of WITH, by name. */
  parts?: ReadonlyMap<string, CompiledSelect>
  /** Compiles a select inside an expression or FROM; here because those are what a select is made of. */
  compileSelect(select: Select, context: StatementContext, outer?: Scope): CompiledSelect
}

/** A select ready to run; a correlated one runs once for each row around it. */
export interface CompiledSelect {
  columns: ResultColumn[]
  run(outer?: Frame): SqlValue[][]
}

/** The columns that a name may mean, from the innermost select outwards. */
export class Scope {
  readonly columns: readonly ScopeColumn[]
  readonly outer: Scope | undefined

  constructor(columns: readonly ScopeColumn[], outer?: Scope) {
    this.columns = columns
    this.outer = outer
  }

  /**
   * Finds a column by its parts, `[schema.][table.]column`.
   * @throws SqlError when there is none, or more than one
   */
  find(parts: readonly string[], dialect: Dialect, clause: Clause, at: number): { column: ScopeColumn; index: number; depth: number } {
    const name = parts.at(-1) as string
    const table = parts.at(-2)
    let depth = 0
    for (let scope: Scope | undefined = this; scope; scope = scope.outer, depth++) {
      const indexes = scope.#matches(name, table, dialect)
      if (indexes.length > 1) throw new SqlError({ kind: 'ambiguous-column', column: parts.join('.'), clause, at })
      const [index] = indexes
      if (index !== undefined) return { column: scope.columns[index] as ScopeColumn, index, depth }
    }
    throw new SqlError({
      kind: 'unknown-column',
      column: name,
      clause,
      at,
      ...(table !== undefined && { table, hasTable: this.#hasTable(dialect.foldTable(table), dialect) }),
    })
  }

  /** Whether a name means exactly one of the own columns. */
  has(parts: readonly string[], dialect: Dialect): boolean {
    return this.#matches(parts.at(-1) as string, parts.at(-2), dialect).length === 1
  }

  #hasTable(wanted: string, dialect: Dialect): boolean {
    return (
      this.columns.some((column) => dialect.foldTable(column.table) === wanted) ||
      (this.outer ? this.outer.#hasTable(wanted, dialect) : false)
    )
  }

  #matches(name: string, table: string | undefined, dialect: Dialect): number[] {
    const wanted = dialect.foldColumn(name)
    const wantedTable = table === undefined ? undefined : dialect.foldTable(table)
    const found: number[] = []
    for (const [index, column] of this.columns.entries()) {
      if (dialect.foldColumn(column.name) !== wanted) continue
      if (wantedTable === undefined ? column.isHidden : dialect.foldTable(column.table) !== wantedTable) continue
      found.push(index)
    }
    return found
  }

  /** Columns that `*` or `t.*` stands for, with their places. */
  star(table: string | undefined, dialect: Dialect): { column: ScopeColumn; index: number }[] {
    const all = this.columns.map((column, index) => ({ column, index }))
    if (table === undefined) return all.filter(({ column }) => !column.isHidden)
    const wanted = dialect.foldTable(table)
    return all.filter(({ column }) => dialect.foldTable(column.table) === wanted)
  }
}
