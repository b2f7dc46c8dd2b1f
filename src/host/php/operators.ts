import {
  floatText,
  INT_MIN,
  intOrFloat,
  isNumeric,
  isTrue,
  numberOf,
  PhpArray,
  PhpObject,
  PhpResource,
  shortType,
  textOf,
  toInt,
  toNumber,
  type Value,
} from './value.ts'

/** What an operator complains of. */
export interface Complaints {
  warn(text: string): void
  /** Throws an exception of that class. */
  fail(type: string, text: string): never
}

const ARITHMETIC = new Set(['+', '-', '*', '/', '%', '**', '<<', '>>', '&', '|', '^'])

export function binary(operator: string, a: Value, b: Value, php: Complaints): Value {
  if (ARITHMETIC.has(operator)) return arithmetic(operator, a, b, php)
  switch (operator) {
    case '==':
      return isLoose(a, b)
    case '!=':
    case '<>':
      return !isLoose(a, b)
    case '===':
      return isSame(a, b)
    case '!==':
      return !isSame(a, b)
    case '<':
      return compare(a, b) < 0
    case '<=':
      return compare(a, b) <= 0
    case '>':
      return compare(b, a) < 0
    case '>=':
      return compare(b, a) <= 0
    case '<=>':
      return BigInt(compare(a, b))
    default:
      return isTrue(a) !== isTrue(b)
  }
}

function arithmetic(operator: string, left: Value, right: Value, php: Complaints): Value {
  if (operator === '+' && left instanceof PhpArray && right instanceof PhpArray) {
    const sum = left.copy()
    for (const [key, value] of right.entries()) if (!sum.has(key)) sum.set(key, value)
    return sum
  }
  if ((operator === '&' || operator === '|' || operator === '^') && typeof left === 'string' && typeof right === 'string') {
    return bytewise(operator, left, right)
  }
  const [a, b] = [operand(operator, left, right, left, php), operand(operator, left, right, right, php)]
  if (operator === '%' || operator === '<<' || operator === '>>' || operator === '&' || operator === '|' || operator === '^') {
    return whole(operator, toInt(a), toInt(b), php)
  }
  if (operator === '/' && Number(b) === 0) php.fail('DivisionByZeroError', 'Division by zero')
  if (typeof a === 'bigint' && typeof b === 'bigint') {
    if (operator === '+') return intOrFloat(a + b)
    if (operator === '-') return intOrFloat(a - b)
    if (operator === '*') return intOrFloat(a * b)
    if (operator === '/') return a % b === 0n ? intOrFloat(a / b) : Number(a) / Number(b)
    return b < 0n || (b > 64n && a !== 0n && a !== 1n && a !== -1n)
      ? Number(a) ** Number(b)
      : intOrFloat(a ** (b > 64n ? (b % 2n) + 2n : b))
  }
  const [x, y] = [Number(a), Number(b)]
  if (operator === '+') return x + y
  if (operator === '-') return x - y
  if (operator === '*') return x * y
  return operator === '/' ? x / y : x ** y
}

function whole(operator: string, a: bigint, b: bigint, php: Complaints): Value {
  switch (operator) {
    case '%':
      if (b === 0n) php.fail('DivisionByZeroError', 'Modulo by zero')
      return a % b
    case '&':
      return a & b
    case '|':
      return a | b
    case '^':
      return a ^ b
  }
  if (b < 0n) php.fail('ArithmeticError', 'Bit shift by negative number')
  if (operator === '<<') return b >= 64n ? 0n : BigInt.asIntN(64, a << b)
  return a >> (b > 63n ? 63n : b)
}

function bytewise(operator: string, a: string, b: string): string {
  const length = operator === '|' ? Math.max(a.length, b.length) : Math.min(a.length, b.length)
  let text = ''
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i) || 0, b.charCodeAt(i) || 0]
    text += String.fromCharCode(operator === '&' ? x & y : operator === '|' ? x | y : x ^ y)
  }
  return text
}

function operand(operator: string, left: Value, right: Value, value: Value, php: Complaints): bigint | number {
  if (value instanceof PhpArray || (value instanceof PhpObject && !(value instanceof PhpResource))) {
    php.fail('TypeError', `Unsupported operand types: ${shortType(left)} ${operator} ${shortType(right)}`)
  }
  if (typeof value === 'string' && !isNumeric(value)) {
    if (!/^\s*[-+]?\.?\d/.test(value))
      php.fail('TypeError', `Unsupported operand types: string ${operator} ${shortType(value === left ? right : left)}`)
    php.warn('A non-numeric value encountered')
  }
  return toNumber(value)
}

/** `==` of PHP 8: a number and a text that is none are compared as texts. */
export function isLoose(a: Value, b: Value): boolean {
  if (typeof a === 'boolean' || typeof b === 'boolean' || a === null || b === null) {
    if (a === null && typeof b === 'string') return b === ''
    if (b === null && typeof a === 'string') return a === ''
    return isTrue(a) === isTrue(b)
  }
  if (a instanceof PhpArray && b instanceof PhpArray) {
    return a.size === b.size && [...a.entries()].every(([key, value]) => b.has(key) && isLoose(value, b.get(key) as Value))
  }
  if (a instanceof PhpObject && b instanceof PhpObject) return a === b || (a.type === b.type && isLoose(a.properties, b.properties))
  if (a instanceof PhpArray || b instanceof PhpArray || a instanceof PhpObject || b instanceof PhpObject) return false
  return isNumeric(a) && isNumeric(b) ? numberEquals(a, b) : textOf(a) === textOf(b)
}

function numberEquals(a: Value, b: Value): boolean {
  const [x, y] = [toNumber(a), toNumber(b)]
  return typeof x === typeof y ? x === y : Number(x) === Number(y)
}

export function isSame(a: Value, b: Value): boolean {
  if (!(a instanceof PhpArray) || !(b instanceof PhpArray)) return a === b
  if (a.size !== b.size) return false
  const others = [...b.entries()]
  return [...a.entries()].every(([key, value], n) => others[n]?.[0] === key && isSame(value, others[n][1]))
}

/** -1, 0 or 1, as `<=>` of PHP 8. */
export function compare(a: Value, b: Value): number {
  if (typeof a === 'boolean' || typeof b === 'boolean' || a === null || b === null) {
    if (a === null && typeof b === 'string') return b === '' ? 0 : -1
    if (b === null && typeof a === 'string') return a === '' ? 0 : 1
    return Number(isTrue(a)) - Number(isTrue(b))
  }
  if (a instanceof PhpArray || b instanceof PhpArray) {
    if (!(a instanceof PhpArray)) return -1
    if (!(b instanceof PhpArray)) return 1
    if (a.size !== b.size) return a.size < b.size ? -1 : 1
    for (const [key, value] of a.entries()) {
      const other = b.get(key)
      if (other === undefined) return 1
      const order = compare(value, other)
      if (order !== 0) return order
    }
    return 0
  }
  if (typeof a === 'string' && typeof b === 'string' && !(isNumeric(a) && isNumeric(b))) return a < b ? -1 : a > b ? 1 : 0
  if (isNumeric(a) && isNumeric(b)) {
    const [x, y] = [toNumber(a), toNumber(b)]
    return x < y ? -1 : x > y ? 1 : 0
  }
  const [x, y] = [textOf(a), textOf(b)]
  return x < y ? -1 : x > y ? 1 : 0
}

/** Of a value that is read as a number with a sign or without. */
export function negated(value: Value, php: Complaints): Value {
  const number = arithmetic('*', value, -1n, php) as bigint | number
  return number === 0 ? -0 : number === INT_MIN ? intOrFloat(-INT_MIN) : number
}

/** `$x++`, also over texts: `Az` becomes `Ba`. */
export function stepped(value: Value, by: 1 | -1): Value {
  if (value === null) return by === 1 ? 1n : null
  if (typeof value === 'boolean' || value instanceof PhpArray || value instanceof PhpObject) return value
  if (typeof value === 'string' && !isNumeric(value)) return by === 1 ? successor(value) : value === '' ? -1n : value
  const number = toNumber(value)
  return typeof number === 'bigint' ? intOrFloat(number + BigInt(by)) : number + by
}

function successor(text: string): string {
  if (text === '') return '1'
  const signs = [...text]
  for (let at = signs.length - 1; at >= 0; at--) {
    const sign = signs[at] as string
    if (!/[a-zA-Z0-9]/.test(sign)) return signs.join('')
    if (sign !== 'z' && sign !== 'Z' && sign !== '9') {
      signs[at] = String.fromCharCode(sign.charCodeAt(0) + 1)
      return signs.join('')
    }
    signs[at] = sign === 'z' ? 'a' : sign === 'Z' ? 'A' : '0'
    if (at === 0) return (sign === '9' ? '1' : (signs[0] as string)) + signs.join('')
  }
  return signs.join('')
}

export function cast(operator: string, value: Value): Value {
  switch (operator) {
    case 'int':
    case 'integer':
      return toInt(value)
    case 'float':
    case 'double':
    case 'real':
      return numberOf(value)
    case 'bool':
    case 'boolean':
      return isTrue(value)
    case 'array':
      if (value instanceof PhpArray) return value
      if (value instanceof PhpObject) return value.properties.copy()
      return value === null ? new PhpArray() : PhpArray.of([value])
    case 'unset':
      return null
    default:
      return textOf(value)
  }
}

/** As var_dump and json_encode write a float. */
export function exact(value: number): string {
  return floatText(value, 17)
}
