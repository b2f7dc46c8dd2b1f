import { randomInt } from 'node:crypto'
import type { Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { BcSyntaxError, Compiler, Incomplete, Quit } from './bc/compiler.ts'
import { BcError } from './bc/decimal.ts'
import { isOpen, tokensOf } from './bc/lexer.ts'
import { Halt, Machine, OutOfMemory } from './bc/machine.ts'
import { hostText, LineReader } from './gnu/bytes.ts'
import { gnuCommand } from './gnu/command.ts'

const BANNER =
  "bc 1.07.1\nCopyright 1991-1994, 1997, 1998, 2000, 2004, 2006, 2008, 2012-2017 Free Software Foundation, Inc.\nThis is free software with ABSOLUTELY NO WARRANTY.\nFor details type `warranty'. \n"
const HELP = `usage: bc [options] [file ...]
  -h  --help         print this usage and exit
  -i  --interactive  force interactive mode
  -l  --mathlib      use the predefined math routines
  -q  --quiet        don't print initial banner
  -s  --standard     non-standard bc constructs are errors
  -w  --warn         warn about non-standard bc constructs
  -v  --version      print version information and exit
`
/** A unit of a program that is longer is not waited for. */
const MOST_TEXT = 256 * 1024

export default gnuCommand({
  name: 'bc',
  package: 'bc',
  version: BANNER.split('\n').slice(0, 2).join('\n'),
  usage: '[options] [file ...]',
  short: 'ilqswvh',
  long: { interactive: 'i', mathlib: 'l', quiet: 'q', standard: 's', warn: 'w' },
  async run(process, options) {
    if (options.has('h')) {
      await process.stdout.write(HELP)
      return 0
    }
    const isTyped = process.stdin.isTerminal
    if (isTyped && !options.has('q')) await process.stdout.write(BANNER)
    if (isTyped) process.onSignal('INT', () => void process.stdout.write('\n(interrupt) use quit to exit.\n'))
    const session = new Session(process, options.has('l'))
    for (const file of options.operands) {
      let input: LineReader
      try {
        input = new LineReader(process, process.openInput(file))
      } catch (error) {
        if (!(error instanceof HostError)) throw error
        await process.stderr.write(`File ${file} is unavailable.\n`)
        return 1
      }
      if (await session.feed(input, file)) return 0
    }
    await session.feed(new LineReader(process, process.stdin), '(standard_in)')
    return 0
  },
})

/** One run of bc: its machine and what it has still to say. */
class Session {
  readonly #process: Process
  readonly #machine: Machine
  #said = ''
  #complaints = ''
  #lines: LineReader | undefined

  constructor(process: Process, hasLibrary: boolean) {
    this.#process = process
    const length = process.env.get('BC_LINE_LENGTH')
    this.#machine = new Machine(
      {
        say: (text) => {
          this.#said += text
        },
        warn: (text) => {
          this.#complaints += `${text}\n`
        },
        line: async () => {
          const line = await this.#lines?.next()
          return line === undefined ? undefined : hostText(line)
        },
        spend: (steps) => {
          const turn = process.spend(steps)
          return this.#said === '' && this.#complaints === '' ? turn : this.#flushed(turn)
        },
        hold: (bytes) => process.hold(bytes),
        random: () => randomInt(2 ** 31),
      },
      { hasLibrary, ...(length !== undefined && /^\d{1,4}$/.test(length) && { lineLength: Number(length) }) },
    )
  }

  /** Reads and runs a text. @returns whether bc has ended */
  async feed(lines: LineReader, name: string): Promise<boolean> {
    this.#lines = lines
    let number = 1
    for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
      let text = textOf(line, lines)
      let first = number++
      try {
        for (;;) {
          const begins = isOpen(text) ? first : await this.#take(text, first, name)
          if (begins === undefined) break
          text = text
            .split('\n')
            .slice(begins - first)
            .join('\n')
          first = begins
          const more = text.length < MOST_TEXT ? await lines.next() : undefined
          if (more === undefined) {
            if (/^[^"]*("[^"]*"[^"]*)*"[^"]*$/.test(text)) this.#complaints += `${name} ${first}: illegal character: "\n`
            else if (!lines.terminated) this.#complaints += `${name} ${number - 1}: syntax error\n`
            return false
          }
          await this.#process.spend(Math.ceil(text.length / 100))
          text += textOf(more, lines)
          number++
        }
      } catch (error) {
        if (error instanceof Quit || error instanceof Halt) return true
        if (!(error instanceof OutOfMemory)) throw error
        this.#complaints += 'bc: out of memory.\n'
        return true
      } finally {
        await this.#flushed(undefined)
      }
    }
    return false
  }

  /** Runs the units of a text. @returns the line where one begins that has no end yet */
  async #take(text: string, line: number, name: string): Promise<number | undefined> {
    const illegal: string[] = []
    const tokens = tokensOf(text, line, (character, at) => illegal.push(`${name} ${at}: illegal character: ${character}\n`))
    const compiler = new Compiler(tokens, (called) => this.#machine.functions.get(called)?.isVoid ?? false)
    for (;;) {
      try {
        const unit = compiler.unit()
        this.#complaints += illegal.splice(0).join('')
        if (!unit) return undefined
        if (unit.kind === 'function') this.#machine.functions.set(unit.function.name, unit.function)
        else await this.#machine.run(unit.code)
      } catch (error) {
        if (error instanceof Incomplete) return compiler.line
        if (error instanceof BcError) this.#complaints += `${error.message}\n`
        else if (error instanceof BcSyntaxError) {
          this.#complaints += `${illegal.splice(0).join('')}${name} ${error.line}: ${error.message}\n`
          compiler.skipLine()
        } else throw error
      }
    }
  }

  async #flushed(turn: Promise<void> | undefined): Promise<void> {
    const [said, complaints] = [this.#said, this.#complaints]
    this.#said = this.#complaints = ''
    if (said) await this.#process.stdout.write(said)
    if (complaints) await this.#process.stderr.write(complaints)
    await turn
  }
}

function textOf(line: string, { terminated }: LineReader): string {
  return `${hostText(line)}${terminated ? '\n' : ''}`
}
