import { castValue } from './cast.ts'
import type { Column, Row, Table } from './catalog.ts'
import { Compiler } from './compiler.ts'
import { compileFrom } from './from.ts'
import { compare } from './operators.ts'
import { writableTable } from './resolve.ts'
import { type Compiled, type Frame, Scope, type ScopeColumn, type StatementContext } from './scope.ts'
import { compileSelect, statementContext } from './select.ts'
import type { DatabaseSession, ResultColumn, SqlResult } from './session.ts'
import { type Clause, SqlError } from './sql-error.ts'
import type { Assignment, Expression, InsertStatement, OrderItem, SelectItem, Statement } from './syntax.ts'
import { Decimal, type SqlValue, textOf } from './value.ts'

type ChangeStatement = Extract<Statement, { kind: 'insert' | 'update' | 'delete' }>

/** INSERT, UPDATE and DELETE. */
export function change(session: DatabaseSession, statement: ChangeStatement, parameters: readonly SqlValue[]): SqlResult {
  const context = statementContext(session, parameters)
  const result =
    statement.kind === 'insert'
      ? insert(statement, context)
      : statement.kind === 'update'
        ? update(statement, context)
        : remove(statement, context)
  session.rowCount = result.kind === 'done' ? result.affected : result.kind === 'rows' ? result.rows.length : 0
  return result
}

function insert(statement: InsertStatement, context: StatementContext): SqlResult {
  const { session } = context
  const { dialect } = session
  const { table } = writableTable(session, statement.table)
  const places = statement.columns.length
    ? statement.columns.map((name) => placeOfColumn(table, name, session, 'insert list'))
    : table.columns.map((_, i) => i)
  const rows = newRows(statement, places.length, context)
  const updating = statement.onDuplicate && assignments(statement.onDuplicate, table, context, excludedColumns(table))
  let affected = 0
  let firstId = 0
  let duplicates = 0
  const written: Row[] = []
  for (const values of rows) {
    session.meter.step()
    const row = completed(table, places, values, session)
    const auto = table.columns.findIndex((column) => column.isAutoIncrement)
    if (auto >= 0) {
      const id = Number(row[auto])
      if (firstId === 0) firstId = id
      table.nextId = Math.max(table.nextId, id + 1)
    }
    const conflict = table.conflict(row)
    if (conflict) {
      duplicates++
      if (statement.isReplace) table.replaceRows(table.rows.filter((other) => !table.matching(row).includes(other)))
      else if (updating) {
        affected += session.dialect.name === 'mysql' ? 2 : 1
        const same = new Set(table.matching(row))
        table.replaceRows(table.rows.map((old) => (same.has(old) ? updating(old, row) : old)))
        continue
      } else if (statement.ignoresDuplicates) continue
      else
        throw new SqlError({
          kind: 'duplicate-key',
          value: conflict.value,
          key: keyName(conflict.key, table, dialect.name),
          column: conflict.key.columns.join(', '),
          table: table.name,
        })
    }
    session.catalog.spend(table, row)
    table.append(row)
    written.push(row)
    affected += conflict && statement.isReplace ? 2 : 1
  }
  if (firstId) session.lastInsertId = firstId
  if (statement.returning.length) return returned('INSERT', statement.returning, table, written, context)
  const info = rows.length > 1 ? `Records: ${rows.length}  Duplicates: ${duplicates}  Warnings: 0` : undefined
  return { kind: 'done', verb: 'INSERT', affected, ...(firstId && { insertId: firstId }), ...(info && { info }) }
}

function keyName(key: { kind: string; name?: string; columns: string[] }, table: Table, dialect: string): string {
  if (key.kind === 'primary') return dialect === 'mysql' ? 'PRIMARY' : dialect === 'postgresql' ? `${table.name}_pkey` : `PK__${table.name}`
  return key.name ?? (dialect === 'postgresql' ? `${table.name}_${key.columns.join('_')}_key` : (key.columns[0] as string))
}

function placeOfColumn(table: Table, name: string, { dialect }: DatabaseSession, clause: Clause): number {
  const place = table.columnIndex(name, dialect.foldColumn.bind(dialect))
  if (place < 0) throw new SqlError({ kind: 'unknown-column', column: name, clause, relation: table.name })
  return place
}

/** Undefined values are defaults. */
function newRows(statement: InsertStatement, width: number, context: StatementContext): (SqlValue | undefined)[][] {
  if (statement.select) {
    const select = compileSelect(statement.select, context)
    if (select.columns.length !== width) throw new SqlError({ kind: 'column-count', expected: width, got: select.columns.length })
    return select.run()
  }
  const compiler = new Compiler(context, new Scope([]), 'field list')
  return (statement.rows ?? []).map((row, i) => {
    if (
      row.length !== width &&
      row.length > 0 &&
      !(context.session.dialect.name === 'postgresql' && statement.columns.length === 0 && row.length < width)
    )
      throw new SqlError({ kind: 'column-count', expected: width, got: row.length, row: i })
    return row.map((value) => (value ? compiler.compile(value).run({ row: [] }) : undefined))
  })
}

function completed(table: Table, places: readonly number[], values: readonly (SqlValue | undefined)[], session: DatabaseSession): Row {
  const given = new Map(places.map((place, i) => [place, values[i]]))
  const isMysql = session.dialect.name === 'mysql'
  const row: SqlValue[] = []
  let missing: Column | undefined
  for (const [i, column] of table.columns.entries()) {
    const value = given.get(i)
    const isDefault = value === undefined || (isMysql && column.isAutoIncrement && (value === null || value === 0))
    const kept = isDefault ? defaultOf(column, table, session) : fitted(column, table, value, session)
    if (kept === null && !column.isNullable) missing ??= column
    row.push(kept)
  }
  if (missing) {
    const shown = row
      .map((value) => (value === null ? 'null' : typeof value === 'boolean' ? (value ? 't' : 'f') : textOf(value)))
      .join(', ')
    throw new SqlError({ kind: 'not-null', column: missing.name, table: table.name, row: shown })
  }
  return row
}

function defaultOf(column: Column, table: Table, session: DatabaseSession): SqlValue {
  if (column.isAutoIncrement) return table.nextId++
  if (column.default) return typeof column.default.value === 'function' ? column.default.value() : column.default.value
  if (column.isNullable) return null
  if (session.dialect.name === 'mysql') throw new SqlError({ kind: 'no-default', column: column.name })
  return null
}

function fitted(column: Column, table: Table, value: SqlValue, session: DatabaseSession): SqlValue {
  if (value === null) {
    if (!column.isNullable && session.dialect.name === 'mysql')
      throw new SqlError({ kind: 'not-null', column: column.name, table: table.name })
    return null
  }
  const { type } = column
  const { dialect } = session
  const length = (type.kind === 'text' || type.kind === 'binary') && type.length !== undefined ? type.length : undefined
  if (length !== undefined) {
    const text = type.kind === 'binary' && Buffer.isBuffer(value) ? value : textOf(value)
    if (text.length > length) throw tooLong(column, table, dialect.name, length, textOf(value))
  }
  if (dialect.name === 'mysql' && type.kind === 'integer' && typeof value === 'string' && !/^\s{0,20}-?\d{1,20}/.test(value)) {
    throw new SqlError({
      kind: 'worded',
      code: 1366,
      state: '22007',
      message: `Incorrect integer value: '${value.slice(0, 64)}' for column \`${session.database}\`.\`${table.name}\`.\`${column.name}\` at row 1`,
    })
  }
  const result = castValue(session, value, type, dialect.typeName(type))
  return result instanceof Decimal && type.scale === undefined ? result.value : result
}

function tooLong(column: Column, table: Table, dialect: string, length: number, value: string): SqlError {
  if (dialect === 'mysql')
    return new SqlError({ kind: 'worded', code: 1406, state: '22001', message: `Data too long for column '${column.name}' at row 1` })
  if (dialect === 'postgresql')
    return new SqlError({ kind: 'worded', code: 0, state: '22001', message: `value too long for type character varying(${length})` })
  if (dialect === 'oracle') {
    const message = `value too large for column "${table.schema || 'USER'}"."${table.name}"."${column.name}" (actual: ${value.length}, maximum: ${length})`
    return new SqlError({ kind: 'worded', code: 12_899, state: '72000', message })
  }
  const message = `String or binary data would be truncated in table '${table.name}', column '${column.name}'. Truncated value: '${value.slice(0, length)}'.`
  return new SqlError({ kind: 'worded', code: 2628, state: 'S0001', severity: 16, message })
}

function scopeColumns(table: Table, alias: string | undefined): ScopeColumn[] {
  return table.columns.map((column) => ({
    table: alias ?? table.name,
    schema: table.schema,
    name: column.name,
    type: column.type,
    source: table.name,
  }))
}

/** The row that was refused, as ON CONFLICT calls it. */
function excludedColumns(table: Table): ScopeColumn[] {
  return scopeColumns(table, 'excluded').map((column) => ({ ...column, isHidden: true }))
}

/** SET, as a function from the old row (and the rows beside it) to the new one. */
function assignments(
  set: readonly Assignment[],
  table: Table,
  context: StatementContext,
  further: ScopeColumn[],
  alias?: string,
): (row: Row, beside: readonly SqlValue[]) => Row {
  const { session } = context
  const compiler = new Compiler(context, new Scope([...scopeColumns(table, alias), ...further]), 'field list')
  const compiled = set.map(({ column, value }) => ({
    place: placeOfColumn(table, column, session, 'set list'),
    value: value && compiler.compile(valuesOf(value)),
  }))
  return (row, beside) => {
    const changed = [...row]
    for (const { place, value } of compiled) {
      const column = table.columns[place] as Column
      changed[place] = value ? fitted(column, table, value.run({ row: [...row, ...beside] }), session) : defaultOf(column, table, session)
    }
    return changed
  }
}

/** VALUES(column) of MySQL's ON DUPLICATE KEY UPDATE is the refused row's. */
function valuesOf(expression: Expression): Expression {
  if (expression.kind !== 'call' || expression.name.toUpperCase() !== 'VALUES') return expression
  const [column] = expression.args
  return column?.kind === 'column' ? { ...column, parts: ['excluded', column.parts.at(-1) as string] } : expression
}

interface Target {
  where?: Expression
  orderBy: OrderItem[]
  limit?: Expression
  alias?: string
}

/** The rows that a statement means, each with the first row beside it that FROM or USING gives. */
function affectedRows(
  target: Target,
  table: Table,
  context: StatementContext,
  beside: ReturnType<typeof compileFrom> | undefined,
): Map<Row, readonly SqlValue[]> {
  const { session } = context
  const scope = new Scope([...scopeColumns(table, target.alias), ...(beside?.columns ?? [])])
  const compiler = new Compiler(context, scope, 'where clause')
  const where = target.where && compiler.condition(target.where)
  const found = new Map<Row, readonly SqlValue[]>()
  for (const row of ordered(table.rows, target, compiler)) {
    for (const other of beside ? beside.rows(undefined) : [[]]) {
      session.meter.step()
      const frame: Frame = { row: [...row, ...other] }
      if (where && !where(frame)) continue
      found.set(row, other)
      break
    }
  }
  if (!target.limit) return found
  const most = Number(new Compiler(context, new Scope([]), 'field list').compile(target.limit).run({ row: [] }))
  return new Map([...found].slice(0, Math.max(0, most || 0)))
}

function ordered(rows: readonly Row[], { orderBy }: Target, compiler: Compiler): readonly Row[] {
  if (orderBy.length === 0) return rows
  const keys = orderBy.map(({ by, isDescending }): [Compiled, boolean] => [compiler.compile(by), isDescending])
  return [...rows].sort((a, b) => {
    for (const [key, isDescending] of keys) {
      const order = compare(key.run({ row: a }), key.run({ row: b }), compiler.dialect) ?? 0
      if (order) return isDescending ? -order : order
    }
    return 0
  })
}

function update(statement: Extract<Statement, { kind: 'update' }>, context: StatementContext): SqlResult {
  const { session } = context
  const { table } = writableTable(session, statement.table)
  const beside = statement.from && compileFrom(statement.from, context, undefined)
  const apply = assignments(statement.set, table, context, beside?.columns ?? [], statement.alias)
  const rows = affectedRows(statement, table, context, beside)
  const written: Row[] = []
  let changed = 0
  const next = table.rows.map((row) => {
    const other = rows.get(row)
    if (!other) return row
    const updated = apply(row, other)
    session.catalog.spend(table, [])
    if (updated.some((value, i) => compareExact(value, row[i] as SqlValue))) changed++
    written.push(updated)
    return updated
  })
  table.replaceRows(next)
  if (statement.returning.length) return returned('UPDATE', statement.returning, table, written, context)
  // MySQL counts the rows that are different now.
  const affected = session.dialect.name === 'mysql' && !session.countsMatched ? changed : rows.size
  return { kind: 'done', verb: 'UPDATE', affected, info: `Rows matched: ${rows.size}  Changed: ${changed}  Warnings: 0` }
}

function compareExact(a: SqlValue, b: SqlValue): boolean {
  if (a === null || b === null) return a !== b
  return textOf(a) !== textOf(b)
}

function remove(statement: Extract<Statement, { kind: 'delete' }>, context: StatementContext): SqlResult {
  const { session } = context
  const { table } = writableTable(session, statement.table)
  const beside = statement.from && compileFrom(statement.from, context, undefined)
  const rows = affectedRows(statement, table, context, beside)
  table.replaceRows(table.rows.filter((row) => !rows.has(row)))
  if (!statement.where && rows.size > 0) session.setup.note({ kind: 'drop', what: 'table', name: table.name, rows: rows.size })
  if (statement.returning.length) return returned('DELETE', statement.returning, table, [...rows.keys()], context)
  return { kind: 'done', verb: 'DELETE', affected: rows.size }
}

function returned(verb: string, items: readonly SelectItem[], table: Table, rows: readonly Row[], context: StatementContext): SqlResult {
  const scope = new Scope(scopeColumns(table, undefined))
  const compiler = new Compiler(context, scope, 'field list')
  const compiled = items.flatMap(({ expression, alias, text }): { column: ResultColumn; value: Compiled }[] => {
    if (expression.kind === 'star')
      return table.columns.map((column) => ({
        column: { name: column.name, type: column.type },
        value: compiler.compile({ kind: 'column', parts: [column.name], at: 0 }),
      }))
    const value = compiler.compile(expression)
    const name = alias ?? (expression.kind === 'column' ? (expression.parts.at(-1) as string) : text)
    return [{ column: { name, type: value.type }, value }]
  })
  return {
    kind: 'rows',
    verb,
    columns: compiled.map(({ column }) => column),
    rows: rows.map((row) => compiled.map(({ value }) => value.run({ row }))),
  }
}
