import { exponential, fixed, general } from './numbers.ts'
import { asciiOnly } from './text.ts'
import { keyOf, raise, typeError, typeName, valueError } from './types.ts'
import { PyBytes, PyDict, PyTuple, type Steps, type Value } from './value.ts'

/** What `%` formatting needs of the machine. */
export interface Shows {
  str(value: Value): Steps<string>
  repr(value: Value): Steps<string>
  /** The value of an int or what has `__int__` or `__index__`. */
  integer(value: Value): bigint | undefined
  float(value: Value): number | undefined
}

const FIELD = /%(?:\(([^)]*)\))?([-+ #0]*)(\*|\d+)?(?:\.(\*|\d*))?[hlL]?(.?)/gs
const MOST_WIDTH = 4 * 1024 * 1024

/** `format % values` for str, and for bytes by their Latin-1 text. @throws Raised TypeError, ValueError, KeyError */
export function* percent(shows: Shows, format: string, given: Value, isBytes = false): Steps<string> {
  const values = given instanceof PyTuple ? [...given.items] : [given]
  let next = 0
  let out = ''
  let end = 0
  let usedNames = false
  const take = (): Value => {
    if (next >= values.length) throw typeError('not enough arguments for format string')
    return values[next++] as Value
  }
  for (const found of format.matchAll(FIELD)) {
    out += format.slice(end, found.index)
    end = found.index + found[0].length
    const kind = found[5] as string
    if (kind === '%' && found[0] === '%%') {
      out += '%'
      continue
    }
    if (kind === '') throw valueError('incomplete format')
    const flags = found[2] as string
    const starWidth = found[3] === '*' ? Number(shows.integer(take()) ?? 0n) : undefined
    const width = starWidth ?? Number(found[3] ?? 0)
    const precision = found[4] === undefined ? undefined : found[4] === '*' ? Number(shows.integer(take()) ?? 0n) : Number(found[4] || 0)
    if (Math.abs(width) > MOST_WIDTH || (precision ?? 0) > MOST_WIDTH) throw raise('MemoryError')
    let value: Value
    if (found[1] !== undefined) {
      if (!(given instanceof PyDict)) throw typeError('format requires a mapping')
      usedNames = true
      const entry = given.map.get(keyOf(found[1]))
      if (!entry) throw raise('KeyError', found[1])
      value = entry.value
    } else if (kind === '%') {
      out += '%'
      continue
    } else value = take()
    out += padded(
      yield* field(shows, kind, flags, precision, value, found.index, format, isBytes),
      Math.abs(width),
      ('srabc'.includes(kind) ? flags.replaceAll('0', '') : flags) + (width < 0 ? '-' : ''),
    )
  }
  if (!usedNames && next < values.length && !(given instanceof PyDict))
    throw typeError(`not all arguments converted during ${isBytes ? 'bytes' : 'string'} formatting`)
  return out + format.slice(end)
}

function* field(
  shows: Shows,
  kind: string,
  flags: string,
  precision: number | undefined,
  value: Value,
  at: number,
  format: string,
  isBytes: boolean,
): Steps<string> {
  switch (kind) {
    case 's':
    case 'b': {
      if (isBytes) {
        if (!(value instanceof PyBytes))
          throw typeError(`%b requires a bytes-like object, or an object that implements __bytes__, not '${typeName(value)}'`)
        return value.data.toString('latin1').slice(0, precision)
      }
      if (kind === 'b') break
      const text = yield* shows.str(value)
      return precision === undefined ? text : [...text].slice(0, precision).join('')
    }
    case 'r':
    case 'a': {
      const text = yield* shows.repr(value)
      const shown = kind === 'a' || isBytes ? asciiOnly(text) : text
      return precision === undefined ? shown : [...shown].slice(0, precision).join('')
    }
    case 'c': {
      if (typeof value === 'string') {
        if ([...value].length !== 1) throw typeError('%c requires int or char')
        return value
      }
      const code = shows.integer(value)
      if (code === undefined) throw typeError('%c requires int or char')
      if (code < 0n || code > 0x10ffffn) throw raise('OverflowError', '%c arg not in range(0x110000)')
      return String.fromCodePoint(Number(code))
    }
    case 'd':
    case 'i':
    case 'u':
    case 'x':
    case 'X':
    case 'o':
      return integer(shows, kind, flags, precision, value)
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G': {
      const number = shows.float(value)
      if (number === undefined) throw typeError(`must be real number, not ${typeName(value)}`)
      return real(kind, flags, precision ?? 6, number)
    }
    default:
  }
  const index = format.indexOf(kind, at + 1)
  throw valueError(`unsupported format character '${kind}' (0x${kind.charCodeAt(0).toString(16)}) at index ${index}`)
}

function integer(shows: Shows, kind: string, flags: string, precision: number | undefined, given: Value): string {
  const value =
    typeof given === 'number' && 'diu'.includes(kind)
      ? BigInt(Math.trunc(given))
      : typeof given === 'number'
        ? undefined
        : shows.integer(given)
  if (value === undefined)
    throw typeError(
      'diu'.includes(kind)
        ? `%${kind} format: a real number is required, not ${typeName(given)}`
        : `%${kind} format: an integer is required, not ${typeName(given)}`,
    )
  const size = value < 0n ? -value : value
  let digits = kind === 'x' || kind === 'X' ? size.toString(16) : kind === 'o' ? size.toString(8) : size.toString()
  if (precision !== undefined) digits = digits.padStart(precision, '0')
  let prefix = flags.includes('#') ? (kind === 'o' ? '0o' : kind === 'x' || kind === 'X' ? '0x' : '') : ''
  if (kind === 'X') {
    digits = digits.toUpperCase()
    prefix = prefix.toUpperCase()
  }
  return signOf(value < 0n, flags) + prefix + digits
}

function real(kind: string, flags: string, precision: number, value: number): string {
  const size = Math.abs(value)
  const lower = kind.toLowerCase()
  const body = !Number.isFinite(value)
    ? Number.isNaN(value)
      ? 'nan'
      : 'inf'
    : lower === 'e'
      ? exponential(size, precision)
      : lower === 'f'
        ? fixed(size, precision)
        : general(size, precision, flags.includes('#'))
  return signOf(value < 0 || Object.is(value, -0), flags) + (kind === lower ? body : body.toUpperCase())
}

function signOf(isNegative: boolean, flags: string): string {
  return isNegative ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : ''
}

function padded(text: string, width: number, flags: string): string {
  if (text.length >= width) return text
  if (flags.includes('-')) return text.padEnd(width)
  if (!flags.includes('0')) return text.padStart(width)
  const [, sign, rest] = /^([-+ ]?(?:0[xX])?)(.*)$/s.exec(text) as unknown as [string, string, string]
  return /^[-+ ]?[0-9a-fA-FxX.]/.test(text) ? sign + rest.padStart(width - sign.length, '0') : text.padStart(width)
}
