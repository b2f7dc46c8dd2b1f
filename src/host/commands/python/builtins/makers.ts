import { makeClass } from '../classes.ts'
import type { Frame } from '../frame.ts'
import type { Machine } from '../machine.ts'
import { parseFloatText, parseInteger } from '../numbers.ts'
import { asFloat, asInteger } from '../operators.ts'
import { classForErrno } from '../os-error.ts'
import { define } from '../signature.ts'
import {
  classOf,
  EXCEPTIONS,
  exceptionClass,
  iterator,
  iteratorOf,
  keyOf,
  raise,
  T,
  tuple,
  typeError,
  typeName,
  valueError,
} from '../types.ts'
import {
  type Keywords,
  PyBytes,
  PyClass,
  PyDict,
  PyException,
  PyGenerator,
  PyInstance,
  PyIterator,
  PyList,
  PyObject,
  PyProperty,
  PyRange,
  PySet,
  PySlice,
  PySuper,
  PyTuple,
  PyWrapper,
  type Steps,
  type Value,
} from '../value.ts'
import { index } from './functions.ts'

type Maker = NonNullable<PyClass['make']>

/** An instance of a class that derives from int, float or str. */
function wrapped(cls: PyClass, base: PyClass, value: Value): Value {
  if (cls === base) return value
  const made = new PyInstance(cls)
  made.payload = value
  return made
}

/** Arguments by a signature, for makers. */
function maker(
  name: string,
  signature: string,
  run: (m: Machine, cls: PyClass, ...args: never[]) => Value | Steps<Value> | Promise<Value>,
): Maker {
  return (m, cls, args, keywords) => define(name, signature, (machine, ...values) => run(machine, cls, ...values)).native(m, args, keywords)
}

function* toInteger(m: Machine, cls: PyClass, value: Value | undefined, base: Value | undefined): Steps<Value> {
  return wrapped(cls, T.int, yield* integerOf(m, value, base))
}

function* integerOf(m: Machine, value: Value | undefined, base: Value | undefined): Steps<Value> {
  if (value === undefined) return 0n
  const text =
    typeof value === 'string'
      ? value
      : value instanceof PyBytes
        ? value.data.toString('latin1')
        : value instanceof PyInstance && typeof value.payload === 'string'
          ? value.payload
          : undefined
  if (text !== undefined) {
    const radix = base === undefined ? 10 : Number(index(base))
    if (radix !== 0 && (radix < 2 || radix > 36)) throw valueError('int() base must be >= 2 and <= 36, or 0')
    if (radix === 10 && text.length > 4300 && /^\s*[-+]?\d+\s*$/.test(text))
      throw valueError(
        `Exceeds the limit (4300 digits) for integer string conversion: value has ${text.trim().replace(/^[-+]/, '').length} digits; use sys.set_int_max_str_digits() to increase the limit`,
      )
    const whole = parseInteger(text, radix)
    if (whole === undefined) throw valueError(`invalid literal for int() with base ${radix}: ${yield* m.repr(value)}`)
    return whole
  }
  if (base !== undefined) throw typeError("int() can't convert non-string with explicit base")
  const whole = asInteger(value)
  if (whole !== undefined) return whole
  if (typeof value === 'number') {
    if (Number.isNaN(value)) throw valueError('cannot convert float NaN to integer')
    if (!Number.isFinite(value)) throw raise('OverflowError', 'cannot convert float infinity to integer')
    return BigInt(Math.trunc(value))
  }
  for (const name of ['__int__', '__index__', '__trunc__']) {
    const own = classOf(value).find(name)
    if (own !== undefined) return yield* m.call(own, [value])
  }
  throw typeError(`int() argument must be a string, a bytes-like object or a real number, not '${typeName(value)}'`)
}

function* toFloat(m: Machine, cls: PyClass, value: Value | undefined): Steps<Value> {
  return wrapped(cls, T.float, yield* floatOf(m, value))
}

function* floatOf(m: Machine, value: Value | undefined): Steps<number> {
  if (value === undefined) return 0
  if (typeof value === 'string' || value instanceof PyBytes) {
    const number = parseFloatText(typeof value === 'string' ? value : value.data.toString('latin1'))
    if (number === undefined) throw valueError(`could not convert string to float: ${yield* m.repr(value)}`)
    return number
  }
  const number = asFloat(value)
  if (number !== undefined) {
    if (!Number.isFinite(number) && typeof value === 'bigint') throw raise('OverflowError', 'int too large to convert to float')
    return number
  }
  const own = classOf(value).find('__float__')
  if (own === undefined) throw typeError(`float() argument must be a string or a real number, not '${typeName(value)}'`)
  return (yield* m.call(own, [value])) as number
}

function* toText(m: Machine, cls: PyClass, value: Value | undefined, encoding: Value | undefined, errors: Value | undefined): Steps<Value> {
  if (value === undefined) return wrapped(cls, T.str, '')
  if (encoding === undefined && errors === undefined) return wrapped(cls, T.str, yield* m.str(value))
  if (!(value instanceof PyBytes)) throw typeError(`decoding to str: need a bytes-like object, ${typeName(value)} found`)
  return wrapped(
    cls,
    T.str,
    m.decode(value.data, typeof encoding === 'string' ? encoding : 'utf-8', typeof errors === 'string' ? errors : 'strict'),
  )
}

function* toBytes(
  m: Machine,
  cls: PyClass,
  value: Value | undefined,
  encoding: Value | undefined,
  errors: Value | undefined,
): Steps<Value> {
  const isArray = cls.isSubclassOf(T.bytearray)
  if (value === undefined) return new PyBytes(Buffer.alloc(0), cls)
  if (typeof value === 'string') {
    if (typeof encoding !== 'string') throw typeError('string argument without an encoding')
    return new PyBytes(m.encode(value, encoding, typeof errors === 'string' ? errors : 'strict'), cls)
  }
  const size = asInteger(value)
  if (size !== undefined) {
    if (size < 0n) throw valueError('negative count')
    m.allocate(Number(size))
    return new PyBytes(Buffer.alloc(Number(size)), cls)
  }
  if (value instanceof PyBytes) {
    m.allocate(value.data.length)
    return new PyBytes(Buffer.from(value.data), cls)
  }
  const own = classOf(value).find('__bytes__')
  if (own !== undefined) return yield* m.call(own, [value])
  if (!m.isIterable(value)) throw typeError(`cannot convert '${typeName(value)}' object to ${isArray ? 'bytearray' : 'bytes'}`)
  const items = yield* m.toArray(value)
  return new PyBytes(
    Buffer.from(
      items.map((item) => {
        const byte = index(item)
        if (byte < 0n || byte > 255n) throw valueError(isArray ? 'byte must be in range(0, 256)' : 'bytes must be in range(0, 256)')
        return Number(byte)
      }),
    ),
    cls,
  )
}

function* toDict(m: Machine, cls: PyClass, args: readonly Value[], keywords: Keywords): Steps<Value> {
  const made = new PyDict(cls)
  yield* fill(m, made, args, keywords)
  return made
}

/** What dict(...) and dict.update(...) take. */
export function* fill(m: Machine, made: PyDict, args: readonly Value[], keywords: Keywords): Steps<void> {
  if (args.length > 1) throw typeError(`dict expected at most 1 argument, got ${args.length}`)
  const [source] = args
  if (source instanceof PyDict) for (const [key, entry] of source.map) made.map.set(key, { ...entry })
  else if (source !== undefined) {
    const keys = typeof source === 'object' && source !== null ? classOf(source).find('keys') : undefined
    if (keys !== undefined) {
      for (const key of yield* m.toArray(yield* m.call(keys, [source])))
        made.map.set(keyOf(key), { key, value: yield* m.getitem(source, key) })
    } else yield* fillPairs(m, made, source)
  }
  for (const [key, value] of keywords) made.map.set(keyOf(key), { key, value })
  m.allocate(made.map.size * 32)
}

function* fillPairs(m: Machine, made: PyDict, source: Value): Steps<void> {
  let at = 0
  for (const pair of yield* m.toArray(source)) {
    if (!m.isIterable(pair)) throw typeError(`cannot convert dictionary update sequence element #${at} to a sequence`)
    const items = yield* m.toArray(pair)
    if (items.length !== 2) throw valueError(`dictionary update sequence element #${at} has length ${items.length}; 2 is required`)
    const [key, value] = items as [Value, Value]
    made.map.set(keyOf(key), { key, value })
    at++
  }
}

function makeRange(_m: Machine, _cls: PyClass, first: Value, second: Value | undefined, step: Value | undefined): Value {
  const by = step === undefined ? 1n : index(step)
  if (by === 0n) throw valueError('range() arg 3 must not be zero')
  return second === undefined ? new PyRange(0n, index(first), 1n, T.range) : new PyRange(index(first), index(second), by, T.range)
}

function* makeType(m: Machine, _cls: PyClass, value: Value, bases: Value | undefined, dict: Value | undefined): Steps<Value> {
  if (bases === undefined) return value instanceof PyClass ? T.type : classOf(value)
  if (typeof value !== 'string' || !(bases instanceof PyTuple) || !(dict instanceof PyDict))
    throw typeError('type() takes 1 or 3 arguments')
  const entries = new Map([...dict.map.values()].map(({ key, value: content }) => [String(key), content]))
  return yield* makeClass(
    m,
    value,
    bases.items.filter((base): base is PyClass => base instanceof PyClass),
    entries,
  )
}

function makeSuper(m: Machine, _cls: PyClass, type: Value | undefined, self: Value | undefined): Value {
  if (type instanceof PyClass && self !== undefined) return new PySuper(type, self, self instanceof PyClass ? self : classOf(self), T.super)
  for (let frame: Frame | undefined = m.frame; frame; frame = frame.outer) {
    if (!(frame.definedIn instanceof PyClass)) continue
    if (frame.self === undefined) break
    return new PySuper(frame.definedIn, frame.self, frame.self instanceof PyClass ? frame.self : classOf(frame.self), T.super)
  }
  throw raise('RuntimeError', 'super(): no arguments')
}

function* makeZip(m: Machine, _cls: PyClass, strict: Value | undefined, sources: Value[]): Steps<Value> {
  const iterators: (PyIterator | PyGenerator)[] = []
  for (const [i, source] of sources.entries()) {
    if (!m.isIterable(source)) throw typeError(`'${typeName(source)}' object is not iterable`)
    void i
    iterators.push(yield* m.iterate(source))
  }
  return iterator(function* (): Steps<Value | undefined> {
    const values: Value[] = []
    for (const [i, inner] of iterators.entries()) {
      const value = yield* m.next(inner)
      if (value === undefined) {
        if (strict === true && i > 0) throw valueError(`zip() argument ${i + 1} is shorter than argument${i > 1 ? `s 1-${i}` : ' 1'}`)
        return undefined
      }
      values.push(value)
    }
    return values.length === 0 ? undefined : tuple(...values)
  }, T.zip)
}

function* makeMap(m: Machine, _cls: PyClass, fn: Value, sources: Value[]): Steps<Value> {
  if (sources.length === 0) throw typeError('map() must have at least two arguments.')
  const iterators: (PyIterator | PyGenerator)[] = []
  for (const source of sources) iterators.push(yield* m.iterate(source))
  return iterator(function* (): Steps<Value | undefined> {
    const values: Value[] = []
    for (const inner of iterators) {
      const value = yield* m.next(inner)
      if (value === undefined) return undefined
      values.push(value)
    }
    return yield* m.call(fn, values)
  }, T.map)
}

function* makeFilter(m: Machine, _cls: PyClass, fn: Value, source: Value): Steps<Value> {
  const inner = yield* m.iterate(source)
  return iterator(function* (): Steps<Value | undefined> {
    for (;;) {
      const pause = m.spend()
      if (pause) yield pause
      const value = yield* m.next(inner)
      if (value === undefined || (yield* m.truth(fn === null ? value : yield* m.call(fn, [value])))) return value
    }
  }, T.filter)
}

function* makeEnumerate(m: Machine, _cls: PyClass, source: Value, start: Value | undefined): Steps<Value> {
  const inner = yield* m.iterate(source)
  let at = start === undefined ? 0n : index(start)
  return iterator(function* (): Steps<Value | undefined> {
    const value = yield* m.next(inner)
    return value === undefined ? undefined : tuple(at++, value)
  }, T.enumerate)
}

function* makeReversed(m: Machine, _cls: PyClass, source: Value): Steps<Value> {
  const own = source instanceof PyObject ? classOf(source).find('__reversed__') : undefined
  if (own !== undefined) return yield* m.call(own, [source])
  if (source instanceof PyRange) return iteratorOf([...(yield* m.toArray(source))].reverse(), T.rangeIterator)
  if (source instanceof PyIterator || source instanceof PyGenerator || source instanceof PySet || !m.isIterable(source))
    throw typeError(`'${typeName(source)}' object is not reversible`)
  return iteratorOf((yield* m.toArray(source)).reverse(), T.reversed)
}

function makeException(m: Machine, cls: PyClass, args: Value[], keywords: Keywords): Value {
  let actual = cls
  if (cls === exceptionClass('OSError') && args.length >= 2 && typeof args[0] === 'bigint') actual = exceptionClass(classForErrno(args[0]))
  const isOs = actual.isSubclassOf(exceptionClass('OSError'))
  const made = new PyException(actual, isOs && args.length > 2 ? args.slice(0, 2) : args)
  if (isOs && args.length > 2) made.attributes.set('filename', args[2] as Value)
  if (keywords.size > 0) {
    if (cls.isBuiltin && !cls.isSubclassOf(exceptionClass('ImportError')) && !['NameError', 'AttributeError'].includes(cls.name))
      throw typeError(`${cls.name}() takes no keyword arguments`)
    for (const [name, value] of keywords) made.attributes.set(name, value)
  }
  if (cls.isSubclassOf(exceptionClass('ImportError'))) {
    for (const name of ['name', 'path']) if (!made.attributes.has(name)) made.attributes.set(name, null)
  }
  void m
  return made
}

function* truthOf(m: Machine, _cls: PyClass, value: Value | undefined): Steps<Value> {
  return value === undefined ? false : yield* m.truth(value)
}

function noInstances(m: Machine, cls: PyClass): Value {
  void m
  throw typeError(`cannot create '${cls.name}' instances`)
}

const MAKERS: [PyClass, Maker][] = [
  [T.int, maker('int', 'x=, base=', toInteger)],
  [T.bool, maker('bool', 'x=', truthOf)],
  [T.float, maker('float', 'x=', toFloat)],
  [T.str, maker('str', 'object=, encoding=, errors=', toText)],
  [T.bytes, maker('bytes', 'source=, encoding=, errors=', toBytes)],
  [T.bytearray, maker('bytearray', 'source=, encoding=, errors=', toBytes)],
  [T.memoryview, maker('memoryview', 'object', (_m, _cls, value: Value) => value)],
  [
    T.list,
    maker('list', 'iterable=', function* (m: Machine, cls: PyClass, source: Value | undefined): Steps<Value> {
      return new PyList(source === undefined ? [] : yield* m.toArray(source), cls)
    }),
  ],
  [
    T.tuple,
    maker('tuple', 'iterable=', function* (m: Machine, cls: PyClass, source: Value | undefined): Steps<Value> {
      if (source instanceof PyTuple && cls === T.tuple) return source
      return new PyTuple(source === undefined ? [] : yield* m.toArray(source), cls)
    }),
  ],
  ...[T.set, T.frozenset].map((base): [PyClass, Maker] => [
    base,
    maker(base.name, 'iterable=', function* (m: Machine, cls: PyClass, source: Value | undefined): Steps<Value> {
      const made = new PySet(cls)
      if (source !== undefined)
        for (const item of yield* m.toArray(source)) {
          const key = keyOf(item)
          if (!made.map.has(key)) made.map.set(key, item)
        }
      m.allocate(made.map.size * 32)
      return made
    }),
  ]),
  [T.dict, toDict],
  [T.range, maker('range', 'start, stop=, step=', makeRange)],
  [
    T.slice,
    maker('slice', 'start, stop=, step=', (_m, _cls, a: Value, b: Value | undefined, c: Value | undefined) =>
      b === undefined ? new PySlice(null, a, null, T.slice) : new PySlice(a, b, c ?? null, T.slice),
    ),
  ],
  [T.type, maker('type', 'object, bases=, dict=', makeType)],
  [T.super, maker('super', 'type=, object=', makeSuper)],
  [
    T.property,
    maker(
      'property',
      'fget=, fset=, fdel=, doc=',
      (_m, cls, get: Value | undefined, set: Value | undefined, remove: Value | undefined) =>
        new PyProperty(get ?? null, set ?? null, remove ?? null, cls),
    ),
  ],
  [T.staticmethod, maker('staticmethod', 'function', (_m, cls, fn: Value) => new PyWrapper(fn, cls))],
  [T.classmethod, maker('classmethod', 'function', (_m, cls, fn: Value) => new PyWrapper(fn, cls))],
  [T.zip, maker('zip', '*args, strict=', makeZip)],
  [T.map, maker('map', 'function, *args', makeMap)],
  [T.filter, maker('filter', 'function, iterable', makeFilter)],
  [T.enumerate, maker('enumerate', 'iterable, start=', makeEnumerate)],
  [T.reversed, maker('reversed', 'sequence', makeReversed)],
  [exceptionClass('BaseException'), makeException],
  ...[T.none, T.function, T.builtin, T.generator, T.method, T.code, T.ellipsis].map((cls): [PyClass, Maker] => [cls, noInstances]),
]
for (const [cls, make] of MAKERS) cls.make = make

/** The builtin classes that a program sees by name. */
export const BUILTIN_CLASSES: [string, PyClass][] = [
  ...[
    ...[
      T.object,
      T.type,
      T.int,
      T.bool,
      T.float,
      T.complex,
      T.str,
      T.bytes,
      T.bytearray,
      T.memoryview,
      T.list,
      T.tuple,
      T.dict,
      T.set,
      T.frozenset,
    ],
    ...[T.range, T.slice, T.property, T.staticmethod, T.classmethod, T.super, T.zip, T.map, T.filter, T.enumerate, T.reversed],
    ...EXCEPTIONS.values(),
  ].map((cls): [string, PyClass] => [cls.name, cls]),
  ['IOError', exceptionClass('OSError')],
  ['EnvironmentError', exceptionClass('OSError')],
]
