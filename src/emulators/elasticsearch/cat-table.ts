import { matchesWildcard } from './document.ts'
import { illegalArgument } from './elastic-error.ts'

/** A column of a `_cat` table. */
export interface Column<R> {
  name: string
  alias: string
  about: string
  right?: boolean
  /** Shown only when asked for by name. */
  hidden?: boolean
  /** A number is a size in bytes. */
  value: (row: R) => string | number | undefined
}

export interface CatQuery {
  verbose: boolean
  help: boolean
  json: boolean
  headers: string | null
  sort: string | null
  bytes: string | null
}

export function catQueryOf(query: URLSearchParams, accept: string | undefined): CatQuery {
  const flag = (name: string): boolean => query.has(name) && query.get(name) !== 'false'
  return {
    verbose: flag('v'),
    help: flag('help'),
    json: query.get('format') === 'json' || (!query.has('format') && (accept ?? '').startsWith('application/json')),
    headers: query.get('h'),
    sort: query.get('s'),
    bytes: query.get('bytes'),
  }
}

/** @returns text of the table, or rows for JSON @throws ElasticError 400 */
export function catTable<R>(columns: readonly Column<R>[], rows: readonly R[], query: CatQuery): string | Record<string, string>[] {
  if (query.help)
    return aligned(
      columns.map(({ name, alias, about }) => [name, `| ${alias}`, `| ${about}`]),
      [],
    )
  const shown = shownColumns(columns, query.headers)
  const cells = orderedRows(columns, rows, query.sort).map((row) => shown.map(({ value }) => cellOf(value(row), query.bytes)))
  if (query.json) return cells.map((row) => Object.fromEntries(row.map((cell, i) => [shown[i]!.name, cell])))
  const head = query.verbose ? [shown.map(({ name }) => name)] : []
  return aligned(
    [...head, ...cells],
    shown.map(({ right = false }) => right),
    head.length,
  )
}

function shownColumns<R>(columns: readonly Column<R>[], headers: string | null): readonly Column<R>[] {
  if (headers === null) return columns.filter(({ hidden }) => !hidden)
  const wanted = headers.split(',', 64)
  return wanted.flatMap((pattern) =>
    columns.filter(({ name, alias }) => matchesWildcard(pattern, name) || alias.split(',').includes(pattern)),
  )
}

function orderedRows<R>(columns: readonly Column<R>[], rows: readonly R[], sort: string | null): R[] {
  if (sort === null) return [...rows]
  const [wanted = '', order] = sort.split(',')[0]?.split(':') ?? []
  const column = columns.find(({ name, alias }) => name === wanted || alias.split(',').includes(wanted))
  if (!column) throw illegalArgument(`Unable to sort by unknown sort key \`${wanted}\``)
  const direction = order === 'desc' ? -1 : 1
  return [...rows].sort((a, b) => direction * compareCells(column.value(a), column.value(b)))
}

function compareCells(a: string | number | undefined, b: string | number | undefined): number {
  const [left, right] = [Number(a), Number(b)]
  if (!Number.isNaN(left) && !Number.isNaN(right)) return left - right
  return String(a) < String(b) ? -1 : 1
}

function cellOf(value: string | number | undefined, unit: string | null): string {
  if (value === undefined) return ''
  return typeof value === 'number' ? byteSize(value, unit) : value
}

const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  k: 2 ** 10,
  kb: 2 ** 10,
  m: 2 ** 20,
  mb: 2 ** 20,
  g: 2 ** 30,
  gb: 2 ** 30,
  t: 2 ** 40,
  tb: 2 ** 40,
}

/** `1.2mb`, or a plain number of the unit asked for. */
export function byteSize(bytes: number, unit: string | null = null): string {
  const factor = unit === null ? undefined : UNITS[unit]
  if (factor !== undefined) return String(Math.floor(bytes / factor))
  for (const name of ['tb', 'gb', 'mb', 'kb']) {
    const size = bytes / (UNITS[name] as number)
    if (size >= 1) return `${(Math.floor(size * 10) / 10).toString()}${name}`
  }
  return `${Math.round(bytes)}b`
}

function aligned(rows: readonly (readonly string[])[], right: readonly boolean[], headRows = 0): string {
  const widths = (rows[0] ?? []).map((_, i) => rows.reduce((most, row) => Math.max(most, (row[i] ?? '').length), 0))
  return rows
    .map((row, n) =>
      row
        .map((cell, i) =>
          right[i] && n >= headRows
            ? cell.padStart(widths[i] as number)
            : i === row.length - 1 && !right[i]
              ? cell
              : cell.padEnd(widths[i] as number),
        )
        .join(' '),
    )
    .map((line) => `${line}\n`)
    .join('')
}
