import type { Machine } from './machine.ts'
import { floatModulo, floorDivide, modulo } from './numbers.ts'
import { percent } from './percent.ts'
import { bytes, classOf, dict, list, NOT_IMPLEMENTED, raise, T, tupleOf, typeError, typeName } from './types.ts'
import { isSteps, PyBytes, PyClass, PyDict, PyInstance, PyList, PySet, PyTuple, type Steps, type Value } from './value.ts'

const METHODS: Readonly<Record<string, string>> = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'truediv',
  '//': 'floordiv',
  '%': 'mod',
  '**': 'pow',
  '@': 'matmul',
  '&': 'and',
  '|': 'or',
  '^': 'xor',
  '<<': 'lshift',
  '>>': 'rshift',
}
/** Larger whole numbers are a MemoryError: their arithmetic would hold up everybody. */
const MOST_BITS = 2_000_000n

/** A whole number for ints and bools. */
export function asInteger(value: Value): bigint | undefined {
  if (typeof value === 'bigint') return value
  if (typeof value === 'boolean') return value ? 1n : 0n
  if (value instanceof PyInstance && value.payload !== undefined) return asInteger(value.payload)
  return undefined
}

export function asFloat(value: Value): number | undefined {
  if (typeof value === 'number') return value
  if (value instanceof PyInstance && typeof value.payload === 'number') return value.payload
  const whole = asInteger(value)
  return whole === undefined ? undefined : Number(whole)
}

/** `a OPERATOR b`. */
export function binary(m: Machine, operator: string, a: Value, b: Value): Value | Steps<Value> {
  if (typeof a === 'bigint' && typeof b === 'bigint') {
    const result = integers(operator, a, b)
    if (result !== undefined) return result
  }
  if (typeof a === 'string' && typeof b === 'string' && operator === '+') return m.allocated(a + b)
  if (!(a instanceof PyInstance) && !(b instanceof PyInstance)) {
    const result = builtins(m, operator, a, b)
    if (result !== undefined) return result
  }
  return special(m, operator, a, b)
}

/** Of values that are no instances of a program's own classes; undefined when it is not defined for them. */
function builtins(m: Machine, operator: string, a: Value, b: Value): Value | Steps<Value> | undefined {
  if (typeof a === 'string' && operator === '%') return format(m, a, b)
  if (operator === '|' || operator === '&' || operator === '^') {
    if (typeof a === 'boolean' && typeof b === 'boolean') return operator === '|' ? a || b : operator === '&' ? a && b : a !== b
  }
  const [x, y] = [asInteger(a), asInteger(b)]
  if (x !== undefined && y !== undefined) return integers(operator, x, y)
  if (typeof a === 'number' || typeof b === 'number') {
    const [p, q] = [asFloat(a), asFloat(b)]
    if (p !== undefined && q !== undefined) return floats(operator, p, q)
    return undefined
  }
  if (operator === '+') return concatenated(m, a, b)
  if (operator === '*') {
    if (y !== undefined) return repeated(m, a, y)
    return x === undefined ? undefined : repeated(m, b, x)
  }
  if (a instanceof PySet && b instanceof PySet) return sets(operator, a, b)
  if (operator === '|' && a instanceof PyDict && b instanceof PyDict)
    return dict(
      [...a.map.values(), ...b.map.values()].map(({ key, value }) => [key, value]),
      a.cls,
    )
  if (a instanceof PyBytes && operator === '%') return bytesFormat(m, a, b)
  if (operator === '|' && (a instanceof PyClass || a === null) && (b instanceof PyClass || b === null)) return tupleOf([a, b])
  return undefined
}

function* format(m: Machine, a: string, b: Value): Steps<Value> {
  return m.allocated(yield* percent(m.shows, a, b))
}

function* bytesFormat(m: Machine, a: PyBytes, b: Value): Steps<Value> {
  return bytes(yield* percent(m.shows, a.data.toString('latin1'), b, true))
}

function integers(operator: string, a: bigint, b: bigint): Value | undefined {
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      if (bits(a) + bits(b) > MOST_BITS) throw raise('MemoryError')
      return a * b
    case '/':
      if (b === 0n) throw raise('ZeroDivisionError', 'division by zero')
      return trueDivide(a, b)
    case '//':
      if (b === 0n) throw raise('ZeroDivisionError', 'integer division or modulo by zero')
      return floorDivide(a, b)
    case '%':
      if (b === 0n) throw raise('ZeroDivisionError', 'integer modulo by zero')
      return modulo(a, b)
    case '**':
      if (b < 0n) {
        if (a === 0n) throw raise('ZeroDivisionError', '0.0 cannot be raised to a negative power')
        return Number(a) ** Number(b)
      }
      if (a !== 0n && a !== 1n && a !== -1n && bits(a) * b > MOST_BITS) throw raise('MemoryError')
      return a === 1n || a === 0n || a === -1n ? (a === -1n ? (b % 2n === 0n ? 1n : -1n) : b === 0n ? 1n : a) : a ** b
    case '&':
      return a & b
    case '|':
      return a | b
    case '^':
      return a ^ b
    case '<<':
      if (b < 0n) throw raise('ValueError', 'negative shift count')
      if (bits(a) + b > MOST_BITS && a !== 0n) throw raise('MemoryError')
      return a === 0n ? 0n : a << b
    case '>>':
      if (b < 0n) throw raise('ValueError', 'negative shift count')
      return a >> (b > MOST_BITS ? MOST_BITS : b)
    default:
      return undefined
  }
}

/** An upper bound of a number's length in bits. */
function bits(value: bigint): bigint {
  if (value < 0x1_0000_0000n && value > -0x1_0000_0000n) {
    const small = Math.abs(Number(value))
    return BigInt(small <= 1 ? small : Math.ceil(Math.log2(small + 1)))
  }
  return BigInt(value.toString(16).length * 4)
}

function trueDivide(a: bigint, b: bigint): number {
  const [x, y] = [Number(a), Number(b)]
  if (Number.isSafeInteger(x) && Number.isSafeInteger(y)) return x / y
  const isNegative = a < 0n !== b < 0n
  const [n, d] = [a < 0n ? -a : a, b < 0n ? -b : b]
  const shift = n.toString(2).length - d.toString(2).length - 66
  const quotient = shift < 0 ? (n << BigInt(-shift)) / d : n / (d << BigInt(shift))
  const result = scale(Number(quotient), shift)
  if (!Number.isFinite(result)) throw raise('OverflowError', 'integer division result too large for a float')
  return isNegative ? -result : result
}

function scale(value: number, exponent: number): number {
  let [result, left] = [value, exponent]
  while (left > 1000) {
    result *= 2 ** 1000
    left -= 1000
  }
  while (left < -1000) {
    result *= 2 ** -1000
    left += 1000
  }
  return result * 2 ** left
}

function floats(operator: string, a: number, b: number): Value | undefined {
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      if (b === 0) throw raise('ZeroDivisionError', 'float division by zero')
      return a / b
    case '//':
      if (b === 0) throw raise('ZeroDivisionError', 'float floor division by zero')
      return Math.floor(a / b)
    case '%':
      if (b === 0) throw raise('ZeroDivisionError', 'float modulo')
      return floatModulo(a, b)
    case '**': {
      if (a === 0 && b < 0) throw raise('ZeroDivisionError', '0.0 cannot be raised to a negative power')
      const result = a ** b
      if (!Number.isFinite(result) && Number.isFinite(a) && Number.isFinite(b) && !Number.isNaN(result))
        throw raise('OverflowError', 34n, 'Numerical result out of range')
      return a === 1 ? 1 : result
    }
    default:
      return undefined
  }
}

function concatenated(m: Machine, a: Value, b: Value): Value | undefined {
  if (typeof a === 'string') {
    if (typeof b === 'string') return m.allocated(a + b)
    throw typeError(`can only concatenate str (not "${typeName(b)}") to str`)
  }
  if (a instanceof PyList) {
    if (!(b instanceof PyList)) throw typeError(`can only concatenate list (not "${typeName(b)}") to list`)
    m.allocate((a.items.length + b.items.length) * 16)
    return list([...a.items, ...b.items])
  }
  if (a instanceof PyTuple) {
    if (!(b instanceof PyTuple)) throw typeError(`can only concatenate tuple (not "${typeName(b)}") to tuple`)
    m.allocate((a.items.length + b.items.length) * 16)
    return tupleOf([...a.items, ...b.items])
  }
  if (a instanceof PyBytes) {
    if (!(b instanceof PyBytes)) throw typeError(`can't concat ${typeName(b)} to ${a.cls.name}`)
    m.allocate(a.data.length + b.data.length)
    return new PyBytes(Buffer.concat([a.data, b.data]), a.cls)
  }
  return undefined
}

function repeated(m: Machine, value: Value, times: bigint): Value | undefined {
  const size =
    typeof value === 'string'
      ? value.length
      : value instanceof PyBytes
        ? value.data.length
        : value instanceof PyList || value instanceof PyTuple
          ? value.items.length * 8
          : undefined
  if (size === undefined) return undefined
  const count = times < 0n ? 0 : Number(times > 0x7fffffffffffn ? 0x7fffffffffffn : times)
  m.allocate(size * count)
  if (typeof value === 'string') return value.repeat(size === 0 ? 0 : count)
  if (value instanceof PyBytes)
    return new PyBytes(Buffer.alloc(value.data.length * count, value.data.length > 0 ? value.data : 0), value.cls)
  const { items } = value as PyList | PyTuple
  const all: Value[] = []
  if (items.length > 0) for (let i = 0; i < count; i++) for (const item of items) all.push(item)
  return value instanceof PyList ? list(all) : tupleOf(all)
}

export function sets(operator: string, a: PySet, b: PySet): PySet | undefined {
  const made = new PySet(a.cls)
  const add = (from: PySet, wanted: (key: Parameters<PySet['map']['has']>[0]) => boolean): void => {
    for (const [key, value] of from.map) if (wanted(key)) made.map.set(key, value)
  }
  switch (operator) {
    case '|':
      add(a, () => true)
      add(b, (key) => !made.map.has(key))
      return made
    case '&':
      add(a, (key) => b.map.has(key))
      return made
    case '-':
      add(a, (key) => !b.map.has(key))
      return made
    case '^':
      add(a, (key) => !b.map.has(key))
      add(b, (key) => !a.map.has(key))
      return made
    default:
      return undefined
  }
}

/** By the operands' own methods. */
function* special(m: Machine, operator: string, a: Value, b: Value): Steps<Value> {
  const name = METHODS[operator] as string
  const [left, right] = [classOf(a), classOf(b)]
  const reflectedFirst = right !== left && right.isSubclassOf(left) && right.find(`__r${name}__`) !== undefined
  const tries: [Value, string, Value][] = [
    [a, `__${name}__`, b],
    [b, `__r${name}__`, a],
  ]
  for (const [self, method, other] of reflectedFirst ? tries.reverse() : tries) {
    const found = classOf(self).find(method)
    if (found === undefined) continue
    const result = yield* m.call(found, [self, other])
    if (result !== NOT_IMPLEMENTED) return result
  }
  const [plainA, plainB] = [payload(a), payload(b)]
  if (plainA !== a || plainB !== b) {
    const result = binary(m, operator, plainA, plainB)
    return isSteps(result) ? yield* result : result
  }
  const shown = operator === '**' ? '** or pow()' : operator
  if (operator === '*' && (isSequence(a) || isSequence(b)))
    throw typeError(`can't multiply sequence by non-int of type '${typeName(isSequence(a) ? b : a)}'`)
  throw typeError(`unsupported operand type(s) for ${shown}: '${left.name}' and '${right.name}'`)
}

function isSequence(value: Value): boolean {
  return typeof value === 'string' || value instanceof PyList || value instanceof PyTuple || value instanceof PyBytes
}

export function payload(value: Value): Value {
  return value instanceof PyInstance && value.payload !== undefined ? value.payload : value
}

/** `a OPERATOR= b`: what changes in place is given back itself. */
export function* augmented(m: Machine, operator: string, a: Value, b: Value): Steps<Value> {
  if (a instanceof PyList && a.cls === T.list) {
    if (operator === '+') {
      const more = yield* m.toArray(b)
      m.allocate(more.length * 16)
      for (const item of more) a.items.push(item)
      return a
    }
    const times = asInteger(b)
    if (operator === '*' && times !== undefined) {
      a.items = (repeated(m, a, times) as PyList).items
      return a
    }
  }
  if (a instanceof PySet && a.cls === T.set && b instanceof PySet) {
    const result = sets(operator, a, b)
    if (result) {
      a.map.clear()
      for (const [key, value] of result.map) a.map.set(key, value)
      return a
    }
  }
  if (a instanceof PyDict && operator === '|' && b instanceof PyDict) {
    for (const [key, entry] of b.map) a.map.set(key, entry)
    return a
  }
  if (a instanceof PyBytes && a.cls === T.bytearray && operator === '+' && b instanceof PyBytes) {
    m.allocate(b.data.length)
    a.data = Buffer.concat([a.data, b.data])
    return a
  }
  const own = classOf(a).find(`__i${METHODS[operator]}__`)
  if (own !== undefined) {
    const result = yield* m.call(own, [a, b])
    if (result !== NOT_IMPLEMENTED) return result
  }
  try {
    const result = binary(m, operator, a, b)
    return isSteps(result) ? yield* result : result
  } catch (error) {
    throw m.inPlace(error, operator)
  }
}

export function* unary(m: Machine, operator: string, value: Value): Steps<Value> {
  if (operator === 'not') return !(yield* m.truth(value))
  const plain = payload(value)
  const whole = asInteger(plain)
  const own =
    value instanceof PyInstance || (typeof value === 'object' && value !== null)
      ? classOf(value).find(`__${operator === '-' ? 'neg' : operator === '+' ? 'pos' : 'invert'}__`)
      : undefined
  if (own !== undefined) return yield* m.call(own, [value])
  if (whole !== undefined) return operator === '-' ? -whole : operator === '~' ? ~whole : whole
  if (typeof plain === 'number' && operator !== '~') return operator === '-' ? -plain : plain
  throw typeError(`bad operand type for unary ${operator}: '${typeName(value)}'`)
}
