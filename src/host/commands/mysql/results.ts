import type { ResultColumn, SqlResult } from '../../database/session.ts'
import { isNumeric, type SqlValue, textOf } from '../../database/value.ts'

export interface ResultStyle {
  form: 'table' | 'tabs' | 'vertical'
  namesColumns: boolean
  raw: boolean
  /** `(0.001 sec)`; batch output has no summary. */
  seconds: number | undefined
  /** How the client's own words are shown. */
  info?: (text: string) => string
  /** A column that may be NULL has room for the word. */
  mayBeNull?: (column: ResultColumn) => boolean
}

/** What the client shows of one result. */
export function resultText(result: SqlResult, style: ResultStyle): string {
  const info = style.info ?? ((text: string) => text)
  const time = style.seconds === undefined ? '' : ` (${style.seconds.toFixed(3)} sec)`
  if (result.kind === 'done') {
    if (style.seconds === undefined) return ''
    if (/^use\b/i.test(result.verb)) return info('Database changed\n')
    const rows = `${result.affected} row${result.affected === 1 ? '' : 's'}`
    return info(`Query OK, ${rows} affected${time}\n`) + (result.info ? info(`${result.info}\n`) : '') + info('\n')
  }
  if (result.kind !== 'rows') return ''
  const { columns, rows } = result
  const count = rows.length
  const summary =
    style.seconds === undefined
      ? ''
      : info(count === 0 ? `Empty set${time}\n` : `${count} row${count === 1 ? '' : 's'} in set${time}\n`) + info('\n')
  if (count === 0) return summary
  switch (style.form) {
    case 'table':
      return table(columns, rows, style) + summary
    case 'vertical':
      return vertical(columns, rows) + summary
    case 'tabs':
      return tabs(columns, rows, style) + summary
  }
}

function shown(value: SqlValue): string {
  if (value === null) return 'NULL'
  return typeof value === 'boolean' ? (value ? '1' : '0') : textOf(value)
}

/** Characters, not UTF-16 units. */
const width = (text: string): number => [...text].length
const fill = (text: string, to: number, right: boolean): string => {
  const blanks = ' '.repeat(Math.max(0, to - width(text)))
  return right ? blanks + text : text + blanks
}

function table(
  columns: readonly ResultColumn[],
  rows: readonly SqlValue[][],
  { namesColumns: named, mayBeNull = () => false }: ResultStyle,
): string {
  const cells = rows.map((row) => row.map(shown))
  const widths = columns.map((column, i) =>
    Math.max(named ? width(column.name) : 0, mayBeNull(column) ? 4 : 0, ...cells.map((row) => width(row[i] as string))),
  )
  const rule = `+${widths.map((size) => '-'.repeat(size + 2)).join('+')}+\n`
  const line = (row: readonly string[], right: (i: number) => boolean): string =>
    `|${row.map((cell, i) => ` ${fill(cell, widths[i] as number, right(i))} `).join('|')}|\n`
  const head = named
    ? line(
        columns.map((column) => column.name),
        () => false,
      ) + rule
    : ''
  return rule + head + cells.map((row) => line(row, (i) => isNumeric((columns[i] as ResultColumn).type))).join('') + rule
}

function vertical(columns: readonly ResultColumn[], rows: readonly SqlValue[][]): string {
  const widest = Math.max(...columns.map((column) => width(column.name)))
  return rows
    .map((row, i) => {
      const lines = row.map((value, at) => `${fill((columns[at] as ResultColumn).name, widest, true)}: ${shown(value)}\n`)
      return `*************************** ${i + 1}. row ***************************\n${lines.join('')}`
    })
    .join('')
}

function tabs(columns: readonly ResultColumn[], rows: readonly SqlValue[][], { namesColumns, raw }: ResultStyle): string {
  const escaped = (text: string): string =>
    raw ? text : text.replace(/[\\\t\n\0]/g, (c) => ({ '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\0': '\\0' })[c] as string)
  const head = namesColumns ? `${columns.map((column) => column.name).join('\t')}\n` : ''
  return head + rows.map((row) => `${row.map((value) => escaped(shown(value))).join('\t')}\n`).join('')
}
