import { printableLine } from '../events/printable.ts'

/** A column: its heading, and how wide it may become. */
export interface Column {
  title: string
  align?: 'left' | 'right'
  /** Longer cells are cut with an ellipsis. */
  max?: number
}

/** Rows as aligned text. Cells are made printable, so that none can write to the terminal by itself. */
export function table(columns: readonly Column[], rows: readonly (readonly unknown[])[]): string {
  const cells = rows.map((row) => columns.map((column, i) => cut(printableLine(String(row[i] ?? '')), column.max)))
  const widths = columns.map((column, i) => Math.max(column.title.length, ...cells.map((row) => (row[i] as string).length)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (columns[i]?.align === 'right' ? cell.padStart(widths[i] as number) : cell.padEnd(widths[i] as number)))
      .join('  ')
      .trimEnd()
  return [line(columns.map((c) => c.title)), ...cells.map(line)].join('\n')
}

function cut(text: string, max: number | undefined): string {
  return max !== undefined && text.length > max ? `${text.slice(0, max - 1)}…` : text
}
