import type { Process } from '../../command.ts'
import { widthOf } from '../../terminal/columns.ts'
import { toBytes } from '../../text.ts'

/** Paints whole screens and sends only the rows that have changed. */
export class ScreenPainter {
  readonly #process: Process
  #shown: string[] = []

  constructor(process: Process) {
    this.#process = process
  }

  get rows(): number {
    return Math.max(3, this.#process.terminal?.rows ?? 24)
  }

  get columns(): number {
    return Math.max(10, this.#process.terminal?.columns ?? 80)
  }

  /** Everything has to be sent anew: another program has written, or the window has changed. */
  forget(): void {
    this.#shown = []
  }

  /** @param cursor counted from 0 */
  async show(lines: readonly string[], cursor: { row: number; column: number }): Promise<void> {
    const clear = this.#shown.length === 0 ? '\x1b[H\x1b[2J' : ''
    let out = `\x1b[?25l${clear}`
    for (const [row, line] of lines.slice(0, this.rows).entries()) {
      if ((this.#shown[row] ?? '') === line) continue
      out += `\x1b[${row + 1};1H${line}${widthOf(stripped(line)) < this.columns ? '\x1b[K' : ''}`
    }
    this.#shown = [...lines]
    await this.#process.stdout.write(toBytes(`${out}\x1b[${cursor.row + 1};${Math.min(this.columns, cursor.column + 1)}H\x1b[?25h`))
  }
}

function stripped(line: string): string {
  return line.replace(/\x1b\[[\d;]*m/g, '')
}

/** How a character shows: control characters as `^X`, bytes that are no UTF-8 as `<xx>`. */
export function shownChar(char: string): string {
  const code = char.charCodeAt(0)
  if (code < 32) return `^${String.fromCharCode(code + 64)}`
  if (code === 127) return '^?'
  return code >= 0xdc80 && code <= 0xdcff && char.length === 1 ? `<${(code - 0xdc00).toString(16)}>` : char
}

/** A line with tabs spread to eight columns and control characters shown, and the column of each of its code units and of its end. */
export function displayed(line: string): { text: string; columns: number[] } {
  let text = ''
  let width = 0
  const columns: number[] = []
  for (const char of line) {
    for (let i = 0; i < char.length; i++) columns.push(width)
    const piece = char === '\t' ? ' '.repeat(8 - (width % 8)) : shownChar(char)
    text += piece
    width += piece.charCodeAt(0) < 0x300 ? piece.length : widthOf(piece)
  }
  columns.push(width)
  return { text, columns }
}

/** Pieces of a displayed line that fit a width, at least one. */
export function wrapped(text: string, columns: number): string[] {
  if (text.length <= columns && /^[\x20-\x7e]*$/.test(text)) return [text]
  const pieces: string[] = []
  let piece = ''
  let width = 0
  for (const char of text) {
    const wide = widthOf(char)
    if (width + wide > columns) {
      pieces.push(piece)
      piece = ''
      width = 0
    }
    piece += char
    width += wide
  }
  pieces.push(piece)
  return pieces
}
