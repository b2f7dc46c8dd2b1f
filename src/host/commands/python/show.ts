import type { Machine } from './machine.ts'
import { floatRepr } from './numbers.ts'
import { setOrder } from './set-order.ts'
import { bytesRepr, simpleRepr } from './text.ts'
import { classOf, ELLIPSIS_VALUE, NOT_IMPLEMENTED, raise, T, typeError, typeName, valueError } from './types.ts'
import {
  PyBuiltin,
  PyBytes,
  PyClass,
  PyCode,
  PyDict,
  PyException,
  PyFunction,
  PyGenerator,
  PyInstance,
  PyIterator,
  PyList,
  PyMethod,
  PyModule,
  PyObject,
  PyRange,
  PySet,
  PySlice,
  PyTuple,
  type Steps,
  type Value,
} from './value.ts'

/** sys.set_int_max_str_digits of 3.11. */
const MOST_DIGITS = 4300

/** str(value) */
export function* str(m: Machine, value: Value): Steps<string> {
  if (typeof value === 'string') return value
  if (value instanceof PyObject) {
    const own = value.cls.find('__str__')
    if (own !== undefined && !(value instanceof PyClass)) {
      const text = yield* m.call(own, [value])
      if (typeof text === 'string') return text
      throw typeError(`__str__ returned non-string (type ${typeName(text)})`)
    }
    if (value instanceof PyException) return yield* exceptionText(m, value)
    if (value instanceof PyInstance && typeof value.payload === 'string' && value.cls.find('__repr__') === undefined) return value.payload
  }
  return yield* repr(m, value)
}

/** What str() gives for an exception. */
function* exceptionText(m: Machine, { args, cls, attributes }: PyException): Steps<string> {
  if (cls.name === 'KeyError' && args.length === 1) return yield* repr(m, args[0] as Value)
  if (cls.isSubclassOf(m.exception('OSError')) && args.length >= 2) {
    const filename = attributes.get('filename')
    const base = `[Errno ${yield* str(m, args[0] as Value)}] ${yield* str(m, args[1] as Value)}`
    if (filename === undefined || filename === null) return base
    const second = attributes.get('filename2')
    return `${base}: ${yield* repr(m, filename)}${second === undefined || second === null ? '' : ` -> ${yield* repr(m, second)}`}`
  }
  if (cls.isSubclassOf(m.exception('SyntaxError')) && args.length > 1) {
    const detail = args[1]
    if (detail instanceof PyTuple && typeof detail.items[0] === 'string')
      return `${yield* str(m, args[0] as Value)} (${detail.items[0]}, line ${yield* str(m, detail.items[1] as Value)})`
  }
  if (args.length === 0) return ''
  return args.length === 1 ? yield* str(m, args[0] as Value) : yield* sequence(m, args, '(', ')', 0)
}

/** repr(value) */
export function* repr(m: Machine, value: Value, depth = 0): Steps<string> {
  if (typeof value === 'bigint') return integerText(value)
  if (!(value instanceof PyObject)) return simpleRepr(value)
  if (depth > 200) throw raise('RecursionError', 'maximum recursion depth exceeded while getting the repr of an object')
  if (!(value instanceof PyClass)) {
    const own = value.cls.find('__repr__')
    if (own !== undefined) {
      const text = yield* m.call(own, [value])
      if (typeof text === 'string') return text
      throw typeError(`__repr__ returned non-string (type ${typeName(text)})`)
    }
  }
  return yield* plainRepr(m, value, depth)
}

/** Text of a whole number. @throws Raised ValueError for more digits than 3.11 prints */
export function integerText(value: bigint): string {
  if (value < 10n ** 4300n && value > -(10n ** 4300n)) return value.toString()
  throw valueError(
    `Exceeds the limit (${MOST_DIGITS} digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit`,
  )
}

/** repr of an object whose class has none of its own. */
export function* plainRepr(m: Machine, value: Value, depth = 0): Steps<string> {
  if (!(value instanceof PyObject)) return typeof value === 'bigint' ? integerText(value) : simpleRepr(value)
  if (value instanceof PyList) return yield* guarded(m, value, '[...]', sequence(m, value.items, '[', ']', depth))
  if (value instanceof PyTuple) return yield* sequence(m, value.items, '(', value.items.length === 1 ? ',)' : ')', depth)
  if (value instanceof PyDict) return yield* guarded(m, value, '{...}', dictRepr(m, value, depth))
  if (value instanceof PySet) {
    const name = value.cls === T.set ? '' : value.cls.name
    if (value.map.size === 0) return `${value.cls.name}()`
    const inner = yield* sequence(m, setOrder(value), '{', '}', depth)
    return name ? `${name}(${inner})` : inner
  }
  if (value instanceof PyBytes) return value.cls === T.bytes ? bytesRepr(value.data) : `${value.cls.name}(${bytesRepr(value.data)})`
  if (value instanceof PyClass) return `<class '${value.module === 'builtins' ? '' : `${value.module}.`}${value.qualname}'>`
  if (value instanceof PyRange)
    return value.step === 1n ? `range(${value.start}, ${value.stop})` : `range(${value.start}, ${value.stop}, ${value.step})`
  if (value instanceof PySlice) return `slice(${yield* repr(m, value.from)}, ${yield* repr(m, value.to)}, ${yield* repr(m, value.step)})`
  if (value instanceof PyException) {
    const args = yield* sequence(m, value.args, '(', ')', depth)
    return `${value.cls.name}${args}`
  }
  if (value instanceof PyFunction) return `<function ${value.qualname} at ${m.address(value)}>`
  if (value instanceof PyBuiltin) return builtinRepr(m, value)
  if (value instanceof PyMethod) return yield* methodRepr(m, value)
  if (value instanceof PyModule) return `<module '${value.name}'${value.file === undefined ? ' (built-in)' : ` from '${value.file}'`}>`
  if (value instanceof PyGenerator)
    return value.cls === T.coroutine
      ? `<coroutine object ${value.frame.qualname} at ${m.address(value)}>`
      : `<generator object ${value.frame.qualname} at ${m.address(value)}>`
  if (value instanceof PyIterator) return `<${value.cls.name} object at ${m.address(value)}>`
  if (value instanceof PyCode) return `<code object <module> at ${m.address(value)}, file "${value.file}", line 1>`
  if (value instanceof PyInstance && value.payload !== undefined) return yield* repr(m, value.payload, depth)
  const { module, qualname } = value.cls
  return `<${module === 'builtins' ? '' : `${module}.`}${qualname} object at ${m.address(value)}>`
}

function builtinRepr(m: Machine, value: PyBuiltin): string {
  if (value === NOT_IMPLEMENTED || value === ELLIPSIS_VALUE) return value.name
  if (value.isMethod) return `<method '${value.name}' of objects>`
  if (value.self !== undefined && !(value.self instanceof PyModule))
    return `<built-in method ${value.name} of ${typeName(value.self)} object at ${m.address(value)}>`
  return value.module?.startsWith('py:') ? `<function ${value.name} at ${m.address(value)}>` : `<built-in function ${value.name}>`
}

function* methodRepr(m: Machine, value: PyMethod): Steps<string> {
  const name = value.function instanceof PyFunction ? value.function.qualname : typeName(value.function)
  return `<bound method ${name} of ${yield* repr(m, value.self)}>`
}

function* guarded(m: Machine, value: PyObject, again: string, steps: Steps<string>): Steps<string> {
  if (m.showing.has(value)) return again
  m.showing.add(value)
  try {
    return yield* steps
  } finally {
    m.showing.delete(value)
  }
}

function* sequence(m: Machine, items: readonly Value[], open: string, close: string, depth: number): Steps<string> {
  const parts: string[] = []
  let size = 0
  for (const item of items) {
    const pause = m.spend()
    if (pause) yield pause
    const part = yield* repr(m, item, depth + 1)
    parts.push(part)
    size += part.length
    if (size > 65_536) {
      m.allocate(size)
      size = 0
    }
  }
  return open + parts.join(', ') + (close === ')' && items.length === 1 && open === '(' && depth < 0 ? ',)' : close)
}

function* dictRepr(m: Machine, value: PyDict, depth: number): Steps<string> {
  const parts: string[] = []
  for (const { key, value: content } of value.map.values()) {
    const pause = m.spend()
    if (pause) yield pause
    parts.push(`${yield* repr(m, key, depth + 1)}: ${yield* repr(m, content, depth + 1)}`)
  }
  return `{${parts.join(', ')}}`
}

/** What dir() lists of a value. */
export function namesOf(m: Machine, value: Value): string[] {
  const names = new Set<string>()
  if (value instanceof PyModule) {
    for (const name of value.attributes.keys()) names.add(name)
    for (const name of value.lacks ?? []) names.add(name)
    return [...names].sort()
  }
  const cls = value instanceof PyClass ? value : classOf(value)
  for (const base of cls.mro) for (const name of base.dict.keys()) names.add(name)
  if (value instanceof PyObject) for (const name of value.attributes?.keys() ?? []) names.add(name)
  for (const name of m.typeNames(cls)) names.add(name)
  return [...names].sort()
}

export function complexText(real: number, imaginary: number): string {
  const plain = (value: number): string => floatRepr(value).replace(/\.0$/, '')
  if (real === 0 && !Object.is(real, -0)) return `${plain(imaginary)}j`
  return `(${plain(real)}${imaginary >= 0 || Number.isNaN(imaginary) ? '+' : ''}${plain(imaginary)}j)`
}
