import { Regex, RegexError } from '../regex/regex.ts'

/** A script that sed refuses: `-e expression #1, char 3: …`. */
export class SedError extends Error {
  readonly char: number
  /** Which expression, counted from 1. */
  expression = 1
  file: string | undefined

  constructor(message: string, char: number) {
    super(message)
    this.name = 'SedError'
    this.char = char
  }
}

export type Address =
  | { type: 'line'; line: number }
  | { type: 'last' }
  | { type: 'step'; first: number; step: number }
  | { type: 'regex'; regex: Regex | undefined }
  | { type: 'plus'; count: number }
  | { type: 'multiple'; of: number }

export interface SedCommand {
  first: Address | undefined
  second: Address | undefined
  negated: boolean
  name: string
  /** Text of `a`, `i`, `c`; file of `r`, `w`; label of `b`, `t`, `T`, `:`; number of `q`, `Q`, `l`. */
  text: string
  substitution: Substitution | undefined
  translation: Uint8Array | undefined
  /** Where `{` goes when not taken; where branches go. */
  jump: number
  /** Whether a two-address range is open, and where it ends. */
  range: { active: boolean; end: number }
}

export interface Substitution {
  regex: Regex | undefined
  replacement: Replacement[]
  global: boolean
  occurrence: number
  print: number
  evaluate: boolean
  file: string | undefined
}

export type Replacement =
  | { type: 'text'; text: string }
  | { type: 'group'; index: number }
  | { type: 'case'; mode: 'U' | 'L' | 'u' | 'l' | 'E' }

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', f: '\f', v: '\v', a: '\x07' }

/** Parses a sed script (POSIX with the GNU additions). `extended` is `-E`. @throws SedError */
export function parseSed(source: string, extended: boolean): SedCommand[] {
  return new SedParser(source, extended).parse()
}

class SedParser {
  readonly #source: string
  readonly #extended: boolean
  #at = 0

  constructor(source: string, extended: boolean) {
    this.#source = source
    this.#extended = extended
  }

  #fail(message: string, at = this.#at): never {
    throw new SedError(message, at)
  }

  parse(): SedCommand[] {
    const commands: SedCommand[] = []
    const blocks: number[] = []
    for (;;) {
      this.#skip(/[\s;]/)
      if (this.#at >= this.#source.length) break
      if (this.#source[this.#at] === '#') {
        this.#restOfLine()
        continue
      }
      const command = this.#command()
      if (command.name === '{') blocks.push(commands.length)
      if (command.name === '}') {
        const open = blocks.pop()
        if (open === undefined) this.#fail("unexpected `}'")
        ;(commands[open] as SedCommand).jump = commands.length
      }
      commands.push(command)
      if (commands.length > 10_000) this.#fail('script too long')
    }
    if (blocks.length) throw new SedError("unmatched `{'", 0)
    resolveLabels(commands)
    return commands
  }

  #skip(pattern: RegExp): void {
    while (this.#at < this.#source.length && pattern.test(this.#source[this.#at] as string)) this.#at++
  }

  #restOfLine(): string {
    const end = this.#source.indexOf('\n', this.#at)
    const text = this.#source.slice(this.#at, end < 0 ? undefined : end)
    this.#at = end < 0 ? this.#source.length : end + 1
    return text
  }

  #command(): SedCommand {
    const command: SedCommand = {
      first: undefined,
      second: undefined,
      negated: false,
      name: '',
      text: '',
      substitution: undefined,
      translation: undefined,
      jump: -1,
      range: { active: false, end: -1 },
    }
    command.first = this.#address()
    if (command.first) {
      this.#skip(/[ \t]/)
      if (this.#source[this.#at] === ',') {
        this.#at++
        this.#skip(/[ \t]/)
        command.second = this.#secondAddress()
      }
    }
    this.#skip(/[ \t]/)
    while (this.#source[this.#at] === '!') {
      command.negated = true
      this.#at++
      this.#skip(/[ \t]/)
    }
    const name = this.#source[this.#at]
    if (name === undefined || name === '\n') this.#fail('missing command', this.#at)
    this.#at++
    command.name = name
    this.#arguments(command)
    return command
  }

  #arguments(command: SedCommand): void {
    switch (command.name) {
      case '{':
        return
      case '}':
        if (command.first) this.#fail("} doesn't want any addresses")
        this.#endOfCommand()
        return
      case '=':
      case 'd':
      case 'D':
      case 'g':
      case 'G':
      case 'h':
      case 'H':
      case 'n':
      case 'N':
      case 'p':
      case 'P':
      case 'x':
      case 'z':
      case 'F':
        this.#endOfCommand()
        return
      case 'a':
      case 'i':
      case 'c':
        command.text = this.#appendText()
        return
      case ':':
        if (command.first) this.#fail(": doesn't want any addresses")
        command.text = this.#label()
        if (command.text === '') this.#fail('":" lacks a label')
        return
      case 'b':
      case 't':
      case 'T':
        command.text = this.#label()
        return
      case 'r':
      case 'R':
      case 'w':
      case 'W':
        this.#skip(/[ \t]/)
        command.text = this.#restOfLine()
        if (command.text === '') this.#fail('missing filename in r/R/w/W commands')
        return
      case 'q':
      case 'Q':
      case 'l':
      case 'L':
        this.#skip(/[ \t]/)
        command.text = /^\d{0,9}/.exec(this.#source.slice(this.#at, this.#at + 9))?.[0] ?? ''
        this.#at += command.text.length
        this.#endOfCommand()
        return
      case 's':
        command.substitution = this.#substitution()
        return
      case 'y':
        command.translation = this.#translation()
        this.#endOfCommand()
        return
      case 'e':
        command.text = this.#restOfLine().trim()
        return
      default:
        this.#fail(`unknown command: \`${command.name}'`)
    }
  }

  #endOfCommand(): void {
    this.#skip(/[ \t]/)
    const c = this.#source[this.#at]
    if (c === undefined || c === '}' || c === '#') return
    if (c === ';' || c === '\n') {
      this.#at++
      return
    }
    this.#fail('extra characters after command', this.#at + 1)
  }

  #label(): string {
    this.#skip(/[ \t]/)
    const text = /^[^\n;]*/.exec(this.#source.slice(this.#at, this.#at + 200))?.[0] ?? ''
    this.#at += text.length
    return text.trim()
  }

  /** `a text` on one line, or `a\` with the text on the next lines; a backslash keeps a newline. */
  #appendText(): string {
    this.#skip(/[ \t]/)
    if (this.#at >= this.#source.length) this.#fail("expected \\ after `a', `c' or `i'")
    if (this.#source[this.#at] === '\\') {
      this.#at++
      this.#skip(/[ \t]/)
      if (this.#source[this.#at] === '\n') this.#at++
    }
    let text = ''
    for (; this.#at < this.#source.length; this.#at++) {
      const c = this.#source[this.#at] as string
      if (c === '\n') {
        this.#at++
        break
      }
      if (c === '\\') {
        this.#at++
        const next = this.#source[this.#at]
        if (next === undefined) break
        text += ESCAPES[next] !== undefined && next !== 'n' ? ESCAPES[next] : next
      } else text += c
    }
    return `${text}\n`
  }

  #address(): Address | undefined {
    const rest = this.#source.slice(this.#at, this.#at + 24)
    const step = /^(\d{1,10})\s*~\s*(\d{1,10})/.exec(rest)
    if (step) {
      this.#at += step[0].length
      return { type: 'step', first: Number(step[1]), step: Number(step[2]) }
    }
    const line = /^\d{1,10}/.exec(rest)
    if (line) {
      this.#at += line[0].length
      return { type: 'line', line: Number(line[0]) }
    }
    if (rest[0] === '$') {
      this.#at++
      return { type: 'last' }
    }
    if (rest[0] !== '/' && rest[0] !== '\\') return undefined
    if (rest[0] === '\\') this.#at++
    const delimiter = this.#source[this.#at++] as string
    const pattern = this.#delimited(delimiter, true)
    if (pattern === undefined) this.#fail('unterminated address regex')
    let ignoreCase = false
    while (/[IM]/.test(this.#source[this.#at] ?? '')) {
      ignoreCase ||= this.#source[this.#at] === 'I'
      this.#at++
    }
    return { type: 'regex', regex: this.#regex(pattern, ignoreCase) }
  }

  #secondAddress(): Address {
    const mark = this.#source[this.#at]
    if (mark === '+' || mark === '~') {
      const digits = /^\d{1,10}/.exec(this.#source.slice(this.#at + 1, this.#at + 11))?.[0]
      if (digits === undefined) this.#fail("unexpected `,'", Math.min(this.#at + 1, this.#source.length))
      this.#at += 1 + digits.length
      return mark === '+' ? { type: 'plus', count: Number(digits) } : { type: 'multiple', of: Number(digits) }
    }
    return this.#address() ?? this.#fail("unexpected `,'", Math.min(this.#at + 1, this.#source.length))
  }

  /** Text up to an unescaped delimiter, which is consumed; undefined when it never comes. Inside `[…]` of a regex the delimiter counts too, as in GNU sed. */
  #delimited(delimiter: string, regex: boolean): string | undefined {
    let text = ''
    for (; this.#at < this.#source.length; this.#at++) {
      const c = this.#source[this.#at] as string
      if (c === delimiter) {
        this.#at++
        return text
      }
      if (c === '\\') {
        const next = this.#source[++this.#at]
        if (next === undefined) return undefined
        if (next === delimiter) text += next
        else if (next === 'n' && regex) text += '\n'
        else text += `\\${next}`
      } else if (c === '\n' && regex) return undefined
      else text += c
    }
    return undefined
  }

  #regex(pattern: string, ignoreCase: boolean): Regex | undefined {
    if (pattern === '') return undefined
    try {
      return Regex.compile(withEscapes(pattern), this.#extended ? 'extended' : 'basic', ignoreCase)
    } catch (error) {
      if (!(error instanceof RegexError)) throw error
      return this.#fail(error.message)
    }
  }

  #substitution(): Substitution {
    const delimiter = this.#source[this.#at++]
    if (delimiter === undefined || delimiter === '\n' || delimiter === '\\') this.#fail("unterminated `s' command", this.#source.length)
    const pattern = this.#delimited(delimiter, true)
    const replacement = pattern === undefined ? undefined : this.#replacement(delimiter)
    if (pattern === undefined || replacement === undefined) this.#fail("unterminated `s' command", this.#source.length)
    const flags = { global: false, occurrence: 0, print: 0, evaluate: false, file: undefined as string | undefined, ignoreCase: false }
    this.#flags(flags)
    const regex = this.#regex(pattern, flags.ignoreCase)
    const most = Math.max(0, ...replacement.map((part) => (part.type === 'group' ? part.index : 0)))
    if (regex && most > regex.groups) this.#fail(`invalid reference \\${most} on \`s' command's RHS`)
    return {
      regex,
      replacement,
      global: flags.global,
      occurrence: flags.occurrence || 1,
      print: flags.print,
      evaluate: flags.evaluate,
      file: flags.file,
    }
  }

  #flags(flags: {
    global: boolean
    occurrence: number
    print: number
    evaluate: boolean
    file: string | undefined
    ignoreCase: boolean
  }): void {
    for (;;) {
      const c = this.#source[this.#at]
      if (c === undefined) return
      if (c === 'g') flags.global = true
      else if (c === 'p') flags.print++
      else if (c === 'i' || c === 'I') flags.ignoreCase = true
      else if (c === 'm' || c === 'M') {
        // Multi-line mode changes only ^ and $ inside a pattern space of several lines; left as is.
      } else if (c === 'e') flags.evaluate = true
      else if (/\d/.test(c)) {
        const digits = /^\d{1,9}/.exec(this.#source.slice(this.#at, this.#at + 9))?.[0] as string
        if (Number(digits) === 0) this.#fail("number option to `s' command may not be zero", this.#at + 1)
        flags.occurrence = Number(digits)
        this.#at += digits.length - 1
      } else if (c === 'w') {
        this.#at++
        this.#skip(/[ \t]/)
        flags.file = this.#restOfLine()
        return
      } else if (c === '}' || c === '#') return
      else if (c === ';' || c === '\n') {
        this.#at++
        return
      } else if (c === ' ' || c === '\t') {
        // Blanks may stand before the end of the command.
      } else this.#fail("unknown option to `s'", this.#at + 1)
      this.#at++
    }
  }

  #replacement(delimiter: string): Replacement[] | undefined {
    const parts: Replacement[] = []
    let text = ''
    const flush = (): void => {
      if (text !== '') parts.push({ type: 'text', text })
      text = ''
    }
    for (; this.#at < this.#source.length; this.#at++) {
      const c = this.#source[this.#at] as string
      if (c === delimiter) {
        this.#at++
        flush()
        return parts
      }
      if (c === '&') {
        flush()
        parts.push({ type: 'group', index: 0 })
      } else if (c === '\\') {
        const next = this.#source[++this.#at]
        if (next === undefined) return undefined
        if (/[0-9]/.test(next) && next !== delimiter) {
          flush()
          parts.push({ type: 'group', index: Number(next) })
        } else if (/[ULulE]/.test(next)) {
          flush()
          parts.push({ type: 'case', mode: next as 'U' })
        } else if (next === 'x' && /^[0-9a-fA-F]{2}/.test(this.#source.slice(this.#at + 1, this.#at + 3))) {
          text += String.fromCharCode(Number.parseInt(this.#source.slice(this.#at + 1, this.#at + 3), 16))
          this.#at += 2
        } else text += ESCAPES[next] ?? next
      } else text += c
    }
    return undefined
  }

  #translation(): Uint8Array {
    const delimiter = this.#source[this.#at++]
    const from = delimiter === undefined ? undefined : this.#delimited(delimiter, false)
    const to = from === undefined ? undefined : this.#delimited(delimiter as string, false)
    if (from === undefined || to === undefined) this.#fail("unterminated `y' command", this.#source.length)
    const withoutEscapes = (text: string): string => text.replace(/\\(.)/gs, (_, c: string) => ESCAPES[c] ?? c)
    const [a, b] = [withoutEscapes(from), withoutEscapes(to)]
    if (a.length !== b.length) this.#fail("strings for `y' command are different lengths")
    const map = Uint8Array.from({ length: 256 }, (_, i) => i)
    for (let i = a.length - 1; i >= 0; i--) map[a.charCodeAt(i) & 0xff] = b.charCodeAt(i) & 0xff
    return map
  }
}

/** GNU sed knows `\t`, `\xHH` and their kind in patterns. */
function withEscapes(pattern: string): string {
  return pattern.replace(/\\(x[0-9a-fA-F]{2}|[tfvar]|\\|.)/gs, (whole, code: string) => {
    if (code.startsWith('x')) {
      const c = String.fromCharCode(Number.parseInt(code.slice(1), 16))
      return /[\\.*[\]^$]/.test(c) ? `\\${c}` : c
    }
    return code.length === 1 && 'tfvar'.includes(code) ? (ESCAPES[code] as string) : whole
  })
}

function resolveLabels(commands: SedCommand[]): void {
  const labels = new Map(commands.flatMap((command, i) => (command.name === ':' ? [[command.text, i] as const] : [])))
  for (const command of commands) {
    if (!'btT'.includes(command.name)) continue
    const target = command.text === '' ? commands.length : labels.get(command.text)
    if (target === undefined) {
      const error = new SedError(`can't find label for jump to \`${command.text}'`, -1)
      throw error
    }
    command.jump = target
  }
}
