import type { Machine } from './machine.ts'
import { number, numberText, Ref, text, type Value } from './value.ts'

/** Binary operators on two scalars. */
export function operate(machine: Machine, operator: string, left: Value, right: Value): Value {
  switch (operator) {
    case '+':
      return whole(number(left) + number(right), left, right, '+')
    case '-':
      return whole(number(left) - number(right), left, right, '-')
    case '*':
      return whole(number(left) * number(right), left, right, '*')
    case '/':
      return number(right) === 0 ? machine.die('Illegal division by zero') : number(left) / number(right)
    case '%':
      return modulo(machine, number(left), number(right))
    case '**':
      return number(left) ** number(right)
    case '.':
      return machine.bounded(text(left) + text(right))
    case 'x': {
      const times = Math.max(0, Math.trunc(number(right)))
      const unit = text(left)
      if (times * unit.length > 32 * 1024 * 1024) machine.outOfMemory()
      return machine.bounded(unit.repeat(times))
    }
    case '==':
      return flag(left instanceof Ref && right instanceof Ref ? left.to === right.to : number(left) === number(right))
    case '!=':
      return flag(left instanceof Ref && right instanceof Ref ? left.to !== right.to : number(left) !== number(right))
    case '<':
      return flag(number(left) < number(right))
    case '>':
      return flag(number(left) > number(right))
    case '<=':
      return flag(number(left) <= number(right))
    case '>=':
      return flag(number(left) >= number(right))
    case '<=>': {
      const [a, b] = [number(left), number(right)]
      return Number.isNaN(a) || Number.isNaN(b) ? undefined : a < b ? -1 : a > b ? 1 : 0
    }
    case 'eq':
      return flag(text(left) === text(right))
    case 'ne':
      return flag(text(left) !== text(right))
    case 'lt':
      return flag(text(left) < text(right))
    case 'gt':
      return flag(text(left) > text(right))
    case 'le':
      return flag(text(left) <= text(right))
    case 'ge':
      return flag(text(left) >= text(right))
    case 'cmp':
      return compareTexts(text(left), text(right))
    case '<<':
      return exactly(bitsOf(left) << BigInt(Math.max(0, Math.min(64, Math.trunc(number(right))))))
    case '>>':
      return exactly(bitsOf(left) >> BigInt(Math.max(0, Math.min(64, Math.trunc(number(right))))))
    default:
      return bitwise(operator, left, right)
  }
}

function bitwise(operator: string, left: Value, right: Value): Value {
  const join = (a: bigint, b: bigint): bigint => (operator === '&' ? a & b : operator === '|' ? a | b : a ^ b)
  if (typeof left === 'string' && typeof right === 'string') {
    const length = operator === '&' ? Math.min(left.length, right.length) : Math.max(left.length, right.length)
    return Array.from({ length }, (_, i) =>
      String.fromCharCode(Number(join(BigInt(left.charCodeAt(i) || 0), BigInt(right.charCodeAt(i) || 0)))),
    ).join('')
  }
  return exactly(join(bitsOf(left), bitsOf(right)))
}

/** The 64 bits of a number. */
export function bitsOf(value: Value): bigint {
  if (typeof value === 'string' && /^\d{16,20}$/.test(value)) return BigInt.asUintN(64, BigInt(value))
  const whole = Math.trunc(number(value))
  return BigInt.asUintN(64, BigInt(Number.isFinite(whole) ? whole : 0))
}

/** A number of 64 bits; a text of its digits where a double would lose some. */
export function exactly(bits: bigint): Value {
  const value = BigInt.asUintN(64, bits)
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value.toString()
}

export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export function flag(value: boolean): Value {
  return value ? 1 : ''
}

/** Sums of whole numbers are exact up to 64 bits. */
function whole(value: number, left: Value, right: Value, operator: '+' | '-' | '*'): Value {
  if (Number.isSafeInteger(value) || !Number.isFinite(value)) return value
  const [a, b] = [number(left), number(right)]
  if (!Number.isSafeInteger(a) || !Number.isSafeInteger(b)) return value
  const exact = operator === '+' ? BigInt(a) + BigInt(b) : operator === '-' ? BigInt(a) - BigInt(b) : BigInt(a) * BigInt(b)
  return exact < 18_446_744_073_709_551_616n && exact >= -9_223_372_036_854_775_808n ? exact.toString() : value
}

function modulo(machine: Machine, left: number, right: number): Value {
  const [a, b] = [Math.trunc(left), Math.trunc(right)]
  if (b === 0) return machine.die('Illegal modulus zero')
  const rest = a % b
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest === 0 ? 0 : rest
}

/** `-"abc"` is a text; `~` has 64 bits. */
export function negate(value: Value): Value {
  if (typeof value === 'string' && /^[A-Za-z_]/.test(value)) return `-${value}`
  const negative = -number(value)
  return negative === 0 ? 0 : negative
}

/** `++` of a text counts as odometers do: `az` → `ba`, `Zz` → `AAa`. */
export function increment(value: Value): Value {
  if (typeof value !== 'string' || value === '' || !/^[A-Za-z]*\d*$/.test(value) || /^\d+$/.test(value)) return number(value) + 1
  const chars = [...value]
  for (let i = chars.length - 1; i >= 0; i--) {
    const char = chars[i] as string
    if (char !== 'z' && char !== 'Z' && char !== '9') {
      chars[i] = String.fromCharCode(char.charCodeAt(0) + 1)
      return chars.join('')
    }
    chars[i] = char === '9' ? '0' : char === 'z' ? 'a' : 'A'
    if (i === 0) return (char === '9' ? '1' : chars[0]) + chars.join('')
  }
  return chars.join('')
}

/** `1..5` and `'a'..'e'`. */
export function range(machine: Machine, from: Value, to: Value): Value[] {
  if (typeof from === 'string' && !/^\s*-?\d/.test(from) && from !== '') {
    const items: Value[] = []
    const end = text(to)
    for (let at: Value = from; text(at).length <= end.length && items.length < 100_000; at = increment(at)) {
      items.push(at)
      if (text(at) === end) break
    }
    return items
  }
  const [first, last] = [Math.trunc(number(from)), Math.trunc(number(to))]
  if (last - first > 2_000_000) machine.outOfMemory()
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i)
}

export { numberText }
