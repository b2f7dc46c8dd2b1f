/** A cell of the listing: what is written and how many columns it takes. */
export interface Cell {
  text: string
  width: number
}

const TAB = 8

/**
 * Lays cells out in as few lines as the width allows, two blanks apart, as GNU ls does: every column as wide as its
 * longest cell, gaps filled with tabs where they reach a tab stop.
 */
export function layOut(cells: readonly Cell[], width: number, across: boolean): string {
  if (cells.length === 0) return ''
  const { rows, widths } = narrowest(cells, width, across)
  const columns = widths.length
  let out = ''
  for (let row = 0; row < rows; row++) {
    let position = 0
    let start = 0
    for (let column = 0; column < columns; column++) {
      const index = across ? row * columns + column : column * rows + row
      const cell = cells[index]
      if (!cell) break
      if (column > 0) {
        out += gap(position, start)
      }
      out += cell.text
      position = start + cell.width
      start += widths[column] as number
    }
    out += '\n'
  }
  return out
}

function narrowest(cells: readonly Cell[], width: number, across: boolean): { rows: number; widths: number[] } {
  const most = Math.min(cells.length, Math.max(1, Math.floor(width / 3)))
  for (let columns = most; columns > 1; columns--) {
    const rows = Math.ceil(cells.length / columns)
    const used = across ? columns : Math.ceil(cells.length / rows)
    if (used !== columns) continue
    const widths = Array.from({ length: columns }, () => 3)
    for (const [i, cell] of cells.entries()) {
      const column = across ? i % columns : Math.floor(i / rows)
      widths[column] = Math.max(widths[column] as number, cell.width + (column === columns - 1 ? 0 : 2))
    }
    if (widths.reduce((sum, w) => sum + w, 0) < width) return { rows, widths }
  }
  return { rows: cells.length, widths: [Math.max(...cells.map((c) => c.width))] }
}

function gap(from: number, to: number): string {
  let text = ''
  let at = from
  while (at < to) {
    if (Math.floor(to / TAB) > Math.floor((at + 1) / TAB)) {
      text += '\t'
      at += TAB - (at % TAB)
    } else {
      text += ' '
      at++
    }
  }
  return text
}
