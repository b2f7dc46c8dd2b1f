import { contains } from './compare.ts'
import type { Machine } from './machine.ts'
import { binary, payload } from './operators.ts'
import { lengthOf } from './text.ts'
import { classOf, raise, T, typeError, typeName } from './types.ts'
import {
  type Key,
  PyBuiltin,
  PyBytes,
  PyDict,
  PyInstance,
  PyList,
  PyObject,
  PyRange,
  PySet,
  PyTuple,
  type Steps,
  type Value,
} from './value.ts'

/** bool(value) */
export function* truth(m: Machine, value: Value): Steps<boolean> {
  if (typeof value === 'boolean') return value
  if (value === null) return false
  if (typeof value === 'bigint') return value !== 0n
  if (typeof value === 'number') return value !== 0
  if (typeof value === 'string') return value !== ''
  if (!value.cls.isBuiltin || value instanceof PyInstance) {
    const own = value.cls.find('__bool__')
    if (own !== undefined) {
      const result = yield* m.call(own, [value])
      if (typeof result !== 'boolean') throw typeError(`__bool__ should return bool, returned ${typeName(result)}`)
      return result
    }
    const length = value.cls.find('__len__')
    if (length !== undefined) return (yield* m.call(length, [value])) !== 0n
    if (value instanceof PyInstance) return value.payload === undefined ? true : yield* truth(m, value.payload)
  }
  return sizeOf(value) !== 0
}

/** The length of a builtin container; undefined when it is none. */
export function sizeOf(value: Value): number | undefined {
  const plain = payload(value)
  if (typeof plain === 'string') return lengthOf(plain)
  if (plain instanceof PyList || plain instanceof PyTuple) return plain.items.length
  if (plain instanceof PyDict || plain instanceof PySet) return plain.map.size
  if (plain instanceof PyBytes) return plain.data.length
  if (plain instanceof PyRange) return Number(plain.length)
  return undefined
}

/** len(value) */
export function* length(m: Machine, value: Value): Steps<bigint> {
  const own = value instanceof PyObject ? classOf(value).find('__len__') : undefined
  if (own !== undefined && !(value instanceof PyObject && value.cls.isBuiltin && sizeOf(value) !== undefined)) {
    const result = yield* m.call(own, [value])
    if (typeof result !== 'bigint') throw typeError(`'${typeName(result)}' object cannot be interpreted as an integer`)
    if (result < 0n) throw raise('ValueError', '__len__() should return >= 0')
    return result
  }
  if (value instanceof PyRange) {
    if (value.length > 0x7fffffffffffffffn) throw raise('OverflowError', 'Python int too large to convert to C ssize_t')
    return value.length
  }
  const size = sizeOf(value)
  if (size === undefined) throw typeError(`object of type '${typeName(value)}' has no len()`)
  return BigInt(size)
}

/** `a is b`: small whole numbers and equal texts are one object, as for most programs they are. */
export function same(a: Value, b: Value): boolean {
  if (a === b) return true
  return a instanceof PyTuple && b instanceof PyTuple && a.items.length === 0 && b.items.length === 0
}

export function protocolMethod(object: Value, name: string): PyBuiltin | undefined {
  const make = (run: PyBuiltin['native']): PyBuiltin => new PyBuiltin(name, run, T.builtin)
  const operator = OPERATORS[name]
  if (operator !== undefined && !(object instanceof PyObject)) return make((m, args) => binary(m, operator, object, args[0] as Value))
  switch (name) {
    case '__contains__':
      return sizeOf(object) === undefined ? undefined : make((m, args) => contains(m, object, args[0] as Value))
    case '__len__':
      return sizeOf(object) === undefined ? undefined : make((m) => length(m, object))
    case '__iter__':
      return make((m) => m.iterate(object) as Steps<Value>)
    case '__getitem__':
      return sizeOf(object) === undefined ? undefined : make((m, args) => m.getitem(object, args[0] as Value))
    case '__next__':
      return make(function* (m): Steps<Value> {
        const value = yield* m.next(yield* m.iterate(object))
        if (value === undefined) throw raise('StopIteration')
        return value
      })
    case '__call__':
      return make((m, args, keywords) => m.call(object, args, keywords))
    default:
      return undefined
  }
}

const OPERATORS: Readonly<Record<string, string>> = {
  __add__: '+',
  __sub__: '-',
  __mul__: '*',
  __truediv__: '/',
  __floordiv__: '//',
  __mod__: '%',
  __pow__: '**',
  __and__: '&',
  __or__: '|',
  __xor__: '^',
  __lshift__: '<<',
  __rshift__: '>>',
}

let salt = 0n

/** hash() as a number; of text it differs from process to process, as Python's does. */
export function hashNumber(m: Machine, key: Key): bigint {
  if (typeof key === 'bigint') {
    const modulus = (1n << 61n) - 1n
    const rest = (key < 0n ? -key : key) % modulus
    const hash = key < 0n ? -rest : rest
    return hash === -1n ? -2n : hash
  }
  if (typeof key === 'object' && key !== null) return m.id(key) >> 4n
  if (key === null) return 8_796_565_120n
  salt ||= BigInt(Math.floor(Math.random() * 2 ** 50))
  const text = String(key)
  let hash = (0xcbf29ce484222325n ^ salt) & 0xffffffffffffffffn
  for (let i = 0; i < Math.min(text.length, 4096); i++) hash = ((hash ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n) & 0xffffffffffffffffn
  return BigInt.asIntN(63, hash)
}

/** What dir() lists of every object. */
export const OBJECT_NAMES: readonly string[] =
  '__class__ __delattr__ __dir__ __doc__ __eq__ __format__ __ge__ __getattribute__ __getstate__ __gt__ __hash__ __init__ __init_subclass__ __le__ __lt__ __ne__ __new__ __reduce__ __reduce_ex__ __repr__ __setattr__ __sizeof__ __str__ __subclasshook__'.split(
    ' ',
  )
