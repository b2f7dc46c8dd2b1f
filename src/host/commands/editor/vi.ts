import type { HostText, Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { widthOf } from '../../terminal/columns.ts'
import { toBytes, toText } from '../../text.ts'
import { type Key, Keys } from '../gnu/keys.ts'
import { displayed, ScreenPainter, wrapped } from '../gnu/screen-painter.ts'
import { Regex, RegexError } from '../regex/regex.ts'
import { TextBuffer } from './text-buffer.ts'
import { type ExEditor, runEx } from './vi-ex.ts'
import { indentOf, type Motion, motionOf } from './vi-motions.ts'

/** Runs vim on the terminal until it is left by its own commands. */
export async function runVi(
  process: Process,
  file: HostText | undefined,
  options: { readonly?: boolean; start?: string } = {},
): Promise<number> {
  return new Vi(process, file, options).run()
}

const ENTER = '\x1b[?1049h\x1b[22;0;0t\x1b[?1h\x1b=\x1b[?2004h'
const LEAVE = '\x1b[?2004l\x1b[?1l\x1b>\x1b[?1049l\x1b[23;0;0t'
const MOST_BYTES = 4 * 1024 * 1024
const SCROLL_OFF = 5
const LONGEST_COMMAND = 500

/** What `vim` without a file shows. */
const INTRO = [
  'VIM - Vi IMproved',
  '',
  'version 9.0.1378',
  'by Bram Moolenaar et al.',
  'Modified by team+vim@tracker.debian.org',
  'Vim is open source and freely distributable',
  '',
  'Help poor children in Uganda!',
  'type  :help iccf<Enter>       for information ',
  '',
  'type  :q<Enter>               to exit         ',
  'type  :help<Enter>  or  <F1>  for on-line help',
  'type  :help version9<Enter>   for version info',
]

class Vi implements ExEditor {
  readonly process: Process
  file: HostText | undefined
  buffer: TextBuffer
  message = ''
  leaving = false
  status = 0
  readonly settings = { number: false, readonly: false, ignorecase: false, hlsearch: false, list: false }
  /** What was searched for last, as it was typed. */
  pattern: string | undefined
  register: { text: string[]; linewise: boolean } = { text: [], linewise: true }
  readonly #keys: Keys
  readonly #painter: ScreenPainter
  #mode: 'normal' | 'insert' | 'replace' | 'command' | 'visual' = 'normal'
  #command = ''
  #backwards = false
  #top = 0
  #count = ''
  #operator = ''
  #prefix = ''
  #anchor: { row: number; column: number; linewise: boolean } | undefined
  #find: { key: string; char: string } | undefined
  readonly #history: string[] = []
  #recalled = 0
  /** Keys of the command that is being typed, and of the last one that changed something. */
  #typed: Key[] = []
  #lastChange: Key[] = []
  #replayed: Key[] = []
  #changing = false
  #intro: boolean
  #pasting = false
  #warned = false
  #shownTop = 0
  #shownMessage = ''
  readonly #start: string | undefined

  constructor(process: Process, file: HostText | undefined, options: { readonly?: boolean; start?: string }) {
    this.process = process
    this.file = file
    this.#start = options.start
    this.#intro = file === undefined
    this.buffer = this.load(file)
    if (options.readonly) this.settings.readonly = true
    this.#painter = new ScreenPainter(process)
    this.#keys = new Keys(process)
  }

  /** Opens a file and says what it is. */
  load(file: HostText | undefined): TextBuffer {
    if (file === undefined) return new TextBuffer('')
    const name = `"${this.shownName(file)}"`
    try {
      if (this.process.files.stat(file).type === 'directory') {
        this.message = `${name} is a directory`
        return new TextBuffer('')
      }
      const bytes = this.process.files.read(file).subarray(0, MOST_BYTES)
      const buffer = new TextBuffer(toText(bytes))
      this.settings.readonly = !this.process.files.may('w', file)
      const marks = [...(this.settings.readonly ? ['[readonly] '] : []), ...(buffer.ended ? [] : ['[noeol] '])].join('')
      this.message = `${name} ${marks}${buffer.count}L, ${bytes.length}B`
      return buffer
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      this.message = `${name} ${error.code === 'ENOENT' ? '[New]' : error.code === 'EACCES' ? '[Permission Denied]' : `[${error.message}]`}`
      return new TextBuffer('')
    }
  }

  shownName(file: HostText): string {
    const home = this.process.env.get('HOME')
    return home !== undefined && home !== '/' && file.startsWith(`${home}/`) ? `~${file.slice(home.length)}` : file
  }

  error(text: string): void {
    this.message = `\x1b[97;41m${text}\x1b[0m`
  }

  async run(): Promise<number> {
    await this.process.stdout.write(ENTER)
    if (this.#start !== undefined) {
      if (this.#start === '') this.buffer.row = this.buffer.lines.length - 1
      else if (this.#start.startsWith('/')) {
        this.pattern = this.#start.slice(1)
        this.search(false)
      } else await runEx(this, this.#start)
    }
    try {
      while (!this.leaving) {
        await this.#paint()
        const key = await this.#keys.next()
        if (key === undefined) break
        await this.press(key)
      }
    } finally {
      this.#keys.close()
    }
    await this.process.stdout.write(`\x1b[${this.#painter.rows};1H\x1b[K${LEAVE}`)
    return this.status
  }

  async press(key: Key): Promise<void> {
    this.#intro = false
    if (key === 'resize') return this.#painter.forget()
    if (key === 'paste' || key === 'paste-end') {
      this.#pasting = key === 'paste'
      return
    }
    await this.process.spend(1)
    if (this.#pasting && this.#mode === 'normal') this.#beginInsert()
    if (this.#mode === 'command') return this.#commanding(key)
    this.#typed.push(key)
    if (this.#mode === 'insert' || this.#mode === 'replace') this.#inserting(key)
    else await this.#normal(key)
    if (this.#mode !== 'normal' || this.#operator || this.#prefix || this.#count) return
    if (this.#changing && this.#replayed.length === 0) this.#lastChange = this.#typed
    this.#changing = false
    this.#typed = []
    if (this.buffer.column >= this.buffer.line.length) this.buffer.column = Math.max(0, this.buffer.line.length - 1)
  }

  /** Before a change: what is there now can come back. */
  change(): void {
    if (this.settings.readonly && !this.#warned) {
      this.#warned = true
      this.message = '\x1b[91mW10: Warning: Changing a readonly file\x1b[0m'
    }
    this.buffer.remember(this.process.world.now())
    this.#changing = true
  }

  /** Leaves the screen to a program, and comes back. */
  async outside(run: () => Promise<unknown>): Promise<void> {
    const { stdout } = this.process
    await stdout.write(`\x1b[${this.#painter.rows};1H\x1b[K${LEAVE}`)
    await this.#keys.lend(run)
    await stdout.write('\n\x1b[32mPress ENTER or type command to continue\x1b[0m')
    await this.#keys.next()
    await stdout.write(ENTER)
    this.#painter.forget()
  }

  #beginInsert(mode: 'insert' | 'replace' = 'insert'): void {
    this.change()
    this.#mode = mode
    if (!this.message.includes('W10')) this.message = ''
  }

  #inserting(key: Key): void {
    const { buffer } = this
    if (key === '\x1b' || key === '\x03') {
      this.#mode = 'normal'
      this.message = ''
      buffer.move(0, -1)
      return
    }
    const motion = ['up', 'down', 'left', 'right', 'home', 'end'].includes(key)
    if (motion) {
      const to = key === 'end' ? { row: buffer.row, column: buffer.line.length } : motionOf(key, buffer, undefined, this.#page)
      if (to) this.#place(to)
    } else if (key === 'pageup' || key === 'pagedown') buffer.move(key === 'pageup' ? -this.#page.rows : this.#page.rows, 0)
    else if (key === 'delete') buffer.delete()
    else if (key === '\r' || key === '\n') buffer.newline()
    else if (key === '\x7f' || key === '\b') buffer.backspace()
    else if (key === '\x17') while (buffer.column > 0 && /\S/.test(buffer.line[buffer.column - 1] as string)) buffer.backspace()
    else if (key === '\x15') while (buffer.column > 0) buffer.backspace()
    else if (Array.from(key).length === 1 && (key >= ' ' || key === '\t')) {
      if (this.#mode === 'replace') buffer.delete()
      buffer.insert(key)
    }
  }

  get #page(): { top: number; rows: number } {
    return { top: this.#top, rows: this.#painter.rows - 1 }
  }

  #place({ row, column }: { row: number; column: number }): void {
    this.buffer.row = row
    this.buffer.column = Math.min(column, this.buffer.line.length)
  }

  async #normal(key: Key): Promise<void> {
    if (this.#prefix) return this.#prefixed(key)
    if (/^[1-9]$/.test(key) || (key === '0' && this.#count !== '')) {
      if (this.#count.length < 6) this.#count += key
      return
    }
    if (key === '\x1b' || key === '\x03') {
      if (key === '\x03' && !this.#operator && this.#mode === 'normal')
        this.message = this.buffer.changed
          ? 'Type  :qa!  and press <Enter> to abandon all changes and exit Vim'
          : 'Type  :qa  and press <Enter> to exit Vim'
      this.#reset()
      return
    }
    if (/^[gZfFtTr'm"@q]$/.test(key) && !(this.#mode === 'visual' && key === 'r')) {
      this.#prefix = key
      return
    }
    const count = this.#count === '' ? undefined : Number(this.#count)
    if (this.#operator !== '' || this.#mode === 'visual') return this.#operate(key, count)
    if (/^[dcy<>]$/.test(key)) {
      this.#operator = key
      return
    }
    this.#count = ''
    const motion = motionOf(key, this.buffer, count, this.#page)
    if (motion) this.#place(motion)
    else await this.#simple(key, count ?? 1)
  }

  #reset(): void {
    this.#count = ''
    this.#operator = ''
    this.#prefix = ''
    this.#anchor = undefined
    if (this.#mode === 'visual') this.#mode = 'normal'
  }

  async #prefixed(key: Key): Promise<void> {
    const prefix = this.#prefix
    this.#prefix = ''
    const count = this.#count === '' ? undefined : Number(this.#count)
    const { buffer } = this
    switch (prefix) {
      case 'g': {
        const motion: Motion | undefined =
          key === 'g'
            ? { row: Math.min(buffer.lines.length, count ?? 1) - 1, column: indentOf(buffer.lines[(count ?? 1) - 1] ?? ''), linewise: true }
            : motionOf(key, buffer, count, this.#page)
        if (motion) this.#moved(motion)
        return
      }
      case 'Z':
        this.#reset()
        if (key === 'Q') this.leaving = true
        if (key === 'Z') await runEx(this, 'x')
        return
      case 'r':
        this.#reset()
        if (buffer.column >= buffer.line.length || Array.from(key).length !== 1 || key < ' ') return
        this.change()
        buffer.delete()
        buffer.insert(key)
        buffer.move(0, -key.length)
        return
      case 'f':
      case 'F':
      case 't':
      case 'T':
        this.#find = { key: prefix, char: key }
        this.#findChar(prefix, key)
        return
      default:
        this.#reset()
    }
  }

  #findChar(key: string, char: string): void {
    const { line, column, row } = this.buffer
    const forward = key === 'f' || key === 't'
    const at = forward ? line.indexOf(char, column + 1) : line.lastIndexOf(char, column - 1)
    if (at < 0 || (!forward && column === 0)) {
      this.#reset()
      return
    }
    this.#moved({ row, column: key === 't' ? at - 1 : key === 'T' ? at + 1 : at, inclusive: forward })
  }

  /** A motion that took more than one key. */
  #moved(motion: Motion): void {
    if (this.#operator) {
      const operator = this.#operator
      this.#reset()
      this.#apply(operator, motion)
      return
    }
    this.#count = ''
    this.#place(motion)
  }

  /** The motion behind an operator, or a key in visual mode. */
  #operate(key: Key, count: number | undefined): void {
    const operator = this.#operator
    const { buffer } = this
    if (this.#mode === 'visual') {
      this.#visual(key, count)
      return
    }
    this.#reset()
    if (key === operator) {
      this.#apply(operator, { row: Math.min(buffer.lines.length - 1, buffer.row + (count ?? 1) - 1), column: 0, linewise: true })
      return
    }
    let motion = motionOf(key, buffer, count, this.#page)
    if (!motion) return
    // `cw` changes to the end of the word, and `dw` stays on its line.
    if (operator === 'c' && (key === 'w' || key === 'W') && /\S/.test(buffer.line[buffer.column] ?? ''))
      motion = motionOf(key === 'w' ? 'e' : 'E', buffer, count, this.#page) ?? motion
    else if ((key === 'w' || key === 'W') && motion.row > buffer.row) motion = { row: buffer.row, column: buffer.line.length }
    this.#apply(operator, motion)
  }

  #visual(key: Key, count: number | undefined): void {
    const anchor = this.#anchor
    this.#count = ''
    if (!anchor) {
      this.#reset()
      return
    }
    if (key === 'v' || key === 'V') {
      if (anchor.linewise === (key === 'V')) this.#reset()
      else anchor.linewise = key === 'V'
      return
    }
    const operator = { d: 'd', x: 'd', X: 'd', delete: 'd', y: 'y', c: 'c', s: 'c', '>': '>', '<': '<' }[key]
    if (operator !== undefined) {
      const here = { row: this.buffer.row, column: this.buffer.column }
      this.#reset()
      this.#place(anchor)
      this.#apply(operator, { ...here, linewise: anchor.linewise, inclusive: true })
      return
    }
    if (key === ':') {
      const [from, to] = [anchor.row, this.buffer.row].sort((a, b) => a - b) as [number, number]
      this.#reset()
      this.#mode = 'command'
      this.#command = `:${from + 1},${to + 1}`
      return
    }
    const motion = motionOf(key, this.buffer, count, this.#page)
    if (motion) this.#place(motion)
  }

  #apply(operator: string, motion: Motion): void {
    const { buffer } = this
    const from = { row: buffer.row, column: buffer.column }
    const [start, end] =
      motion.row < from.row || (motion.row === from.row && motion.column < from.column)
        ? [motion, { ...from, inclusive: false }]
        : [from, motion]
    if (motion.linewise && operator !== 'y') buffer.column = 0
    if (operator !== 'y') this.change()
    if (motion.linewise || operator === '>' || operator === '<') {
      const count = end.row - start.row + 1
      if (operator === '>' || operator === '<') {
        for (let row = start.row; row <= end.row; row++) {
          const line = buffer.lines[row] as string
          buffer.lines[row] = operator === '>' ? (line === '' ? line : `\t${line}`) : line.replace(/^(\t| {1,8})/, '')
        }
        buffer.changed = true
        this.#place({ row: start.row, column: indentOf(buffer.lines[start.row] as string) })
        return
      }
      this.register = { text: buffer.lines.slice(start.row, end.row + 1), linewise: true }
      if (operator === 'y') {
        if (motion.row < from.row) this.#place(start)
        if (count > 2) this.message = `${count} lines yanked`
        return
      }
      if (operator === 'c') {
        buffer.removeLines(start.row, count)
        if (buffer.lines.length > 1 || buffer.line !== '') buffer.insertLines(start.row, [''])
        this.#place({ row: start.row, column: 0 })
        this.#mode = 'insert'
        return
      }
      buffer.removeLines(start.row, count)
      this.#place({ row: buffer.row, column: indentOf(buffer.line) })
      if (buffer.count === 0) this.message = '--No lines in buffer--'
      else if (count > 2) this.message = `${count} fewer lines`
      return
    }
    const last = end.column + ((end as Motion).inclusive ? 1 : 0)
    const { lines } = buffer
    const first = lines[start.row] as string
    this.register = {
      linewise: false,
      text:
        start.row === end.row
          ? [first.slice(start.column, last)]
          : [first.slice(start.column), ...lines.slice(start.row + 1, end.row), (lines[end.row] as string).slice(0, last)],
    }
    this.#place(start)
    if (operator === 'y') return
    buffer.lines.splice(start.row, end.row - start.row + 1, first.slice(0, start.column) + (lines[end.row] as string).slice(last))
    buffer.changed = true
    if (operator === 'c') this.#mode = 'insert'
  }

  async #simple(key: Key, count: number): Promise<void> {
    const { buffer } = this
    const { column, line, row } = buffer
    switch (key) {
      case 'i':
      case 'insert':
        return this.#beginInsert()
      case 'a':
        this.#beginInsert()
        buffer.column = Math.min(line.length, column + 1)
        return
      case 'I':
        this.#beginInsert()
        buffer.column = Math.max(0, line.search(/\S|$/))
        return
      case 'A':
        this.#beginInsert()
        buffer.column = line.length
        return
      case 'o':
      case 'O':
        this.#beginInsert()
        buffer.insertLines(key === 'o' ? row + 1 : row, [''])
        this.#place({ row: key === 'o' ? row + 1 : row, column: 0 })
        return
      case 'R':
        return this.#beginInsert('replace')
      case 'x':
      case 'delete':
        if (line !== '') this.#apply('d', { row, column: Math.min(line.length, column + count) })
        return
      case 'X':
        if (column > 0) this.#apply('d', { row, column: Math.max(0, column - count) })
        return
      case 's':
        return this.#apply('c', { row, column: Math.min(line.length, column + count) })
      case 'S':
        return this.#apply('c', { row: Math.min(buffer.lines.length - 1, row + count - 1), column: 0, linewise: true })
      case 'D':
      case 'C':
        return this.#apply(key === 'D' ? 'd' : 'c', { row, column: line.length })
      case 'Y':
        return this.#apply('y', { row: Math.min(buffer.lines.length - 1, row + count - 1), column: 0, linewise: true })
      case 'p':
      case 'P':
        return this.#put(key === 'p', count)
      case 'J': {
        if (row + 1 >= buffer.lines.length) return
        this.change()
        const [next = ''] = buffer.lines.splice(row + 1, 1)
        buffer.lines[row] = `${line.trimEnd()}${line === '' || next.trim() === '' ? '' : ' '}${next.trimStart()}`
        buffer.changed = true
        buffer.column = line.trimEnd().length
        return
      }
      case '~': {
        const char = line[column]
        if (char === undefined) return
        this.change()
        buffer.delete()
        buffer.insert(char === char.toUpperCase() ? char.toLowerCase() : char.toUpperCase())
        return
      }
      case 'u':
        return this.#back('undo')
      case '\x12':
        return this.#back('redo')
      case 'v':
      case 'V':
        this.#mode = 'visual'
        this.#anchor = { row, column, linewise: key === 'V' }
        return
      case '.':
        return this.#repeat()
      case ';':
      case ',':
        if (this.#find) this.#findChar(key === ';' ? this.#find.key : swapCase(this.#find.key), this.#find.char)
        return
      case 'n':
      case 'N':
        return this.search(this.#backwards === (key === 'n'))
      case '*':
      case '#': {
        const word = /[\w]+/.exec(line.slice(line.slice(0, column).search(/\w*$/)))?.[0]
        if (word === undefined) return
        this.pattern = `\\<${word}\\>`
        this.#backwards = key === '#'
        return this.search(this.#backwards)
      }
      case '\x06':
      case 'pagedown':
        return this.#scroll(this.#page.rows - 2, 0)
      case '\x02':
      case 'pageup':
        return this.#scroll(2 - this.#page.rows, 0)
      case '\x04':
      case '\x15': {
        const by = Math.floor(this.#page.rows / 2) * (key === '\x04' ? 1 : -1)
        return this.#scroll(by, by)
      }
      case '\x05':
      case '\x19':
        return this.#scroll(key === '\x05' ? count : -count, 0)
      case '\x07':
        this.message = `"${this.file === undefined ? '[No Name]' : this.shownName(this.file)}"${buffer.changed ? ' [Modified]' : ''} ${buffer.count === 0 ? '--No lines in buffer--' : `${buffer.count} line${buffer.count === 1 ? '' : 's'} --${Math.floor(((row + 1) * 100) / buffer.lines.length)}%--`}`
        return
      case '\x0c':
        return this.#painter.forget()
      case '\x1a':
        return this.#suspend()
      case ':':
      case '/':
      case '?':
        this.#mode = 'command'
        this.#command = key
        this.#recalled = this.#history.length
        return
    }
  }

  /** Moves the window, and the cursor with it as far as it must to stay inside. */
  #scroll(by: number, cursor: number): void {
    const last = this.buffer.lines.length - 1
    const { rows } = this.#page
    this.#top = Math.max(0, Math.min(last, this.#top + by))
    const top = this.#top === 0 ? 0 : this.#top + SCROLL_OFF
    const bottom = this.#top + rows > last ? last : this.#top + rows - 1 - SCROLL_OFF
    const row = Math.max(Math.min(top, last), Math.min(bottom, this.buffer.row + cursor))
    this.#place({ row, column: indentOf(this.buffer.lines[row] as string) })
  }

  #put(after: boolean, count: number): void {
    const { text, linewise } = this.register
    if (text.length === 0) return
    this.change()
    const { buffer } = this
    if (linewise) {
      const row = buffer.row + (after ? 1 : 0)
      const lines = Array.from({ length: Math.min(count, 1000) }, () => text).flat()
      buffer.insertLines(row, lines)
      this.#place({ row, column: indentOf(buffer.lines[row] as string) })
      if (lines.length > 2) this.message = `${lines.length} more lines`
      return
    }
    if (after && buffer.line !== '') buffer.column++
    for (const [i, piece] of text.entries()) {
      if (i > 0) buffer.newline()
      buffer.insert(piece)
    }
    buffer.move(0, -1)
  }

  #back(direction: 'undo' | 'redo'): void {
    const done = this.buffer.back(this.process.world.now(), direction)
    if (!done) {
      this.message = direction === 'undo' ? 'Already at oldest change' : 'Already at newest change'
      return
    }
    const { lines, number, at } = done
    const many = Math.abs(lines)
    const what =
      lines === 0
        ? '1 change'
        : lines > 0
          ? `${many} more line${many === 1 ? '' : 's'}`
          : many === 1
            ? '1 line less'
            : `${many} fewer lines`
    const seconds = Math.floor(at / 1000)
    this.message = `${what}; ${direction === 'undo' ? 'before' : 'after'} #${number}  ${seconds} second${seconds === 1 ? '' : 's'} ago`
  }

  async #repeat(): Promise<void> {
    const keys = this.#lastChange
    if (this.#replayed.length > 0) return
    this.#replayed = keys
    this.#typed = []
    for (const key of keys) await this.press(key)
    this.#replayed = []
    this.#typed = []
    this.#changing = false
  }

  async #suspend(): Promise<void> {
    await this.process.stdout.write(`\x1b[${this.#painter.rows};1H\x1b[K${LEAVE}`)
    await this.#keys.suspend()
    await this.process.stdout.write(ENTER)
    this.#painter.forget()
  }

  async #commanding(key: Key): Promise<void> {
    const leave = (): void => {
      this.#mode = 'normal'
      this.message = ''
      this.#typed = []
    }
    if (key === '\x1b' || key === '\x03') return leave()
    if (key === '\x7f' || key === '\b') {
      this.#command = this.#command.slice(0, -1)
      if (this.#command === '') leave()
    } else if (key === '\x15') this.#command = this.#command.charAt(0)
    else if (key === 'up' || key === 'down') {
      this.#recalled = Math.max(0, Math.min(this.#history.length, this.#recalled + (key === 'up' ? -1 : 1)))
      this.#command = this.#history[this.#recalled] ?? this.#command.charAt(0)
    } else if (key === '\r' || key === '\n') {
      leave()
      if (this.#history.length < 100) this.#history.push(this.#command)
      const kind = this.#command.charAt(0)
      const text = this.#command.slice(1)
      if (kind === ':') {
        await runEx(this, text)
        // What was typed stays where nothing takes its place.
        if (this.message === '') this.message = this.#command
        return
      }
      if (text !== '') this.pattern = text.split(/(?<!\\)\//)[0] as string
      this.#backwards = kind === '?'
      this.search(this.#backwards)
    } else if (Array.from(key).length === 1 && key >= ' ') this.#command = (this.#command + key).slice(0, LONGEST_COMMAND)
  }

  /** Goes to the next place that matches the pattern, round the end if need be. */
  search(backwards: boolean): void {
    const { lines, row, column } = this.buffer
    if (this.pattern === undefined) {
      this.error('E35: No previous regular expression')
      return
    }
    const regex = this.compile(this.pattern)
    if (!regex) return
    this.message = `${backwards ? '?' : '/'}${this.pattern}`
    for (let i = 0; i <= lines.length; i++) {
      const at = (row + (backwards ? -i : i) + lines.length * 2) % lines.length
      const columns = matchesOf(regex, lines[at] as string)
      const found = backwards ? columns.findLast((start) => i > 0 || start < column) : columns.find((start) => i > 0 || start > column)
      if (found === undefined) continue
      if (backwards ? at > row || (at === row && i > 0) : at < row || (at === row && i > 0))
        this.message = `\x1b[91msearch hit ${backwards ? 'TOP, continuing at BOTTOM' : 'BOTTOM, continuing at TOP'}\x1b[0m`
      this.#place({ row: at, column: found })
      return
    }
    this.error(`E486: Pattern not found: ${this.pattern}`)
  }

  compile(pattern: string): Regex | undefined {
    try {
      const fold = /\\c/.test(pattern) || (this.settings.ignorecase && !/\\C/.test(pattern))
      // Vim's own atoms that basic expressions write otherwise.
      return Regex.compile(pattern.replace(/\\[cC]/g, '').replace(/\\=/g, '\\?'), 'basic', fold)
    } catch (error) {
      if (!(error instanceof RegexError)) throw error
      this.error(`E486: Pattern not found: ${pattern}`)
      return undefined
    }
  }

  async #paint(): Promise<void> {
    const rows = this.#painter.rows - 1
    const { columns } = this.#painter
    const { row, column, lines } = this.buffer
    const gutter = this.settings.number ? Math.max(3, String(lines.length).length) + 1 : 0
    const pieces = (at: number): string[] => wrapped(displayed(lines[at] ?? '').text, columns - gutter)
    this.#scrollTo(row, rows, (at) => pieces(at).length)
    // A screen that scrolls takes the message of an earlier command with it.
    if (this.#shownTop !== this.#top && this.message === this.#shownMessage) this.message = ''
    this.#shownTop = this.#top
    this.#shownMessage = this.message
    const shown: string[] = []
    let cursor = { row: 0, column: 0 }
    for (let at = this.#top; at < lines.length && shown.length < rows; at++) {
      const parts = pieces(at)
      if (at === row) {
        const width = displayed(lines[at] as string).columns[Math.min(column, (lines[at] as string).length)] ?? 0
        const inside = columns - gutter
        cursor = { row: shown.length + Math.floor(width / inside), column: gutter + (width % inside) }
      }
      if (shown.length + parts.length > rows && at > this.#top) {
        while (shown.length < rows) shown.push(`\x1b[94m@${shown.length === rows - 1 ? '@@' : ''}\x1b[0m`)
        break
      }
      const selected = this.#isSelected(at)
      for (const [i, part] of parts.entries()) {
        const number = gutter === 0 ? '' : `\x1b[33m${i === 0 ? String(at + 1).padStart(gutter - 1) : ' '.repeat(gutter - 1)} \x1b[0m`
        shown.push(number + (selected ? `\x1b[7m${part || ' '}\x1b[0m` : part))
      }
    }
    while (shown.length < rows) shown.push('\x1b[94m~\x1b[0m')
    if (this.#intro) introduce(shown, columns)
    const command = this.#mode === 'command' ? this.#command : undefined
    await this.#painter.show(
      [...shown.slice(0, rows), this.#statusLine(columns, rows, command)],
      command === undefined ? cursor : { row: rows, column: widthOf(command) },
    )
  }

  #isSelected(row: number): boolean {
    const anchor = this.#anchor
    if (!anchor) return false
    const [from, to] = [anchor.row, this.buffer.row].sort((a, b) => a - b) as [number, number]
    return row >= from && row <= to
  }

  /** Keeps the cursor's line on the screen, some lines away from its edges. */
  #scrollTo(row: number, rows: number, height: (line: number) => number): void {
    const off = Math.min(SCROLL_OFF, Math.floor((rows - 1) / 2))
    this.#top = Math.max(0, Math.min(this.#top, row - Math.min(off, row)))
    const far = row < this.#top || row > this.#top + rows * 2
    if (far) this.#top = Math.max(0, row - Math.floor(rows / 2))
    const bottom = Math.min(this.buffer.lines.length - 1, row + off)
    let used = 0
    let first = bottom
    for (let at = bottom; at >= this.#top; at--) {
      used += height(at)
      if (used > rows) break
      first = at
    }
    this.#top = Math.max(this.#top, Math.min(first, row))
  }

  #statusLine(columns: number, rows: number, command: string | undefined): string {
    if (command !== undefined) return command
    const { row, column, line, lines } = this.buffer
    const mode = {
      insert: '\x1b[1m-- INSERT --\x1b[0m',
      replace: '\x1b[1m-- REPLACE --\x1b[0m',
      visual: `\x1b[1m-- VISUAL${this.#anchor?.linewise ? ' LINE' : ''} --\x1b[0m`,
    }
    const text = this.#mode === 'normal' || this.message.includes('W10') ? this.message : mode[this.#mode as keyof typeof mode]
    const left = text.replace(/\x1b\[[\d;]*m/g, '')
    if (columns < 40) return text
    const virtual = (displayed(line).columns[column] ?? 0) + 1
    const bytes = toBytes(line.slice(0, column)).length + 1
    const at = this.buffer.count === 0 ? '0,0-1' : `${row + 1},${line === '' ? '0-1' : bytes === virtual ? bytes : `${bytes}-${virtual}`}`
    const above = this.#top
    const below = lines.length - this.#top - rows
    const share =
      above === 0 && below <= 0 ? 'All' : above === 0 ? 'Top' : below <= 0 ? 'Bot' : `${Math.floor((above * 100) / (above + below))}%`
    const room = columns - 18
    const kept = widthOf(left) > room ? left.slice(0, room) : text
    return `${kept}${' '.repeat(Math.max(0, room - widthOf(kept.replace(/\x1b\[[\d;]*m/g, ''))))}${at.padEnd(14)}${share}`
  }
}

function matchesOf(regex: Regex, line: string): number[] {
  const columns: number[] = []
  for (
    let from = 0, match = regex.exec(line);
    match && columns.length < 1000;
    match = from <= line.length ? regex.exec(line, from) : undefined
  ) {
    const [start, end] = match as unknown as [number, number]
    columns.push(start)
    from = Math.max(end, start + 1)
  }
  return columns
}

function swapCase(key: string): string {
  return key === key.toLowerCase() ? key.toUpperCase() : key.toLowerCase()
}

function introduce(shown: string[], columns: number): void {
  const from = Math.floor((shown.length - INTRO.length + 1) / 2)
  if (from < 1 || columns < 50) return
  for (const [i, text] of INTRO.entries()) {
    if (text === '') continue
    const left = Math.floor((columns - text.length) / 2)
    shown[from + i] = `\x1b[94m~\x1b[0m${' '.repeat(Math.max(0, left - 1))}${text.replace(/<[^>]+>/g, '\x1b[94m$&\x1b[0m').trimEnd()}`
  }
}
