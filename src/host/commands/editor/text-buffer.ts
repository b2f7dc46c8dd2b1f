interface State {
  lines: string[]
  row: number
  column: number
  at: number
}

/** Lines that all kept states hold together; the oldest states go first. */
const MOST_KEPT_LINES = 500_000
const MOST_LINES = 200_000

/** The text that an editor holds, as host text, with a cursor that always stands in it and what was there before. */
export class TextBuffer {
  lines: string[]
  row = 0
  column = 0
  changed = false
  /** Whether the last line of the file has its newline. */
  ended: boolean
  #undo: State[] = []
  #redo: State[] = []

  constructor(text: string) {
    this.ended = text === '' || text.endsWith('\n')
    this.lines = text.replace(/\n$/, '').split('\n').slice(0, MOST_LINES)
  }

  get line(): string {
    return this.lines[this.row] ?? ''
  }

  /** Lines of the file; an empty one has none. */
  get count(): number {
    return this.lines.length === 1 && this.lines[0] === '' ? 0 : this.lines.length
  }

  get text(): string {
    return this.count === 0 ? '' : `${this.lines.join('\n')}\n`
  }

  move(rows: number, columns: number): void {
    this.row = Math.min(this.lines.length - 1, Math.max(0, this.row + rows))
    this.column = Math.min(this.line.length, Math.max(0, this.column + columns))
  }

  insert(text: string): void {
    this.changed = true
    this.lines[this.row] = this.line.slice(0, this.column) + text + this.line.slice(this.column)
    this.column += text.length
  }

  newline(): void {
    this.changed = true
    const rest = this.line.slice(this.column)
    this.lines[this.row] = this.line.slice(0, this.column)
    if (this.lines.length < MOST_LINES) this.lines.splice(this.row + 1, 0, rest)
    this.row++
    this.column = 0
  }

  backspace(): void {
    if (this.column > 0) {
      this.changed = true
      const width = this.#before()
      this.lines[this.row] = this.line.slice(0, this.column - width) + this.line.slice(this.column)
      this.column -= width
    } else if (this.row > 0) {
      this.changed = true
      const [line = ''] = this.lines.splice(this.row, 1)
      this.row--
      this.column = this.line.length
      this.lines[this.row] = this.line + line
    }
  }

  /** Code units of the character before the cursor. */
  #before(): number {
    return /[\ud800-\udbff][\udc00-\udfff]$/.test(this.line.slice(0, this.column)) ? 2 : 1
  }

  delete(): void {
    if (this.column >= this.line.length) return
    this.changed = true
    this.lines[this.row] = this.line.slice(0, this.column) + this.line.slice(this.column + 1)
  }

  /** Takes lines out; one always stays. */
  removeLines(row: number, count: number): string[] {
    this.changed = true
    const removed = this.lines.splice(row, count)
    if (this.lines.length === 0) this.lines.push('')
    this.row = Math.min(row, this.lines.length - 1)
    this.column = 0
    return removed
  }

  insertLines(row: number, lines: readonly string[]): void {
    this.changed = true
    this.lines = [...this.lines.slice(0, row), ...lines, ...this.lines.slice(row)].slice(0, MOST_LINES)
  }

  /** Remembers the text as it is, before it is changed. @param at UTC milliseconds */
  remember(at: number): void {
    this.#undo.push({ lines: [...this.lines], row: this.row, column: this.column, at })
    this.#redo = []
    let kept = this.#undo.reduce((sum, state) => sum + state.lines.length, 0)
    while (kept > MOST_KEPT_LINES && this.#undo.length > 1) kept -= this.#undo.shift()?.lines.length ?? 0
  }

  /** @returns what is now the case: how many lines more, of which change, when it was made; undefined when there is none */
  back(at: number, direction: 'undo' | 'redo'): { lines: number; number: number; at: number } | undefined {
    const [from, to] = direction === 'undo' ? [this.#undo, this.#redo] : [this.#redo, this.#undo]
    const state = from.pop()
    if (!state) return undefined
    const before = this.lines.length
    to.push({ lines: this.lines, row: this.row, column: this.column, at: state.at })
    this.lines = state.lines
    this.row = Math.min(state.row, this.lines.length - 1)
    this.column = Math.min(state.column, this.line.length)
    this.changed = true
    return { lines: this.lines.length - before, number: direction === 'undo' ? from.length + 1 : to.length, at: at - state.at }
  }
}
