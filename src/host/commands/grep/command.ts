import type { CommandFile, HostText, Process, ProcessInput } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { byteString, LineReader, latin1, Writer } from '../gnu/bytes.ts'
import { complain, Failure, gnuCommand, joinPath } from '../gnu/command.ts'
import { globMatch } from '../gnu/glob.ts'
import type { Options } from '../gnu/options.ts'
import { statIfThere } from '../gnu/tree.ts'
import { Matcher } from './matcher.ts'

/** `grep`, `egrep` and `fgrep`. */
export function grepCommand(name: string): CommandFile {
  return gnuCommand({
    name,
    package: 'grep',
    usage: '[OPTION]... PATTERNS [FILE]...',
    about: 'Search for PATTERNS in each FILE.',
    authors: 'Mike Haertel and others; see\n<https://git.sv.gnu.org/cgit/grep.git/tree/AUTHORS>',
    trouble: 2,
    showsUsage: true,
    short: 'EFGPe:f:iywxzsvVm:bnHhoqaIrRLlcTZUA:B:C:0123456789d:D:u',
    long: {
      'extended-regexp': 'E',
      'fixed-strings': 'F',
      'basic-regexp': 'G',
      'perl-regexp': 'P',
      regexp: 'e',
      file: 'f',
      'ignore-case': 'i',
      'no-ignore-case': 'no-ignore-case',
      'word-regexp': 'w',
      'line-regexp': 'x',
      'null-data': 'z',
      'no-messages': 's',
      'invert-match': 'v',
      'max-count': 'm',
      'byte-offset': 'b',
      'line-number': 'n',
      'line-buffered': 'line-buffered',
      'with-filename': 'H',
      'no-filename': 'h',
      label: 'label=',
      'only-matching': 'o',
      quiet: 'q',
      silent: 'q',
      'binary-files': 'binary-files=',
      text: 'a',
      directories: 'd',
      devices: 'D',
      recursive: 'r',
      'dereference-recursive': 'R',
      include: 'include=',
      exclude: 'exclude=',
      'exclude-from': 'exclude-from=',
      'exclude-dir': 'exclude-dir=',
      'files-without-match': 'L',
      'files-with-matches': 'l',
      count: 'c',
      'initial-tab': 'T',
      null: 'Z',
      'before-context': 'B',
      'after-context': 'A',
      context: 'C',
      'group-separator': 'group-separator=',
      'no-group-separator': 'no-group-separator',
      color: 'color?',
      colour: 'color?',
      binary: 'U',
    },
    async run(process, options) {
      const operands = [...options.operands]
      let patterns: string[]
      try {
        patterns = await patternsOf(process, options, operands)
      } catch (error) {
        if (!(error instanceof MissingPattern)) throw error
        await process.stderr.write(
          `Usage: ${process.argv[0]} [OPTION]... PATTERNS [FILE]...\nTry '${process.argv[0]} --help' for more information.\n`,
        )
        return 2
      }
      // regcomp(3) as grep uses it takes this for a mistake of the one who typed it.
      if (!options.has('F', 'P') && patterns.some((pattern) => /^\[:[^\]]*:\]$/.test(pattern)))
        throw new Failure('character class syntax is [[:space:]], not [:space:]', 2)
      const matcher = Matcher.compile(patterns, options, name)
      return new Search(process, options, matcher).run(operands)
    },
  })
}

async function patternsOf(process: Process, options: Options, operands: HostText[]): Promise<string[]> {
  const given = options.values('e').map(byteString)
  for (const file of options.values('f')) {
    let text: string
    try {
      text = latin1(await (file === '-' ? process.stdin : process.openInput(file)).all())
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      throw new Failure(`${file}: ${error.message}`, 2)
    }
    given.push(...(text === '' ? [] : text.replace(/\n$/, '').split('\n')))
  }
  if (options.has('e', 'f')) return given.flatMap((pattern) => pattern.split('\n'))
  const first = operands.shift()
  if (first === undefined) {
    throw new MissingPattern()
  }
  return byteString(first).split('\n')
}

class MissingPattern extends Error {}

interface Context {
  before: number
  after: number
  separator: string | undefined
}

class Search {
  readonly #process: Process
  readonly #options: Options
  readonly #matcher: Matcher
  readonly #context: Context
  readonly #max: number
  readonly #colour: boolean
  readonly #recursive: boolean
  #named = false
  #found = false
  #trouble = false
  #printedGroup = false
  #done = false

  constructor(process: Process, options: Options, matcher: Matcher) {
    this.#process = process
    this.#options = options
    this.#matcher = matcher
    this.#recursive = options.has('r', 'R') || options.value('d') === 'recurse'
    const digits = options.given.filter((o) => /^\d$/.test(o.key)).map((o) => o.key)
    const around = this.#number('C') ?? (digits.length ? Number(digits.join('')) : 0)
    this.#context = {
      before: this.#number('B') ?? around,
      after: this.#number('A') ?? around,
      separator: options.has('no-group-separator') ? undefined : (options.value('group-separator') ?? '--'),
    }
    this.#max = this.#number('m') ?? Number.POSITIVE_INFINITY
    const when = options.has('color') ? (options.value('color') ?? 'auto') : 'never'
    this.#colour = when === 'always' || (when === 'auto' && process.stdout.isTerminal && process.env.get('TERM') !== 'dumb')
  }

  #number(key: string): number | undefined {
    const text = this.#options.value(key)
    if (text === undefined) return undefined
    if (!/^-?\d{1,15}$/.test(text)) throw new Failure(key === 'm' ? 'invalid max count' : `${text}: invalid context length argument`, 2)
    return key === 'm' && text.startsWith('-') ? Number.POSITIVE_INFINITY : Number(text)
  }

  async run(operands: readonly HostText[]): Promise<number> {
    const names = operands.length ? operands : [this.#recursive ? '.' : '-']
    this.#named =
      this.#options.last('H', 'h') === 'H' ||
      (this.#options.last('H', 'h') !== 'h' &&
        (operands.length > 1 ||
          (this.#recursive && (operands.length === 0 || statIfThere(this.#process, operands[0] as string)?.type === 'directory'))))
    for (const name of names) {
      await this.#operand(name, operands.length === 0 && this.#recursive)
      if (this.#done) break
    }
    if (this.#found && this.#options.has('q')) return 0
    return this.#trouble ? 2 : this.#found ? 0 : 1
  }

  async #operand(name: HostText, implied: boolean): Promise<void> {
    if (name === '-') return this.#stream(this.#process.stdin, this.#options.value('label') ?? '(standard input)')
    const stat = statIfThere(this.#process, name)
    if (stat?.type === 'directory') {
      if (!this.#recursive) {
        if (this.#options.value('d') === 'skip') return
        this.#trouble = true
        await complain(this.#process, `${name}: Is a directory`)
        return
      }
      return this.#folder(name, implied ? '' : name)
    }
    return this.#file(name, name)
  }

  async #folder(path: HostText, shown: HostText): Promise<void> {
    let entries: HostText[]
    try {
      entries = this.#process.files.list(path)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      return this.#fail(shown || path, error)
    }
    for (const entry of entries) {
      if (this.#done) return
      const inner = joinPath(path, entry)
      const label = shown === '' ? entry : joinPath(shown, entry)
      const stat = statIfThere(this.#process, inner, this.#options.has('R'))
      if (stat?.type === 'directory') {
        if (!this.#options.values('exclude-dir').some((pattern) => globMatch(pattern, entry))) await this.#folder(inner, label)
      } else if (stat?.type === 'file' && this.#wanted(entry)) await this.#file(inner, label)
    }
  }

  #wanted(name: string): boolean {
    const includes = this.#options.values('include')
    if (this.#options.values('exclude').some((pattern) => globMatch(pattern, name))) return false
    return includes.length === 0 || includes.some((pattern) => globMatch(pattern, name))
  }

  async #fail(name: HostText, error: HostError): Promise<void> {
    this.#trouble = true
    if (!this.#options.has('s')) await complain(this.#process, `${name}: ${error.message}`)
  }

  async #file(path: HostText, label: HostText): Promise<void> {
    try {
      await this.#stream(this.#process.openInput(path), label)
    } catch (error) {
      if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
      await this.#fail(label, error)
    }
  }

  async #stream(input: ProcessInput, label: HostText): Promise<void> {
    const has = (...keys: string[]): boolean => this.#options.has(...keys)
    const end = has('z') ? '\0' : '\n'
    const lines = new LineReader(this.#process, input, end)
    const out = new Writer(this.#process.stdout)
    const quiet = has('q', 'l', 'L', 'c')
    const held: { line: string; number: number; offset: number }[] = []
    let count = 0
    let number = 0
    let offset = 0
    let trailing = 0
    let lastPrinted = 0
    let binary = false
    for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
      number++
      const at = offset
      offset += line.length + 1
      const selected = this.#matcher.test(line) !== has('v')
      binary ||= !has('a', 'z') && this.#options.value('binary-files') !== 'text' && line.includes('\0')
      if (binary && (has('I') || this.#options.value('binary-files') === 'without-match')) return
      if (!selected) {
        if (trailing > 0 && !quiet && !binary) {
          trailing--
          lastPrinted = number
          await out.write(this.#decorated(line, label, number, at, '-') + end)
        } else if (this.#context.before && !quiet) {
          held.push({ line, number, offset: at })
          if (held.length > this.#context.before) held.shift()
        }
        continue
      }
      count++
      this.#found = true
      if (has('q')) {
        this.#done = true
        return
      }
      if (has('l', 'L')) break
      if (binary && !quiet) {
        await out.flush()
        await complain(this.#process, `${label}: binary file matches`)
        return
      }
      if (!quiet) {
        if (
          (this.#context.before || this.#context.after) &&
          this.#context.separator !== undefined &&
          this.#printedGroup &&
          lastPrinted !== number - held.length - 1
        ) {
          await out.write(`${this.#paint('36', byteString(this.#context.separator))}\n`)
        }
        for (const earlier of held) await out.write(this.#decorated(earlier.line, label, earlier.number, earlier.offset, '-') + end)
        held.length = 0
        await this.#show(out, line, label, number, at, end)
        lastPrinted = number
        this.#printedGroup = true
        trailing = this.#context.after
      }
      if (count >= this.#max) break
    }
    if (count >= this.#max && trailing > 0 && !quiet) {
      for (let line = await lines.next(); line !== undefined && trailing > 0; line = await lines.next(), trailing--)
        await out.write(this.#decorated(line, label, ++number, offset, '-') + end)
    }
    await out.flush()
    await this.#summary(count, label)
  }

  async #summary(count: number, label: HostText): Promise<void> {
    const after = this.#options.has('Z') ? '\0' : '\n'
    if (this.#options.has('l') && count > 0) await this.#process.stdout.write(this.#paintedName(label) + after)
    else if (this.#options.has('L') && count === 0) await this.#process.stdout.write(this.#paintedName(label) + after)
    else if (this.#options.has('c') && !this.#options.has('l', 'L')) {
      await this.#process.stdout.write(`${this.#named ? `${this.#paintedName(label)}${this.#paint('36', ':')}` : ''}${count}\n`)
    }
  }

  async #show(out: Writer, line: string, label: HostText, number: number, offset: number, end: string): Promise<void> {
    if (!this.#options.has('o')) {
      await out.write(this.#decorated(line, label, number, offset, ':') + end)
      return
    }
    if (this.#options.has('v')) return
    for (const [from, to] of this.#matcher.matches(line)) {
      await out.write(this.#prefix(label, number, offset + from, ':') + this.#paint('01;31', line.slice(from, to)) + end)
    }
  }

  #prefix(label: HostText, number: number, offset: number, mark: ':' | '-'): string {
    const separator = this.#paint('36', mark)
    let text = ''
    if (this.#named) text += byteString(this.#paintedName(label)) + (this.#options.has('Z') ? '\0' : separator)
    if (this.#options.has('n')) text += `${this.#paint('32', String(number))}${separator}`
    if (this.#options.has('b')) text += `${this.#paint('32', String(offset))}${separator}`
    return this.#options.has('T') && text !== '' ? `${text.slice(0, -1)}\t${text.slice(-1)}` : text
  }

  #decorated(line: string, label: HostText, number: number, offset: number, mark: ':' | '-'): string {
    const prefix = this.#prefix(label, number, offset, mark)
    if (!this.#colour || mark === '-' || this.#options.has('v')) return prefix + line
    let text = ''
    let at = 0
    for (const [from, to] of this.#matcher.matches(line)) {
      text += line.slice(at, from) + this.#paint('01;31', line.slice(from, to))
      at = to
    }
    return prefix + text + line.slice(at)
  }

  #paintedName(label: HostText): string {
    return this.#paint('35', label)
  }

  /** GREP_COLORS of GNU grep: every coloured run ends with `ESC[m ESC[K`. */
  #paint(colour: string, text: string): string {
    return this.#colour && text !== '' ? `\x1b[${colour}m\x1b[K${text}\x1b[m\x1b[K` : text
  }
}
