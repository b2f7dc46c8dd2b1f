/** Values as Oracle has them in rows and binds: NUMBER, DATE, TIMESTAMP. */
import { Decimal, type SqlType, type SqlValue, textOf } from '../../host/database/value.ts'
import { TnsFormatError } from './codec.ts'

/** Numbers of the types that rows and binds have. */
export const TYPE = {
  varchar: 1,
  number: 2,
  integer: 3,
  long: 8,
  rowid: 11,
  date: 12,
  raw: 23,
  longRaw: 24,
  char: 96,
  binaryFloat: 100,
  binaryDouble: 101,
  cursor: 102,
  clob: 112,
  blob: 113,
  timestamp: 180,
  timestampTz: 181,
  timestampLtz: 231,
  boolean: 252,
} as const

/** Most digits of a NUMBER. */
const DIGITS = 40

/** A decimal number in base 100, exponent first; negative ones are complements. @param text `-12.5`, `1e21` */
export function encodeNumber(text: string): Buffer {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text.trim()) ?? []
  const isNegative = sign === '-'
  let digits = whole + fraction
  let point = whole.length + Number(exponent)
  const leading = /^0*/.exec(digits)?.[0].length ?? 0
  digits = digits.slice(leading).replace(/0+$/, '')
  point -= leading
  if (digits === '') return Buffer.of(0x80)
  if (point % 2 !== 0) {
    digits = `0${digits}`
    point++
  }
  digits = digits.slice(0, DIGITS)
  if (digits.length % 2) digits += '0'
  const hundreds = (digits.match(/../g) ?? []).map(Number)
  const power = Math.max(-65, Math.min(62, point / 2 - 1)) + 193
  if (!isNegative) return Buffer.from([power, ...hundreds.map((n) => n + 1)])
  const mantissa = hundreds.map((n) => 101 - n)
  return Buffer.from([~power & 0xff, ...mantissa, ...(mantissa.length < 20 ? [102] : [])])
}

/** @returns the number as text, `-12.5`. @throws TnsFormatError */
export function decodeNumber(bytes: Buffer): string {
  const [first] = bytes
  if (first === undefined) throw new TnsFormatError('empty number')
  if (bytes.length > 22) throw new TnsFormatError(`number of ${bytes.length} bytes`)
  if (bytes.length === 1) return '0'
  const isPositive = (first & 0x80) !== 0
  const point = ((isPositive ? first : ~first & 0xff) - 193 + 1) * 2
  const mantissa = [...bytes.subarray(1)].filter((byte, i, all) => isPositive || i < all.length - 1 || byte !== 102)
  const digits = mantissa.map((byte) => String(Math.max(0, Math.min(99, isPositive ? byte - 1 : 101 - byte))).padStart(2, '0')).join('')
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0'
  const fraction = (point > 0 ? digits.slice(point) : '0'.repeat(-point) + digits).replace(/0+$/, '')
  const text = `${whole.replace(/^0+(?=\d)/, '')}${fraction && `.${fraction}`}`
  return isPositive ? text : `-${text}`
}

/** Seven bytes, eleven with a fraction. @param text `2026-01-31 12:00:00.5` */
export function encodeDate(text: string, hasFraction: boolean): Buffer {
  const [, year = '1970', month = '1', day = '1', hour = '0', minute = '0', second = '0', fraction = ''] =
    /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?)?/.exec(text) ?? []
  const date = Buffer.of(
    Math.floor(Number(year) / 100) + 100,
    (Number(year) % 100) + 100,
    Number(month),
    Number(day),
    Number(hour) + 1,
    Number(minute) + 1,
    Number(second) + 1,
  )
  const nanoseconds = Number(fraction.padEnd(9, '0'))
  if (!hasFraction || nanoseconds === 0) return date
  const rest = Buffer.alloc(4)
  rest.writeUInt32BE(nanoseconds)
  return Buffer.concat([date, rest])
}

/** @throws TnsFormatError */
export function decodeDate(bytes: Buffer): string {
  if (bytes.length < 7) throw new TnsFormatError(`date of ${bytes.length} bytes`)
  const [century = 0, year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = bytes
  const two = (n: number): string => String(Math.max(0, n)).padStart(2, '0')
  const text = `${String(Math.max(0, (century - 100) * 100 + year - 100)).padStart(4, '0')}-${two(month)}-${two(day)} ${two(hour - 1)}:${two(minute - 1)}:${two(second - 1)}`
  const nanoseconds = bytes.length >= 11 ? bytes.readUInt32BE(7) : 0
  return nanoseconds ? `${text}.${String(Math.floor(nanoseconds / 1000)).padStart(6, '0')}` : text
}

/** The type that a column of a result has on the wire. */
export function wireType(type: SqlType): number {
  switch (type.kind) {
    case 'integer':
    case 'decimal':
    case 'double':
    case 'boolean':
      return TYPE.number
    case 'date':
    case 'datetime':
      return type.declared?.startsWith('TIMESTAMP') ? TYPE.timestamp : TYPE.date
    case 'binary':
      return TYPE.raw
    default:
      return TYPE.varchar
  }
}

/** Sums of doubles show no more digits than they have. */
function numberText(value: Exclude<SqlValue, null>): string {
  if (typeof value !== 'number') return value instanceof Decimal ? value.toString() : textOf(value)
  return Number.isFinite(value) ? String(Number.isInteger(value) ? value : Number(value.toPrecision(15))) : '0'
}

/** A value of a row; empty = NULL, as an empty text is. */
export function encodeValue(value: SqlValue, type: number): Buffer {
  if (value === null) return Buffer.alloc(0)
  switch (type) {
    case TYPE.number:
      return encodeNumber(numberText(value))
    case TYPE.date:
    case TYPE.timestamp:
      return encodeDate(textOf(value), type === TYPE.timestamp)
    case TYPE.raw:
      return Buffer.isBuffer(value) ? value : Buffer.from(textOf(value))
    default:
      return Buffer.from(textOf(value))
  }
}

/** A value of a bind. @throws TnsFormatError */
export function decodeValue(bytes: Buffer, type: number): SqlValue {
  if (bytes.length === 0) return null
  switch (type) {
    case TYPE.number:
    case TYPE.integer: {
      const text = decodeNumber(bytes)
      return Number.isSafeInteger(Number(text)) ? Number(text) : (Decimal.parse(text) ?? Number(text))
    }
    case TYPE.date:
    case TYPE.timestamp:
    case TYPE.timestampTz:
    case TYPE.timestampLtz:
      return decodeDate(bytes)
    case TYPE.raw:
    case TYPE.longRaw:
      return Buffer.from(bytes)
    case TYPE.binaryDouble:
      return bytes.length === 8 ? binaryDouble(bytes) : null
    case TYPE.boolean:
      return bytes.at(-1) === 1
    default:
      return bytes.toString('utf8')
  }
}

/** Positive ones have their first bit set, negative ones are complements. */
function binaryDouble(bytes: Buffer): number {
  const copy = Buffer.from(bytes)
  if ((copy[0] as number) & 0x80) copy[0] = (copy[0] as number) & 0x7f
  else for (let i = 0; i < copy.length; i++) copy[i] = ~(copy[i] as number) & 0xff
  return copy.readDoubleBE()
}
