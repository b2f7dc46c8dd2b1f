import { Regex, type RegexError } from '../commands/regex/regex.ts'
import { toBytes } from '../text.ts'
import type { Dialect } from './dialect.ts'
import { SqlError } from './sql-error.ts'
import { Decimal, isNumeric, isTemporal, numberOf, type SqlType, type SqlValue, textOf, wholeNumber } from './value.ts'

type Known = Exclude<SqlValue, null>

/** Text as a number, the way this server reads it. @throws SqlError `bad-cast` where the server refuses */
export function toNumber(value: Known, dialect: Dialect, to = 'integer'): number {
  // 0x10 + 0 is 16.
  if (Buffer.isBuffer(value) && dialect.name !== 'postgresql' && value.length <= 8)
    return value.length ? Number(`0x${value.toString('hex')}`) : 0
  if (dialect.textToNumber === 'leading') return numberOf(value)
  return numberOf(value, (text) => {
    const number = wholeNumber(text)
    // SQL Server reads an empty text as 0.
    if (number === undefined && dialect.name === 'mssql' && text.trim() === '') return 0
    if (number === undefined) throw new SqlError({ kind: 'bad-cast', value: text, to, from: 'varchar' })
    return number
  })
}

/** Whether a value is true: not zero, or a text that says so. NULL is neither. */
export function truthOf(value: SqlValue, dialect: Dialect): boolean | null {
  if (value === null || typeof value === 'boolean') return value
  if (dialect.name === 'postgresql') {
    if (typeof value !== 'string') return toNumber(value, dialect) !== 0
    const truth = booleanOf(value)
    if (truth === undefined) throw new SqlError({ kind: 'bad-cast', value, to: 'boolean' })
    return truth
  }
  return numberOf(value) !== 0
}

/** PostgreSQL's spellings of true and false. */
export function booleanOf(text: string): boolean | undefined {
  const word = text.trim().toLowerCase()
  if (word === '') return undefined
  if (['true', 'yes', '1', 'on'].some((t) => t === word || (t.length > 2 && t.startsWith(word))) || word === 't' || word === 'y')
    return true
  if (['false', 'no', '0', 'off'].some((t) => t === word || (t.length > 2 && t.startsWith(word))) || word === 'f' || word === 'n')
    return false
  return undefined
}

/** Order of two values: negative, 0 or positive; null when one is NULL. */
export function compare(a: SqlValue, b: SqlValue, dialect: Dialect): number | null {
  if (a === null || b === null) return null
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b, dialect.ignoresCase)
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b ? -1 : a > b ? 1 : 0
  const aIsText = typeof a === 'string' || Buffer.isBuffer(a)
  const bIsText = typeof b === 'string' || Buffer.isBuffer(b)
  if (aIsText && bIsText) return Buffer.compare(bytesOfText(a), bytesOfText(b))
  if (dialect.name === 'postgresql' && (typeof a === 'boolean' || typeof b === 'boolean')) {
    return Number(truthOf(a, dialect)) - Number(truthOf(b, dialect))
  }
  return toNumber(a, dialect) - toNumber(b, dialect)
}

function bytesOfText(value: Known): Buffer {
  return Buffer.isBuffer(value) ? value : toBytes(textOf(value))
}

export function compareText(a: string, b: string, ignoreCase: boolean): number {
  if (a === b) return 0
  const [x, y] = ignoreCase ? [a.toLowerCase(), b.toLowerCase()] : [a, b]
  return x < y ? -1 : x > y ? 1 : 0
}

export type Arithmetic = '+' | '-' | '*' | '/' | '%' | 'DIV' | '^'

/** Type of a result of arithmetic. */
export function arithmeticType(operator: Arithmetic, a: SqlType, b: SqlType, dialect: Dialect): SqlType {
  if (dialect.name === 'postgresql' && (isTemporal(a) || isTemporal(b))) return isTemporal(a) ? a : b
  const isDouble = [a, b].some(
    (type) => type.kind === 'double' || ((type.kind === 'text' || type.kind === 'binary') && dialect.textToNumber === 'leading'),
  )
  if (isDouble || dialect.name === 'oracle') return { kind: 'double' }
  if (operator === 'DIV') return { kind: 'integer', bits: 64 }
  if ([a, b].some((type) => type.kind === 'decimal'))
    return { kind: 'decimal', precision: 30, scale: scaleOf(operator, a.scale ?? 0, b.scale ?? 0, dialect) }
  if (operator === '/' && dialect.divides === 'exact') return { kind: 'decimal', precision: 14, scale: 4 }
  if (operator === '^' && dialect.name === 'postgresql') return { kind: 'double' }
  const bits = dialect.name === 'mysql' ? 64 : (Math.max(a.bits ?? 32, b.bits ?? 32) as 32 | 64)
  return { kind: 'integer', bits }
}

function scaleOf(operator: Arithmetic, a: number, b: number, dialect: Dialect): number {
  if (operator === '*') return a + b
  if (operator !== '/') return Math.max(a, b)
  return dialect.divides === 'exact' ? a + 4 : dialect.name === 'postgresql' ? Math.max(16, a, b) : Math.max(6, a + b + 1)
}

export function calculate(operator: Arithmetic, a: SqlValue, b: SqlValue, type: SqlType, dialect: Dialect): SqlValue {
  if (a === null || b === null) return null
  const x = toNumber(a, dialect)
  const y = toNumber(b, dialect)
  if ((operator === '/' || operator === '%' || operator === 'DIV') && y === 0) {
    if (dialect.divisionByZero === 'error') throw new SqlError({ kind: 'divide-by-zero' })
    return null
  }
  const result = compute(operator, x, y)
  if (type.kind === 'decimal') return new Decimal(result, type.scale ?? scaleOf(operator, scaleOfValue(a), scaleOfValue(b), dialect))
  if (type.kind === 'integer') return inRange(Math.trunc(result), type, dialect)
  return result
}

function scaleOfValue(value: Known): number {
  return value instanceof Decimal ? value.scale : 0
}

function compute(operator: Arithmetic, x: number, y: number): number {
  switch (operator) {
    case '+':
      return x + y
    case '-':
      return x - y
    case '*':
      return x * y
    case '%':
      return x % y
    case '^':
      return x ** y
    default:
      return x / y
  }
}

export function inRange(value: number, type: SqlType, dialect: Dialect): SqlValue {
  const limit = 2 ** ((type.bits ?? 64) - 1)
  if (value >= -limit && value < (type.isUnsigned ? limit * 2 : limit)) return value
  if (dialect.name === 'mysql' && (type.bits ?? 64) < 64) return value
  throw new SqlError({ kind: 'out-of-range', type: dialect.name === 'mysql' ? 'BIGINT' : dialect.typeName(type) })
}

/** Bitwise operators, on 64 bits as MySQL has them. */
export function bitwise(operator: string, a: SqlValue, b: SqlValue, dialect: Dialect): SqlValue {
  if (a === null || b === null) return null
  const [x, y] = [a, b].map((value) => (typeof value === 'bigint' ? value : BigInt(Math.trunc(toNumber(value, dialect)) || 0))) as [
    bigint,
    bigint,
  ]

  const shift = y < 0n ? 0n : y > 64n ? 64n : y
  const result =
    operator === '|' ? x | y : operator === '&' ? x & y : operator === '<<' ? x << shift : operator === '>>' ? x >> shift : x ^ y
  const wrapped = dialect.name === 'mysql' ? BigInt.asUintN(64, result) : BigInt.asIntN(64, result)
  return Number.isSafeInteger(Number(wrapped)) ? Number(wrapped) : wrapped
}

type LikePart = { one: true } | { many: true } | { text: string } | { set: (c: string) => boolean }

/** LIKE, in time linear in text times pattern. `[a-z]` is SQL Server's. */
export function like(text: string, pattern: string, escapedBy: string | undefined, ignoreCase: boolean, hasSets: boolean): boolean {
  const subject = ignoreCase ? text.toLowerCase() : text
  const parts = likeParts(ignoreCase ? pattern.toLowerCase() : pattern, escapedBy, hasSets)
  let s = 0
  let p = 0
  let starAt = -1
  let retry = 0
  while (s < subject.length) {
    const part = parts[p]
    if (part && 'many' in part) {
      starAt = p++
      retry = s
    } else if (part && matches(part, subject[s] as string)) {
      s++
      p++
    } else if (starAt >= 0) {
      p = starAt + 1
      s = ++retry
    } else return false
  }
  while (parts[p] && 'many' in (parts[p] as LikePart)) p++
  return p === parts.length
}

function matches(part: LikePart, c: string): boolean {
  if ('one' in part) return true
  if ('text' in part) return part.text === c
  return 'set' in part && part.set(c)
}

function likeParts(pattern: string, escapedBy: string | undefined, hasSets: boolean): LikePart[] {
  const parts: LikePart[] = []
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i] as string
    if (c === escapedBy && i + 1 < pattern.length) parts.push({ text: pattern[++i] as string })
    else if (c === '%') {
      if (!parts.length || !('many' in (parts.at(-1) as LikePart))) parts.push({ many: true })
    } else if (c === '_') parts.push({ one: true })
    else if (c === '[' && hasSets && pattern.indexOf(']', i + 2) > 0) {
      const end = pattern.indexOf(']', i + 2)
      parts.push({ set: characterSet(pattern.slice(i + 1, end)) })
      i = end
    } else parts.push({ text: c })
  }
  return parts
}

function characterSet(inner: string): (c: string) => boolean {
  const isNegated = inner.startsWith('^')
  const body = isNegated ? inner.slice(1) : inner
  return (c) => {
    let found = false
    for (let i = 0; i < body.length; i++) {
      if (body[i + 1] === '-' && i + 2 < body.length) {
        found ||= c >= (body[i] as string) && c <= (body[i + 2] as string)
        i += 2
      } else found ||= body[i] === c
    }
    return found !== isNegated
  }
}

const compiled = new Map<string, Regex>()
const COMPILED = 200

/** Whether a text has a match; the engine is linear. @throws SqlError `bad-regex` */
export function regexMatches(text: string, pattern: string, ignoreCase: boolean): boolean {
  const key = `${ignoreCase ? 'i' : 'c'}${pattern}`
  let regex = compiled.get(key)
  if (!regex) {
    try {
      // PostgreSQL and MariaDB take Perl's classes; POSIX's longest match makes no difference to "is there one".
      regex = Regex.compile(latin1(pattern.slice(0, 2000)), 'perl', ignoreCase)
    } catch (error) {
      throw new SqlError({ kind: 'bad-regex', message: (error as RegexError).message })
    }
    if (compiled.size >= COMPILED) compiled.clear()
    if (pattern.length < 500) compiled.set(key, regex)
  }
  return regex.test(latin1(text.slice(0, 65_536)))
}

function latin1(text: string): string {
  return toBytes(text).toString('latin1')
}

/** The number kinds among the values of a comparison: PostgreSQL refuses to mix them with text. */
export function mixesTextAndNumber(a: SqlType, b: SqlType): boolean {
  const isText = (type: SqlType): boolean => type.kind === 'text'
  const isOther = (type: SqlType): boolean => isNumeric(type) || type.kind === 'boolean'
  return (isText(a) && isOther(b)) || (isText(b) && isOther(a))
}
