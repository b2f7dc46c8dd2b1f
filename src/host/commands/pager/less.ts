import type { Process, ProcessInput } from '../../command.ts'
import { toBytes } from '../../text.ts'
import { type Key, Keys } from '../gnu/keys.ts'
import { ScreenPainter } from '../gnu/screen-painter.ts'
import { Regex, RegexError } from '../regex/regex.ts'
import { type PageRow, PageText } from './page-text.ts'

export interface LessOptions {
  /** What is read, under the name that the prompt shows; '' for standard input. */
  name: string
  inputs: ProcessInput[]
  chops?: boolean
  numbers?: boolean
  raw?: boolean
  /** Leaves at once when all fits the screen (-F). */
  quitsIfShort?: boolean
  /** Leaves at the second try to go beyond the end (-e), or the first (-E). */
  quitsAtEnd?: 'first' | 'second'
  /** Stays on the screen that is there (-X). */
  stays?: boolean
  /** Prompt with line numbers (-M). */
  long?: boolean
  /** Ctrl-C ends it (-K). */
  quitsOnInterrupt?: boolean
  ignoresCase?: boolean
  /** `+G`, `+/pattern`, `+50`: done before the first screen. */
  start?: string
}

const ENTER = '\x1b[?1049h\x1b[22;0;0t'
const LEAVE = '\x1b[?1049l\x1b[23;0;0t'
const KEYPAD = '\x1b[?1h\x1b='
const NO_KEYPAD = '\x1b[?1l\x1b>'
const LONGEST_WORD = 200

/** Shows text by the page until it is left; the keys and messages of less 590. */
export async function runLess(process: Process, options: LessOptions): Promise<void> {
  return new Less(process, options).run()
}

class Less {
  readonly #process: Process
  readonly #options: LessOptions
  readonly #painter: ScreenPainter
  readonly #text: PageText
  #keys: Keys | undefined
  /** Row at the top of the screen. */
  #top = 0
  #first = true
  #message: string | undefined
  #pattern: Regex | undefined
  #backwards = false
  #half: number | undefined
  #marks = new Map<string, number>()
  #beeped = 0
  #leaving = false

  constructor(process: Process, options: LessOptions) {
    this.#process = process
    this.#options = options
    this.#painter = new ScreenPainter(process)
    const { chops = false, numbers = false, raw = false } = options
    this.#text = new PageText(process, options.inputs, { columns: this.#painter.columns, chops, numbers, raw })
  }

  get #page(): number {
    return this.#painter.rows - 1
  }

  async run(): Promise<void> {
    const { quitsIfShort, stays, start } = this.#options
    if (quitsIfShort) {
      const rows = await this.#text.rows(this.#page + 1)
      if (rows.length <= this.#page) return this.#print(rows)
    }
    this.#keys = new Keys(this.#process)
    await this.#say(`${stays ? '' : ENTER}${KEYPAD}\r`)
    try {
      if (start !== undefined) await this.#begin(start)
      while (!this.#leaving) {
        await this.#paint()
        const key = await this.#keys.next()
        if (key === undefined) break
        this.#message = undefined
        this.#first = false
        await this.#press(key, '')
      }
    } finally {
      this.#keys.close()
    }
    await this.#say(`\r\x1b[K${NO_KEYPAD}${stays ? '' : LEAVE}`)
  }

  async #say(text: string): Promise<void> {
    await this.#process.stdout.write(toBytes(text))
  }

  async #print(rows: readonly PageRow[]): Promise<void> {
    await this.#say(rows.map(({ text }) => `${text}\n`).join(''))
  }

  async #paint(prompt?: string): Promise<void> {
    const rows = await this.#text.rows(this.#top + this.#page + 1)
    const shown = rows.slice(this.#top, this.#top + this.#page).map((row) => this.#marked(row.text))
    // A text that is shorter than the screen has its prompt below it; past the end of a longer one stand tildes.
    if (this.#top > 0) while (shown.length < this.#page) shown.push('\x1b[1m~\x1b[0m')
    const line = prompt ?? this.#prompt(rows)
    await this.#painter.show([...shown, line], { row: shown.length, column: line.replace(/\x1b\[[\d;]*m/g, '').length })
  }

  #prompt(rows: readonly PageRow[]): string {
    if (this.#message !== undefined) return `\x1b[7m${this.#message}  (press RETURN)\x1b[27m`
    const { name, long } = this.#options
    const atEnd = this.#isAtEnd(rows)
    if (long) {
      const [from, to] = [rows[this.#top]?.line ?? 0, rows[Math.min(rows.length, this.#top + this.#page) - 1]?.line ?? 0]
      const of = this.#text.atEnd ? `/${this.#text.lines.length}` : ''
      return `\x1b[7m${this.#first && name ? `${name} ` : ''}lines ${from + 1}-${to + 1}${of}${atEnd ? ' (END)' : ''}\x1b[27m`
    }
    const words = [...(this.#first && name ? [name] : []), ...(atEnd ? ['(END)'] : [])]
    return words.length > 0 ? `\x1b[7m${words.join(' ')}\x1b[27m` : ':'
  }

  #isAtEnd(rows: readonly PageRow[]): boolean {
    return this.#text.atEnd && this.#top + this.#page >= rows.length
  }

  /** A row with what was searched for in standout. */
  #marked(text: string): string {
    const regex = this.#pattern
    if (!regex || text.includes('\x1b')) return text
    let out = ''
    let from = 0
    for (let match = regex.exec(text, from); match; match = regex.exec(text, from)) {
      const [start, end] = match as unknown as [number, number]
      if (end === start) break
      out += `${text.slice(from, start)}\x1b[7m${text.slice(start, end)}\x1b[27m`
      from = end
    }
    return out + text.slice(from)
  }

  async #press(key: Key, count: string): Promise<void> {
    const n = Number(count) || undefined
    switch (key) {
      case 'q':
      case 'Q':
        this.#leaving = true
        return
      case '\x03':
        if (this.#options.quitsOnInterrupt) this.#leaving = true
        return
      case '\x1a':
        return this.#suspend()
      case 'resize':
        this.#text.style = { ...this.#text.style, columns: this.#painter.columns }
        return this.#painter.forget()
      case '\x0c':
      case 'r':
      case 'R':
        return this.#painter.forget()
      case ' ':
      case 'f':
      case 'z':
      case '\x06':
      case '\x16':
      case 'pagedown':
        return this.#forward(n ?? this.#page)
      case 'd':
      case '\x04':
        this.#half = n ?? this.#half
        return this.#forward(this.#half ?? Math.floor(this.#painter.rows / 2))
      case '\r':
      case '\n':
      case 'j':
      case 'e':
      case '\x05':
      case '\x0e':
      case 'down':
        return this.#forward(n ?? 1)
      case 'b':
      case 'w':
      case '\x02':
      case 'pageup':
        return this.#back(n ?? this.#page)
      case 'u':
      case '\x15':
        this.#half = n ?? this.#half
        return this.#back(this.#half ?? Math.floor(this.#painter.rows / 2))
      case 'k':
      case 'y':
      case '\x19':
      case '\x10':
      case 'up':
        return this.#back(n ?? 1)
      case 'g':
      case '<':
      case 'home':
        return this.#goTo((n ?? 1) - 1)
      case 'G':
      case '>':
      case 'end':
        return n === undefined ? this.#end() : this.#goTo(n - 1)
      case 'p':
      case '%':
        await this.#text.all()
        return this.#goTo(Math.floor(((n ?? 0) * this.#text.lines.length) / 100))
      case '/':
      case '?':
        return this.#search(key)
      case 'n':
      case 'N':
        return this.#find(this.#backwards === (key === 'N'), 1)
      case '=':
      case '\x07':
        return this.#tell()
      case '-':
        return this.#toggle()
      case 'F':
        return this.#follow()
      case 'm':
      case "'":
        return this.#mark(key)
      case ':':
        if ((await this.#ask(':', 1)) === 'q') this.#leaving = true
        return
      case 'Z':
        if ((await this.#keys?.next()) === 'Z') this.#leaving = true
        return
      case '!':
        return this.#shell()
      case 'h':
      case 'H':
        return this.#help()
      default:
        if (/^\d$/.test(key)) return this.#counted(key)
        await this.#say('\x07')
    }
  }

  async #counted(first: string): Promise<void> {
    let digits = first
    for (;;) {
      await this.#paint(`:${digits}`)
      const key = await this.#keys?.next()
      if (key === undefined || key === '\x03' || key === '\x1b') return
      if (!/^\d$/.test(key)) return this.#press(key, digits)
      if (digits.length < 9) digits += key
    }
  }

  async #begin(command: string): Promise<void> {
    if (command.startsWith('/')) {
      this.#compile(command.slice(1))
      await this.#find(false, 0)
    } else await this.#press(command.at(-1) === 'G' || /^\d+$/.test(command) ? 'G' : command.charAt(0), /^\d+/.exec(command)?.[0] ?? '')
  }

  async #forward(by: number): Promise<void> {
    const rows = await this.#text.rows(this.#top + by + this.#page + 1)
    if (this.#isAtEnd(rows)) {
      const { quitsAtEnd } = this.#options
      if (quitsAtEnd === 'first' || (quitsAtEnd === 'second' && this.#beeped++ > 0)) this.#leaving = true
      else await this.#say('\x07')
      return
    }
    this.#top = Math.max(this.#top, Math.min(this.#top + by, rows.length - this.#page))
  }

  async #back(by: number): Promise<void> {
    if (this.#top === 0) await this.#say('\x07')
    this.#top = Math.max(0, this.#top - by)
  }

  async #end(): Promise<void> {
    const rows = await this.#text.all()
    this.#top = Math.max(0, rows.length - this.#page)
  }

  async #goTo(line: number): Promise<void> {
    const rows = await this.#rowsTo(line)
    const at = rows.findIndex((row) => row.line >= line)
    if (at >= 0) this.#top = at
    else await this.#end()
  }

  /** All rows up to a line, and a page more. */
  async #rowsTo(line: number): Promise<readonly PageRow[]> {
    for (let least = line + this.#page; ; least += 1000) {
      const rows = await this.#text.rows(least)
      if (rows.length < least || (rows.at(-1)?.line ?? 0) > line) return rows
    }
  }

  async #search(direction: '/' | '?'): Promise<void> {
    const word = await this.#ask(direction)
    if (word === undefined) return
    this.#backwards = direction === '?'
    if (word !== '') this.#compile(word)
    await this.#find(this.#backwards, direction === '/' ? 1 : 0)
  }

  #compile(word: string): void {
    try {
      this.#pattern = Regex.compile(word, 'extended', (this.#options.ignoresCase ?? false) && !/[A-Z]/.test(word))
    } catch (error) {
      if (!(error instanceof RegexError)) throw error
      this.#message = 'Invalid pattern'
    }
  }

  async #find(backwards: boolean, skip: number): Promise<void> {
    const regex = this.#pattern
    if (!regex) {
      this.#message ??= 'No previous regular expression'
      return
    }
    const rows = await this.#text.rows(this.#top + this.#page)
    const here = rows[this.#top]?.line ?? 0
    if (!backwards) await this.#text.all()
    for (let line = backwards ? here - 1 : here + skip; line >= 0 && line < this.#text.lines.length; line += backwards ? -1 : 1) {
      await this.#process.spend(1)
      if (!regex.exec(this.#text.lines[line] as string)) continue
      await this.#goTo(line)
      const all = await this.#text.rows(this.#top + this.#page + 1)
      if (this.#text.atEnd) this.#top = Math.max(0, Math.min(this.#top, all.length - this.#page))
      return
    }
    this.#message = 'Pattern not found'
  }

  async #tell(): Promise<void> {
    const rows = await this.#text.rows(this.#top + this.#page + 1)
    const { name } = this.#options
    const [from, to] = [rows[this.#top]?.line ?? 0, rows[Math.min(rows.length, this.#top + this.#page) - 1]?.line ?? 0]
    const size = this.#text.lines.slice(0, to + 1).reduce((sum, line) => sum + toBytes(line).length + 1, 0)
    const of = this.#text.atEnd ? `/${this.#text.bytes}` : ''
    const place = this.#isAtEnd(rows) ? '(END)' : this.#text.atEnd ? `${Math.floor((size * 100) / Math.max(1, this.#text.bytes))}%` : ''
    this.#message =
      `${name ? `${name} ` : ''}lines ${from + 1}-${to + 1}${this.#text.atEnd ? `/${this.#text.lines.length}` : ''} byte ${Math.min(size, this.#text.bytes)}${of} ${place}`.trimEnd()
  }

  async #toggle(): Promise<void> {
    await this.#paint('-')
    const key = await this.#keys?.next()
    const { style } = this.#text
    if (key === 'N' || key === 'n') {
      const numbers = key === 'N' && !style.numbers
      this.#text.style = { ...style, numbers }
      this.#message = numbers ? 'Constantly display line numbers' : "Don't use line numbers"
    } else if (key === 'S') {
      this.#text.style = { ...style, chops: !style.chops }
      this.#message = style.chops ? 'Fold long lines' : 'Chop long lines'
    } else if (key === 'i' || key === 'I') {
      this.#options.ignoresCase = !this.#options.ignoresCase
      this.#message = this.#options.ignoresCase ? 'Ignore case in searches' : 'Case is significant in searches'
    } else this.#message = `There is no ${key ?? ''} option ("less --help" for help)`
  }

  async #follow(): Promise<void> {
    await this.#end()
    await this.#paint('\x1b[7mWaiting for data... (interrupt to abort)\x1b[27m')
    for (;;) {
      const key = await this.#keys?.next()
      if (key === undefined || key === '\x03') return
    }
  }

  async #mark(key: string): Promise<void> {
    await this.#paint(key === 'm' ? '\x1b[7mset mark: \x1b[27m' : '\x1b[7mgoto mark: \x1b[27m')
    const name = await this.#keys?.next()
    if (name === undefined) return
    const at = name === '^' ? 0 : this.#marks.get(name)
    if (key === 'm' && /^[a-zA-Z]$/.test(name)) this.#marks.set(name, this.#top)
    else if (at !== undefined) this.#top = at
    else this.#message = 'Mark not set'
  }

  async #suspend(): Promise<void> {
    const { stays } = this.#options
    await this.#say(`\r\x1b[K${NO_KEYPAD}${stays ? '' : LEAVE}`)
    await this.#keys?.suspend()
    await this.#say(`${stays ? '' : ENTER}${KEYPAD}\r`)
    this.#painter.forget()
  }

  async #shell(): Promise<void> {
    const command = await this.#ask('!')
    if (command === undefined) return
    await this.#say(`\r\x1b[K${NO_KEYPAD}${LEAVE}!${command}\n`)
    await this.#keys?.lend(() => this.#process.run(command === '' ? ['bash'] : ['sh', '-c', command]))
    await this.#say(`${ENTER}${KEYPAD}\r!done  (press RETURN)`)
    await this.#keys?.next()
    this.#painter.forget()
  }

  async #help(): Promise<void> {
    await this.#paint('\x1b[7mHELP -- Press RETURN for more, or q when done\x1b[27m')
    await this.#keys?.next()
  }

  /** A line typed at the bottom; undefined when it was given up. */
  async #ask(prompt: string, most = LONGEST_WORD): Promise<string | undefined> {
    let word = ''
    for (;;) {
      await this.#paint(prompt + word)
      const key = await this.#keys?.next()
      if (key === undefined || key === '\x03' || key === '\x1b') return undefined
      if (key === '\r' || key === '\n') return word
      if (key === '\x15') word = ''
      else if (key === '\x7f' || key === '\b') {
        if (word === '') return undefined
        word = word.slice(0, -1)
      } else if (key >= ' ' && Array.from(key).length === 1 && word.length < LONGEST_WORD) word += key
      if (word.length >= most) return word
    }
  }
}

/** Shows a text as systemd's tools do: through `less` with its FRSXMK where they write on a terminal. */
export async function pageAsSystemd(process: Process, text: string, start?: string): Promise<void> {
  if (!process.stdout.isTerminal || !process.terminal) return process.stdout.write(text)
  await runLess(process, {
    name: '',
    inputs: [inputOf(process, text)],
    raw: true,
    chops: true,
    stays: true,
    long: true,
    quitsIfShort: true,
    quitsOnInterrupt: true,
    ...(start !== undefined && { start }),
  })
}

function inputOf(process: Process, text: string): ProcessInput {
  let left: Uint8Array | undefined = toBytes(text)
  return {
    isTerminal: false,
    read: async () => {
      await process.spend(1)
      const part = left
      left = undefined
      return part
    },
    all: async () => toBytes(text),
    line: async () => undefined,
  }
}
