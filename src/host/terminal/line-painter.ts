/**
 * Paints a line that is being edited with the bytes that GNU readline 8.2 sends in a UTF-8 locale, on terminals of
 * xterm's kind and on dumb ones (recorded from Debian's bash 5.2.15).
 */
export class LinePainter {
  readonly #dumb: boolean
  readonly #columns: () => number
  #prompt = ''
  #promptWidth = 0
  #text = ''
  /** Cursor, in columns from the beginning of the prompt's last line. */
  #at = 0

  constructor(term: string, columns: () => number) {
    this.#dumb = term === 'dumb' || term === '' || term === 'unknown'
    this.#columns = columns
  }

  get dumb(): boolean {
    return this.#dumb
  }

  /** Begins a line: gives the prompt to show. Only its last line is measured. */
  start(prompt: string): string {
    this.#prompt = prompt
    this.#promptWidth = widthOf(prompt.slice(prompt.lastIndexOf('\n') + 1))
    this.#text = ''
    this.#at = this.#promptWidth
    return visible(prompt)
  }

  /** Bytes that turn what is shown into this text, with the cursor before character `cursor`. */
  update(text: readonly string[], cursor: number): string {
    const next = text.map(shown)
    const line = next.join('')
    const target = this.#promptWidth + widthOf(next.slice(0, cursor).join(''))
    let out = ''
    if (line !== this.#text) {
      const same = commonPrefix(this.#text, line)
      const [before, after] = [widthOf(this.#text), widthOf(line)]
      const oneRow = this.#rowOf(this.#promptWidth + before) === this.#rowOf(this.#at)
      out += this.#move(this.#promptWidth + widthOf(line.slice(0, same)))
      if (before > after && same < line.length && oneRow && !this.#dumb) {
        out += `\x1b[${before - after}P${this.#print(line.slice(same))}`
      } else {
        out += this.#print(line.slice(same))
        if (before > after) out += this.#erase(before - after)
      }
      this.#text = line
    }
    return out + this.#move(target)
  }

  /** Shows prompt and line again, as after a list of completions or Ctrl-L. */
  repaint(): string {
    const at = this.#at
    const text = this.#text
    this.#at = this.#promptWidth + widthOf(text)
    this.#text = text
    return visible(this.#prompt) + text + this.#move(at)
  }

  /** Goes to the end of the line and to the next one. */
  finish(): string {
    return this.#move(this.#promptWidth + widthOf(this.#text))
  }

  #print(text: string): string {
    const from = this.#at
    this.#at += widthOf(text)
    const columns = this.#columns()
    // A terminal that has just filled its last column waits there; readline pushes it over.
    return text !== '' && !this.#dumb && columns > 0 && this.#at % columns === 0 && this.#at > from ? `${text} \r` : text
  }

  /** Clears what is left of the old line behind the cursor. */
  #erase(count: number): string {
    if (!this.#dumb) return this.#rowOf(this.#at + count) > this.#rowOf(this.#at) ? '\x1b[J' : '\x1b[K'
    const back = this.#at
    this.#at += count
    return ' '.repeat(count) + this.#move(back, this.#text.slice(0, back - this.#promptWidth))
  }

  /** @param text what stands on the line, for a dumb terminal that moves forward by printing */
  #move(to: number, text = this.#text): string {
    const from = this.#at
    this.#at = to
    if (from === to) return ''
    if (this.#dumb) return this.#moveDumb(from, to, text)
    const rows = this.#rowOf(to) - this.#rowOf(from)
    if (rows === 0) return across(to - from)
    const columns = this.#columns()
    // Up keeps the column; down is a newline, which does not.
    if (rows < 0) return `\x1b[${-rows === 1 ? '' : -rows}A${across((to % columns) - (from % columns))}`
    return `${'\n'.repeat(rows)}\r${across(to % columns)}`
  }

  /** readline goes back by a carriage return and prints the line again where that is shorter. */
  #moveDumb(from: number, to: number, text: string): string {
    const line = visible(this.#prompt.slice(this.#prompt.lastIndexOf('\n') + 1)) + text
    if (to > from) return line.slice(from, to)
    return to + 1 < from - to ? `\r${line.slice(0, to)}` : '\b'.repeat(from - to)
  }

  #rowOf(position: number): number {
    const columns = this.#columns()
    return columns > 0 ? Math.floor(position / columns) : 0
  }
}

function across(columns: number): string {
  return columns < 0 ? '\b'.repeat(-columns) : '\x1b[C'.repeat(columns)
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

/** The prompt without the marks of what takes no column (`\[`, `\]`). */
export function visible(prompt: string): string {
  return prompt.replace(/[\x01\x02]/g, '')
}

/** Columns that a text takes: marked parts and escape sequences none, wide characters two. */
export function widthOf(text: string): number {
  let width = 0
  for (const char of text.replace(/\x01[^\x02]*\x02?/g, '')) {
    const code = char.codePointAt(0) as number
    if (code < 32 || (code >= 0x300 && code <= 0x36f)) continue
    width += code >= 0x1100 && isWide(code) ? 2 : 1
  }
  return width
}

/** East Asian wide characters and emoji (Unicode TR 11), by their blocks. */
function isWide(code: number): boolean {
  return (
    code <= 0x115f ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  )
}
