/** The text that an editor holds, with a cursor that always stands in it. */
export class TextBuffer {
  readonly lines: string[]
  row = 0
  column = 0
  changed = false

  constructor(text: string) {
    this.lines = text.replace(/\n$/, '').split('\n').slice(0, 100_000)
  }

  get line(): string {
    return this.lines[this.row] ?? ''
  }

  get text(): string {
    return this.lines.length === 1 && this.lines[0] === '' ? '' : `${this.lines.join('\n')}\n`
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
    this.lines.splice(this.row + 1, 0, rest)
    this.row++
    this.column = 0
  }

  backspace(): void {
    if (this.column > 0) {
      this.changed = true
      this.lines[this.row] = this.line.slice(0, this.column - 1) + this.line.slice(this.column)
      this.column--
    } else if (this.row > 0) {
      this.changed = true
      const [line = ''] = this.lines.splice(this.row, 1)
      this.row--
      this.column = this.line.length
      this.lines[this.row] = this.line + line
    }
  }

  delete(): void {
    if (this.column >= this.line.length) return
    this.changed = true
    this.lines[this.row] = this.line.slice(0, this.column) + this.line.slice(this.column + 1)
  }

  removeLine(): string {
    this.changed = true
    const [line = ''] = this.lines.splice(this.row, 1)
    if (this.lines.length === 0) this.lines.push('')
    this.move(0, 0)
    this.column = 0
    return line
  }
}
