/** A column of a table as libsmartcols prints it. */
export interface Column<Row> {
  name: string
  right?: boolean
  cell(row: Row): string
}

export interface TableLook {
  noHeadings?: boolean
  /** One space between cells, however long they are. */
  raw?: boolean
}

/** Columns as wide as their widest cell; the last one is not filled up. */
export function smartTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], { noHeadings, raw }: TableLook = {}): string {
  const cells = rows.map((row) => columns.map((column) => column.cell(row)))
  const lines = noHeadings ? cells : [columns.map((column) => column.name), ...cells]
  // Headings that do not show make room all the same.
  const widths = columns.map(({ name }, i) => Math.max(name.length, ...cells.map((line) => (line[i] as string).length)))
  const last = columns.length - 1
  return lines
    .map((line) => {
      if (raw) return `${line.join(' ')}\n`
      const padded = line.map((text, i) => {
        if (columns[i]?.right) return text.padStart(widths[i] as number)
        return i === last ? text : text.padEnd(widths[i] as number)
      })
      return `${padded.join(' ')}\n`
    })
    .join('')
}
