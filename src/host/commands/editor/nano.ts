import type { HostText, Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { toBytes, toText } from '../../text.ts'
import { type Key, Keys } from '../gnu/keys.ts'
import { displayed, ScreenPainter } from '../gnu/screen-painter.ts'
import { TextBuffer } from './text-buffer.ts'

type Help = readonly (readonly [key: string, text: string])[]

const MAIN_HELP: Help = [
  ['^G', 'Help'],
  ['^O', 'Write Out'],
  ['^W', 'Where Is'],
  ['^K', 'Cut'],
  ['^T', 'Execute'],
  ['^C', 'Location'],
  ['^X', 'Exit'],
  ['^R', 'Read File'],
  ['^\\', 'Replace'],
  ['^U', 'Paste'],
  ['^J', 'Justify'],
  ['^/', 'Go To Line'],
]
const WRITE_HELP: Help = [
  ['^G', 'Help'],
  ['M-D', 'DOS Format'],
  ['M-A', 'Append'],
  ['M-B', 'Backup File'],
  ['^C', 'Cancel'],
  ['M-M', 'Mac Format'],
  ['M-P', 'Prepend'],
  ['^T', 'Browse'],
]
const SEARCH_HELP: Help = [
  ['^G', 'Help'],
  ['M-C', 'Case Sens'],
  ['M-B', 'Backwards'],
  ['^P', 'Older'],
  ['^T', 'Go To Line'],
  ['^C', 'Cancel'],
  ['M-R', 'Reg.exp.'],
  ['^R', 'Replace'],
  ['^N', 'Newer'],
]
const LINE_HELP: Help = [
  ['^G', 'Help'],
  ['^W', 'Begin of Paragr.'],
  ['^Y', 'First Line'],
  ['^T', 'Go To Text'],
  ['^C', 'Cancel'],
  ['^O', 'End of Paragraph'],
  ['^V', 'Last Line'],
]
const READ_HELP: Help = [
  ['^G', 'Help'],
  ['M-F', 'New Buffer'],
  ['^X', 'Execute Command'],
  ['^C', 'Cancel'],
  ['M-N', 'No Conversion'],
  ['^T', 'Browse'],
]
const MOST_BYTES = 4 * 1024 * 1024
const LONGEST_ANSWER = 400
/** Keys after which a message is taken away. */
const MESSAGE_KEYS = 20
const ENTER = '\x1b[?2004h\x1b[?1049h\x1b[22;0;0t\x1b[?1h\x1b='
const LEAVE = '\x1b[?1049l\x1b[23;0;0t\r\x1b[?1l\x1b>\x1b[?2004l'

/** Runs nano 7.2 on the terminal until ^X. */
export async function runNano(process: Process, file: HostText | undefined, line = 1): Promise<number> {
  return new Nano(process, file, line).run()
}

class Nano {
  readonly #process: Process
  readonly #keys: Keys
  readonly #painter: ScreenPainter
  #file: HostText | undefined
  readonly #buffer: TextBuffer
  #message = ''
  #messageKeys = 0
  #top = 0
  #cut: string[] = []
  #cutting = false
  #searched = ''
  #leaving = false

  constructor(process: Process, file: HostText | undefined, line: number) {
    this.#process = process
    this.#file = file
    this.#keys = new Keys(process)
    this.#painter = new ScreenPainter(process)
    this.#buffer = new TextBuffer(this.#load())
    // The cursor may stand behind the last newline.
    if (this.#buffer.ended && this.#buffer.count > 0) this.#buffer.lines.push('')
    this.#buffer.move(line - 1, 0)
  }

  #say(text: string): void {
    this.#message = `[ ${text} ]`
    this.#messageKeys = MESSAGE_KEYS
  }

  #load(): string {
    const file = this.#file
    if (file === undefined) {
      this.#say('Welcome to nano.  For basic help, type Ctrl+G.')
      return ''
    }
    try {
      if (this.#process.files.stat(file).type === 'directory') {
        this.#file = undefined
        this.#say(`"${file}" is a directory`)
        return ''
      }
      const text = toText(this.#process.files.read(file).subarray(0, MOST_BYTES))
      const count = text === '' ? 0 : text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
      if (this.#process.files.may('w', file)) this.#say(`Read ${count} line${count === 1 ? '' : 's'}`)
      else this.#say(`File '${file}' is unwritable`)
      return text
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      this.#say(error.code === 'ENOENT' ? 'New File' : `Error reading ${file}: ${error.message}`)
      return ''
    }
  }

  async run(): Promise<number> {
    await this.#process.stdout.write(ENTER)
    try {
      while (!this.#leaving) {
        await this.#paint()
        const key = await this.#keys.next()
        if (key === undefined) break
        if (key === 'paste' || key === 'paste-end') continue
        if (--this.#messageKeys <= 0) this.#message = ''
        await this.#press(key)
        if (key !== '\x0b') this.#cutting = false
      }
    } finally {
      this.#keys.close()
    }
    await this.#process.stdout.write(`\x1b[${this.#painter.rows};1H\x1b[J${LEAVE}`)
    return 0
  }

  /** @param asked the question on the status line while something is asked, and its help */
  async #paint(asked?: { text: string; help: readonly string[] }): Promise<void> {
    const { columns } = this.#painter
    const rows = Math.max(1, this.#painter.rows - 4)
    const { row, column, lines } = this.#buffer
    const beyond = row < this.#top ? this.#top - row : row - this.#top - rows + 1
    // A step scrolls; who jumps finds the cursor in the middle.
    if (beyond === 1) this.#top += row < this.#top ? -1 : 1
    else if (beyond > 1) this.#top = Math.max(0, row - Math.floor(rows / 2))
    const shown = displayed(lines[row] ?? '')
    const at = shown.columns[Math.min(column, (lines[row] ?? '').length)] ?? 0
    const shift = at < columns - 1 ? 0 : at - (at % (columns - 8)) - 7
    const body = Array.from({ length: rows }, (_, i) => {
      const text = displayed(lines[this.#top + i] ?? '').text
      const from = this.#top + i === row ? shift : 0
      const visible = from > 0 ? `\x1b[7m<\x1b[0m${text.slice(from + 1)}` : text
      return text.length - from > columns ? `${visible.slice(0, columns - 1 + (from > 0 ? 8 : 0))}\x1b[7m>\x1b[0m` : visible
    })
    const left = Math.max(0, Math.floor((columns - this.#message.length) / 2))
    const status = asked
      ? `\x1b[7m${asked.text.padEnd(columns).slice(0, columns)}\x1b[0m`
      : `${' '.repeat(left)}${this.#message ? `\x1b[7m${this.#message.slice(0, columns)}\x1b[0m` : ''}`
    const help = asked?.help ?? helpLines(MAIN_HELP, columns)
    await this.#painter.show(
      [this.#title(columns), ...body, status, ...help],
      asked ? { row: rows + 1, column: asked.text.length } : { row: row - this.#top + 1, column: at - shift },
    )
  }

  #title(columns: number): string {
    const name = this.#file ?? 'New Buffer'
    const left = Math.max(15, Math.floor((columns + 5 - name.length) / 2))
    return `\x1b[7m${`${'  GNU nano 7.2'.padEnd(left)}${name}${this.#buffer.changed ? ' *' : ''}`.padEnd(columns).slice(0, columns)}\x1b[0m`
  }

  async #press(key: Key): Promise<void> {
    const buffer = this.#buffer
    const page = Math.max(1, this.#painter.rows - 6)
    const moves: Record<string, [number, number]> = {
      up: [-1, 0],
      down: [1, 0],
      pageup: [-page, 0],
      pagedown: [page, 0],
      '\x19': [-page, 0],
      '\x16': [page, 0],
      '\x10': [-1, 0],
      '\x0e': [1, 0],
    }
    const move = moves[key]
    if (move) {
      if (Math.abs(move[0]) > 1) this.#top = Math.max(0, Math.min(buffer.lines.length - 1, this.#top + move[0]))
      return buffer.move(...move)
    }
    switch (key) {
      case 'resize':
      case '\x0c':
        return this.#painter.forget()
      case 'left':
      case '\x02':
        return this.#step(-1)
      case 'right':
      case '\x06':
        return this.#step(1)
      case '\x18':
        return this.#exit()
      case '\x0f':
      case '\x13':
        await this.#save(key === '\x13')
        return
      case '\x0b':
        return this.#cutLine()
      case '\x15':
        if (this.#cut.length === 0) return
        this.#change()
        buffer.insertLines(buffer.row, this.#cut)
        buffer.move(this.#cut.length, -buffer.column)
        return
      case '\x17':
        return this.#search()
      case '\x1c':
        return this.#replace()
      case '\x12':
        return this.#insertFile()
      case '\x1f':
        return this.#goToLine()
      case '\x03':
        return this.#locate()
      case '\x1a':
        return this.#suspend()
      case '\x1b':
        return this.#meta(await this.#keys.next())
      case '\x01':
      case 'home':
        buffer.column = 0
        return
      case '\x05':
      case 'end':
        buffer.column = buffer.line.length
        return
      case 'delete':
      case '\x04':
        this.#change()
        if (buffer.column >= buffer.line.length && buffer.row + 1 < buffer.lines.length) {
          buffer.move(1, 0)
          buffer.column = 0
          return buffer.backspace()
        }
        return buffer.delete()
      case '\r':
      case '\n':
        this.#change()
        return buffer.newline()
      case '\x7f':
      case '\b':
        this.#change()
        return buffer.backspace()
      default:
        if (Array.from(key).length !== 1 || (key < ' ' && key !== '\t')) return
        this.#change()
        buffer.insert(key)
        if (buffer.row === buffer.lines.length - 1) buffer.lines.push('')
    }
  }

  #change(): void {
    this.#buffer.remember(this.#process.world.now())
  }

  #step(by: 1 | -1): void {
    const buffer = this.#buffer
    if (by < 0 && buffer.column === 0 && buffer.row > 0) {
      buffer.move(-1, 0)
      buffer.column = buffer.line.length
    } else if (by > 0 && buffer.column >= buffer.line.length && buffer.row + 1 < buffer.lines.length) {
      buffer.move(1, 0)
      buffer.column = 0
    } else buffer.move(0, by)
  }

  #cutLine(): void {
    const buffer = this.#buffer
    if (buffer.row === buffer.lines.length - 1 && buffer.line === '') return
    this.#change()
    const lines = buffer.removeLines(buffer.row, 1)
    this.#cut = this.#cutting ? [...this.#cut, ...lines] : lines
    this.#cutting = true
    if (buffer.lines.length === 0 || (buffer.row === buffer.lines.length - 1 && buffer.line !== '')) buffer.lines.push('')
  }

  #meta(key: Key | undefined): void {
    const buffer = this.#buffer
    if (key === 'u' || key === 'U' || key === 'e' || key === 'E') {
      const direction = key === 'u' || key === 'U' ? 'undo' : 'redo'
      if (buffer.back(this.#process.world.now(), direction)) this.#say(direction === 'undo' ? 'Undid addition' : 'Redid addition')
      else this.#say(direction === 'undo' ? 'Nothing to undo' : 'Nothing to redo')
    } else if (key === '\\' || key === '|') buffer.move(-buffer.lines.length, -buffer.column)
    else if (key === '/' || key === '?') buffer.move(buffer.lines.length, 0)
    else if (key === '6') {
      this.#cut = [buffer.line]
      buffer.move(1, 0)
    } else if (key === 'w' || key === 'W') this.#find(this.#searched)
  }

  #locate(): void {
    const { row, column, lines, line } = this.#buffer
    const size = (upTo: number): number => lines.slice(0, upTo).reduce((sum, one) => sum + Array.from(one).length + 1, 0)
    const all = Math.max(0, size(lines.length) - 1)
    const here = size(row) + column
    const width = (displayed(line).columns.at(-1) ?? 0) + 1
    const at = (displayed(line).columns[column] ?? 0) + 1
    const share = (a: number, b: number): number => (b === 0 ? 0 : Math.floor((a * 100) / b))
    const pad = (n: number, most: number): string => String(n).padStart(most)
    this.#say(
      `line ${pad(row + 1, 2)}/${lines.length} (${pad(share(row + 1, lines.length), 2)}%), col ${pad(at, 2)}/${pad(width, 2)} (${pad(share(at, width), 3)}%), char ${pad(here, String(all).length)}/${all} (${pad(share(here, all), 2)}%)`,
    )
  }

  async #exit(): Promise<void> {
    if (!this.#buffer.changed) {
      this.#leaving = true
      return
    }
    const answer = await this.#yesOrNo('Save modified buffer? ')
    if (answer === 'n') this.#leaving = true
    else if (answer === 'y') this.#leaving = await this.#save(false)
    else this.#say('Cancelled')
  }

  async #yesOrNo(question: string, all = false): Promise<'y' | 'n' | 'a' | undefined> {
    const key = (name: string, text: string): string => `\x1b[7m${name}\x1b[0m ${text}`
    const help = [
      `${key(' Y', 'Yes'.padEnd(11))}${all ? key(' A', 'All') : ''}`.trimEnd(),
      `${key(' N', 'No'.padEnd(11))}  ${key('^C', 'Cancel')}`,
    ]
    for (;;) {
      await this.#paint({ text: question, help })
      const answer = (await this.#keys.next())?.toLowerCase()
      if (answer === undefined) return 'n'
      if (answer === '\x03' || answer === '\x1b') return undefined
      if (answer === 'y' || answer === 'n' || (all && answer === 'a')) return answer
    }
  }

  /** A line typed on the status line; undefined when it was given up. */
  async #ask(question: string, help: Help, given = ''): Promise<string | undefined> {
    let answer = given
    for (;;) {
      await this.#paint({ text: `${question}${answer}`, help: helpLines(help, this.#painter.columns) })
      const key = await this.#keys.next()
      if (key === undefined || key === '\x03') {
        this.#say('Cancelled')
        return undefined
      }
      if (key === '\r' || key === '\n') return answer
      if (key === 'resize') this.#painter.forget()
      else if (key === '\x7f' || key === '\b') answer = answer.slice(0, -1)
      else if (key === '\x15' || key === '\x0b') answer = ''
      else if (Array.from(key).length === 1 && key >= ' ' && answer.length < LONGEST_ANSWER) answer += key
    }
  }

  /** @param quiet the name is known and not asked for */
  async #save(quiet: boolean): Promise<boolean> {
    const name = quiet && this.#file !== undefined ? this.#file : await this.#ask('File Name to Write: ', WRITE_HELP, this.#file ?? '')
    if (name === undefined) return false
    if (name === '') {
      this.#say('Cancelled')
      return false
    }
    if (name !== this.#file && this.#process.files.may('r', name)) {
      if ((await this.#yesOrNo(`File "${name}" exists; OVERWRITE? `)) !== 'y') {
        this.#say('Cancelled')
        return false
      }
    }
    const { lines } = this.#buffer
    const text = lines.at(-1) === '' ? lines.join('\n') : `${lines.join('\n')}\n`
    try {
      await this.#process.openOutput(name, 'truncate').write(toBytes(text))
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      this.#say(error.code === 'EISDIR' ? `"${name}" is a directory` : `Error writing ${name}: ${error.message}`)
      return false
    }
    this.#file = name
    this.#buffer.changed = false
    const count = text.split('\n').length - 1
    this.#say(`Wrote ${count} line${count === 1 ? '' : 's'}`)
    return true
  }

  async #search(): Promise<void> {
    const before = this.#searched === '' ? '' : ` [${this.#searched}]`
    const word = await this.#ask(`Search${before}: `, SEARCH_HELP)
    if (word === undefined) return
    if (word !== '') this.#searched = word
    if (this.#searched !== '') this.#find(this.#searched)
  }

  #find(word: string): boolean {
    const { lines, row, column } = this.#buffer
    const wanted = word.toLowerCase()
    for (let i = 0; i <= lines.length; i++) {
      const at = (row + i) % lines.length
      const found = (lines[at] as string).toLowerCase().indexOf(wanted, i === 0 ? column + 1 : 0)
      if (found < 0 || (i === lines.length && found > column)) continue
      if (at < row || (at === row && i > 0)) this.#say(at === row && found === column ? 'This is the only occurrence' : 'Search Wrapped')
      this.#buffer.row = at
      this.#buffer.column = found
      return true
    }
    this.#say(`"${word}" not found`)
    return false
  }

  async #replace(): Promise<void> {
    const old = await this.#ask('Search (to replace): ', SEARCH_HELP)
    if (!old) return
    const replacement = await this.#ask('Replace with: ', [
      ['^G', 'Help'],
      ['^P', 'Older'],
      ['^C', 'Cancel'],
      ['^N', 'Newer'],
    ])
    if (replacement === undefined) return
    const buffer = this.#buffer
    let count = 0
    let all = false
    for (let row = 0; row < buffer.lines.length; row++) {
      for (let at = (buffer.lines[row] as string).indexOf(old); at >= 0; at = (buffer.lines[row] as string).indexOf(old, at)) {
        buffer.row = row
        buffer.column = at
        const answer = all ? 'y' : await this.#yesOrNo('Replace this instance? ', true)
        if (answer === undefined) {
          this.#say('Cancelled')
          return
        }
        if (answer === 'a') all = true
        if (answer === 'n') {
          at += old.length
          continue
        }
        if (count++ === 0) this.#change()
        const line = buffer.lines[row] as string
        buffer.lines[row] = line.slice(0, at) + replacement + line.slice(at + old.length)
        buffer.changed = true
        at += replacement.length
        await this.#process.spend(1)
      }
    }
    this.#say(count === 0 ? `"${old}" not found` : `Replaced ${count} occurrence${count === 1 ? '' : 's'}`)
  }

  async #insertFile(): Promise<void> {
    const name = await this.#ask('File to insert [from ./]: ', READ_HELP)
    if (!name) return
    try {
      const lines = toText(this.#process.files.read(name)).replace(/\n$/, '').split('\n')
      this.#change()
      this.#buffer.insertLines(this.#buffer.row, lines)
      this.#say(`Inserted ${lines.length} line${lines.length === 1 ? '' : 's'}`)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      this.#say(error.code === 'ENOENT' ? `File "${name}" not found` : `Error reading ${name}: ${error.message}`)
    }
  }

  async #goToLine(): Promise<void> {
    const answer = await this.#ask('Enter line number, column number: ', LINE_HELP)
    if (answer === undefined) return
    const [line = Number.NaN, column = 1] = answer.split(/[,\s]+/).map(Number)
    if (!Number.isInteger(line)) return this.#say('Invalid line or column number')
    this.#buffer.move(-this.#buffer.lines.length, -this.#buffer.column)
    this.#buffer.move(line - 1, 0)
    this.#buffer.column = Math.min(this.#buffer.line.length, Math.max(0, column - 1))
  }

  async #suspend(): Promise<void> {
    await this.#process.stdout.write(`\x1b[${this.#painter.rows};1H\x1b[J${LEAVE}`)
    await this.#keys.suspend()
    await this.#process.stdout.write(ENTER)
    this.#painter.forget()
  }
}

/** Two lines of keys, in columns as wide as the screen gives them. */
function helpLines(help: Help, columns: number): string[] {
  const across = Math.ceil(help.length / 2)
  const cell = Math.floor(columns / across)
  return [help.slice(0, across), help.slice(across)].map((row) =>
    row
      .map(([key, text], i) => {
        const room = cell - key.length - 1
        return `\x1b[7m${key}\x1b[0m ${i === row.length - 1 ? text.slice(0, room + 2) : text.padEnd(room).slice(0, room)}`
      })
      .join(''),
  )
}
