import { visible, widthOf } from './columns.ts'

/** What an edited line has to look like. */
export interface Shown {
  /** `\x01` and `\x02` enclose what takes no column. */
  prompt: string
  text: readonly string[]
  /** Index of the character that the cursor stands on. */
  cursor: number
  /** Characters that stand out: from, to. */
  marked?: readonly [number, number] | undefined
  /** Whether the prompt is that of a search or a count. */
  message?: boolean
}

export interface Cell {
  text: string
  width: number
  marked: boolean
}

export interface Layout {
  rows: Cell[][]
  /** Where the cursor belongs. */
  row: number
  column: number
  /** Index in the first row of the last cell without width; -1 when there is none. */
  lastInvisible: number
  /** The prompt's last line, as it is printed, and its columns. */
  prompt: string
  promptWidth: number
}

const TAB_STOP = 8

/** Cuts a line into the rows of a terminal, as readline does: a full row is followed by one more, however empty. */
export function layOut({ prompt, text, cursor, marked }: Shown, columns: number): Layout {
  const rows: Cell[][] = [[]]
  let column = 0
  let lastInvisible = -1
  const lastLine = prompt.slice(prompt.lastIndexOf('\n') + 1)
  const newRow = (): void => {
    rows.push([])
    column = 0
  }
  const put = (cell: Cell): void => {
    while (columns > 0 && column + cell.width > columns && column < columns) add({ text: ' ', width: 1, marked: cell.marked })
    add(cell)
  }
  const add = (cell: Cell): void => {
    ;(rows.at(-1) as Cell[]).push(cell)
    column += cell.width
    if (columns > 0 && column >= columns) newRow()
  }
  for (const piece of lastLine.match(/\x01[^\x02]*\x02?|[^\x01]/gu) ?? []) {
    if (piece.startsWith('\x01')) {
      lastInvisible = rows.length === 1 ? (rows[0]?.length ?? 0) : lastInvisible
      ;(rows.at(-1) as Cell[]).push({ text: piece.replace(/[\x01\x02]/g, ''), width: 0, marked: false })
    } else put({ text: piece, width: widthOf(piece), marked: false })
  }
  let place = { row: rows.length - 1, column }
  for (const [i, char] of text.entries()) {
    const stands = marked !== undefined && i >= marked[0] && i < marked[1]
    if (char === '\n') newRow()
    else for (const cell of cellsOf(char, column)) put({ ...cell, marked: stands })
    if (i + 1 === cursor) place = { row: rows.length - 1, column }
  }
  return { rows, ...place, lastInvisible, prompt: visible(lastLine), promptWidth: widthOf(lastLine) }
}

/** A control character shows as `^X`, a tab as blanks up to its stop, a byte that is no character in octal. */
function cellsOf(char: string, column: number): { text: string; width: number }[] {
  const code = char.codePointAt(0) as number
  const plain = (text: string) => Array.from(text, (one) => ({ text: one, width: 1 }))
  if (code === 9) return plain(' '.repeat(TAB_STOP - (column % TAB_STOP)))
  if (code < 32) return plain(`^${String.fromCharCode(code + 64)}`)
  if (code === 127) return plain('^?')
  if (code >= 0xdc80 && code <= 0xdcff) return plain(`\\${(code - 0xdc00).toString(8)}`)
  return [{ text: char, width: widthOf(char) }]
}
