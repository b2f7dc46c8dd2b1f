import type { HostText, Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { byteString, hostText } from '../gnu/bytes.ts'
import { type Key, Keys } from '../gnu/keys.ts'
import { Regex, RegexError } from '../regex/regex.ts'
import { TextBuffer } from './text-buffer.ts'

/** Runs vi on the terminal until it is left by its own commands. */
export async function runVi(process: Process, file: HostText | undefined): Promise<number> {
  return new Vi(process, file).run()
}

class Vi {
  readonly #process: Process
  readonly #keys: Keys
  #file: HostText | undefined
  #buffer: TextBuffer
  #mode: 'normal' | 'insert' | 'command' = 'normal'
  #command = ''
  #message = ''
  #top = 0
  #pending = ''
  #yanked = ''
  /** A command of `:!` that is waited for. */
  #running: Promise<number> | undefined
  #leaving = false

  constructor(process: Process, file: HostText | undefined) {
    this.#process = process
    this.#file = file
    this.#keys = new Keys(process)
    this.#buffer = new TextBuffer(this.#load())
  }

  #load(): string {
    if (this.#file === undefined) return ''
    try {
      const bytes = this.#process.files.read(this.#file)
      const text = bytes.subarray(0, 4 * 1024 * 1024).toString('latin1')
      this.#message = `"${this.#file}" ${text.split('\n').length - (text.endsWith('\n') ? 1 : 0)}L, ${bytes.length}B`
      return text
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      this.#message =
        error.code === 'ENOENT'
          ? `"${this.#file}" [New]`
          : error.code === 'EISDIR'
            ? `"${this.#file}" is a directory`
            : `"${this.#file}" [Permission Denied]`
      return ''
    }
  }

  async run(): Promise<number> {
    await this.#process.stdout.write('\x1b[?1049h\x1b[22;0;0t\x1b[?2004h')
    try {
      while (!this.#leaving) {
        await this.#paint()
        const key = await this.#keys.next()
        if (key === undefined) break
        if (this.#mode === 'insert') this.#inserting(key)
        else if (this.#mode === 'command') this.#commanding(key)
        else this.#normal(key)
        await this.#running
      }
    } finally {
      this.#keys.close()
    }
    await this.#process.stdout.write(`\x1b[${this.#process.terminal?.rows ?? 24};1H\x1b[K\x1b[?2004l\x1b[?1049l`)
    return 0
  }

  async #paint(): Promise<void> {
    const rows = (this.#process.terminal?.rows ?? 24) - 1
    const columns = this.#process.terminal?.columns ?? 80
    const { row, column, lines } = this.#buffer
    if (row < this.#top) this.#top = row
    if (row >= this.#top + rows) this.#top = row - rows + 1
    const shown = Array.from({ length: rows }, (_, i) => {
      const line = lines[this.#top + i]
      return line === undefined ? '\x1b[94m~\x1b[0m' : line.replaceAll('\t', '        ').slice(0, columns)
    })
    const status = this.#mode === 'insert' ? '\x1b[1m-- INSERT --\x1b[0m' : this.#mode === 'command' ? this.#command : this.#message
    const place = `${row + 1},${lines[row] === '' ? '0-1' : column + 1}`
    const share =
      lines.length <= rows
        ? 'All'
        : this.#top === 0
          ? 'Top'
          : this.#top + rows >= lines.length
            ? 'Bot'
            : `${Math.floor((this.#top * 100) / (lines.length - rows))}%`
    const cursor =
      this.#mode === 'command'
        ? `\x1b[${rows + 1};${this.#command.length + 1}H`
        : `\x1b[${row - this.#top + 1};${Math.min(columns, column + 1)}H`
    const text = `\x1b[?25l\x1b[H${shown.map((line) => `${line}\x1b[K`).join('\n')}\n${status}\x1b[K${columns > 40 ? `\x1b[${rows + 1};${columns - 17}H${place.padEnd(14)}${share}` : ''}${cursor}\x1b[?25h`
    await this.#process.stdout.write(Buffer.from(text, 'latin1'))
  }

  #inserting(key: Key): void {
    const buffer = this.#buffer
    if (key === '\x1b' || key === '\x03') {
      this.#mode = 'normal'
      this.#message = ''
      buffer.move(0, -1)
    } else if (!this.#arrow(key)) {
      if (key === '\r' || key === '\n') buffer.newline()
      else if (key === '\x7f' || key === '\b') buffer.backspace()
      else if (key.length === 1 && (key >= ' ' || key === '\t')) buffer.insert(byteString(key))
    }
  }

  #arrow(key: Key): boolean {
    const moves: Record<string, [number, number]> = {
      up: [-1, 0],
      down: [1, 0],
      left: [0, -1],
      right: [0, 1],
      pageup: [-20, 0],
      pagedown: [20, 0],
    }
    const move = moves[key]
    if (move) this.#buffer.move(...move)
    else if (key === 'home') this.#buffer.column = 0
    else if (key === 'end') this.#buffer.column = this.#buffer.line.length
    else if (key === 'delete') this.#buffer.delete()
    else return false
    return true
  }

  #normal(key: Key): void {
    if (this.#arrow(key)) return
    const buffer = this.#buffer
    const chord = this.#pending + key
    this.#pending = ''
    if (/^[dyZgr]$/.test(chord)) {
      this.#pending = chord
      return
    }
    const insertAt = (column: number): void => {
      buffer.column = Math.min(buffer.line.length, column)
      this.#mode = 'insert'
    }
    switch (chord) {
      case 'i':
        insertAt(buffer.column)
        return
      case 'a':
        insertAt(buffer.column + 1)
        return
      case 'I':
        insertAt(0)
        return
      case 'A':
        insertAt(buffer.line.length)
        return
      case 'o':
        buffer.column = buffer.line.length
        buffer.newline()
        insertAt(0)
        return
      case 'O':
        buffer.column = 0
        buffer.newline()
        buffer.move(-1, 0)
        insertAt(0)
        return
      case 'h':
        buffer.move(0, -1)
        return
      case 'j':
      case '\r':
        buffer.move(1, 0)
        return
      case 'k':
        buffer.move(-1, 0)
        return
      case 'l':
      case ' ':
        buffer.move(0, 1)
        return
      case '0':
      case '^':
        buffer.column = 0
        return
      case '$':
        buffer.column = Math.max(0, buffer.line.length - 1)
        return
      case 'w': {
        const next = /\W\w/.exec(buffer.line.slice(buffer.column))
        buffer.column = next ? buffer.column + next.index + 1 : buffer.line.length
        return
      }
      case 'G':
        buffer.move(buffer.lines.length, 0)
        return
      case 'gg':
        buffer.row = 0
        buffer.column = 0
        return
      case 'x':
        buffer.delete()
        return
      case 'dd':
        this.#yanked = buffer.removeLine()
        return
      case 'yy':
        this.#yanked = buffer.line
        return
      case 'p':
        buffer.lines.splice(buffer.row + 1, 0, this.#yanked)
        buffer.changed = true
        buffer.move(1, 0)
        return
      case '\x06':
        buffer.move(20, 0)
        return
      case '\x02':
        buffer.move(-20, 0)
        return
      case 'ZZ':
        if (this.#write(this.#file)) this.#leaving = true
        return
      case 'ZQ':
        this.#leaving = true
        return
      case ':':
      case '/':
        this.#mode = 'command'
        this.#command = chord
        return
      case '\x03':
        this.#message = 'Type  :qa  and press <Enter> to exit Vim'
        return
      default:
        this.#message = ''
    }
  }

  #commanding(key: Key): void {
    if (key === '\x1b' || key === '\x03') {
      this.#mode = 'normal'
      this.#message = ''
    } else if (key === '\r' || key === '\n') {
      this.#mode = 'normal'
      this.#message = ''
      if (this.#command.startsWith('/')) this.#find(this.#command.slice(1))
      else this.#execute(this.#command.slice(1).trim())
    } else if (key === '\x7f' || key === '\b') {
      this.#command = this.#command.slice(0, -1)
      if (this.#command === '') this.#mode = 'normal'
    } else if (key.length === 1 && key >= ' ') this.#command = (this.#command + key).slice(0, 500)
  }

  #find(pattern: string): void {
    try {
      const regex = Regex.compile(byteString(pattern), 'basic')
      const { lines, row } = this.#buffer
      for (let i = 1; i <= lines.length; i++) {
        const at = (row + i) % lines.length
        const match = regex.exec(lines[at] as string)
        if (!match) continue
        this.#buffer.row = at
        this.#buffer.column = match[0] as number
        return
      }
    } catch (error) {
      if (!(error instanceof RegexError)) throw error
    }
    this.#message = `\x1b[97;41mE486: Pattern not found: ${pattern}\x1b[0m`
  }

  #execute(command: string): void {
    const found = /^(wqa|wq|wa|w|x|qa|q|set|[0-9]+|%?s(?=\W))(!?)\s*(.*)$/.exec(command)
    if (command === '') return
    if (command.startsWith('!')) {
      this.#message = ''
      this.#running = this.#process.run(['sh', '-c', command.slice(1)], { stdin: new Uint8Array() })
      return
    }
    if (!found) {
      this.#message = `\x1b[97;41mE492: Not an editor command: ${command}\x1b[0m`
      return
    }
    const [, verb, force, rest] = found as unknown as [string, string, string, string]
    if (/^\d+$/.test(verb)) {
      this.#buffer.row = Math.min(this.#buffer.lines.length, Number(verb)) - 1
      this.#buffer.move(0, 0)
    } else if (verb.endsWith('s') && verb !== 'set') {
      this.#substitute(rest, verb.startsWith('%'))
    } else if (verb === 'q' || verb === 'qa') {
      if (this.#buffer.changed && !force) this.#message = '\x1b[97;41mE37: No write since last change (add ! to override)\x1b[0m'
      else this.#leaving = true
    } else if (verb.startsWith('w') || verb === 'x') {
      const written = this.#write(rest || this.#file)
      if (written && verb !== 'w' && verb !== 'wa') this.#leaving = true
    }
  }

  /** `:s/OLD/NEW/g` on the line, `:%s` on all of them. */
  #substitute(text: string, everywhere: boolean): void {
    const [, pattern = '', replacement = '', flags = ''] = text.split(text.charAt(0))
    const { lines, row } = this.#buffer
    let count = 0
    try {
      const regex = Regex.compile(byteString(pattern), 'basic')
      for (const at of everywhere ? lines.keys() : [row]) {
        let line = lines[at] as string
        for (let from = 0, match = regex.exec(line); match; match = flags.includes('g') ? regex.exec(line, from) : undefined) {
          const [start, end] = match as unknown as [number, number]
          line = line.slice(0, start) + replacement + line.slice(end)
          from = start + replacement.length + (start === end ? 1 : 0)
          count++
        }
        lines[at] = line
      }
    } catch (error) {
      if (!(error instanceof RegexError)) throw error
    }
    if (count > 0) this.#buffer.changed = true
    this.#message = count > 0 ? '' : `\x1b[97;41mE486: Pattern not found: ${pattern}\x1b[0m`
  }

  #write(file: HostText | undefined): boolean {
    if (file === undefined || file === '') {
      this.#message = '\x1b[97;41mE32: No file name\x1b[0m'
      return false
    }
    const bytes = Buffer.from(this.#buffer.text, 'latin1')
    try {
      const existed = this.#process.files.may('r', file)
      this.#process.files.write(file, bytes)
      this.#file ??= file
      this.#buffer.changed = false
      this.#message = `"${file}" ${existed ? '' : '[New] '}${this.#buffer.lines.length}L, ${bytes.length}B written`
      return true
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      this.#message = `\x1b[97;41m"${hostText(byteString(file))}" E212: Can't open file for writing\x1b[0m`
      return false
    }
  }
}
