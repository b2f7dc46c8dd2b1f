import { sorted } from '../builtins/functions.ts'
import { compareText } from '../compare.ts'
import { PyFile } from '../file.ts'
import type { Machine } from '../machine.ts'
import { floatRepr } from '../numbers.ts'
import { asInteger } from '../operators.ts'
import { integerText } from '../show.ts'
import { define, functions } from '../signature.ts'
import { dict, exceptionClass, list, raise, T, tuple, typeError, typeName, valueError } from '../types.ts'
import { PyBytes, PyClass, PyDict, PyInstance, PyList, PyTuple, type Steps, type Value } from '../value.ts'

const JSONDecodeError = new PyClass('JSONDecodeError', [exceptionClass('ValueError')], new Map(), true, T.type)
JSONDecodeError.module = 'json.decoder'
const MOST_DEPTH = 900

function decodeError(message: string, text: string, at: number): Error {
  const line = text.slice(0, at).split('\n').length
  const column = at - text.lastIndexOf('\n', at - 1)
  const raised = raise(JSONDecodeError, `${message}: line ${line} column ${column} (char ${at})`)
  for (const [name, value] of Object.entries({ msg: message, doc: text, pos: BigInt(at), lineno: BigInt(line), colno: BigInt(column) }))
    raised.exception.attributes.set(name, value)
  return raised
}

const BLANK = /[ \t\n\r]*/y
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/y
const PLAIN = /[^"\\\x00-\x1f]*/y

/** Reads JSON with the words of CPython's decoder. @throws Raised JSONDecodeError */
class Reader {
  readonly #m: Machine
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(m: Machine, text: string) {
    this.#m = m
    this.#text = text
  }

  whole(): Value {
    this.#blank()
    const value = this.#value()
    this.#blank()
    if (this.#at < this.#text.length) throw decodeError('Extra data', this.#text, this.#at)
    return value
  }

  #blank(): void {
    BLANK.lastIndex = this.#at
    BLANK.exec(this.#text)
    this.#at = BLANK.lastIndex
  }

  #value(): Value {
    const c = this.#text[this.#at]
    if (++this.#depth > MOST_DEPTH)
      throw raise('RecursionError', 'maximum recursion depth exceeded while decoding a JSON array from a unicode string')
    try {
      if (c === '{') return this.#object()
      if (c === '[') return this.#array()
      if (c === '"') return this.#string()
      return this.#scalar()
    } finally {
      this.#depth--
    }
  }

  #scalar(): Value {
    for (const [word, value] of [
      ['null', null],
      ['true', true],
      ['false', false],
      ['NaN', Number.NaN],
      ['Infinity', Infinity],
      ['-Infinity', -Infinity],
    ] as const)
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length
        return value
      }
    NUMBER.lastIndex = this.#at
    const found = NUMBER.exec(this.#text)
    if (!found) throw decodeError('Expecting value', this.#text, this.#at)
    this.#at = NUMBER.lastIndex
    return found[1] === undefined && found[2] === undefined ? BigInt(found[0]) : Number(found[0])
  }

  #object(): Value {
    const made = dict()
    this.#at++
    this.#blank()
    if (this.#text[this.#at] === '}') {
      this.#at++
      return made
    }
    for (;;) {
      if (this.#text[this.#at] !== '"') throw decodeError('Expecting property name enclosed in double quotes', this.#text, this.#at)
      const key = this.#string()
      this.#blank()
      if (this.#text[this.#at] !== ':') throw decodeError("Expecting ':' delimiter", this.#text, this.#at)
      this.#at++
      this.#blank()
      const value = this.#value()
      made.map.set(key.charCodeAt(0) === 0 ? `\0s${key}` : key, { key, value })
      this.#m.allocate(96)
      this.#blank()
      const c = this.#text[this.#at++]
      if (c === '}') return made
      if (c !== ',') throw decodeError("Expecting ',' delimiter", this.#text, this.#at - 1)
      this.#blank()
      if (this.#text[this.#at] !== '"') throw decodeError('Expecting property name enclosed in double quotes', this.#text, this.#at)
    }
  }

  #array(): Value {
    const items: Value[] = []
    this.#at++
    this.#blank()
    if (this.#text[this.#at] === ']') {
      this.#at++
      return list(items)
    }
    for (;;) {
      items.push(this.#value())
      this.#m.allocate(32)
      this.#blank()
      const c = this.#text[this.#at++]
      if (c === ']') return list(items)
      if (c !== ',') throw decodeError("Expecting ',' delimiter", this.#text, this.#at - 1)
      this.#blank()
    }
  }

  #string(): string {
    const start = this.#at++
    let text = ''
    for (;;) {
      PLAIN.lastIndex = this.#at
      text += PLAIN.exec(this.#text)?.[0] ?? ''
      this.#at = PLAIN.lastIndex
      const c = this.#text[this.#at]
      if (c === undefined) throw decodeError('Unterminated string starting at', this.#text, start)
      if (c === '"') {
        this.#at++
        return text
      }
      if (c !== '\\') throw decodeError('Invalid control character at', this.#text, this.#at)
      const next = this.#text[this.#at + 1] ?? ''
      const simple = ({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' } as Record<string, string>)[next]
      if (simple !== undefined) {
        text += simple
        this.#at += 2
        continue
      }
      if (next === '') throw decodeError('Unterminated string starting at', this.#text, start)
      if (next !== 'u') throw decodeError('Invalid \\escape', this.#text, this.#at)
      const digits = this.#text.slice(this.#at + 2, this.#at + 6)
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw decodeError('Invalid \\uXXXX escape', this.#text, this.#at + 1)
      text += String.fromCharCode(Number.parseInt(digits, 16))
      this.#at += 6
    }
  }
}

interface Layout {
  indent: string | undefined
  item: string
  key: string
  ascii: boolean
  sort: boolean
  skip: boolean
  fallback: Value | undefined
  finite: boolean
}

function quoted(text: string, ascii: boolean): string {
  const escaped = text.replace(
    /["\\\x00-\x1f]/g,
    (c) =>
      ({ '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\b': '\\b', '\f': '\\f' })[c] ??
      `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `"${ascii ? escaped.replace(/[^\x00-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`) : escaped}"`
}

function number(value: number, finite: boolean): string {
  if (Number.isFinite(value)) return floatRepr(value)
  if (finite) throw valueError('Out of range float values are not JSON compliant')
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
}

function* encode(m: Machine, value: Value, layout: Layout, depth: number): Steps<string> {
  const pause = m.spend()
  if (pause) yield pause
  if (depth > MOST_DEPTH) throw raise('RecursionError', 'maximum recursion depth exceeded while encoding a JSON object')
  const plain = value instanceof PyInstance && value.payload !== undefined ? value.payload : value
  if (plain === null) return 'null'
  if (typeof plain === 'boolean') return plain ? 'true' : 'false'
  if (typeof plain === 'string') return quoted(plain, layout.ascii)
  if (typeof plain === 'bigint') return integerText(plain)
  if (typeof plain === 'number') return number(plain, layout.finite)
  const inner = layout.indent === undefined ? '' : `\n${layout.indent.repeat(depth + 1)}`
  const outer = layout.indent === undefined ? '' : `\n${layout.indent.repeat(depth)}`
  if (plain instanceof PyList || plain instanceof PyTuple) {
    if (m.showing.has(plain)) throw valueError('Circular reference detected')
    if (plain.items.length === 0) return '[]'
    m.showing.add(plain)
    try {
      const parts: string[] = []
      for (const item of plain.items) parts.push(yield* encode(m, item, layout, depth + 1))
      return m.allocated(`[${inner}${parts.join(layout.item + inner)}${outer}]`)
    } finally {
      m.showing.delete(plain)
    }
  }
  if (plain instanceof PyDict) {
    if (m.showing.has(plain)) throw valueError('Circular reference detected')
    if (plain.map.size === 0) return '{}'
    m.showing.add(plain)
    try {
      const parts: string[] = []
      let entries = [...plain.map.values()]
      if (layout.sort) {
        const texts = entries.every(({ key }) => typeof key === 'string')
        if (texts) entries.sort((a, b) => compareText(a.key as string, b.key as string))
        else {
          const ordered = yield* sorted(
            m,
            entries.map(({ key, value: content }) => tuple(key, content)),
            null,
            false,
          )
          entries = ordered.map((pair) => ({ key: (pair as PyTuple).items[0] as Value, value: (pair as PyTuple).items[1] as Value }))
        }
      }
      for (const { key, value: content } of entries) {
        const name =
          typeof key === 'string'
            ? key
            : key === null
              ? 'null'
              : typeof key === 'boolean'
                ? String(key)
                : typeof key === 'bigint'
                  ? key.toString()
                  : typeof key === 'number'
                    ? number(key, false)
                    : undefined
        if (name === undefined) {
          if (layout.skip) continue
          throw typeError(`keys must be str, int, float, bool or None, not ${typeName(key)}`)
        }
        parts.push(`${quoted(name, layout.ascii)}${layout.key}${yield* encode(m, content, layout, depth + 1)}`)
      }
      return m.allocated(`{${inner}${parts.join(layout.item + inner)}${outer}}`)
    } finally {
      m.showing.delete(plain)
    }
  }
  if (layout.fallback !== undefined && layout.fallback !== null)
    return yield* encode(m, yield* m.call(layout.fallback, [value]), layout, depth)
  throw typeError(`Object of type ${typeName(value)} is not JSON serializable`)
}

function layoutOf(keywords: ReadonlyMap<string, Value>, m: Machine): Layout {
  const indent = keywords.get('indent')
  const separators = keywords.get('separators')
  const indentText =
    typeof indent === 'string'
      ? indent
      : indent === undefined || indent === null
        ? undefined
        : ' '.repeat(Math.min(64, Number(asInteger(indent) ?? 0n)))
  const [item, key] =
    separators instanceof PyTuple || separators instanceof PyList
      ? separators.items.map(String)
      : [indentText === undefined ? ', ' : ',', ': ']
  const cls = keywords.get('cls')
  const fallback = keywords.get('default') ?? (cls instanceof PyClass ? encoderMethod(m, cls) : undefined)
  return {
    indent: indentText,
    item: item ?? ', ',
    key: key ?? ': ',
    ascii: keywords.get('ensure_ascii') !== false,
    sort: keywords.get('sort_keys') === true,
    skip: keywords.get('skipkeys') === true,
    fallback,
    finite: keywords.get('allow_nan') === false,
  }
}

/** default() of a program's own JSONEncoder. */
function encoderMethod(_m: Machine, cls: PyClass): Value | undefined {
  const own = cls.find('default')
  return own === undefined ? undefined : define('default', 'o', (m, value: Value) => m.call(own, [new PyInstance(cls), value]))
}

function* load(m: Machine, given: Value, keywords: ReadonlyMap<string, Value>): Steps<Value> {
  const text = typeof given === 'string' ? given : given instanceof PyBytes ? m.decode(given.data, 'utf-8', 'strict') : undefined
  if (text === undefined) throw typeError(`the JSON object must be str, bytes or bytearray, not ${typeName(given)}`)
  if (text.startsWith('\ufeff')) throw decodeError('Unexpected UTF-8 BOM (decode using utf-8-sig)', text, 0)
  const pause = m.spend(1 + (text.length >> 5))
  if (pause) yield pause
  const value = new Reader(m, text).whole()
  const hook = keywords.get('object_hook') ?? keywords.get('object_pairs_hook')
  return hook === undefined || hook === null ? value : yield* hooked(m, value, hook, keywords.has('object_pairs_hook'))
}

function* hooked(m: Machine, value: Value, hook: Value, pairs: boolean): Steps<Value> {
  if (value instanceof PyList) {
    for (const [i, item] of value.items.entries()) value.items[i] = yield* hooked(m, item, hook, pairs)
    return value
  }
  if (!(value instanceof PyDict)) return value
  for (const entry of value.map.values()) entry.value = yield* hooked(m, entry.value, hook, pairs)
  return yield* m.call(hook, [pairs ? list([...value.map.values()].map(({ key, value: content }) => tuple(key, content))) : value])
}

export function* jsonModule(m: Machine): Iterable<readonly [string, Value]> {
  yield ['JSONDecodeError', JSONDecodeError]
  const encoder = new PyClass('JSONEncoder', [T.object], new Map(), false, T.type)
  encoder.module = 'json.encoder'
  encoder.dict.set(
    'default',
    define(
      'default',
      'self, o',
      (_m, _self: Value, value: Value) => {
        throw typeError(`Object of type ${typeName(value)} is not JSON serializable`)
      },
      true,
    ),
  )
  encoder.dict.set(
    'encode',
    define(
      'encode',
      'self, o',
      (machine, self: PyInstance, value: Value) => encode(machine, value, layoutOf(new Map([['cls', self.cls]]), machine), 0),
      true,
    ),
  )
  yield ['JSONEncoder', encoder]
  void m
  yield* functions(
    {
      dumps: [
        'obj, **kw',
        (machine, value: Value, keywords: ReadonlyMap<string, Value>) => encode(machine, value, layoutOf(keywords, machine), 0),
      ],
      dump: [
        'obj, fp, **kw',
        function* (machine: Machine, value: Value, file: Value, keywords: ReadonlyMap<string, Value>): Steps<Value> {
          const text = yield* encode(machine, value, layoutOf(keywords, machine), 0)
          yield* machine.call(yield* machine.getattr(file, 'write'), [text])
          return null
        },
      ],
      loads: ['s, **kw', load],
      load: [
        'fp, **kw',
        function* (machine: Machine, file: Value, keywords: ReadonlyMap<string, Value>): Steps<Value> {
          const text =
            file instanceof PyFile ? ((yield file.readText()) as Value) : yield* machine.call(yield* machine.getattr(file, 'read'), [])
          return yield* load(machine, text, keywords)
        },
      ],
    },
    'py:json',
  )
}
