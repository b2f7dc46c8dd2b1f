import type { Process, ProcessInput } from '../../command.ts'
import { toText } from '../../text.ts'
import { shownChar, wrapped } from '../gnu/screen-painter.ts'

const MOST_BYTES = 8 * 1024 * 1024
/** What a line takes of memory beside its text. */
const LINE_BYTES = 64

export interface PageStyle {
  columns: number
  /** Long lines are cut and not wrapped (-S). */
  chops: boolean
  /** -N */
  numbers: boolean
  /** Colours of the text are passed on (-R); else an escape shows as ESC. */
  raw: boolean
}

/** One row of the screen: which line of the text it shows, and the row's place among those of that line. */
export interface PageRow {
  line: number
  text: string
}

/** The text that a pager shows: read as far as it was looked at, laid out in rows of the screen. */
export class PageText {
  readonly lines: string[] = []
  atEnd = false
  bytes = 0
  readonly #process: Process
  readonly #inputs: ProcessInput[]
  #rest = Buffer.alloc(0)
  #rows: PageRow[] = []
  #laidOut = 0
  #style: PageStyle

  constructor(process: Process, inputs: ProcessInput[], style: PageStyle) {
    this.#process = process
    this.#inputs = inputs
    this.#style = style
  }

  get style(): PageStyle {
    return this.#style
  }

  set style(style: PageStyle) {
    this.#style = style
    this.#rows = []
    this.#laidOut = 0
  }

  /** Rows from the first one on, at least so many if the text has them. */
  async rows(least: number): Promise<readonly PageRow[]> {
    for (;;) {
      while (this.#rows.length < least && this.#laidOut < this.lines.length) {
        await this.#process.spend(1)
        this.#layOut(this.#laidOut++)
      }
      if (this.#rows.length >= least || this.atEnd) return this.#rows
      await this.#read()
    }
  }

  async all(): Promise<readonly PageRow[]> {
    return this.rows(Number.POSITIVE_INFINITY)
  }

  async #read(): Promise<void> {
    const [input] = this.#inputs
    const chunk = this.bytes < MOST_BYTES ? await input?.read() : undefined
    if (chunk === undefined) {
      this.#inputs.shift()
      if (this.#inputs.length > 0 && this.bytes < MOST_BYTES) return
      this.atEnd = true
      if (this.#rest.length > 0) this.lines.push(toText(this.#rest))
      return
    }
    this.bytes += chunk.length
    const bytes = Buffer.concat([this.#rest, chunk])
    const end = bytes.lastIndexOf(10)
    this.#rest = bytes.subarray(end + 1)
    if (end < 0) return
    const lines = toText(bytes.subarray(0, end)).split('\n')
    this.#process.hold(chunk.length + lines.length * LINE_BYTES)
    for (const line of lines) this.lines.push(line)
  }

  #layOut(index: number): void {
    const { columns, chops, numbers, raw } = this.#style
    const line = shownLine(this.lines[index] as string, raw)
    const text = numbers ? `${String(index + 1).padStart(7)} ${line}` : line
    if (chops) this.#rows.push({ line: index, text: cut(text, columns) })
    else for (const piece of raw && text.includes('\x1b') ? [text] : wrapped(text, columns)) this.#rows.push({ line: index, text: piece })
  }
}

function shownLine(line: string, raw: boolean): string {
  if (/^[\x20-\x7e]*$/.test(line)) return line
  let text = ''
  let width = 0
  for (let at = 0; at < line.length; ) {
    const colour = raw ? /^\x1b\[[\d;]*[mK]/.exec(line.slice(at, at + 24))?.[0] : undefined
    if (colour) {
      text += colour
      at += colour.length
      continue
    }
    const char = String.fromCodePoint(line.codePointAt(at) as number)
    at += char.length
    const piece =
      char === '\t' ? ' '.repeat(8 - (width % 8)) : char === '\x1b' ? 'ESC' : char === '\r' && at === line.length ? '^M' : shownChar(char)
    text += piece !== char && char !== '\t' ? `\x1b[7m${piece}\x1b[27m` : piece
    width += piece.length
  }
  return text
}

function cut(text: string, columns: number): string {
  if (text.length <= columns) return text
  let width = 0
  let out = ''
  for (let at = 0; at < text.length; ) {
    const colour = /^\x1b\[[\d;]*[mK]/.exec(text.slice(at, at + 24))?.[0]
    const piece = colour ?? (text[at] as string)
    at += piece.length
    if (!colour && ++width > columns) continue
    out += piece
  }
  return out
}
