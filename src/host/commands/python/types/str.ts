import { index } from '../builtins/functions.ts'
import { decode as decodeEscapes } from '../literals.ts'
import type { Machine } from '../machine.ts'
import { payload } from '../operators.ts'
import { methods } from '../signature.ts'
import { isAstral, isPrintable, lengthOf } from '../text.ts'
import { bytes, dict, list, raise, T, tuple, typeError, typeName, valueError } from '../types.ts'
import { PyBytes, PyDict, type Steps, type Value } from '../value.ts'
import { formatMethod } from './str-format.ts'

export function text(value: Value): string {
  const plain = payload(value)
  if (typeof plain === 'string') return plain
  if (plain instanceof PyBytes) return plain.data.toString('latin1')
  throw typeError(`expected str, got '${typeName(value)}'`)
}

/** A result of the kind of the object that it comes from. */
export function like(m: Machine, self: Value, result: string): Value {
  m.allocated(result)
  return self instanceof PyBytes ? new PyBytes(Buffer.from(result, 'latin1'), self.cls) : result
}

/** An argument of the same kind as the object. @throws Raised TypeError */
function argument(self: Value, value: Value, what?: string): string {
  const plain = payload(value)
  if (self instanceof PyBytes) {
    if (plain instanceof PyBytes) return plain.data.toString('latin1')
    if (typeof plain === 'bigint') return String.fromCharCode(Number(plain))
    throw typeError(`a bytes-like object is required, not '${typeName(value)}'`)
  }
  if (typeof plain === 'string') return plain
  throw typeError(what ?? `must be str, not ${typeName(value)}`)
}

const SPACE = /[\s\x1c-\x1f\x85]/u

function splitBlank(source: string, most: number): string[] {
  const parts: string[] = []
  let at = 0
  while (at < source.length) {
    while (at < source.length && SPACE.test(source[at] as string)) at++
    if (at >= source.length) break
    if (most >= 0 && parts.length >= most) {
      parts.push(source.slice(at).replace(/[\s\x1c-\x1f\x85]+$/u, ''))
      return parts
    }
    const start = at
    while (at < source.length && !SPACE.test(source[at] as string)) at++
    parts.push(source.slice(start, at))
  }
  return parts
}

function splitBlankRight(source: string, most: number): string[] {
  const parts: string[] = []
  let end = source.length
  while (end > 0) {
    while (end > 0 && SPACE.test(source[end - 1] as string)) end--
    if (end === 0) break
    if (most >= 0 && parts.length >= most) {
      parts.unshift(source.slice(0, end).replace(/^[\s\x1c-\x1f\x85]+/u, ''))
      return parts
    }
    let start = end
    while (start > 0 && !SPACE.test(source[start - 1] as string)) start--
    parts.unshift(source.slice(start, end))
    end = start
  }
  return parts
}

function split(m: Machine, self: Value, sep: Value | undefined, maxsplit: Value | undefined, fromRight: boolean): Value {
  const source = text(self)
  const most = maxsplit === undefined ? -1 : Number(index(maxsplit))
  let parts: string[]
  if (sep === undefined || sep === null) {
    parts = fromRight && most >= 0 ? splitBlankRight(source, most) : splitBlank(source, most)
  } else {
    const mark = argument(self, sep)
    if (mark === '') throw valueError('empty separator')
    parts = source.split(mark)
    if (most >= 0 && parts.length > most + 1)
      parts = fromRight
        ? [parts.slice(0, parts.length - most).join(mark), ...parts.slice(parts.length - most)]
        : [...parts.slice(0, most), parts.slice(most).join(mark)]
  }
  m.allocate(parts.length * 32 + source.length)
  return list(self instanceof PyBytes ? parts.map((part) => bytes(part)) : parts)
}

function strip(m: Machine, self: Value, chars: Value | undefined, left: boolean, right: boolean): Value {
  const source = text(self)
  const set = chars === undefined || chars === null ? undefined : new Set(argument(self, chars))
  const isGone = (c: string): boolean => (set ? set.has(c) : SPACE.test(c))
  let [from, to] = [0, source.length]
  while (left && from < to && isGone(source[from] as string)) from++
  while (right && to > from && isGone(source[to - 1] as string)) to--
  return like(m, self, source.slice(from, to))
}

/** Start and end of a search, in code units. */
function range(source: string, start: Value | undefined, end: Value | undefined): [number, number] {
  const length = lengthOf(source)
  const at = (value: Value | undefined, usual: number): number => {
    if (value === undefined || value === null) return usual
    const whole = Number(index(value))
    return Math.min(Math.max(whole < 0 ? whole + length : whole, 0), whole < 0 ? length : Math.max(length, whole))
  }
  const [from, to] = [at(start, 0), Math.min(at(end, length), length)]
  if (!isAstral(source)) return [from, to]
  const units = [...source]
  return [units.slice(0, from).join('').length, units.slice(0, to).join('').length]
}

function find(self: Value, sub: Value, start: Value | undefined, end: Value | undefined, fromRight: boolean): bigint {
  const source = text(self)
  const wanted = argument(self, sub)
  const [from, to] = range(source, start, end)
  if (from > source.length) return -1n
  const part = source.slice(from, to)
  const at = from > to ? -1 : fromRight ? part.lastIndexOf(wanted) : part.indexOf(wanted)
  if (at < 0) return -1n
  return BigInt(isAstral(source) ? [...source.slice(0, from + at)].length : from + at)
}

function demandFound(self: Value, at: bigint): bigint {
  if (at < 0n) throw valueError(self instanceof PyBytes ? 'subsection not found' : 'substring not found')
  return at
}

function affix(self: Value, given: Value, start: Value | undefined, end: Value | undefined, name: 'startswith' | 'endswith'): boolean {
  const source = text(self)
  const [from, to] = range(source, start, end)
  const part = source.slice(from, to)
  const kind = self instanceof PyBytes ? 'bytes' : 'str'
  const options = typeof given === 'object' && given !== null && 'items' in given ? (given as { items: readonly Value[] }).items : [given]
  return options.some((option) => {
    const wanted = argument(self, option, `${name} first arg must be ${kind} or a tuple of ${kind}, not ${typeName(given)}`)
    return name === 'startswith' ? part.startsWith(wanted) : part.endsWith(wanted)
  })
}

function* join(m: Machine, self: Value, iterable: Value): Steps<Value> {
  const parts: string[] = []
  for (const [i, item] of (yield* m.toArray(iterable)).entries()) {
    const plain = payload(item)
    if (self instanceof PyBytes) {
      if (!(plain instanceof PyBytes)) throw typeError(`sequence item ${i}: expected a bytes-like object, ${typeName(item)} found`)
      parts.push(plain.data.toString('latin1'))
    } else if (typeof plain === 'string') parts.push(plain)
    else throw typeError(`sequence item ${i}: expected str instance, ${typeName(item)} found`)
  }
  const glue = text(self)
  m.allocate(parts.reduce((sum, part) => sum + part.length + glue.length, 0))
  return like(m, self, parts.join(glue))
}

function replace(m: Machine, self: Value, old: Value, by: Value, count: Value | undefined): Value {
  const source = text(self)
  const [from, to] = [
    argument(self, old, `replace() argument 1 must be str, not ${typeName(old)}`),
    argument(self, by, `replace() argument 2 must be str, not ${typeName(by)}`),
  ]
  const most = count === undefined ? -1 : Number(index(count))
  const parts = from === '' ? ['', ...source, ''] : source.split(from)
  const limited = most >= 0 && parts.length > most + 1 ? [...parts.slice(0, most), parts.slice(most).join(from)] : parts
  m.allocate(source.length + limited.length * to.length)
  return like(m, self, limited.join(to))
}

function pad(m: Machine, self: Value, width: Value, fill: Value | undefined, how: 'l' | 'r' | 'c'): Value {
  const source = text(self)
  const filler = fill === undefined ? ' ' : argument(self, fill)
  if (lengthOf(filler) !== 1) throw typeError('The fill character must be exactly one character long')
  const missing = Number(index(width)) - lengthOf(source)
  if (missing <= 0) return like(m, self, source)
  m.allocate(missing)
  if (how === 'l') return like(m, self, source + filler.repeat(missing))
  if (how === 'r') return like(m, self, filler.repeat(missing) + source)
  const left = (missing >> 1) + (missing & Number(index(width)) & 1)
  return like(m, self, filler.repeat(left) + source + filler.repeat(missing - left))
}

function zfill(m: Machine, self: Value, width: Value): Value {
  const source = text(self)
  const missing = Number(index(width)) - source.length
  if (missing <= 0) return like(m, self, source)
  m.allocate(missing)
  const sign = /^[-+]/.test(source) ? (source[0] as string) : ''
  return like(m, self, sign + '0'.repeat(missing) + source.slice(sign.length))
}

function splitLines(self: Value, keep: boolean): Value {
  const source = text(self)
  const ends = self instanceof PyBytes ? /\r\n|\n|\r/g : /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/g
  const lines: string[] = []
  let from = 0
  for (const found of source.matchAll(ends)) {
    lines.push(source.slice(from, keep ? found.index + found[0].length : found.index))
    from = found.index + found[0].length
  }
  if (from < source.length) lines.push(source.slice(from))
  return list(self instanceof PyBytes ? lines.map((line) => bytes(line)) : lines)
}

function partition(m: Machine, self: Value, sep: Value, fromRight: boolean): Value {
  const source = text(self)
  const mark = argument(self, sep)
  if (mark === '') throw valueError('empty separator')
  const at = fromRight ? source.lastIndexOf(mark) : source.indexOf(mark)
  const parts = at < 0 ? (fromRight ? ['', '', source] : [source, '', '']) : [source.slice(0, at), mark, source.slice(at + mark.length)]
  return tuple(...parts.map((part) => like(m, self, part)))
}

function capital(source: string): string {
  const [first = '', ...rest] = source
  return (first === 'ß' ? 'Ss' : first.toUpperCase()) + rest.join('').toLowerCase()
}

function title(source: string): string {
  return source.replace(/[\p{L}]+/gu, (word) => capital(word))
}

const isCased = (source: string): boolean => source.toLowerCase() !== source.toUpperCase()

/** Methods that str and bytes share. */
const SHARED: Parameters<typeof methods>[1] = {
  split: ['self, sep=, maxsplit=', (m, self: Value, sep: Value | undefined, most: Value | undefined) => split(m, self, sep, most, false)],
  rsplit: ['self, sep=, maxsplit=', (m, self: Value, sep: Value | undefined, most: Value | undefined) => split(m, self, sep, most, true)],
  strip: ['self, chars=', (m, self: Value, chars: Value | undefined) => strip(m, self, chars, true, true)],
  lstrip: ['self, chars=', (m, self: Value, chars: Value | undefined) => strip(m, self, chars, true, false)],
  rstrip: ['self, chars=', (m, self: Value, chars: Value | undefined) => strip(m, self, chars, false, true)],
  find: [
    'self, sub, start=, end=',
    (_m, self: Value, sub: Value, start: Value | undefined, end: Value | undefined) => find(self, sub, start, end, false),
  ],
  rfind: [
    'self, sub, start=, end=',
    (_m, self: Value, sub: Value, start: Value | undefined, end: Value | undefined) => find(self, sub, start, end, true),
  ],
  index: [
    'self, sub, start=, end=',
    (_m, self: Value, sub: Value, start: Value | undefined, end: Value | undefined) =>
      demandFound(self, find(self, sub, start, end, false)),
  ],
  rindex: [
    'self, sub, start=, end=',
    (_m, self: Value, sub: Value, start: Value | undefined, end: Value | undefined) => demandFound(self, find(self, sub, start, end, true)),
  ],
  count: [
    'self, sub, start=, end=',
    (_m, self: Value, sub: Value, start: Value | undefined, end: Value | undefined) => {
      const source = text(self)
      const part = source.slice(...range(source, start, end))
      const wanted = argument(self, sub)
      return BigInt(wanted === '' ? lengthOf(part) + 1 : part.split(wanted).length - 1)
    },
  ],
  startswith: [
    'self, prefix, start=, end=',
    (_m, self: Value, given: Value, start: Value | undefined, end: Value | undefined) => affix(self, given, start, end, 'startswith'),
  ],
  endswith: [
    'self, suffix, start=, end=',
    (_m, self: Value, given: Value, start: Value | undefined, end: Value | undefined) => affix(self, given, start, end, 'endswith'),
  ],
  join: ['self, iterable', join],
  replace: ['self, old, new, count=', replace],
  ljust: ['self, width, fillchar=', (m, self: Value, width: Value, fill: Value | undefined) => pad(m, self, width, fill, 'l')],
  rjust: ['self, width, fillchar=', (m, self: Value, width: Value, fill: Value | undefined) => pad(m, self, width, fill, 'r')],
  center: ['self, width, fillchar=', (m, self: Value, width: Value, fill: Value | undefined) => pad(m, self, width, fill, 'c')],
  zfill: ['self, width', zfill],
  splitlines: ['self, keepends=', (_m, self: Value, keep: Value | undefined) => splitLines(self, keep === true || keep === 1n)],
  partition: ['self, sep', (m, self: Value, sep: Value) => partition(m, self, sep, false)],
  rpartition: ['self, sep', (m, self: Value, sep: Value) => partition(m, self, sep, true)],
  upper: [
    'self',
    (m, self: Value) =>
      like(m, self, self instanceof PyBytes ? text(self).replace(/[a-z]+/g, (part) => part.toUpperCase()) : text(self).toUpperCase()),
  ],
  lower: [
    'self',
    (m, self: Value) =>
      like(m, self, self instanceof PyBytes ? text(self).replace(/[A-Z]+/g, (part) => part.toLowerCase()) : text(self).toLowerCase()),
  ],
  capitalize: ['self', (m, self: Value) => like(m, self, capital(text(self)))],
  title: ['self', (m, self: Value) => like(m, self, title(text(self)))],
  swapcase: [
    'self',
    (m, self: Value) => like(m, self, [...text(self)].map((c) => (c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase())).join('')),
  ],
  expandtabs: [
    'self, tabsize=',
    (m, self: Value, size: Value | undefined) => {
      const width = size === undefined ? 8 : Number(index(size))
      let column = 0
      let out = ''
      for (const c of text(self)) {
        if (c === '\t') {
          const blanks = width > 0 ? width - (column % width) : 0
          m.allocate(blanks)
          out += ' '.repeat(blanks)
          column += blanks
        } else {
          out += c
          column = c === '\n' || c === '\r' ? 0 : column + 1
        }
      }
      return like(m, self, out)
    },
  ],
  removeprefix: [
    'self, prefix',
    (m, self: Value, prefix: Value) =>
      like(m, self, text(self).startsWith(argument(self, prefix)) ? text(self).slice(argument(self, prefix).length) : text(self)),
  ],
  removesuffix: [
    'self, suffix',
    (m, self: Value, suffix: Value) => {
      const end = argument(self, suffix)
      return like(m, self, end !== '' && text(self).endsWith(end) ? text(self).slice(0, -end.length) : text(self))
    },
  ],
  isdigit: ['self', (_m, self: Value) => /^[\p{Nd}\u00b2\u00b3\u00b9\u2070-\u2079\u2080-\u2089]+$/u.test(text(self))],
  isalpha: ['self', (_m, self: Value) => (self instanceof PyBytes ? /^[A-Za-z]+$/ : /^\p{L}+$/u).test(text(self))],
  isalnum: ['self', (_m, self: Value) => (self instanceof PyBytes ? /^[A-Za-z0-9]+$/ : /^[\p{L}\p{N}]+$/u).test(text(self))],
  isspace: ['self', (_m, self: Value) => /^[\s\x1c-\x1f\x85]+$/u.test(text(self))],
  isupper: ['self', (_m, self: Value) => text(self) === text(self).toUpperCase() && isCased(text(self))],
  islower: ['self', (_m, self: Value) => text(self) === text(self).toLowerCase() && isCased(text(self))],
  istitle: ['self', (_m, self: Value) => isCased(text(self)) && text(self) === title(text(self))],
  isascii: ['self', (_m, self: Value) => /^[\x00-\x7f]*$/.test(text(self))],
}

methods(T.str, {
  ...SHARED,
  casefold: ['self', (_m, self: Value) => text(self).toLowerCase().replaceAll('ß', 'ss')],
  encode: [
    'self, encoding=, errors=',
    (m, self: Value, encoding: Value | undefined, errors: Value | undefined) =>
      bytes(m.encode(text(self), typeof encoding === 'string' ? encoding : 'utf-8', typeof errors === 'string' ? errors : 'strict')),
  ],
  format: [
    'self, *args, **kw',
    (m, self: Value, args: Value[], keywords: ReadonlyMap<string, Value>) => formatMethod(m, text(self), args, keywords),
  ],
  format_map: ['self, mapping', (m, self: Value, mapping: Value) => formatMethod(m, text(self), [], mapping)],
  isnumeric: ['self', (_m, self: Value) => /^\p{N}+$/u.test(text(self))],
  isdecimal: ['self', (_m, self: Value) => /^\p{Nd}+$/u.test(text(self))],
  isidentifier: ['self', (_m, self: Value) => /^[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*$/u.test(text(self))],
  isprintable: ['self', (_m, self: Value) => [...text(self)].every(isPrintable)],
  translate: [
    'self, table',
    function* (m: Machine, self: Value, table: Value): Steps<Value> {
      let out = ''
      for (const c of text(self)) {
        const code = BigInt(c.codePointAt(0) as number)
        const entry = table instanceof PyDict ? table.map.get(code)?.value : undefined
        if (entry === undefined) out += c
        else if (typeof entry === 'bigint') out += String.fromCodePoint(Number(entry))
        else if (entry !== null) out += yield* m.str(entry)
      }
      return out
    },
  ],
})
methods(T.str, { maketrans: ['x, y=, z=', (_m, x: Value, y: Value | undefined, z: Value | undefined) => makeTable(x, y, z)] })

function makeTable(x: Value, y: Value | undefined, z: Value | undefined): Value {
  const table = dict()
  const add = (key: bigint, value: Value): void => void table.map.set(key, { key, value })
  if (x instanceof PyDict) {
    for (const { key, value } of x.map.values())
      add(typeof key === 'string' ? BigInt(key.codePointAt(0) as number) : (key as bigint), value)
    return table
  }
  const [from, to] = [[...text(x)], [...text(y ?? '')]]
  if (from.length !== to.length) throw valueError('the first two maketrans arguments must have equal length')
  for (const [i, c] of from.entries()) add(BigInt(c.codePointAt(0) as number), BigInt((to[i] as string).codePointAt(0) as number))
  if (z !== undefined) for (const c of text(z)) add(BigInt(c.codePointAt(0) as number), null)
  return table
}

for (const cls of [T.bytes, T.bytearray]) {
  methods(cls, {
    ...SHARED,
    decode: [
      'self, encoding=, errors=',
      (m, self: PyBytes, encoding: Value | undefined, errors: Value | undefined) => {
        const how = typeof errors === 'string' ? errors : 'strict'
        if (typeof encoding === 'string' && /^(?:unicode.escape|string.escape)$/.test(encoding))
          return decodeEscapes(self.data.toString('latin1'), (message) => raise('UnicodeDecodeError', message), true)
        m.allocate(self.data.length)
        return m.decode(self.data, typeof encoding === 'string' ? encoding : 'utf-8', how)
      },
    ],
    hex: [
      'self, sep=, bytes_per_sep=',
      (m, self: PyBytes, sep: Value | undefined) => {
        m.allocate(self.data.length * 2)
        const digits = self.data.toString('hex')
        return sep === undefined ? digits : (digits.match(/../g) ?? []).join(text(sep))
      },
    ],
    tobytes: ['self', (_m, self: PyBytes) => bytes(self.data)],
    translate: [
      'self, table, delete=',
      (_m, self: PyBytes, table: Value, gone: Value | undefined) => {
        const removed = gone instanceof PyBytes ? new Set(gone.data) : new Set<number>()
        return new PyBytes(
          Buffer.from(
            [...self.data]
              .filter((byte) => !removed.has(byte))
              .map((byte) => (table instanceof PyBytes ? (table.data[byte] as number) : byte)),
          ),
          self.cls,
        )
      },
    ],
  })
}

methods(T.bytearray, {
  append: ['self, item', (_m, self: PyBytes, item: Value) => extend(self, Buffer.of(Number(index(item))))],
  extend: [
    'self, iterable',
    function* (m: Machine, self: PyBytes, more: Value): Steps<Value> {
      return extend(self, more instanceof PyBytes ? more.data : Buffer.from((yield* m.toArray(more)).map((item) => Number(index(item)))))
    },
  ],
  clear: [
    'self',
    (_m, self: PyBytes) => {
      self.data = Buffer.alloc(0)
      return null
    },
  ],
  reverse: [
    'self',
    (_m, self: PyBytes) => {
      self.data.reverse()
      return null
    },
  ],
  pop: [
    'self, index=',
    (_m, self: PyBytes, at: Value | undefined) => {
      const place = at === undefined ? self.data.length - 1 : Number(index(at))
      const byte = self.data[place]
      if (byte === undefined) throw raise('IndexError', 'pop index out of range')
      self.data = Buffer.concat([self.data.subarray(0, place), self.data.subarray(place + 1)])
      return BigInt(byte)
    },
  ],
})

function extend(self: PyBytes, more: Uint8Array): Value {
  self.data = Buffer.concat([self.data, more])
  return null
}
