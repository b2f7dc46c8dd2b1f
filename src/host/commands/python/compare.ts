import type { Machine } from './machine.ts'
import { asFloat, asInteger, payload } from './operators.ts'
import { classOf, keyOf, NOT_IMPLEMENTED, raise, typeError, typeName } from './types.ts'
import {
  PyBuiltin,
  PyBytes,
  PyClass,
  PyDict,
  PyInstance,
  PyIterator,
  PyList,
  PyMethod,
  PyRange,
  PySet,
  PySlice,
  PyTuple,
  type Steps,
  type Value,
} from './value.ts'

const METHODS: Readonly<Record<string, string>> = {
  '<': '__lt__',
  '<=': '__le__',
  '>': '__gt__',
  '>=': '__ge__',
  '==': '__eq__',
  '!=': '__ne__',
}
const MIRRORED: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '==': '==', '!=': '!=' }
const MOST_DEPTH = 300

/** Whether two values are equal, as `==` has it. Methods of a program's own classes run under a step budget. */
export function equals(m: Machine, a: Value, b: Value, depth = 0): boolean {
  if (a === b) return !(typeof a === 'number' && Number.isNaN(a))
  if (typeof a === 'string' && typeof b === 'string') return false
  if (isNumeric(a) && isNumeric(b)) return numbersEqual(a as bigint | number | boolean, b as bigint | number | boolean)
  if (typeof a !== 'object' && typeof b !== 'object') return false
  if (depth > MOST_DEPTH) throw raise('RecursionError', 'maximum recursion depth exceeded in comparison')
  if (a instanceof PyList && b instanceof PyList) return itemsEqual(m, a.items, b.items, depth)
  if (a instanceof PyTuple && b instanceof PyTuple) return itemsEqual(m, a.items, b.items, depth)
  if (a instanceof PyBytes && b instanceof PyBytes) return a.data.equals(b.data)
  if (a instanceof PyDict && b instanceof PyDict) {
    if (a.map.size !== b.map.size) return false
    for (const [key, { value }] of a.map) {
      const other = b.map.get(key)
      if (!other || !equals(m, value, other.value, depth + 1)) return false
    }
    return true
  }
  if (a instanceof PySet && b instanceof PySet) return a.map.size === b.map.size && [...a.map.keys()].every((key) => b.map.has(key))
  if (a instanceof PyRange && b instanceof PyRange)
    return a.length === b.length && (a.length === 0n || (a.start === b.start && (a.length === 1n || a.step === b.step)))
  if (a instanceof PySlice && b instanceof PySlice) return equals(m, a.from, b.from) && equals(m, a.to, b.to) && equals(m, a.step, b.step)
  if (a instanceof PyMethod && b instanceof PyMethod) return a.function === b.function && a.self === b.self
  if (a instanceof PyBuiltin && b instanceof PyBuiltin) return a.native === b.native && a.self === b.self
  return byMethod(m, a, b, depth)
}

function byMethod(m: Machine, a: Value, b: Value, depth: number): boolean {
  for (const [self, other] of [
    [a, b],
    [b, a],
  ] as const) {
    if (typeof self !== 'object' || self === null || self instanceof PyClass) continue
    const own = classOf(self).find('__eq__')
    if (own === undefined) continue
    const result = m.runShortly(m.call(own, [self, other]))
    if (result !== NOT_IMPLEMENTED) return m.runShortly(m.truth(result))
  }
  const [x, y] = [payload(a), payload(b)]
  return (x !== a || y !== b) && equals(m, x, y, depth + 1)
}

function itemsEqual(m: Machine, a: readonly Value[], b: readonly Value[], depth: number): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i] && !equals(m, a[i] as Value, b[i] as Value, depth + 1)) return false
  return true
}

function isNumeric(value: Value): boolean {
  return typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean'
}

function numbersEqual(a: bigint | number | boolean, b: bigint | number | boolean): boolean {
  const [x, y] = [typeof a === 'boolean' ? BigInt(a) : a, typeof b === 'boolean' ? BigInt(b) : b]
  // biome-ignore lint/suspicious/noDoubleEquals: a bigint and a number of the same value
  return x == y
}

/** `a OPERATOR b` for one of the six comparisons; undefined when builtin values have no order. */
function ordered(m: Machine, operator: string, a: Value, b: Value, depth = 0): boolean | undefined {
  if (depth > MOST_DEPTH) throw raise('RecursionError', 'maximum recursion depth exceeded in comparison')
  if (typeof a === 'string' && typeof b === 'string') return inOrder(operator, compareText(a, b))
  if (isNumeric(a) && isNumeric(b)) {
    const [x, y] = [
      typeof a === 'boolean' ? BigInt(a) : (a as bigint | number),
      typeof b === 'boolean' ? BigInt(b) : (b as bigint | number),
    ]
    return operator === '<' ? x < y : operator === '<=' ? x <= y : operator === '>' ? x > y : x >= y
  }
  if ((a instanceof PyList && b instanceof PyList) || (a instanceof PyTuple && b instanceof PyTuple)) {
    const length = Math.min(a.items.length, b.items.length)
    for (let i = 0; i < length; i++) {
      const [x, y] = [a.items[i] as Value, b.items[i] as Value]
      if (x === y || equals(m, x, y, depth + 1)) continue
      const result = ordered(m, operator, x, y, depth + 1)
      if (result !== undefined) return result
      const own = m.runShortly(compare(m, operator, x, y))
      return m.runShortly(m.truth(own))
    }
    return inOrder(operator, a.items.length - b.items.length)
  }
  if (a instanceof PyBytes && b instanceof PyBytes) return inOrder(operator, Buffer.compare(a.data, b.data))
  if (a instanceof PySet && b instanceof PySet) {
    const below = (x: PySet, y: PySet): boolean => [...x.map.keys()].every((key) => y.map.has(key))
    const [x, y] = operator.startsWith('<') ? [a, b] : [b, a]
    return below(x, y) && (operator.length === 2 || x.map.size < y.map.size)
  }
  return undefined
}

function inOrder(operator: string, difference: number): boolean {
  return operator === '<' ? difference < 0 : operator === '<=' ? difference <= 0 : operator === '>' ? difference > 0 : difference >= 0
}

/** By code points, as Python orders text. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)]
    if (x === y) continue
    const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff
    if (isSurrogate(x) !== isSurrogate(y)) return isSurrogate(x) ? 1 : -1
    return x - y
  }
  return a.length - b.length
}

/** One of the six comparisons. */
export function* compare(m: Machine, operator: string, a: Value, b: Value): Steps<Value> {
  if (typeof a === 'object' || typeof b === 'object') {
    const right = classOf(b)
    const tries: [Value, string, Value][] = [
      [a, METHODS[operator] as string, b],
      [b, METHODS[MIRRORED[operator] as string] as string, a],
    ]
    if (right !== classOf(a) && right.isSubclassOf(classOf(a))) tries.reverse()
    for (const [self, method, other] of tries) {
      if (typeof self !== 'object' || self === null || self instanceof PyClass) continue
      const own = classOf(self).find(method)
      if (own === undefined) continue
      const result = yield* m.call(own, [self, other])
      if (result !== NOT_IMPLEMENTED) return result
    }
    if (operator === '!=') {
      const own = typeof a === 'object' && a !== null && !(a instanceof PyClass) ? classOf(a).find('__eq__') : undefined
      if (own !== undefined) {
        const result = yield* m.call(own, [a, b])
        if (result !== NOT_IMPLEMENTED) return !(yield* m.truth(result))
      }
    }
  }
  if (operator === '==') return equals(m, a, b)
  if (operator === '!=') return !equals(m, a, b)
  const result = ordered(m, operator, payload(a), payload(b))
  if (result !== undefined) return result
  throw typeError(`'${operator}' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`)
}

/** `a < b` without a detour when both are plain; undefined when methods must decide. */
export function quickLess(m: Machine, a: Value, b: Value): boolean | undefined {
  if (a instanceof PyInstance || b instanceof PyInstance) return undefined
  return ordered(m, '<', a, b)
}

/** `item in container`. */
export function* contains(m: Machine, container: Value, item: Value): Steps<boolean> {
  if (typeof container === 'string') {
    if (typeof item !== 'string') throw typeError(`'in <string>' requires string as left operand, not ${typeName(item)}`)
    return container.includes(item)
  }
  const own =
    container instanceof PyInstance || (container !== null && typeof container === 'object')
      ? classOf(container).find('__contains__')
      : undefined
  if (own !== undefined) return yield* m.truth(yield* m.call(own, [container, item]))
  if (container instanceof PyDict || container instanceof PySet) return container.map.has(keyOf(item))
  if (container instanceof PyList || container instanceof PyTuple) return container.items.some((other) => equals(m, other, item))
  if (container instanceof PyRange) {
    const value = asInteger(item) ?? (typeof item === 'number' && Number.isInteger(item) ? BigInt(item) : undefined)
    if (value === undefined || asFloat(item) === undefined) return false
    const inside =
      container.step > 0n ? value >= container.start && value < container.stop : value <= container.start && value > container.stop
    return inside && (value - container.start) % container.step === 0n
  }
  if (container instanceof PyBytes) {
    const value = asInteger(item)
    if (value !== undefined) {
      if (value < 0n || value > 255n) throw raise('ValueError', 'byte must be in range(0, 256)')
      return container.data.includes(Number(value))
    }
    if (!(item instanceof PyBytes)) throw typeError(`a bytes-like object is required, not '${typeName(item)}'`)
    return container.data.includes(item.data)
  }
  if (!(container instanceof PyIterator) && !m.isIterable(container))
    throw typeError(`argument of type '${typeName(container)}' is not iterable`)
  const iterator = yield* m.iterate(container)
  for (;;) {
    const pause = m.spend()
    if (pause) yield pause
    const value = yield* m.next(iterator)
    if (value === undefined) return false
    if (equals(m, value, item)) return true
  }
}
