import type { HostText, Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { byteString } from '../gnu/bytes.ts'
import { type Key, Keys } from '../gnu/keys.ts'
import { TextBuffer } from './text-buffer.ts'

const HELP = [
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
] as const

/** Runs nano on the terminal until ^X. */
export async function runNano(process: Process, file: HostText | undefined): Promise<number> {
  return new Nano(process, file).run()
}

class Nano {
  readonly #process: Process
  readonly #keys: Keys
  #file: HostText | undefined
  readonly #buffer: TextBuffer
  #message = ''
  #top = 0
  #cut: string[] = []
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
      const text = this.#process.files
        .read(this.#file)
        .subarray(0, 4 * 1024 * 1024)
        .toString('latin1')
      const count = text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
      this.#message = `[ Read ${count} line${count === 1 ? '' : 's'} ]`
      return text
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      this.#message = error.code === 'ENOENT' ? '[ New File ]' : `[ Error reading ${this.#file}: ${error.message} ]`
      return ''
    }
  }

  async run(): Promise<number> {
    await this.#process.stdout.write('\x1b[?2004h\x1b[?1049h\x1b[22;0;0t')
    try {
      while (!this.#leaving) {
        await this.#paint(undefined)
        const key = await this.#keys.next()
        if (key === undefined) break
        this.#message = ''
        await this.#press(key)
      }
    } finally {
      this.#keys.close()
    }
    await this.#process.stdout.write(`\x1b[${this.#process.terminal?.rows ?? 24};1H\x1b[?1049l\x1b[23;0;0t\r\x1b[?1l\x1b>\x1b[?2004l`)
    return 0
  }

  /** @param prompt the question on the status line while something is asked */
  async #paint(prompt: string | undefined): Promise<void> {
    const rows = (this.#process.terminal?.rows ?? 24) - 5
    const columns = this.#process.terminal?.columns ?? 80
    const { row, column, lines } = this.#buffer
    if (row < this.#top) this.#top = row
    if (row >= this.#top + rows) this.#top = row - rows + 1
    const name = this.#file ?? 'New Buffer'
    const left = Math.max(1, Math.floor((columns - name.length) / 2))
    const title = `  GNU nano 7.2${' '.repeat(Math.max(1, left - 14))}${name}${this.#buffer.changed ? ' *' : ''}`
      .padEnd(columns)
      .slice(0, columns)
    const body = Array.from({ length: rows }, (_, i) => (lines[this.#top + i] ?? '').replaceAll('\t', '        ').slice(0, columns))
    const status =
      prompt === undefined
        ? `${' '.repeat(Math.max(0, Math.floor((columns - this.#message.length) / 2)))}${this.#message ? `\x1b[7m${this.#message}\x1b[0m` : ''}`
        : `\x1b[7m${prompt.padEnd(columns).slice(0, columns)}\x1b[0m`
    const cell = Math.max(10, Math.floor(columns / 6))
    const help = [HELP.slice(0, 6), HELP.slice(6)].map((items) =>
      items.map(([key, text]) => `\x1b[7m${key}\x1b[0m ${text.padEnd(cell - 3).slice(0, cell - 3)}`).join(''),
    )
    const cursor =
      prompt === undefined ? `\x1b[${row - this.#top + 3};${Math.min(columns, column + 1)}H` : `\x1b[${rows + 3};${prompt.length + 1}H`
    const text = `\x1b[?25l\x1b[H\x1b[7m${title}\x1b[0m\n\n${body.map((line) => `${line}\x1b[K`).join('\n')}\n${status}\x1b[K\n${help.join('\x1b[K\n')}\x1b[K${cursor}\x1b[?25h`
    await this.#process.stdout.write(Buffer.from(text, 'latin1'))
  }

  async #press(key: Key): Promise<void> {
    const buffer = this.#buffer
    const moves: Record<string, [number, number]> = {
      up: [-1, 0],
      down: [1, 0],
      left: [0, -1],
      right: [0, 1],
      pageup: [-18, 0],
      pagedown: [18, 0],
      '\x19': [-18, 0],
      '\x16': [18, 0],
      '\x10': [-1, 0],
      '\x0e': [1, 0],
      '\x02': [0, -1],
      '\x06': [0, 1],
    }
    const move = moves[key]
    if (move) return buffer.move(...move)
    switch (key) {
      case '\x18':
        return this.#exit()
      case '\x0f':
      case '\x13':
        await this.#save()
        return
      case '\x0b':
        this.#cut = [buffer.removeLine()]
        return
      case '\x15':
        buffer.lines.splice(buffer.row, 0, ...this.#cut)
        buffer.changed = true
        return
      case '\x03':
        this.#message = `[ line ${buffer.row + 1}/${buffer.lines.length}, col ${buffer.column + 1}/${buffer.line.length + 1} ]`
        return
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
        return buffer.delete()
      case '\r':
      case '\n':
        return buffer.newline()
      case '\x7f':
      case '\b':
        return buffer.backspace()
      default:
        if (key.length === 1 && (key >= ' ' || key === '\t')) buffer.insert(byteString(key))
    }
  }

  async #exit(): Promise<void> {
    if (!this.#buffer.changed) {
      this.#leaving = true
      return
    }
    await this.#paint('Save modified buffer?  (Answering "No" will DISCARD changes.)')
    const answer = await this.#keys.next()
    if (answer === 'n' || answer === 'N' || answer === undefined) this.#leaving = true
    else if ((answer === 'y' || answer === 'Y') && (await this.#save())) this.#leaving = true
  }

  async #save(): Promise<boolean> {
    let name = this.#file ?? ''
    for (;;) {
      await this.#paint(`File Name to Write: ${name}`)
      const key = await this.#keys.next()
      if (key === undefined || key === '\x03') {
        this.#message = '[ Cancelled ]'
        return false
      }
      if (key === '\r' || key === '\n') break
      if (key === '\x7f' || key === '\b') name = name.slice(0, -1)
      else if (key.length === 1 && key >= ' ') name += key
    }
    if (name === '') return false
    try {
      await this.#process.openOutput(name, 'truncate').write(Buffer.from(this.#buffer.text, 'latin1'))
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      this.#message = `[ Error writing ${name}: ${error.message} ]`
      return false
    }
    this.#file = name
    this.#buffer.changed = false
    this.#message = `[ Wrote ${this.#buffer.lines.length} line${this.#buffer.lines.length === 1 ? '' : 's'} ]`
    return true
  }
}
