import type { HostText, Process, ProcessInput, ProcessOutput } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { byteString, hostText, LineReader, latin1, Writer } from '../gnu/bytes.ts'
import { complain } from '../gnu/command.ts'
import type { Match, Regex } from '../regex/regex.ts'
import type { Address, Replacement, SedCommand, Substitution } from './script.ts'

export interface SedOptions {
  quiet: boolean
  separate: boolean
  separator: string
  sandbox: boolean
  posix: boolean
  lineWrap: number
}

/** Pattern space beyond this is a script gone wild (`:a;s/^/x/;ta`): it ends as out of memory. */
const MOST_SPACE = 4 * 1024 * 1024
/** Spaces that are smaller are not booked as memory. */
const SMALL = 64 * 1024

/** Input lines over all files, with one line of lookahead so that `$` is known. */
export class SedInput {
  readonly #process: Process
  readonly #names: readonly HostText[]
  readonly #separator: string
  #index = 0
  #reader: LineReader | undefined
  #ahead: { text: string; terminated: boolean; name: HostText } | undefined
  #failed = false
  name: HostText = '-'
  terminated = true

  constructor(process: Process, names: readonly HostText[], separator: string) {
    this.#process = process
    this.#names = names.length ? names : ['-']
    this.#separator = separator
  }

  get failed(): boolean {
    return this.#failed
  }

  async #fetch(): Promise<{ text: string; terminated: boolean; name: HostText } | undefined> {
    for (;;) {
      if (!this.#reader) {
        const name = this.#names[this.#index]
        if (name === undefined) return undefined
        const input = await this.#open(name)
        if (!input) {
          this.#index++
          continue
        }
        this.#reader = new LineReader(this.#process, input, this.#separator)
      }
      const text = await this.#reader.next()
      if (text !== undefined) return { text, terminated: this.#reader.terminated, name: this.#names[this.#index] as HostText }
      this.#reader = undefined
      this.#index++
    }
  }

  async #open(name: HostText): Promise<ProcessInput | undefined> {
    if (name === '-') return this.#process.stdin
    try {
      if (this.#process.files.stat(name).type === 'directory') {
        this.#failed = true
        await complain(this.#process, `read error on ${name}: Is a directory`)
        return undefined
      }
      return this.#process.openInput(name)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      this.#failed = true
      await complain(this.#process, `can't read ${name}: ${error.message}`)
      return undefined
    }
  }

  async next(): Promise<string | undefined> {
    const line = this.#ahead ?? (await this.#fetch())
    this.#ahead = undefined
    if (!line) return undefined
    this.name = line.name
    this.terminated = line.terminated
    return line.text
  }

  async isLast(): Promise<boolean> {
    this.#ahead ??= await this.#fetch()
    return this.#ahead === undefined
  }
}

/** Runs a sed script over its input. */
export class SedMachine {
  readonly #process: Process
  #booked = 0
  readonly #commands: readonly SedCommand[]
  readonly #options: SedOptions
  readonly #files = new Map<string, ProcessOutput>()
  #input: SedInput
  #out: Writer
  #line = 0
  #pattern = ''
  #hold = ''
  #appended: ({ text: string } | { file: string })[] = []
  #lastRegex: Regex | undefined
  #quit: { status: number } | undefined
  #replaced = false

  constructor(process: Process, commands: readonly SedCommand[], options: SedOptions) {
    this.#process = process
    this.#commands = commands
    this.#options = options
    this.#input = new SedInput(process, [], options.separator)
    this.#out = new Writer(process.stdout)
  }

  get quit(): { status: number } | undefined {
    return this.#quit
  }

  async run(input: SedInput, output: ProcessOutput): Promise<void> {
    this.#input = input
    this.#out = new Writer(output)
    if (this.#options.separate) this.#line = 0
    while (!this.#quit) {
      const line = await input.next()
      if (line === undefined) break
      this.#line++
      this.#pattern = line
      await this.#cycle()
    }
    await this.#out.flush()
  }

  async #cycle(): Promise<void> {
    for (;;) {
      const outcome = await this.#script()
      if (outcome === 'restart') continue
      if (outcome !== 'delete' && !this.#options.quiet) await this.#print(this.#pattern)
      await this.#flushAppended()
      return
    }
  }

  /** Gives how the cycle ends: `delete` prints nothing, `restart` begins again without reading (D). */
  async #script(): Promise<'end' | 'delete' | 'restart'> {
    this.#replaced = false
    let at = 0
    while (at < this.#commands.length) {
      const pause = this.#process.spend(1)
      if (pause) await pause
      const command = this.#commands[at] as SedCommand
      if (!(await this.#selects(command))) {
        at = command.name === '{' ? command.jump + 1 : at + 1
        continue
      }
      const next = await this.#execute(command)
      if (typeof next === 'string') return next
      at = next ?? at + 1
    }
    return 'end'
  }

  async #selects(command: SedCommand): Promise<boolean> {
    const { first, second, range } = command
    let selected: boolean
    if (!first) selected = true
    else if (!second) selected = await this.#matches(first)
    else if (range.active) {
      selected = true
      if (
        second.type === 'line'
          ? this.#line >= second.line
          : second.type === 'regex' || second.type === 'last' || second.type === 'step'
            ? await this.#matches(second)
            : this.#line >= range.end
      )
        range.active = false
      // A range whose end line has already passed selects only its first line.
      if (second.type === 'line' && this.#line > second.line) selected = false
    } else {
      selected = (first.type === 'line' && first.line === 0 && this.#line === 1) || (await this.#matches(first))
      if (selected) this.#openRange(command, first, second)
    }
    return selected !== command.negated
  }

  #openRange(command: SedCommand, first: Address, second: Address): void {
    const { range } = command
    range.active = true
    if (second.type === 'line') range.active = second.line > this.#line
    else if (second.type === 'plus') {
      range.end = this.#line + second.count
      range.active = second.count > 0
    } else if (second.type === 'multiple') {
      range.end = second.of === 0 ? this.#line : Math.ceil(this.#line / second.of) * second.of
      range.active = range.end > this.#line
    } else if (first.type === 'line' && first.line === 0 && second.type === 'regex') {
      range.active = !this.#test(second.regex)
    }
  }

  async #matches(address: Address): Promise<boolean> {
    switch (address.type) {
      case 'line':
        return this.#line === address.line
      case 'last':
        return this.#input.isLast()
      case 'step':
        return address.step === 0
          ? this.#line === address.first
          : this.#line >= address.first && (this.#line - address.first) % address.step === 0
      case 'regex':
        return this.#test(address.regex)
      default:
        return false
    }
  }

  #test(regex: Regex | undefined): boolean {
    if (regex) this.#lastRegex = regex
    return this.#lastRegex?.test(this.#pattern) ?? false
  }

  async #print(text: string): Promise<void> {
    const missing = !this.#input.terminated && (await this.#input.isLast())
    await this.#out.write(text + (missing ? '' : this.#options.separator))
  }

  /** Gives the next command's index, an outcome, or nothing to go on. */
  async #execute(command: SedCommand): Promise<number | 'end' | 'delete' | 'restart' | undefined> {
    switch (command.name) {
      case '{':
      case '}':
      case ':':
        return undefined
      case '=':
        await this.#out.write(`${this.#line}\n`)
        return undefined
      case 'a':
        this.#appended.push({ text: command.text })
        return undefined
      case 'i':
        await this.#out.write(command.text)
        return undefined
      case 'c':
        if (!command.second || command.negated || !command.range.active) await this.#out.write(command.text)
        return 'delete'
      case 'b':
        return command.jump
      case 't':
        if (!this.#replaced) return undefined
        this.#replaced = false
        return command.jump
      case 'T':
        if (!this.#replaced) return command.jump
        this.#replaced = false
        return undefined
      case 'd':
        return 'delete'
      case 'D': {
        const end = this.#pattern.indexOf('\n')
        if (end < 0) return 'delete'
        this.#pattern = this.#pattern.slice(end + 1)
        await this.#flushAppended()
        return 'restart'
      }
      case 'g':
        this.#pattern = this.#hold
        return undefined
      case 'G':
        this.#grow(`${this.#pattern}\n${this.#hold}`)
        return undefined
      case 'h':
        this.#hold = this.#pattern
        return undefined
      case 'H':
        if (this.#hold.length + this.#pattern.length > MOST_SPACE) throw new HostError('ENOMEM', 'Cannot allocate memory')
        this.#hold += `\n${this.#pattern}`
        this.#book()
        return undefined
      case 'x':
        ;[this.#pattern, this.#hold] = [this.#hold, this.#pattern]
        return undefined
      case 'l':
        await this.#out.write(unambiguous(this.#pattern, command.text === '' ? this.#options.lineWrap : Number(command.text)))
        return undefined
      case 'n':
        if (await this.#input.isLast()) return this.#options.posix ? 'delete' : 'end'
        if (!this.#options.quiet) await this.#print(this.#pattern)
        await this.#flushAppended()
        this.#pattern = (await this.#input.next()) ?? ''
        this.#line++
        return undefined
      case 'N':
        return this.#appendNext()
      case 'p':
        await this.#print(this.#pattern)
        return undefined
      case 'P':
        await this.#out.write(`${this.#pattern.split('\n', 1)[0]}${this.#options.separator}`)
        return undefined
      case 'q':
        this.#quit = { status: Number(command.text || 0) }
        return 'end'
      case 'Q':
        this.#quit = { status: Number(command.text || 0) }
        return 'delete'
      case 'r':
        this.#appended.push({ file: command.text })
        return undefined
      case 'w':
        await this.#toFile(command.text, `${this.#pattern}\n`)
        return undefined
      case 'W':
        await this.#toFile(command.text, `${this.#pattern.split('\n', 1)[0]}\n`)
        return undefined
      case 's':
        await this.#substitute(command.substitution as Substitution)
        return undefined
      case 'y':
        this.#pattern = this.#pattern.replace(/./gs, (c) =>
          String.fromCharCode((command.translation as Uint8Array)[c.charCodeAt(0) & 0xff] as number),
        )
        return undefined
      case 'z':
        this.#pattern = ''
        return undefined
      case 'F':
        await this.#out.write(`${this.#input.name}\n`)
        return undefined
      case 'e':
        await this.#evaluate(command.text)
        return undefined
      default:
        return undefined
    }
  }

  async #appendNext(): Promise<'end' | 'delete' | undefined> {
    if (await this.#input.isLast()) {
      this.#quit ??= { status: 0 }
      return this.#options.posix ? 'delete' : 'end'
    }
    await this.#flushAppended()
    const next = (await this.#input.next()) ?? ''
    this.#line++
    this.#grow(`${this.#pattern}\n${next}`)
    return undefined
  }

  #grow(text: string): void {
    if (text.length > MOST_SPACE) throw new HostError('ENOMEM', 'Cannot allocate memory')
    this.#pattern = text
    this.#book()
  }

  /** The two spaces are what sed holds of memory. */
  #book(): void {
    const size = this.#pattern.length + this.#hold.length
    const bytes = size > SMALL ? size : 0
    if (bytes > this.#booked) this.#process.hold(bytes - this.#booked)
    else if (bytes < this.#booked) this.#process.release(this.#booked - bytes)
    this.#booked = bytes
  }

  async #evaluate(text: string): Promise<void> {
    await this.#out.flush()
    if (text !== '') {
      await this.#process.run(['sh', '-c', hostText(text)], { stdin: new Uint8Array() })
      return
    }
    this.#pattern = await this.#outputOf(this.#pattern)
  }

  async #outputOf(script: string): Promise<string> {
    const parts: Buffer[] = []
    const collect: ProcessOutput = {
      isTerminal: false,
      write: async (data) => void parts.push(typeof data === 'string' ? Buffer.from(byteString(data), 'latin1') : Buffer.from(data)),
    }
    await this.#process.run(['sh', '-c', hostText(script)], { stdin: new Uint8Array(), stdout: collect })
    return Buffer.concat(parts).toString('latin1').replace(/\n$/, '')
  }

  async #substitute(s: Substitution): Promise<void> {
    if (s.regex) this.#lastRegex = s.regex
    const regex = this.#lastRegex
    if (!regex) return
    let result = ''
    let at = 0
    let seen = 0
    let changed = false
    let lastEnd = -1
    while (at <= this.#pattern.length) {
      const pause = this.#process.spend(1)
      if (pause) await pause
      const match = regex.exec(this.#pattern, at)
      if (!match) break
      const [start, end] = match as [number, number]
      // An empty match right after a match does not count (POSIX sed).
      if (start === end && start === lastEnd) {
        if (start >= this.#pattern.length) break
        result += this.#pattern.slice(at, start + 1)
        at = start + 1
        lastEnd = -1
        continue
      }
      result += this.#pattern.slice(at, start)
      seen++
      if (seen >= s.occurrence) {
        result += expand(s.replacement, this.#pattern, match)
        changed = true
      } else result += this.#pattern.slice(start, end)
      at = end
      lastEnd = end
      if (start === end) {
        if (start >= this.#pattern.length) break
        result += this.#pattern[start]
        at = start + 1
        lastEnd = -1
      }
      if (result.length > MOST_SPACE) throw new HostError('ENOMEM', 'Cannot allocate memory')
      if (changed && !s.global) break
    }
    if (!changed) return
    this.#pattern = result + this.#pattern.slice(at)
    this.#replaced = true
    if (s.evaluate) this.#pattern = await this.#outputOf(this.#pattern)
    for (let i = 0; i < s.print; i++) await this.#print(this.#pattern)
    if (s.file !== undefined) await this.#toFile(s.file, `${this.#pattern}\n`)
  }

  async #toFile(name: string, text: string): Promise<void> {
    if (name === '/dev/stdout') {
      await this.#out.write(text)
      return
    }
    let output = name === '/dev/stderr' ? this.#process.stderr : this.#files.get(name)
    if (!output) {
      output = this.#process.openOutput(hostText(name), 'truncate')
      this.#files.set(name, output)
    }
    await output.write(Buffer.from(text, 'latin1'))
  }

  /** Files of `w` exist from the start, even when nothing is written. */
  openFiles(): void {
    for (const command of this.#commands) {
      const name = command.name === 'w' || command.name === 'W' ? command.text : command.substitution?.file
      if (name !== undefined && !name.startsWith('/dev/std') && !this.#files.has(name))
        this.#files.set(name, this.#process.openOutput(hostText(name), 'truncate'))
    }
  }

  async #flushAppended(): Promise<void> {
    const waiting = this.#appended
    this.#appended = []
    for (const item of waiting) {
      if ('text' in item) await this.#out.write(item.text)
      else await this.#out.write(await this.#fileText(item.file))
    }
  }

  async #fileText(name: string): Promise<string> {
    try {
      return latin1(await this.#process.openInput(hostText(name)).all())
    } catch (error) {
      if (error instanceof HostError) return ''
      throw error
    }
  }
}

function expand(parts: readonly Replacement[], subject: string, match: Match): string {
  let text = ''
  let mode: 'U' | 'L' | undefined
  let once: 'u' | 'l' | undefined
  const add = (piece: string): void => {
    let shown = mode === 'U' ? piece.toUpperCase() : mode === 'L' ? piece.toLowerCase() : piece
    if (once && shown !== '') {
      shown = (once === 'u' ? (shown[0] as string).toUpperCase() : (shown[0] as string).toLowerCase()) + shown.slice(1)
      once = undefined
    }
    text += shown
  }
  for (const part of parts) {
    if (part.type === 'text') add(part.text)
    else if (part.type === 'group') {
      const start = match[2 * part.index] ?? -1
      if (start >= 0) add(subject.slice(start, match[2 * part.index + 1]))
    } else if (part.mode === 'U' || part.mode === 'L') mode = part.mode
    else if (part.mode === 'E') mode = undefined
    else once = part.mode
  }
  return text
}

const L_ESCAPES: Record<number, string> = { 7: '\\a', 8: '\\b', 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r', 92: '\\\\' }

function unambiguous(text: string, wrap: number): string {
  const width = wrap > 1 ? wrap - 1 : Number.POSITIVE_INFINITY
  let out = ''
  let column = 0
  for (let i = 0; i < text.length; i++) {
    const byte = text.charCodeAt(i) & 0xff
    const piece = L_ESCAPES[byte] ?? (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`)
    if (column + piece.length > width) {
      out += '\\\n'
      column = 0
    }
    out += piece
    column += piece.length
  }
  return `${out}$\n`
}
