import { exponential, fixed, floatRepr, general } from './numbers.ts'
import { typeError, typeName, valueError } from './types.ts'
import type { Value } from './value.ts'

interface Spec {
  fill: string
  align: string
  sign: string
  alternate: boolean
  zero: boolean
  width: number
  grouping: string
  precision: number | undefined
  type: string
}

/** More is a MemoryError rather than work. */
const MOST_WIDTH = 4 * 1024 * 1024

function parse(text: string, of: string): Spec {
  const found = /^(?:(.)?([<>=^]))?([-+ ])?(z)?(#)?(0)?(\d*)([,_])?(?:\.(\d+))?(.*)$/su.exec(text)
  if (!found || (found[10] as string).length > 1)
    throw valueError(
      found ? `Invalid format specifier '${text}' for object of type '${of}'`.replace(/ '.*$/s, '') : 'Invalid format specifier',
    )
  if (Number(found[7] || 0) > MOST_WIDTH || Number(found[9] ?? 0) > MOST_WIDTH) throw valueError('Too many decimal digits in format string')
  return {
    fill: found[1] ?? (found[6] && !found[2] ? '0' : found[6] ? '0' : ' '),
    align: found[2] ?? (found[6] ? '=' : ''),
    sign: found[3] ?? '-',
    alternate: found[5] !== undefined,
    zero: found[6] !== undefined,
    width: Number(found[7] || 0),
    grouping: found[8] ?? '',
    precision: found[9] === undefined ? undefined : Number(found[9]),
    type: found[10] as string,
  }
}

/** format() of a builtin value with a format spec. @throws Raised ValueError, TypeError */
export function formatValue(value: Value, text: string, shown: () => string): string {
  if (text === '') return shown()
  if (typeof value === 'string') return formatText(value, text)
  if (typeof value === 'bigint' || typeof value === 'boolean') return formatInteger(value, text)
  if (typeof value === 'number') return formatFloat(value, parse(text, 'float'), 'float')
  throw typeError(`unsupported format string passed to ${typeName(value)}.__format__`)
}

function formatText(value: string, text: string): string {
  const spec = parse(text, 'str')
  if (spec.type !== '' && spec.type !== 's') throw valueError(`Unknown format code '${spec.type}' for object of type 'str'`)
  if (spec.align === '=' && !spec.zero) throw valueError("'=' alignment not allowed in string format specifier")
  const cut = spec.precision === undefined ? value : [...value].slice(0, spec.precision).join('')
  return pad(cut, { ...spec, align: spec.align === '=' ? '<' : spec.align }, '<')
}

function formatInteger(given: bigint | boolean, text: string): string {
  const spec = parse(text, typeof given === 'boolean' ? 'bool' : 'int')
  const value = typeof given === 'boolean' ? (given ? 1n : 0n) : given
  const magnitude = value < 0n ? -value : value
  let digits: string
  let prefix = ''
  if ('eEfFgG%'.includes(spec.type) && spec.type !== '') return formatFloat(Number(value), spec, 'int')
  if (spec.precision !== undefined) throw valueError('Precision not allowed in integer format specifier')
  switch (spec.type) {
    case '':
      if (typeof given === 'boolean' && /^[^\d]*$/.test(text)) {
        digits = magnitude.toString()
        break
      }
      digits = magnitude.toString()
      break
    case 'd':
    case 'n':
      digits = magnitude.toString()
      break
    case 'x':
    case 'X':
      digits = magnitude.toString(16)
      if (spec.alternate) prefix = '0x'
      break
    case 'o':
      digits = magnitude.toString(8)
      if (spec.alternate) prefix = '0o'
      break
    case 'b':
      digits = magnitude.toString(2)
      if (spec.alternate) prefix = '0b'
      break
    case 'c':
      return pad(String.fromCodePoint(Number(magnitude)), spec, '<')
    default:
      throw valueError(`Unknown format code '${spec.type}' for object of type 'int'`)
  }
  if (spec.type === 'X') {
    digits = digits.toUpperCase()
    prefix = prefix.toUpperCase()
  }
  const every = 'xXob'.includes(spec.type) && spec.type !== '' ? 4 : 3
  const sign = value < 0n ? '-' : spec.sign === '-' ? '' : spec.sign
  if (spec.grouping) digits = grouped(digits, spec, every, sign.length + prefix.length)
  return padNumber(sign + prefix, digits, spec)
}

function formatFloat(value: number, spec: Spec, of: string): string {
  const sign = value < 0 || Object.is(value, -0) ? '-' : spec.sign === '-' ? '' : spec.sign
  const size = Math.abs(value)
  let body: string
  const upper = /[EFG]/.test(spec.type)
  if (!Number.isFinite(value)) {
    body = Number.isNaN(value) ? 'nan' : 'inf'
    if (spec.type === '%') body += '%'
  } else {
    switch (spec.type) {
      case '':
        body = spec.precision === undefined ? floatRepr(size) : shortest(size, spec)
        break
      case 'e':
      case 'E':
        body = exponential(size, spec.precision ?? 6)
        break
      case 'f':
      case 'F':
        body = fixed(size, spec.precision ?? 6)
        break
      case 'g':
      case 'G':
      case 'n':
        body = general(size, spec.precision ?? 6, spec.alternate)
        break
      case '%':
        body = `${fixed(size * 100, spec.precision ?? 6)}%`
        break
      default:
        throw valueError(`Unknown format code '${spec.type}' for object of type '${of}'`)
    }
  }
  if (upper) body = body.toUpperCase()
  if (spec.grouping) {
    const [, whole, rest] = /^(\d*)(.*)$/s.exec(body) as unknown as [string, string, string]
    body = grouped(whole, spec, 3, sign.length + rest.length) + rest
  }
  return padNumber(Number.isNaN(value) ? (sign === '-' ? '' : sign) : sign, body, spec)
}

/** No type but a precision: like g, but with at least one digit behind the point. */
function shortest(value: number, spec: Spec): string {
  const precision = spec.precision as number
  const text = general(value, precision, spec.alternate, precision === 0 ? 1 : precision)
  return /[.e]/.test(text) ? text : `${text}.0`
}

function grouped(digits: string, spec: Spec, every: number, taken: number): string {
  const group = (text: string): string => {
    const parts: string[] = []
    for (let end = text.length; end > 0; end -= every) parts.unshift(text.slice(Math.max(0, end - every), end))
    return parts.join(spec.grouping)
  }
  let text = group(digits)
  if (spec.zero && spec.align === '=') {
    let padded = digits
    while (text.length + taken < spec.width) {
      padded = `0${padded}`
      text = group(padded)
    }
  }
  return text
}

function padNumber(sign: string, digits: string, spec: Spec): string {
  if (spec.align === '=') return sign + digits.padStart(spec.width - sign.length, spec.fill)
  return pad(sign + digits, spec, '>')
}

function pad(text: string, spec: Spec, usual: string): string {
  const missing = spec.width - [...text].length
  if (missing <= 0) return text
  const align = spec.align || usual
  if (align === '<') return text + spec.fill.repeat(missing)
  if (align === '^') return spec.fill.repeat(missing >> 1) + text + spec.fill.repeat(missing - (missing >> 1))
  return spec.fill.repeat(missing) + text
}
