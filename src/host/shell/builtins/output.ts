import type { HostText } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { toBytes, toText } from '../../text.ts'
import { byteText, codePointText } from '../expand/ansi-c.ts'
import { expandSubscript } from '../expand/parameter-expansion.ts'
import type { Builtin } from '../machinery.ts'
import { assigning, parseTarget } from '../parameters.ts'
import { formatTime } from '../prompt.ts'
import { backslashQuoted } from '../quote.ts'
import type { Shell } from '../shell.ts'
import { invalidOption, takeFlags, usageLine } from './usage.ts'

/** `echo`: in bash `-n`, `-e`, `-E`; dash always decodes backslashes and knows `-n` only. */
export const echo: Builtin = async (shell, args) => {
  let newline = true
  let escapes = shell.dialect.name === 'dash' || shell.options.shopt('xpg_echo')
  let at = 0
  const option = shell.dialect.name === 'dash' ? /^-n$/ : /^-[neE]+$/
  for (; at < args.length && option.test(args[at] as string); at++) {
    for (const letter of (args[at] as string).slice(1)) {
      if (letter === 'n') newline = false
      else escapes = letter === 'e'
    }
    if (shell.dialect.name === 'dash') {
      at++
      break
    }
  }
  const text = args.slice(at).join(' ')
  const decoded = escapes ? echoEscapes(text) : { text, stop: false }
  return write(shell, 'echo', decoded.text + (newline && !decoded.stop ? '\n' : ''))
}

/** Decodes what `echo -e` and `%b` know; `\c` ends the output. */
export function echoEscapes(text: HostText, zeroOptional = false): { text: HostText; stop: boolean } {
  let stop = false
  const sequence = /\\(0[0-7]{0,3}|[1-7][0-7]{0,2}|x[0-9A-Fa-f]{1,2}|u[0-9A-Fa-f]{1,4}|U[0-9A-Fa-f]{1,8}|[\s\S])/g
  let result = ''
  let from = 0
  for (const match of text.matchAll(sequence)) {
    result += text.slice(from, match.index)
    from = match.index + match[0].length
    const body = match[1] as string
    if (body === 'c') {
      stop = true
      from = text.length
      break
    }
    result += decode(body, match[0], zeroOptional)
  }
  return { text: result + text.slice(from), stop }
}

const LETTERS: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  e: '\x1b',
  E: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
}

function decode(body: string, whole: string, zeroOptional: boolean): string {
  const kind = body[0] as string
  if (kind === '0') return byteText(Number.parseInt(body.slice(1) || '0', 8) & 0xff)
  if (/[1-7]/.test(kind)) return zeroOptional ? byteText(Number.parseInt(body, 8) & 0xff) : whole
  if (kind === 'x' && body.length > 1) return byteText(Number.parseInt(body.slice(1), 16))
  if ((kind === 'u' || kind === 'U') && body.length > 1) return codePointText(Number.parseInt(body.slice(1), 16))
  return LETTERS[kind] ?? whole
}

export const printf: Builtin = async (shell, args) => {
  const { given, rest, bad } = takeFlags(args, 'v:')
  if (bad) return invalidOption(shell, 'printf', bad)
  const format = rest[0]
  if (format === undefined) {
    await usageLine(shell, 'printf')
    return 2
  }
  const variable = given.get('v')
  const target = variable === undefined ? undefined : parseTarget(variable)
  if (variable !== undefined && !target) {
    await shell.complain(`printf: \`${variable}': not a valid identifier`)
    return 2
  }
  const { text, errors } = new Formatter(shell, format, rest.slice(1)).run()
  for (const error of errors) await shell.complain(`printf: ${error}`)
  const failed = errors.some((error) => !error.startsWith('warning: '))
  if (target) {
    const key = target.subscript === undefined ? undefined : await expandSubscript(shell, target.name, target.subscript)
    await assigning(shell, () =>
      key === undefined ? shell.parameters.set(target.name, text) : shell.parameters.setElement(target.name, key, text),
    )
    return failed ? 1 : 0
  }
  const status = await write(shell, 'printf', text)
  return failed ? 1 : status
}

const SPEC = /%(?:%|([-+ #0']*)(\*|\d{1,9})?(?:\.(\*|-?\d{0,9}))?[hlLjzt]*([diouxXeEfFgGaAcsbqQnT]|\([^)]{0,200}\)T)?)/y
const FORMAT_ESCAPE = /\\([0-7]{1,3}|x[0-9A-Fa-f]{1,2}|u[0-9A-Fa-f]{1,4}|U[0-9A-Fa-f]{1,8}|[\s\S])/y
/** A width above this would be an attack on memory; printf fails in asprintf then. */
const WIDEST = 1_000_000

/** One run of printf(1): the format is used again until the arguments are spent. */
export class Formatter {
  readonly errors: string[] = []
  readonly #shell: Shell
  readonly #format: HostText
  readonly #args: readonly HostText[]
  #next = 0
  #stopped = false

  constructor(shell: Shell, format: HostText, args: readonly HostText[]) {
    this.#shell = shell
    this.#format = format
    this.#args = args
  }

  run(): { text: HostText; errors: string[] } {
    let text = ''
    do {
      const before = this.#next
      text += this.#once()
      if (this.#next === before) break
    } while (this.#next < this.#args.length && !this.#stopped && text.length < 64 * 1024 * 1024)
    return { text, errors: this.errors }
  }

  #once(): string {
    let text = ''
    for (let at = 0; at < this.#format.length && !this.#stopped; ) {
      const char = this.#format[at] as string
      const pattern = char === '%' ? SPEC : char === '\\' ? FORMAT_ESCAPE : undefined
      if (!pattern) {
        text += char
        at++
        continue
      }
      pattern.lastIndex = at
      const match = pattern.exec(this.#format)
      if (!match) {
        text += char
        at++
        continue
      }
      at += match[0].length
      text += pattern === SPEC ? this.#conversion(match) : this.#sequence(match)
    }
    return text
  }

  #sequence(match: RegExpExecArray): string {
    const body = match[1] as string
    if (body === 'c') {
      this.#stopped = true
      return ''
    }
    if (body === '"' || body === "'" || body === '?') return body
    return /[0-7]/.test(body[0] as string) ? byteText(Number.parseInt(body, 8) & 0xff) : decode(body, match[0], false)
  }

  #conversion(match: RegExpExecArray): string {
    const [whole, flags = '', widthText, precisionText, kind] = match
    if (whole === '%%') return '%'
    if (!kind) {
      const bad = this.#format[match.index + whole.length]
      this.errors.push(bad === undefined ? `\`${whole}': missing format character` : `\`${bad}': invalid format character`)
      this.#stopped = true
      return ''
    }
    let width = widthText === '*' ? Number(this.#integer()) : Number(widthText ?? 0)
    const left = flags.includes('-') || width < 0
    width = Math.min(Math.abs(width), WIDEST)
    const precision = precisionText === undefined ? undefined : precisionText === '*' ? Number(this.#integer()) : Number(precisionText || 0)
    const body = this.#body(kind, flags, precision !== undefined && precision < 0 ? undefined : precision)
    const numeric = /[diouxXeEfFgGaA]/.test(kind)
    if (flags.includes('0') && !left && numeric && !(precision !== undefined && /[diouxX]/.test(kind))) return zeroPadded(body, width)
    // Width and precision of bash 5.2 count bytes.
    const padding = ' '.repeat(Math.max(0, width - toBytes(body).length))
    return left ? body + padding : padding + body
  }

  #body(kind: string, flags: string, precision: number | undefined): string {
    switch (kind) {
      case 's':
        return cut(this.#string(), precision)
      case 'c':
        return Array.from(this.#string())[0] ?? '\0'
      case 'b': {
        const { text, stop } = echoEscapes(this.#string(), true)
        this.#stopped ||= stop
        return cut(text, precision)
      }
      case 'q':
      case 'Q':
        return backslashQuoted(this.#string())
      case 'n':
        return ''
      case 'd':
      case 'i':
        return signed(padDigits(this.#integer().toString(), precision), flags)
      case 'o':
      case 'u':
      case 'x':
      case 'X':
        return unsigned(this.#integer(), kind, flags, precision)
      default:
        if (kind.endsWith('T')) return this.#time(kind)
        return float(this.#float(), kind, flags, precision)
    }
  }

  #time(kind: string): string {
    const text = this.#args[this.#next++]
    const { world } = this.#shell.process
    const seconds =
      text === undefined || text === '-1'
        ? Math.floor(world.now() / 1000)
        : text === '-2'
          ? Math.floor(this.#shell.startedAt / 1000)
          : Number(text)
    return formatTime(this.#shell, kind.slice(1, -2) || '%X', seconds * 1000)
  }

  #string(): HostText {
    return this.#args[this.#next++] ?? ''
  }

  #integer(): bigint {
    const text = this.#args[this.#next++]
    if (text === undefined || text === '') return 0n
    if (text[0] === '"' || text[0] === "'") return BigInt(text.codePointAt(1) ?? 0)
    const match = /^\s*([-+]?)(0[xX][0-9A-Fa-f]+|0[0-7]*|[1-9]\d*)/.exec(text)
    if (!match || match[0].length !== text.length) this.errors.push(invalidNumber(this.#shell, text))
    if (!match) return 0n
    const digits = match[2] as string
    const size = /^0[0-7]+$/.test(digits) ? BigInt(`0o${digits.slice(1)}`) : BigInt(digits)
    const value = match[1] === '-' ? -size : size
    if (value > 0x7fffffffffffffffn || value < -0x8000000000000000n) {
      this.errors.push(`warning: ${text}: Numerical result out of range`)
      return value > 0 ? 0x7fffffffffffffffn : -0x8000000000000000n
    }
    return value
  }

  #float(): number {
    const text = this.#args[this.#next++]
    if (text === undefined || text === '') return 0
    if (text[0] === '"' || text[0] === "'") return text.codePointAt(1) ?? 0
    const match = /^\s*[-+]?(0[xX][0-9A-Fa-f]+|(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|inf(inity)?|nan)/i.exec(text)
    if (!match || match[0].length !== text.length) this.errors.push(`${text}: invalid number`)
    if (!match) return 0
    const word = match[0].trim().toLowerCase()
    if (/inf/.test(word)) return word.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
    return Number(word.replace(/^\+/, ''))
  }
}

function invalidNumber(shell: Shell, text: HostText): string {
  if (shell.dialect.name === 'dash') return `${text}: expected numeric value`
  return shell.dialect.name === 'ash' ? `invalid number '${text}'` : `${text}: invalid number`
}

function cut(text: string, precision: number | undefined): string {
  return precision === undefined ? text : toText(toBytes(text).subarray(0, precision))
}

function padDigits(digits: string, precision: number | undefined): string {
  const [sign, rest] = digits.startsWith('-') ? ['-', digits.slice(1)] : ['', digits]
  if (precision === 0 && rest === '0') return ''
  return sign + rest.padStart(Math.min(precision ?? 0, WIDEST), '0')
}

function signed(text: string, flags: string): string {
  if (text.startsWith('-')) return text
  return flags.includes('+') ? `+${text}` : flags.includes(' ') ? ` ${text}` : text
}

function unsigned(value: bigint, kind: string, flags: string, precision: number | undefined): string {
  const bits = BigInt.asUintN(64, value)
  const digits = padDigits(bits.toString(kind === 'o' ? 8 : kind === 'u' ? 10 : 16), precision)
  const text = kind === 'X' ? digits.toUpperCase() : digits
  if (!flags.includes('#') || bits === 0n) return text
  return kind === 'o' ? (text.startsWith('0') ? text : `0${text}`) : kind === 'u' ? text : `0${kind}${text}`
}

function zeroPadded(text: string, width: number): string {
  const [, sign, rest] = /^([-+ ]?(?:0[xX])?)(.*)$/s.exec(text) as unknown as [string, string, string]
  return sign + rest.padStart(width - sign.length, '0')
}

function float(value: number, kind: string, flags: string, precision = 6): string {
  const upper = kind === kind.toUpperCase()
  let text: string
  if (!Number.isFinite(value)) text = Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf'
  else if (/f/i.test(kind)) text = value.toFixed(Math.min(precision, 100))
  else if (/e/i.test(kind)) text = exponent(value.toExponential(Math.min(precision, 100)))
  else if (/g/i.test(kind)) text = general(value, precision, flags.includes('#'))
  else text = hexFloat(value)
  return signed(upper ? text.toUpperCase() : text, flags)
}

/** C writes at least two digits of an exponent. */
function exponent(text: string): string {
  return text.replace(/e([-+])(\d)$/, 'e$10$2')
}

function general(value: number, precision: number, keepZeros: boolean): string {
  const digits = Math.min(Math.max(precision, 1), 100)
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const power = Number(value.toExponential(digits - 1).split('e')[1])
  const text = power < -4 || power >= digits ? exponent(value.toExponential(digits - 1)) : value.toFixed(Math.max(0, digits - 1 - power))
  return keepZeros ? text : text.replace(/\.?0+(e|$)/, (whole, tail: string) => (text.includes('.') ? tail : whole))
}

function hexFloat(value: number): string {
  if (value === 0) return '0x0p+0'
  const power = Math.floor(Math.log2(Math.abs(value)))
  const fraction = (Math.abs(value) / 2 ** power).toString(16)
  return `${value < 0 ? '-' : ''}0x${fraction}p${power < 0 ? '-' : '+'}${Math.abs(power)}`
}

async function write(shell: Shell, name: string, text: HostText): Promise<number> {
  try {
    await shell.say(text)
    return 0
  } catch (error) {
    if (!(error instanceof HostError) || error.code === 'EINTR') throw error
    if (error.code === 'EPIPE' && !shell.process.ignoresSignal('PIPE')) throw error
    await shell.complain(`${name}: write error: ${error.message}`)
    return 1
  }
}
