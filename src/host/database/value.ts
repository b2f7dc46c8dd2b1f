import { toBytes, toText } from '../text.ts'

/** An exact number with its digits after the point: `0.5000` is not `0.5` to a database. */
export class Decimal {
  readonly value: number
  readonly scale: number

  constructor(value: number, scale: number) {
    this.value = value
    this.scale = Math.min(scale, 30)
  }

  /** @param text `-12.50`; anything else gives undefined */
  static parse(text: string): Decimal | undefined {
    const match = /^[+-]?\d{0,60}(?:\.(\d{0,30}))?$/.exec(text)
    return match && /\d/.test(text) ? new Decimal(Number(text), match[1]?.length ?? 0) : undefined
  }

  toString(): string {
    return this.value.toFixed(this.scale)
  }
}

/**
 * A value of a table or an expression. Integers and doubles are numbers (bigint beyond 2^53), dates and times the text that
 * every server prints (`2026-01-31 12:00:00`). Text may hold lone surrogates for bytes that are not UTF-8, as `HostText` does.
 */
export type SqlValue = null | boolean | number | bigint | string | Buffer | Decimal

export type SqlKind = 'integer' | 'decimal' | 'double' | 'boolean' | 'text' | 'binary' | 'date' | 'time' | 'datetime' | 'null'

export interface SqlType {
  kind: SqlKind
  /** Of an integer: 8, 16, 32 or 64. */
  bits?: number
  isUnsigned?: boolean
  /** Characters of a text, bytes of a binary; absent = without a limit. */
  length?: number
  /** Digits of a decimal, and how many of them after the point. */
  precision?: number
  scale?: number
  /** As it was declared where the dialect would not say so by itself, e.g. `enum('a','b')`, `oid`. */
  declared?: string
}

export const INTEGER: SqlType = { kind: 'integer', bits: 32 }
export const BIGINT: SqlType = { kind: 'integer', bits: 64 }
export const DOUBLE: SqlType = { kind: 'double' }
export const BOOLEAN: SqlType = { kind: 'boolean' }
export const TEXT: SqlType = { kind: 'text' }
export const BINARY: SqlType = { kind: 'binary' }
export const DATE: SqlType = { kind: 'date' }
export const TIME: SqlType = { kind: 'time' }
export const DATETIME: SqlType = { kind: 'datetime' }
export const NULL: SqlType = { kind: 'null' }
export const varchar = (length: number): SqlType => ({ kind: 'text', length })
export const decimal = (precision: number, scale: number): SqlType => ({ kind: 'decimal', precision, scale })

const NUMERIC = new Set<SqlKind>(['integer', 'decimal', 'double'])
const TEMPORAL = new Set<SqlKind>(['date', 'time', 'datetime'])
export const isNumeric = (type: SqlType): boolean => NUMERIC.has(type.kind)
export const isTemporal = (type: SqlType): boolean => TEMPORAL.has(type.kind)

/** The type that holds the values of both: of the branches of CASE, of the two sides of UNION. */
export function commonType(a: SqlType, b: SqlType): SqlType {
  if (a.kind === 'null') return b
  if (b.kind === 'null') return a
  if (a.kind === b.kind) {
    if (a.kind === 'integer') return (a.bits ?? 64) >= (b.bits ?? 64) ? a : b
    if (a.kind === 'decimal') return (a.scale ?? 0) >= (b.scale ?? 0) ? a : b
    if (a.length === undefined || b.length === undefined) return { kind: a.kind }
    return a.length >= b.length ? a : b
  }
  if (isNumeric(a) && isNumeric(b)) return a.kind === 'double' || b.kind === 'double' ? DOUBLE : a.kind === 'decimal' ? a : b
  if (a.kind === 'boolean' && isNumeric(b)) return b
  if (b.kind === 'boolean' && isNumeric(a)) return a
  if (isTemporal(a) && isTemporal(b)) return DATETIME
  return a.kind === 'binary' || b.kind === 'binary' ? BINARY : TEXT
}

/** The type of a value that comes without one: a parameter, a variable. */
export function typeOf(value: SqlValue): SqlType {
  if (value === null) return NULL
  if (typeof value === 'boolean') return BOOLEAN
  if (typeof value === 'bigint') return BIGINT
  if (typeof value === 'number') return Number.isInteger(value) ? (Math.abs(value) < 2 ** 31 ? INTEGER : BIGINT) : DOUBLE
  if (typeof value === 'string') return varchar(value.length)
  if (Buffer.isBuffer(value)) return { kind: 'binary', length: value.length }
  return decimal(30, value.scale)
}

/** The value as text, as CONCAT and the text protocols want it. Booleans are 1 and 0. */
export function textOf(value: Exclude<SqlValue, null>): string {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return value ? '1' : '0'
  if (Buffer.isBuffer(value)) return toText(value)
  if (typeof value === 'number') return numberText(value)
  return value.toString()
}

export function bytesOf(value: Exclude<SqlValue, null>): Buffer {
  return Buffer.isBuffer(value) ? value : toBytes(textOf(value))
}

function numberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return Object.is(value, -0) ? '0' : String(value)
  return String(value).replace('e+', 'e')
}

/** The number that a text begins with, as MySQL reads `12abc`; 0 when it begins with none. */
export function leadingNumber(text: string): number {
  const match = /^[ \t\r\n]{0,64}([+-]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})(?:[eE][+-]?\d{1,4})?)/.exec(text.slice(0, 2000))
  return match ? Number(match[1]) : 0
}

/** The number that the whole text is; undefined when it is none. */
export function wholeNumber(text: string): number | undefined {
  const trimmed = text.trim()
  return /^[+-]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})(?:[eE][+-]?\d{1,4})?$/.test(trimmed) ? Number(trimmed) : undefined
}

/** Numbers of all kinds as a JavaScript number; `fromText` says what a text is. */
export function numberOf(value: Exclude<SqlValue, null>, fromText: (text: string) => number = leadingNumber): number {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Decimal) return value.value
  return fromText(textOf(value))
}

/** Memory that a value takes, roughly; for bounds. */
export function costOf(value: SqlValue): number {
  if (typeof value === 'string') return 16 + value.length
  return Buffer.isBuffer(value) ? 64 + value.length : 16
}
