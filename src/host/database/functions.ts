import { createHash } from 'node:crypto'
import { LONGEST_TEXT } from './compiler.ts'
import type { FunctionTable, SqlFunction } from './dialect.ts'
import { compare, toNumber } from './operators.ts'
import type { DatabaseSession } from './session.ts'
import { SqlError } from './sql-error.ts'
import { BIGINT, bytesOf, commonType, Decimal, DOUBLE, INTEGER, type SqlType, type SqlValue, TEXT, textOf } from './value.ts'

type Known = Exclude<SqlValue, null>
type Run = SqlFunction['run']

/** A function of texts. */
export function ofText(
  arity: number | readonly [number, number],
  run: (args: string[], session: DatabaseSession) => SqlValue,
  type: SqlType = TEXT,
): SqlFunction {
  const range = typeof arity === 'number' ? ([arity, arity] as const) : arity
  return { arity: range, type, takesText: true, run: (args, session) => run((args as Known[]).map(textOf), session) }
}

/** A function of numbers that gives a double. */
export function ofNumber(arity: number | readonly [number, number], run: (...args: number[]) => number): SqlFunction {
  const range = typeof arity === 'number' ? ([arity, arity] as const) : arity
  return {
    arity: range,
    type: DOUBLE,
    run: (args, { dialect }) => {
      const result = run(...(args as Known[]).map((arg) => toNumber(arg, dialect)))
      return Number.isFinite(result) ? result : null
    },
  }
}

export function constant(type: SqlType, value: (session: DatabaseSession) => SqlValue): SqlFunction {
  return { arity: [0, 0], type, run: (_, session) => value(session) }
}

export const sameType = (types: SqlType[]): SqlType => types[0] ?? TEXT
const integer = (value: Known, session: DatabaseSession): number => Math.trunc(toNumber(value, session.dialect)) || 0

function bounded(length: number): void {
  if (length > LONGEST_TEXT) throw new SqlError({ kind: 'result-too-large' })
}

const repeat: Run = (args, session) => {
  const [text, n] = [textOf(args[0] as Known), integer(args[1] as Known, session)]
  if (n <= 0) return ''
  bounded(text.length * n)
  return text.repeat(n)
}

/** 1-based, from the end when negative, as SUBSTRING counts. */
const substring: Run = (args, session) => {
  const value = args[0] as Known
  const whole = Buffer.isBuffer(value) ? value : textOf(value)
  const start = integer(args[1] as Known, session)
  const length = args.length > 2 ? integer(args[2] as Known, session) : whole.length
  if (session.dialect.name === 'mysql') {
    if (start === 0 || length <= 0) return ''
    const from = start > 0 ? start - 1 : whole.length + start
    return from < 0 ? '' : whole.slice(from, from + length)
  }
  const end = start + length
  return end < 1 ? '' : whole.slice(Math.max(0, start - 1), Math.max(0, end - 1))
}

const pad =
  (side: 'left' | 'right'): Run =>
  (args, session) => {
    const text = textOf(args[0] as Known)
    const width = integer(args[1] as Known, session)
    const filler = args.length > 2 ? textOf(args[2] as Known) : ' '
    if (width < 0 || (filler === '' && width > text.length)) return session.dialect.name === 'mysql' ? null : text
    bounded(width)
    if (width <= text.length) return text.slice(0, width)
    return side === 'left' ? text.padStart(width, filler) : text.padEnd(width, filler)
  }

const round: Run = (args, session) => {
  const value = args[0] as Known
  const digits = args.length > 1 ? Math.max(-15, Math.min(30, integer(args[1] as Known, session))) : 0
  const number = toNumber(value, session.dialect)
  const factor = 10 ** digits
  // Half away from zero, as all servers round exact numbers.
  const rounded = (Math.sign(number) * Math.round(Math.abs(number) * factor + Number.EPSILON)) / factor
  if (value instanceof Decimal) return new Decimal(rounded, Math.max(0, args.length > 1 ? Math.min(digits, Math.max(digits, 0)) : 0))
  return rounded
}

const concat: SqlFunction = {
  arity: [1, 500],
  type: TEXT,
  takesNull: true,
  run: (args, { dialect }) => {
    let text = ''
    for (const arg of args) {
      // MySQL's CONCAT is NULL when one of its arguments is; the others skip it.
      if (arg === null && dialect.name === 'mysql') return null
      if (arg !== null) text += dialect.name === 'postgresql' && typeof arg === 'boolean' ? (arg ? 't' : 'f') : textOf(arg)
      bounded(text.length)
    }
    return text
  },
}

const concatWs: SqlFunction = {
  arity: [2, 500],
  type: TEXT,
  takesNull: true,
  run: ([separator, ...rest]) => {
    if (separator === null || separator === undefined) return null
    const text = rest
      .filter((arg) => arg !== null)
      .map((arg) => textOf(arg as Known))
      .join(textOf(separator))
    bounded(text.length)
    return text
  },
}

const extreme = (sign: 1 | -1): SqlFunction => ({
  arity: [1, 500],
  type: (types) => types.reduce(commonType),
  takesNull: true,
  run: (args, { dialect }) => {
    let best: SqlValue = null
    for (const arg of args) {
      if (arg === null && dialect.name === 'mysql') return null
      if (arg !== null && (best === null || sign * (compare(arg, best, dialect) ?? 0) > 0)) best = arg
    }
    return best
  },
})

const hash = (name: string): SqlFunction => ({
  arity: [1, 1],
  type: TEXT,
  run: ([value]) =>
    createHash(name)
      .update(bytesOf(value as Known))
      .digest('hex'),
})

const absolute: Run = ([value], { dialect }) => {
  const number = Math.abs(toNumber(value as Known, dialect))
  return value instanceof Decimal ? new Decimal(number, value.scale) : number
}

/** Functions that more than one server has; the dialects take those that are theirs. */
export const COMMON_FUNCTIONS: FunctionTable = {
  abs: { arity: [1, 1], type: sameType, run: absolute },
  ceil: { arity: [1, 1], type: BIGINT, run: ([v], { dialect }) => Math.ceil(toNumber(v as Known, dialect)) },
  ceiling: { arity: [1, 1], type: BIGINT, run: ([v], { dialect }) => Math.ceil(toNumber(v as Known, dialect)) },
  floor: { arity: [1, 1], type: BIGINT, run: ([v], { dialect }) => Math.floor(toNumber(v as Known, dialect)) },
  round: { arity: [1, 2], type: sameType, run: round },
  sign: { arity: [1, 1], type: INTEGER, run: ([v], { dialect }) => Math.sign(toNumber(v as Known, dialect)) },
  sqrt: ofNumber(1, Math.sqrt),
  exp: ofNumber(1, Math.exp),
  ln: ofNumber(1, Math.log),
  log10: ofNumber(1, Math.log10),
  sin: ofNumber(1, Math.sin),
  cos: ofNumber(1, Math.cos),
  tan: ofNumber(1, Math.tan),
  radians: ofNumber(1, (x) => (x * Math.PI) / 180),
  degrees: ofNumber(1, (x) => (x * 180) / Math.PI),
  power: ofNumber(2, (x, y) => x ** y),
  pow: ofNumber(2, (x, y) => x ** y),
  pi: constant(DOUBLE, () => Math.PI),
  greatest: extreme(1),
  least: extreme(-1),
  concat,
  concat_ws: concatWs,
  upper: ofText(1, ([text]) => (text as string).toUpperCase()),
  lower: ofText(1, ([text]) => (text as string).toLowerCase()),
  char_length: ofText(1, ([text]) => (text as string).length, INTEGER),
  character_length: ofText(1, ([text]) => (text as string).length, INTEGER),
  octet_length: { arity: [1, 1], type: INTEGER, run: ([v]) => bytesOf(v as Known).length },
  substring: { arity: [2, 3], type: ([first]) => (first?.kind === 'binary' ? first : TEXT), run: substring },
  left: ofText(2, ([text, n]) => (text as string).slice(0, Math.max(0, Math.trunc(Number(n)) || 0))),
  right: ofText(2, ([text, n]) => {
    const count = Math.max(0, Math.trunc(Number(n)) || 0)
    return count === 0 ? '' : (text as string).slice(-count)
  }),
  lpad: { arity: [2, 3], type: TEXT, run: pad('left') },
  rpad: { arity: [2, 3], type: TEXT, run: pad('right') },
  repeat: { arity: [2, 2], type: TEXT, run: repeat },
  replicate: { arity: [2, 2], type: TEXT, run: repeat },
  space: { arity: [1, 1], type: TEXT, run: ([n], session) => repeat([' ', n as Known], session) },
  replace: ofText(3, ([text, from, to], session) => {
    if (from === '') return text as string
    const parts = (text as string).split(from as string)
    const length = (text as string).length + (parts.length - 1) * ((to as string).length - (from as string).length)
    bounded(length)
    session.meter.step(parts.length)
    return parts.join(to)
  }),
  reverse: ofText(1, ([text]) => [...(text as string)].reverse().join('')),
  ltrim: ofText([1, 2], ([text, set = ' ']) => trimmed(text as string, set, true, false)),
  rtrim: ofText([1, 2], ([text, set = ' ']) => trimmed(text as string, set, false, true)),
  btrim: ofText([1, 2], ([text, set = ' ']) => trimmed(text as string, set, true, true)),
  /** TRIM(x), TRIM('LEADING', set, x): the parser brings the second form. */
  trim: ofText([1, 3], (args) => {
    if (args.length < 3) return trimmed(args[0] as string, ' ', true, true)
    const [side, set, text] = args as [string, string, string]
    return trimmed(text, set, side !== 'TRAILING', side !== 'LEADING')
  }),
  ascii: { arity: [1, 1], type: INTEGER, run: ([v]) => (Buffer.isBuffer(v) ? (v[0] ?? 0) : textOf(v as Known).charCodeAt(0) || 0) },
  position: ofText(2, ([needle, text], { dialect }) => indexOf(text as string, needle as string, dialect.ignoresCase), INTEGER),
  md5: hash('md5'),
  sha1: hash('sha1'),
  sha: hash('sha1'),
}

export function trimmed(text: string, set: string, fromLeft: boolean, fromRight: boolean): string {
  let start = 0
  let end = text.length
  if (fromLeft) while (start < end && set.includes(text[start] as string)) start++
  if (fromRight) while (end > start && set.includes(text[end - 1] as string)) end--
  return text.slice(start, end)
}

/** Where a text stands in another, from 1; 0 when it does not. */
export function indexOf(text: string, needle: string, ignoreCase: boolean, from = 1): number {
  const [a, b] = ignoreCase ? [text.toLowerCase(), needle.toLowerCase()] : [text, needle]
  return a.indexOf(b, Math.max(0, from - 1)) + 1
}

/** The functions of a table that have these names. */
export function pick(table: FunctionTable, names: string): FunctionTable {
  return Object.fromEntries(
    names.split(/\s+/).map((name) => {
      const known = table[name]
      if (!known) throw new Error(`there is no function ${name}`)
      return [name, known]
    }),
  )
}
