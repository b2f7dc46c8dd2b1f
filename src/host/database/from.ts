import { Compiler } from './compiler.ts'
import type { Dialect } from './dialect.ts'
import { resolveTable } from './resolve.ts'
import { type Frame, Scope, type ScopeColumn, type StatementContext } from './scope.ts'
import { SqlError } from './sql-error.ts'
import type { Expression, FromItem } from './syntax.ts'
import { type SqlValue, textOf } from './value.ts'

/** Where rows come from. */
export interface Source {
  columns: ScopeColumn[]
  rows(outer: Frame | undefined): Iterable<readonly SqlValue[]>
}

/** SELECT without FROM: one row of nothing. */
export const NO_ROWS_FROM: Source = { columns: [], rows: () => [[]] }

/**
 * @param where comparisons of columns from WHERE that may be applied as soon as their columns are there; WHERE itself is applied
 *   in the end all the same
 */
export function compileFrom(
  item: FromItem,
  context: StatementContext,
  outer: Scope | undefined,
  where: readonly Comparison[] = [],
): Source {
  switch (item.kind) {
    case 'table':
      return filteredSource(tableSource(item, context), context, outer, where)
    case 'derived': {
      const select = context.compileSelect(item.select, context, outer)
      const table = item.alias ?? ''
      const columns = select.columns.map(({ name, type }, i) => ({ table, schema: '', name: item.columnAliases[i] ?? name, type }))
      return { columns, rows: (frame) => select.run(frame) }
    }
    case 'function':
      return functionSource(item, context, outer)
    case 'join':
      return joinSource(item, context, outer, where)
  }
}

function tableSource(item: Extract<FromItem, { kind: 'table' }>, context: StatementContext): Source {
  const { session, parts } = context
  const { dialect } = session
  const name = item.parts.at(-1) as string
  const part = item.parts.length === 1 ? parts?.get(dialect.foldTable(name)) : undefined
  const alias = item.alias ?? name
  if (part) {
    const columns = part.columns.map((column, i) => ({
      table: alias,
      schema: '',
      name: item.columnAliases[i] ?? column.name,
      type: column.type,
    }))
    return { columns, rows: (frame) => part.run(frame) }
  }
  // Oracle's and MySQL's table of one row.
  if (name.toLowerCase() === 'dual' && dialect.name === 'mysql' && item.parts.length === 1) return NO_ROWS_FROM
  const { table } = resolveTable(session, item)
  const columns = table.columns.map((column, i) => ({
    table: alias,
    schema: table.schema,
    name: item.columnAliases[i] ?? column.name,
    type: column.type,
    source: table.name,
  }))
  return { columns, rows: () => table.rows }
}

/** A function in FROM: its rows, or its one value as a row. */
function functionSource(item: Extract<FromItem, { kind: 'function' }>, context: StatementContext, outer: Scope | undefined): Source {
  const { session } = context
  const compiler = new Compiler(context, new Scope([], outer), 'field list')
  const name = item.call.name.toLowerCase()
  const table = item.alias ?? item.call.name
  const args = item.call.args.map((arg) => compiler.compile(arg))
  const shape = session.dialect.tableFunction?.(
    session,
    name,
    args.map((arg) => (outer ? null : arg.run({ row: [] }))),
  )
  if (shape) {
    const columns = shape.columns.map((column, i) => ({
      table,
      schema: '',
      name: item.columnAliases[i] ?? (shape.columns.length === 1 && item.alias ? item.alias : column.name),
      type: column.type,
    }))
    return {
      columns,
      rows: (frame) =>
        session.dialect.tableFunction?.(
          session,
          name,
          args.map((arg) => arg.run({ row: [], outer: frame })),
        )?.rows ?? [],
    }
  }
  const value = compiler.compile(item.call)
  const columns = [{ table, schema: '', name: item.columnAliases[0] ?? table, type: value.type }]
  return { columns, rows: (frame) => [[value.run({ row: [], outer: frame })]] }
}

type Comparison = Extract<Expression, { kind: 'binary' }>

/** The comparisons among the conditions that all have to hold: `a.x = b.y`, `a.x = 5`. Nothing that has an effect of its own. */
export function comparisonsOf(where: Expression | undefined): Comparison[] {
  if (where?.kind !== 'binary') return []
  if (where.operator === 'AND') return [...comparisonsOf(where.left), ...comparisonsOf(where.right)]
  const isPlain = (side: Expression): boolean => side.kind === 'column' || side.kind === 'literal' || side.kind === 'parameter'
  return where.operator === '=' && isPlain(where.left) && isPlain(where.right) ? [where] : []
}

/** Whether the columns of a comparison are among these, and at least one is. */
function concerns({ left, right }: Comparison, scope: Scope, dialect: Dialect): boolean {
  const columns = [left, right].filter((side) => side.kind === 'column')
  return columns.length > 0 && columns.every(({ parts }) => scope.has(parts, dialect))
}

function filteredSource(source: Source, context: StatementContext, outer: Scope | undefined, where: readonly Comparison[]): Source {
  const scope = new Scope(source.columns, outer)
  const own = where.filter((comparison) => concerns(comparison, scope, context.session.dialect))
  if (own.length === 0) return source
  const tests = own.map((comparison) => new Compiler(context, scope, 'where clause').condition(comparison))
  return {
    columns: source.columns,
    *rows(frame) {
      for (const row of source.rows(frame)) {
        context.session.meter.step()
        if (tests.every((test) => test({ row, outer: frame }))) yield row
      }
    },
  }
}

function joinSource(
  item: Extract<FromItem, { kind: 'join' }>,
  context: StatementContext,
  outer: Scope | undefined,
  where: readonly Comparison[],
): Source {
  const { session } = context
  const { dialect } = session
  const isInner = item.how === 'inner' || item.how === 'cross'
  // Below an outer join a row that is filtered out would come back as NULLs.
  const left = compileFrom(item.left, context, outer, isInner || item.how === 'left' ? where : [])
  const right = compileFrom(item.right, context, outer, isInner ? where : [])
  const using = item.isNatural ? sharedNames(left.columns, right.columns, dialect) : item.using
  const hidden = new Set((using ?? []).map((name) => dialect.foldColumn(name)))
  const columns = [
    ...left.columns,
    ...right.columns.map((column) => (hidden.has(dialect.foldColumn(column.name)) ? { ...column, isHidden: true } : column)),
  ]
  const scope = new Scope(columns, outer)
  const compiler = new Compiler(context, scope, 'on clause')
  const early = isInner
    ? where.filter(
        (comparison) =>
          concerns(comparison, scope, dialect) &&
          !concerns(comparison, new Scope(left.columns), dialect) &&
          !concerns(comparison, new Scope(right.columns), dialect),
      )
    : []
  const tests = [...(item.on ? [item.on] : []), ...early].map((condition) => compiler.condition(condition))
  if (using?.length) tests.push(usingCondition(using, left.columns, right.columns, dialect))
  const conditions = [...comparisonsOf(item.on), ...early]
  const index = conditions.length || using?.length ? equalityIndex(conditions, using, left, right, context, outer) : undefined
  return { columns, rows: (frame) => joinRows(item.how, left, right, tests, index, context, frame) }
}

function sharedNames(left: readonly ScopeColumn[], right: readonly ScopeColumn[], dialect: Dialect): string[] {
  const known = new Set(left.map((column) => dialect.foldColumn(column.name)))
  return right.map((column) => column.name).filter((name) => known.has(dialect.foldColumn(name)))
}

function usingCondition(
  using: string[],
  left: readonly ScopeColumn[],
  right: readonly ScopeColumn[],
  dialect: Dialect,
): (frame: Frame) => boolean {
  const places = using.map((name) => {
    const wanted = dialect.foldColumn(name)
    const a = left.findIndex((column) => dialect.foldColumn(column.name) === wanted)
    const b = right.findIndex((column) => dialect.foldColumn(column.name) === wanted)
    if (a < 0 || b < 0) throw new SqlError({ kind: 'unknown-column', column: name, clause: 'on clause' })
    return [a, left.length + b] as const
  })
  return ({ row }) =>
    places.every(
      ([a, b]) => row[a] !== null && row[b] !== null && keyOf(row[a] as SqlValue, dialect) === keyOf(row[b] as SqlValue, dialect),
    )
}

/** For `left.a = right.b`: which columns, so that rows are looked up and not tried one by one. */
interface EqualityIndex {
  left: number
  right: number
}

function equalityIndex(
  conditions: readonly Comparison[],
  using: string[] | undefined,
  left: Source,
  right: Source,
  context: StatementContext,
  outer: Scope | undefined,
): EqualityIndex | undefined {
  const { dialect } = context.session
  if (conditions.length === 0) {
    const wanted = dialect.foldColumn(using?.[0] ?? '')
    const place = (columns: readonly ScopeColumn[]): number => columns.findIndex((column) => dialect.foldColumn(column.name) === wanted)
    return { left: place(left.columns), right: place(right.columns) }
  }
  const scope = new Scope([...left.columns, ...right.columns], outer)
  for (const conjunct of conditions) {
    if (conjunct.left.kind !== 'column' || conjunct.right.kind !== 'column') continue
    const [a, b] = [conjunct.left, conjunct.right].map(({ parts, at }) => scope.find(parts, dialect, 'on clause', at))
    if (!a || !b || a.depth > 0 || b.depth > 0 || a.column.type.kind !== b.column.type.kind) continue
    const width = left.columns.length
    if (a.index < width && b.index >= width) return { left: a.index, right: b.index - width }
    if (b.index < width && a.index >= width) return { left: b.index, right: a.index - width }
  }
  return undefined
}

function keyOf(value: SqlValue, dialect: Dialect): string {
  const text = value === null ? '' : textOf(value)
  return dialect.ignoresCase ? text.toLowerCase() : text
}

function* joinRows(
  how: 'inner' | 'left' | 'right' | 'full' | 'cross',
  left: Source,
  right: Source,
  tests: readonly ((frame: Frame) => boolean)[],
  index: EqualityIndex | undefined,
  { session }: StatementContext,
  outer: Frame | undefined,
): Iterable<readonly SqlValue[]> {
  const rightRows = [...right.rows(outer)]
  const byKey = index && grouped(rightRows, index.right, session.dialect)
  const matched = new Set<readonly SqlValue[]>()
  for (const a of left.rows(outer)) {
    let hasMatch = false
    const candidates = byKey && index ? (byKey.get(keyOf(a[index.left] ?? null, session.dialect)) ?? []) : rightRows
    for (const b of candidates) {
      session.meter.step()
      const row = [...a, ...b]
      if (!tests.every((test) => test({ row, outer }))) continue
      hasMatch = true
      if (how === 'right' || how === 'full') matched.add(b)
      yield row
    }
    if (!hasMatch && (how === 'left' || how === 'full')) yield [...a, ...right.columns.map(() => null)]
  }
  if (how !== 'right' && how !== 'full') return
  for (const b of rightRows) if (!matched.has(b)) yield [...left.columns.map(() => null), ...b]
}

function grouped(rows: readonly (readonly SqlValue[])[], index: number, dialect: Dialect): Map<string, (readonly SqlValue[])[]> {
  const groups = new Map<string, (readonly SqlValue[])[]>()
  for (const row of rows) {
    const key = keyOf(row[index] ?? null, dialect)
    const group = groups.get(key)
    if (group) group.push(row)
    else groups.set(key, [row])
  }
  return groups
}
