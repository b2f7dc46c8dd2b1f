import { createHash } from 'node:crypto'
import {
  isTrue,
  LONGEST_LUA_STRING,
  LuaError,
  type LuaFunction,
  LuaTable,
  type LuaValue,
  toNumber,
  toText,
  typeName,
} from './interpreter.ts'

/** The functions of Lua that a script for Redis may use; what works with metatables and files is left out. */
export function baseLibrary(): Map<string, LuaValue> {
  return new Map<string, LuaValue>([
    ['_VERSION', 'Lua 5.1'],
    ['tostring', ([value]) => [toText(value)]],
    ['tonumber', ([value, base]) => [base === undefined ? toNumber(value) : parseInBase(toText(value), toNumber(base) ?? 10)]],
    ['type', ([value]) => [typeName(value)]],
    ['error', raise],
    ['assert', assert],
    ['pcall', pcall],
    ['next', ([table, key]) => next(table, key)],
    ['pairs', ([table]) => [([t, k]: LuaValue[]) => next(t, k), table, undefined]],
    ['ipairs', ([table]) => [nextElement, table, 0]],
    ['unpack', ([table]) => (table instanceof LuaTable ? table.list() : [])],
    ['select', ([n, ...rest]) => (n === '#' ? [rest.length] : rest.slice((toNumber(n) ?? 1) - 1))],
    ['string', LuaTable.of(STRING)],
    ['table', LuaTable.of(TABLE)],
    ['math', LuaTable.of(MATH)],
    [
      'cjson',
      LuaTable.of({ encode: ([value]: LuaValue[]) => [toJson(value, 0)], decode: ([text]: LuaValue[]) => [fromJson(toText(text))] }),
    ],
    ['bit', LuaTable.of(BIT)],
  ] as [string, LuaValue][])
}

const raise: LuaFunction = ([value], line) => {
  throw new LuaError(value, line)
}

const assert: LuaFunction = (args, line) => {
  if (!isTrue(args[0])) throw new LuaError(args[1] ?? 'assertion failed!', line)
  return args
}

const pcall: LuaFunction = async ([callee, ...args], line) => {
  if (typeof callee !== 'function') return [false, `attempt to call a ${typeName(callee)} value`]
  try {
    return [true, ...(await callee(args, line))]
  } catch (error) {
    if (!(error instanceof LuaError)) throw error
    return [false, typeof error.value === 'string' ? `user_script:${error.line}: ${error.value}` : error.value]
  }
}

function next(table: LuaValue, key: LuaValue): LuaValue[] {
  if (!(table instanceof LuaTable)) throw new LuaError(`bad argument #1 to 'next' (table expected, got ${typeName(table)})`, 1)
  const following = table.keyAfter(key)
  return following === undefined ? [undefined] : [following, table.get(following)]
}

const nextElement: LuaFunction = ([table, at]) => {
  const i = (toNumber(at) ?? 0) + 1
  const value = table instanceof LuaTable ? table.get(i) : undefined
  return value === undefined ? [undefined] : [i, value]
}

function parseInBase(text: string, base: number): number | undefined {
  const n = base >= 2 && base <= 36 ? Number.parseInt(text, base) : Number.NaN
  return Number.isNaN(n) ? undefined : n
}

const STRING: Record<string, LuaFunction> = {
  len: ([text]) => [toText(text).length],
  lower: ([text]) => [toText(text).toLowerCase()],
  upper: ([text]) => [toText(text).toUpperCase()],
  reverse: ([text]) => [[...toText(text)].reverse().join('')],
  sub: ([text, from, to]) => [substring(toText(text), toNumber(from) ?? 1, toNumber(to) ?? -1)],
  byte: ([text, at]) => {
    const code = toText(text).charCodeAt((toNumber(at) ?? 1) - 1)
    return [Number.isNaN(code) ? undefined : code]
  },
  char: (codes) => [String.fromCharCode(...codes.map((code) => (toNumber(code) ?? 0) & 0xff))],
  rep: ([text, n], line) => {
    const times = Math.max(0, Math.floor(toNumber(n) ?? 0))
    if (toText(text).length * times > LONGEST_LUA_STRING) throw new LuaError('not enough memory', line)
    return [toText(text).repeat(times)]
  },
  format: ([pattern, ...values]) => [format(toText(pattern), values)],
  /** Plain search; the patterns of Lua are not understood here. */
  find: ([text, wanted, from]) => {
    const at = toText(text).indexOf(toText(wanted), Math.max(0, (toNumber(from) ?? 1) - 1))
    return at < 0 ? [undefined] : [at + 1, at + toText(wanted).length]
  },
}

function substring(text: string, from: number, to: number): string {
  const start = from < 0 ? Math.max(0, text.length + from) : Math.max(0, from - 1)
  return text.slice(start, to < 0 ? text.length + to + 1 : to)
}

function format(pattern: string, values: LuaValue[]): string {
  let used = 0
  return pattern.slice(0, 10_000).replace(/%(?:%|0?\d{0,2}(?:\.\d{1,2})?[sdiufgxXcq])/g, (mark) => {
    if (mark === '%%') return '%'
    const value = values[used++]
    const kind = mark.at(-1) as string
    if (kind === 's' || kind === 'q') return toText(value)
    const n = toNumber(value) ?? 0
    if (kind === 'x' || kind === 'X') return Math.trunc(n).toString(16)
    if (kind === 'c') return String.fromCharCode(n & 0xff)
    if (kind === 'f') return n.toFixed(Number(/\.(\d+)/.exec(mark)?.[1] ?? 6))
    return kind === 'g' ? String(n) : String(Math.trunc(n))
  })
}

const TABLE: Record<string, LuaFunction> = {
  insert: ([table, at, value], line) => {
    if (!(table instanceof LuaTable)) throw new LuaError("bad argument #1 to 'insert' (table expected)", line)
    if (value === undefined) table.set(table.length + 1, at)
    else replaceList(table, table.list().toSpliced((toNumber(at) ?? 1) - 1, 0, value))
    return []
  },
  remove: ([table, at]) => {
    if (!(table instanceof LuaTable) || table.length === 0) return [undefined]
    const list = table.list()
    const [removed] = list.splice((toNumber(at) ?? list.length) - 1, 1)
    replaceList(table, list)
    return [removed]
  },
  concat: ([table, separator], line) => {
    if (!(table instanceof LuaTable)) throw new LuaError("bad argument #1 to 'concat' (table expected)", line)
    const text = table
      .list()
      .map(toText)
      .join(separator === undefined ? '' : toText(separator))
    if (text.length > LONGEST_LUA_STRING) throw new LuaError('not enough memory', line)
    return [text]
  },
  getn: ([table]) => [table instanceof LuaTable ? table.length : 0],
}

function replaceList(table: LuaTable, list: readonly LuaValue[]): void {
  for (let i = table.length; i > list.length; i--) table.set(i, undefined)
  for (const [i, value] of list.entries()) table.set(i + 1, value)
}

const MATH: Record<string, LuaValue> = {
  pi: Math.PI,
  huge: Number.POSITIVE_INFINITY,
  floor: ([n]: LuaValue[]) => [Math.floor(toNumber(n) ?? 0)],
  ceil: ([n]: LuaValue[]) => [Math.ceil(toNumber(n) ?? 0)],
  abs: ([n]: LuaValue[]) => [Math.abs(toNumber(n) ?? 0)],
  sqrt: ([n]: LuaValue[]) => [Math.sqrt(toNumber(n) ?? 0)],
  max: (values: LuaValue[]) => [Math.max(...values.map((v) => toNumber(v) ?? 0))],
  min: (values: LuaValue[]) => [Math.min(...values.map((v) => toNumber(v) ?? 0))],
  // Redis seeds its generator alike for every script: this is its first number.
  random: () => [0.17082803611217],
}

const BIT: Record<string, LuaFunction> = {
  band: (values) => [values.map((v) => toNumber(v) ?? 0).reduce((a, b) => a & b)],
  bor: (values) => [values.map((v) => toNumber(v) ?? 0).reduce((a, b) => a | b)],
  bxor: (values) => [values.map((v) => toNumber(v) ?? 0).reduce((a, b) => a ^ b)],
  lshift: ([n, by]) => [(toNumber(n) ?? 0) << (toNumber(by) ?? 0)],
  rshift: ([n, by]) => [(toNumber(n) ?? 0) >>> (toNumber(by) ?? 0)],
}

function toJson(value: LuaValue, depth: number): string {
  if (depth > 30) throw new LuaError('Cannot serialise, excessive depth (31)', 1)
  if (value === undefined) return 'null'
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return toText(value)
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'function') throw new LuaError('Cannot serialise function: type not supported', 1)
  const n = value.length
  if (n > 0 && n === value.size)
    return `[${value
      .list()
      .map((one) => toJson(one, depth + 1))
      .join(',')}]`
  return `{${[...value.entries()].map(([key, one]) => `${JSON.stringify(toText(key))}:${toJson(one, depth + 1)}`).join(',')}}`
}

function fromJson(text: string): LuaValue {
  try {
    return fromParsed(JSON.parse(text))
  } catch {
    throw new LuaError('Expected value but found invalid token at character 1', 1)
  }
}

function fromParsed(value: unknown): LuaValue {
  if (Array.isArray(value)) return LuaTable.from(value.map(fromParsed))
  if (typeof value === 'object' && value !== null) {
    return LuaTable.of(Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fromParsed(one)])))
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined
}

export function sha1(text: string): string {
  return createHash('sha1').update(text, 'latin1').digest('hex')
}
