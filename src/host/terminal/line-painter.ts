import { visible, widthOf } from './columns.ts'
import type { Shown } from './layout.ts'
import { RowPainter } from './row-painter.ts'

/** Shows a line while it is edited. Each method gives the bytes for the terminal. */
export interface Painter {
  readonly dumb: boolean
  /** Shows a line on an empty row, all lines of its prompt with it. */
  start(line: Shown): string
  /** Turns what is shown into this. */
  show(line: Shown): string
  /** Goes to the last row of the line, for a newline. */
  finish(): string
  interrupt(): string
  clearScreen(line: Shown): string
  /** Shows the line anew where the window has a new size. */
  resized(line: Shown): string
}

export function painterFor(term: string, columns: () => number): Painter {
  return isDumb(term) ? new DumbPainter() : new RowPainter(columns)
}

function isDumb(term: string): boolean {
  return term === 'dumb' || term === '' || term === 'unknown'
}

/** Without any escape sequence: goes back by backspaces, forward by printing the characters again. */
class DumbPainter implements Painter {
  readonly dumb = true
  #prompt = ''
  #text = ''
  /** Cursor, in columns from the beginning of the prompt's last line. */
  #at = 0

  start({ prompt, ...line }: Shown): string {
    const last = prompt.lastIndexOf('\n') + 1
    this.#prompt = prompt.slice(last)
    this.#text = ''
    this.#at = this.#promptWidth
    return visible(prompt) + this.show({ ...line, prompt: this.#prompt })
  }

  show(line: Shown): string {
    const { text, cursor } = line
    const prompt = line.prompt.slice(line.prompt.lastIndexOf('\n') + 1)
    if (prompt !== this.#prompt) return `\r${this.start({ prompt, text, cursor })}`
    const next = text.map(shown)
    const joined = next.join('')
    const target = this.#promptWidth + widthOf(next.slice(0, cursor).join(''))
    let out = ''
    if (joined !== this.#text) {
      const same = commonPrefix(this.#text, joined)
      const [before, after] = [widthOf(this.#text), widthOf(joined)]
      out += this.#move(this.#promptWidth + widthOf(joined.slice(0, same)), this.#text)
      out += joined.slice(same)
      this.#at = this.#promptWidth + after
      this.#text = joined
      if (before > after) {
        out += ' '.repeat(before - after)
        this.#at += before - after
      }
    }
    return out + this.#move(target, joined)
  }

  finish(): string {
    return ''
  }

  interrupt(): string {
    return '^C'
  }

  clearScreen(line: Shown): string {
    return `\r\n${this.start(line)}`
  }

  resized(line: Shown): string {
    return `\r${this.start(line)}`
  }

  get #promptWidth(): number {
    return widthOf(this.#prompt)
  }

  /** readline goes back by a carriage return and prints the line again where that is shorter. */
  #move(to: number, text: string): string {
    const from = this.#at
    this.#at = to
    if (to === from) return ''
    const line = visible(this.#prompt) + text
    if (to > from) return line.slice(from, to)
    return to + 1 < from - to ? `\r${line.slice(0, to)}` : '\b'.repeat(from - to)
  }
}

/** Control characters in a line are shown as `^X`. */
function shown(char: string): string {
  const code = char.charCodeAt(0)
  if (code < 32) return `^${String.fromCharCode(code + 64)}`
  return code === 127 ? '^?' : char
}

function commonPrefix(a: string, b: string): number {
  const most = Math.min(a.length, b.length)
  let same = 0
  while (same < most && a[same] === b[same]) same++
  return same
}
