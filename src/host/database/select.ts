import { type AggregateCall, isAggregate } from './aggregates.ts'
import { Compiler, expressionKey, type Grouping } from './compiler.ts'
import { comparisonsOf, compileFrom, NO_ROWS_FROM, type Source } from './from.ts'
import { compare, toNumber } from './operators.ts'
import { type Compiled, type CompiledSelect, type Frame, Scope, type StatementContext } from './scope.ts'
import type { DatabaseSession, ResultColumn } from './session.ts'
import { SqlError } from './sql-error.ts'
import type { Expression, FromItem, OrderItem, Select, SelectItem } from './syntax.ts'
import { commonType, costOf, type SqlValue, textOf } from './value.ts'

/** One row on its way: what it shows, and what it is sorted by. */
interface Produced {
  out: SqlValue[]
  keys: SqlValue[]
}

interface SortKey {
  isDescending: boolean
  nullsFirst: boolean
}

/** What compiling one statement starts from. */
export function statementContext(session: DatabaseSession, parameters: readonly SqlValue[]): StatementContext {
  return { session, parameters, compileSelect }
}

export function compileSelect(select: Select, given: StatementContext, outer?: Scope): CompiledSelect {
  const context = select.with.length ? withParts(select, given, outer) : given
  const simple = select.values ? compileValues(select.values, context, outer) : undefined
  if (select.combined.length === 0 && !simple) return compileSimple(select, context, outer)
  return compileCombined(select, simple ?? compileSimple(bare(select), context, outer), context, outer)
}

/** The first side of UNION: order and limit belong to the whole. */
function bare({ orderBy: _, limit: __, offset: ___, ...select }: Select): Select {
  return { ...select, combined: [], orderBy: [] }
}

function withParts(select: Select, context: StatementContext, outer: Scope | undefined): StatementContext {
  const parts = new Map(context.parts)
  for (const { name, columns, select: inner, isRecursive } of select.with) {
    const key = context.session.dialect.foldTable(name)
    const hasStep = isRecursive && inner.combined.length > 0
    const compiled = hasStep
      ? compileRecursive(inner, key, columns, { ...context, parts }, outer)
      : compileSelect(inner, { ...context, parts }, outer)
    parts.set(key, { ...compiled, columns: renamed(compiled.columns, columns) })
  }
  return { ...context, parts }
}

function renamed(columns: readonly ResultColumn[], names: readonly string[]): ResultColumn[] {
  return columns.map((column, i) => ({ ...column, name: names[i] ?? column.name }))
}

/** WITH RECURSIVE: the first side once, the others over what the round before brought, until a round brings nothing. */
function compileRecursive(
  select: Select,
  key: string,
  names: readonly string[],
  context: StatementContext,
  outer: Scope | undefined,
): CompiledSelect {
  const first = compileSelect(bare(select), context, outer)
  const columns = renamed(first.columns, names)
  let latest: SqlValue[][] = []
  const parts = new Map([...(context.parts ?? []), [key, { columns, run: () => latest }]])
  const steps = select.combined.map(({ select: step }) => compileSelect(step, { ...context, parts }, outer))
  const keepsAll = select.combined.every(({ isAll }) => isAll)
  const { meter } = context.session
  return {
    columns,
    run: (frame) => {
      let all = first.run(frame)
      latest = all
      while (latest.length > 0) {
        meter.step(1000)
        const next = steps.flatMap((step) => step.run(frame))
        const seen = keepsAll ? undefined : new Set(all.map(rowKey))
        latest = seen ? distinctBy(next, (row) => row).filter((row) => !seen.has(rowKey(row))) : next
        meter.bytes(latest.length * 64)
        all = [...all, ...latest]
      }
      return all
    },
  }
}

function compileValues(rows: Expression[][], context: StatementContext, outer: Scope | undefined): CompiledSelect {
  const compiler = new Compiler(context, new Scope([], outer), 'field list')
  const compiled = rows.map((row) => row.map((value) => compiler.compile(value)))
  const width = compiled[0]?.length ?? 0
  if (compiled.some((row) => row.length !== width))
    throw new SqlError({ kind: 'column-count', expected: width, got: compiled.find((row) => row.length !== width)?.length ?? 0 })
  const columns = Array.from({ length: width }, (_, i) => ({
    name: `column${i + 1}`,
    type: compiled.map((row) => (row[i] as Compiled).type).reduce(commonType),
  }))
  return { columns, run: (frame) => compiled.map((row) => row.map((value) => value.run({ row: [], outer: frame }))) }
}

function compileCombined(select: Select, first: CompiledSelect, context: StatementContext, outer: Scope | undefined): CompiledSelect {
  const { session } = context
  const others = select.combined.map(({ operator, isAll, select: other }) => ({
    operator,
    isAll,
    other: compileSelect(other, context, outer),
  }))
  for (const { other } of others)
    if (other.columns.length !== first.columns.length)
      throw new SqlError({ kind: 'union-columns', operator: select.combined[0]?.operator ?? 'UNION' })
  const columns = first.columns.map((column, i) => ({
    name: column.name,
    type: others.map(({ other }) => (other.columns[i] as ResultColumn).type).reduce(commonType, column.type),
  }))
  const order = select.orderBy.map((item) => outputKey(item, columns, [], context))
  const range = rangeOf(select, context, outer)
  return {
    columns,
    run: (frame) => {
      let rows = first.run(frame)
      for (const { operator, isAll, other } of others) rows = combine(rows, other.run(frame), operator, isAll)
      session.meter.step(rows.length)
      const produced = rows.map((out) => ({ out, keys: order.map(({ index }) => out[index as number] ?? null) }))
      return sliced(sorted(produced, order, context), range, frame).map(({ out }) => out)
    },
  }
}

function combine(left: SqlValue[][], right: SqlValue[][], operator: string, isAll: boolean): SqlValue[][] {
  if (operator === 'UNION') return isAll ? [...left, ...right] : distinctBy([...left, ...right], (row) => row)
  const known = new Set(right.map(rowKey))
  const kept = left.filter((row) => known.has(rowKey(row)) === (operator === 'INTERSECT'))
  return isAll ? kept : distinctBy(kept, (row) => row)
}

function rowKey(row: readonly SqlValue[]): string {
  return row.map((value) => (value === null ? '\0' : `${textOf(value)}`)).join('\x01')
}

/** Of rows that are the same the first. */
function distinctBy<T>(items: T[], rowOf: (item: T) => readonly SqlValue[]): T[] {
  const seen = new Set<string>()
  return items.filter((item) => {
    const key = rowKey(rowOf(item))
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

/** PostgreSQL's functions of rows in the field list: as if they stood in FROM. */
function withSeries(select: Select, { session }: StatementContext): Select {
  const { tableFunctions } = session.dialect
  if (tableFunctions.size === 0) return select
  let { from } = select
  const items = select.items.map((item, i): SelectItem => {
    const { expression } = item
    if (expression.kind !== 'call' || !tableFunctions.has(expression.name.toLowerCase())) return item
    const name = `\0series${i}`
    const right: FromItem = { kind: 'function', call: expression, alias: name, columnAliases: [name] }
    from = from ? { kind: 'join', how: 'cross', left: from, right } : right
    return {
      ...item,
      alias: item.alias ?? expression.name.toLowerCase(),
      expression: { kind: 'column', parts: [name, name], at: expression.at },
    }
  })
  return from === select.from ? select : { ...select, items, ...(from && { from }) }
}

function compileSimple(given: Select, context: StatementContext, outer: Scope | undefined): CompiledSelect {
  const select = withSeries(given, context)
  const { session } = context
  const { dialect } = session
  const source: Source = select.from ? compileFrom(select.from, context, outer, comparisonsOf(select.where)) : NO_ROWS_FROM
  const scope = new Scope(source.columns, outer)
  const where = select.where && new Compiler(context, scope, 'where clause').condition(select.where)
  const aliases = new Map(
    select.items.flatMap(({ alias, expression }): [string, Expression][] =>
      alias === undefined ? [] : [[dialect.foldColumn(alias), expression]],
    ),
  )
  const groupBy = select.groupBy.map((by) => groupExpression(by, select.items, aliases, scope, context))
  const aggregates: AggregateCall[] = []
  const needsGroups =
    groupBy.length > 0 ||
    select.having !== undefined ||
    select.items.some(({ expression }) => hasAggregate(expression, context)) ||
    select.orderBy.some(({ by }) => hasAggregate(by, context))
  const grouping: Grouping | undefined = needsGroups
    ? { keys: new Set(groupBy.map((by) => expressionKey(by, dialect))), aggregates }
    : undefined
  const compiler = new Compiler(context, scope, 'field list', grouping)
  const items = select.items.flatMap((item) => compileItem(item, compiler, select.from !== undefined))
  const columns = items.map(({ column }) => column)
  const having =
    select.having &&
    new Compiler(context, scope, 'having clause', grouping).condition(havingExpression(select.having, aliases, scope, context))
  const order = select.orderBy.map((item) =>
    outputKey(item, columns, select.items, context, new Compiler(context, scope, 'order clause', grouping)),
  )
  const groupKeys = groupBy.map((by) => new Compiler(context, scope, 'group statement').compile(by))
  const range = rangeOf(select, context, outer)
  const stopsEarly = !needsGroups && order.length === 0 && !select.isDistinct && !select.countsAll
  return {
    columns,
    run: (outerFrame) => {
      const { meter } = session
      const most = range(outerFrame)
      const produced: Produced[] = []
      const produce = (frame: Frame): void => {
        const out = items.map(({ value }) => value.run(frame))
        meter.bytes(out.reduce<number>((sum, value) => sum + costOf(value), 32))
        produced.push({ out, keys: order.map(({ key, index }) => (key ? key.run(frame) : (out[index as number] ?? null))) })
      }
      const frames: Frame[] = []
      for (const row of source.rows(outerFrame)) {
        meter.step()
        const frame: Frame = { row, outer: outerFrame, number: (needsGroups ? frames : produced).length + 1 }
        if (where && !where(frame)) continue
        if (needsGroups) frames.push(frame)
        else produce(frame)
        if (stopsEarly && produced.length >= most.end) break
      }
      if (needsGroups) {
        for (const group of groupsOf(frames, groupKeys, outerFrame)) {
          const frame: Frame = { ...group.first, aggregates: aggregates.map((aggregate) => aggregate.over(group.frames)) }
          if (!having || having(frame)) produce(frame)
        }
      }
      const ordered = sorted(select.isDistinct ? distinctBy(produced, ({ out }) => out) : produced, order, context)
      const shown = sliced(ordered, range, outerFrame)
      session.foundRows = select.countsAll ? produced.length : shown.length
      return shown.map(({ out }) => out)
    },
  }
}

interface CompiledItem {
  column: ResultColumn
  value: Compiled
}

function compileItem({ expression, alias, text }: SelectItem, compiler: Compiler, hasFrom: boolean): CompiledItem[] {
  const { dialect, scope } = compiler
  if (expression.kind === 'star') {
    const found = scope.star(expression.table, dialect)
    if (found.length === 0 && (expression.table !== undefined || !hasFrom)) {
      if (expression.table !== undefined) throw new SqlError({ kind: 'unknown-table', table: expression.table })
      throw new SqlError({ kind: 'worded', ...noTables(dialect.name) })
    }
    return found.map(({ column }) => {
      const value = compiler.compile({
        kind: 'column',
        parts:
          column.isHidden || expression.table !== undefined || column.table ? [column.table, column.name].filter(Boolean) : [column.name],
        at: 0,
      })
      return { column: named(column.name, value), value }
    })
  }
  const value = compiler.compile(expression)
  return [{ column: named(alias ?? nameOf(expression, text, dialect.columnName.bind(dialect)), value), value }]
}

function noTables(name: string): { code: number; state: string; message: string } {
  if (name === 'mysql') return { code: 1096, state: 'HY000', message: 'No tables used' }
  if (name === 'mssql') return { code: 263, state: 'S0001', message: 'Must specify table to select from.' }
  return { code: 0, state: '42601', message: 'SELECT * with no tables specified is not valid' }
}

function named(name: string, { type, column }: Compiled): ResultColumn {
  return { name, type, ...(column && { table: column.table, source: column.source ?? '' }) }
}

function nameOf(expression: Expression, text: string, columnName: (text: string, kind: string, name: string) => string): string {
  switch (expression.kind) {
    case 'literal':
      return typeof expression.value === 'string' ? columnName(text, 'string', expression.value) : columnName(text, 'literal', '')
    case 'column':
      return expression.parts.at(-1) as string
    case 'call':
      return columnName(text, 'call', expression.name)
    case 'cast': {
      const inner: string = nameOf(expression.operand, text, columnName)
      const isPlain = expression.operand.kind === 'column' || expression.operand.kind === 'call'
      return columnName(text, isPlain ? 'call' : 'cast', isPlain ? inner : expression.typeName)
    }
    case 'subquery': {
      const [item] = expression.select.items
      return columnName(text, 'subquery', item ? (item.alias ?? nameOf(item.expression, item.text, columnName)) : '')
    }
    default:
      return columnName(text, expression.kind, '')
  }
}

/** Aggregates outside subselects, which have groups of their own. */
function hasAggregate(expression: Expression, context: StatementContext): boolean {
  let found = false
  walk(expression, (node) => {
    if (node.kind === 'call' && !node.over && isAggregate(node.name.toLowerCase(), context.session.dialect)) found = true
  })
  return found
}

function walk(node: unknown, visit: (expression: Expression) => void): void {
  if (typeof node !== 'object' || node === null || Buffer.isBuffer(node)) return
  if ('combined' in node) return
  if (Array.isArray(node)) {
    for (const item of node) walk(item, visit)
    return
  }
  if ('kind' in node) visit(node as Expression)
  for (const value of Object.values(node)) walk(value, visit)
}

function groupExpression(
  by: Expression,
  items: readonly SelectItem[],
  aliases: ReadonlyMap<string, Expression>,
  scope: Scope,
  context: StatementContext,
): Expression {
  const { dialect } = context.session
  if (by.kind === 'literal' && typeof by.value === 'number' && dialect.name !== 'mssql') {
    const item = items[by.value - 1]
    if (!item) throw new SqlError({ kind: 'order-position', position: by.value, clause: 'GROUP BY' })
    return item.expression
  }
  return aliased(by, aliases, scope, context)
}

/** An alias of the field list where no column has that name. */
function aliased(by: Expression, aliases: ReadonlyMap<string, Expression>, scope: Scope, context: StatementContext): Expression {
  const { dialect } = context.session
  if (by.kind !== 'column' || by.parts.length !== 1) return by
  const wanted = dialect.foldColumn(by.parts[0] as string)
  const isColumn = scope.columns.some((column) => dialect.foldColumn(column.name) === wanted)
  return isColumn ? by : (aliases.get(wanted) ?? by)
}

function havingExpression(
  having: Expression,
  aliases: ReadonlyMap<string, Expression>,
  scope: Scope,
  context: StatementContext,
): Expression {
  if (context.session.dialect.name !== 'mysql') return having
  const replace = (node: unknown): unknown => {
    if (typeof node !== 'object' || node === null || Buffer.isBuffer(node) || 'combined' in node) return node
    if (Array.isArray(node)) return node.map(replace)
    if ('kind' in node && node.kind === 'column') return aliased(node as Expression, aliases, scope, context)
    if (Object.getPrototypeOf(node) !== Object.prototype) return node
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, replace(value)]))
  }
  return replace(having) as Expression
}

function groupsOf(frames: Frame[], keys: readonly Compiled[], outer: Frame | undefined): { first: Frame; frames: Frame[] }[] {
  // Without GROUP BY there is one group, even of no rows.
  if (keys.length === 0) return [{ first: frames[0] ?? { row: [], outer }, frames }]
  const groups = new Map<string, { first: Frame; frames: Frame[] }>()
  for (const frame of frames) {
    const key = rowKey(keys.map((by) => by.run(frame)))
    const group = groups.get(key)
    if (group) group.frames.push(frame)
    else groups.set(key, { first: frame, frames: [frame] })
  }
  return [...groups.values()]
}

interface OutputKey extends SortKey {
  /** Place in the output, or an expression of its own. */
  index?: number
  key?: Compiled
}

function outputKey(
  item: OrderItem,
  columns: readonly ResultColumn[],
  items: readonly SelectItem[],
  context: StatementContext,
  compiler?: Compiler,
): OutputKey {
  const { dialect } = context.session
  const { by, isDescending } = item
  const nullsFirst = item.nulls ? item.nulls === 'first' : (dialect.name === 'postgresql') === isDescending
  const sort = { isDescending, nullsFirst }
  if (by.kind === 'literal' && typeof by.value === 'number' && Number.isInteger(by.value)) {
    if (by.value < 1 || by.value > columns.length) throw new SqlError({ kind: 'order-position', position: by.value, clause: 'ORDER BY' })
    return { ...sort, index: by.value - 1 }
  }
  if (by.kind === 'column' && by.parts.length === 1) {
    const wanted = dialect.foldColumn(by.parts[0] as string)
    const index = columns.findIndex(
      (column, i) =>
        dialect.foldColumn(column.name) === wanted && (items.length !== columns.length || items[i]?.alias !== undefined || !compiler),
    )
    if (index >= 0) return { ...sort, index }
  }
  if (!compiler) {
    const index =
      by.kind === 'column'
        ? columns.findIndex((column) => dialect.foldColumn(column.name) === dialect.foldColumn(by.parts.at(-1) as string))
        : -1
    if (index < 0)
      throw new SqlError({
        kind: 'unknown-column',
        column: by.kind === 'column' ? (by.parts.at(-1) as string) : '?',
        clause: 'order clause',
      })
    return { ...sort, index }
  }
  return { ...sort, key: compiler.compile(by) }
}

function sorted(rows: Produced[], order: readonly SortKey[], { session }: StatementContext): Produced[] {
  if (order.length === 0) return rows
  session.meter.step(rows.length * Math.ceil(Math.log2(rows.length + 2)))
  return [...rows].sort((a, b) => {
    for (const [i, { isDescending, nullsFirst }] of order.entries()) {
      const [x, y] = [a.keys[i] ?? null, b.keys[i] ?? null]
      if (x === null || y === null) {
        if (x === y) continue
        return (x === null) === nullsFirst ? -1 : 1
      }
      const by = compare(x, y, session.dialect) ?? 0
      if (by !== 0) return isDescending ? -by : by
    }
    return 0
  })
}

/** Which rows LIMIT and OFFSET leave: from `start` to before `end`. */
function rangeOf(
  select: Select,
  context: StatementContext,
  outer: Scope | undefined,
): (frame: Frame | undefined) => { start: number; end: number } {
  const { limit, offset } = select
  if (!limit && !offset) return () => ({ start: 0, end: Number.POSITIVE_INFINITY })
  const compiler = new Compiler(context, new Scope([], outer), 'field list')
  const [count, start] = [limit && compiler.compile(limit), offset && compiler.compile(offset)]
  const numberOf = (compiled: Compiled | undefined, frame: Frame | undefined, otherwise: number): number => {
    const value = compiled?.run({ row: [], outer: frame })
    if (value === undefined || value === null) return otherwise
    return Math.max(0, Math.trunc(toNumber(value, context.session.dialect)) || 0)
  }
  return (frame) => {
    const first = numberOf(start, frame, 0)
    return { start: first, end: first + numberOf(count, frame, Number.POSITIVE_INFINITY) }
  }
}

function sliced(
  rows: Produced[],
  range: (frame: Frame | undefined) => { start: number; end: number },
  frame: Frame | undefined,
): Produced[] {
  const { start, end } = range(frame)
  return start === 0 && end >= rows.length ? rows : rows.slice(start, end)
}
