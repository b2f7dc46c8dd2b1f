import { visible } from './columns.ts'
import { type Cell, type Layout, layOut, type Shown } from './layout.ts'
import type { Painter } from './line-painter.ts'

/**
 * Paints a line that is being edited with the bytes that GNU readline 8.2 sends to an xterm in a UTF-8 locale: row by
 * row, each from its first difference, with inserted and deleted characters where the rest of the row stays. Held to
 * recordings of Debian's bash 5.2.15 (test/host/dialogues/).
 */
export class RowPainter implements Painter {
  readonly dumb = false
  readonly #columns: () => number
  #rows: readonly (readonly Cell[])[] = [[]]
  /** Where the terminal's cursor is. */
  #row = 0
  #column = 0

  constructor(columns: () => number) {
    this.#columns = columns
  }

  start(line: Shown): string {
    this.#forget()
    return visible(line.prompt.slice(0, line.prompt.lastIndexOf('\n') + 1)) + this.show(line)
  }

  show(line: Shown): string {
    const next = layOut(line, this.#columns())
    let out = ''
    for (const [i, row] of next.rows.entries()) out += this.#update(i, this.#rows[i] ?? [], row, next, line.message || line.prompt === '')
    for (let i = next.rows.length; i < this.#rows.length; i++) out += `${this.#vertical(i)}${this.#across(0)}\x1b[K`
    this.#rows = next.rows
    return out + this.#vertical(next.row) + this.#outOfPrompt(next) + this.#across(next.column)
  }

  /** Where the prompt has invisible characters, readline does not trust the cursor inside it. */
  #outOfPrompt({ lastInvisible, prompt, promptWidth }: Layout): string {
    if (this.#row > 0 || lastInvisible < 0 || this.#column === 0 || this.#column >= promptWidth) return ''
    this.#column = promptWidth
    return `\r${prompt}`
  }

  finish(): string {
    let bottom = this.#rows.length - 1
    const emptyEnd = bottom > 0 && this.#column === 0 && this.#rows[bottom]?.length === 0
    if (emptyEnd) bottom--
    const row = this.#rows[bottom] as readonly Cell[]
    const out = this.#vertical(bottom)
    const columns = this.#columns()
    if (!emptyEnd || widthOf(row) !== columns) return out
    // Takes the terminal's mark of a wrapped line away.
    return `${out}${this.#across(columns - 1)}\x1b[K${row.at(-1)?.text ?? ''}`
  }

  interrupt(): string {
    return `^C${this.#vertical(this.#rows.length - 1)}`
  }

  clearScreen(line: Shown): string {
    return `\x1b[H\x1b[2J${this.start(line)}`
  }

  resized(line: Shown): string {
    const up = this.#rows.length - 1
    this.#column = 0
    return `\r${this.#vertical(up)}\x1b[K${'\r\x1b[A\x1b[K'.repeat(up)}\r${this.start(line)}`
  }

  #forget(): void {
    this.#rows = [[]]
    this.#row = 0
    this.#column = 0
  }

  #update(index: number, before: readonly Cell[], after: readonly Cell[], next: Layout, redraws: boolean): string {
    let old = before
    let out = ''
    if (this.#column === this.#columns() && this.#row === index - 1) {
      out += this.#wrap(after[0])
      if (after[0]) old = [after[0], ...old.slice(1)]
    }
    const from = firstDifference(old, after)
    if (from === old.length && from === after.length) return out
    const [oldEnd, newEnd] = differenceEnds(old, after, from)
    const rest = widthOf(after.slice(from))
    const grown = widthOf(after.slice(from, newEnd)) - widthOf(old.slice(from, oldEnd))
    const column = widthOf(after.slice(0, from))
    out += this.#vertical(index)
    if (column >= next.promptWidth) out += this.#outOfPrompt(next)
    out += this.#across(column)
    if (grown > 0) {
      const moreRows = index >= this.#rows.length - 1 && next.rows.length > this.#rows.length
      const inPrompt = index === 0 && (from === 0 ? redraws : from <= next.lastInvisible)
      if (oldEnd === old.length || moreRows || inPrompt) {
        const lessHidden = index === 0 && from === 0 && next.lastInvisible < 0 && old.some((cell) => cell.width === 0)
        return out + this.#print(after.slice(from)) + (lessHidden ? '\x1b[K' : '')
      }
      return `${out}\x1b[${grown}@${this.#print(after.slice(from, newEnd))}`
    }
    if (2 * rest >= -grown) return `${out}${grown < 0 ? `\x1b[${-grown}P` : ''}${this.#print(after.slice(from, newEnd))}`
    return `${out}${this.#print(after.slice(from))}\x1b[K`
  }

  /** A terminal that has filled its last column waits there; the first character of the next row takes it over. */
  #wrap(first: Cell | undefined): string {
    this.#row++
    this.#column = first ? first.width : 1
    return first ? inFaces([first]) : ' '
  }

  #print(cells: readonly Cell[]): string {
    this.#column += widthOf(cells)
    return inFaces(cells)
  }

  #vertical(to: number): string {
    const rows = to - this.#row
    this.#row = to
    if (rows <= 0) return '\x1b[A'.repeat(-rows)
    this.#column = 0
    return `${'\n'.repeat(rows)}\r`
  }

  /** Back by a carriage return where that is shorter. */
  #across(to: number): string {
    const from = this.#column
    this.#column = to
    if (to === from) return ''
    if (to === 0) return '\r'
    if (to + 1 < from - to || from === this.#columns()) return `\r${'\x1b[C'.repeat(to)}`
    return to < from ? '\b'.repeat(from - to) : '\x1b[C'.repeat(to - from)
  }
}

function same(a: Cell | undefined, b: Cell | undefined): boolean {
  return a?.text === b?.text && a?.marked === b?.marked
}

function firstDifference(old: readonly Cell[], after: readonly Cell[]): number {
  const most = Math.min(old.length, after.length)
  let at = 0
  while (at < most && same(old[at], after[at])) at++
  return at
}

/** Where what both rows end with begins; readline uses such an end only when a blank is in it. */
function differenceEnds(old: readonly Cell[], after: readonly Cell[], from: number): [number, number] {
  let [o, n] = [old.length - 1, after.length - 1]
  let blank = false
  while (o > from && n > from && same(old[o], after[n])) {
    blank ||= old[o]?.text === ' '
    o--
    n--
  }
  if (!blank) return [old.length, after.length]
  return same(old[o], after[n]) ? [o, n] : [o + 1, n + 1]
}

function widthOf(cells: readonly Cell[]): number {
  let width = 0
  for (const cell of cells) width += cell.width
  return width
}

/** The marked part stands out. */
function inFaces(cells: readonly Cell[]): string {
  let out = ''
  let marked = false
  for (const cell of cells) {
    if (cell.marked !== marked) out += cell.marked ? '\x1b[7m' : '\x1b[27m'
    marked = cell.marked
    out += cell.text
  }
  return marked ? `${out}\x1b[27m` : out
}
