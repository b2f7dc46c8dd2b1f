import { randomBytes, randomInt } from 'node:crypto'
import { compare } from '../operators.ts'
import { intOrFloat, isNumeric, numberOf, PhpArray, textOf, toInt, toNumber, type Value } from '../value.ts'
import type { Native, Natives } from './native.ts'

const float =
  (make: (...numbers: number[]) => number): Native =>
  (args) =>
    make(...args.map((value) => numberOf(value)))

function extreme(args: readonly Value[], wanted: -1 | 1): Value {
  const values = args.length === 1 && args[0] instanceof PhpArray ? args[0].values() : args
  return values.reduce((best, one) => (Math.sign(compare(one, best)) === wanted ? one : best), values[0] ?? false)
}

function based(text: string, base: number, prefix: RegExp): Value {
  const digits = text.toLowerCase().replace(prefix, '')
  let value = 0n
  for (const sign of digits.slice(0, 400)) {
    const digit = Number.parseInt(sign, 36)
    if (digit >= 0 && digit < base) value = value * BigInt(base) + BigInt(digit)
  }
  return intOrFloat(value)
}

function rounded(value: Value, places: number): number {
  const number = numberOf(value)
  if (!Number.isFinite(number)) return number
  const shifted = Number(`${Math.abs(number)}e${places}`)
  const whole = Number.isNaN(shifted) ? Math.abs(number) * 10 ** places : shifted
  const result = Number(`${Math.floor(whole + 0.5)}e${-places}`)
  return Math.sign(number) * (Number.isNaN(result) ? Math.floor(whole + 0.5) / 10 ** places : result)
}

const random: Native = ([from, to], php) => {
  if (from === undefined) return BigInt(randomInt(0, 2 ** 31))
  const [low, high] = [toInt(from), toInt(to ?? 0n)]
  if (high < low) return php.fail('ValueError', 'random_int(): Argument #1 ($min) must be less than or equal to argument #2 ($max)')
  const width = high - low + 1n
  return low + (BigInt(`0x${randomBytes(8).toString('hex')}`) % width)
}

function intval([value = null, base = 10n]: readonly Value[]): Value {
  if (typeof value !== 'string' || base === 10n) return toInt(value)
  const text = value.trim().toLowerCase()
  const radix = base === 0n ? (text.startsWith('0x') ? 16 : text.startsWith('0b') ? 2 : text.startsWith('0') ? 8 : 10) : Number(base)
  const found = based((/^-?(?:0x|0b)?([0-9a-z]*)/.exec(text)?.[1] ?? '').replace(/[^0-9a-z].*/, ''), radix, /^$/)
  return text.startsWith('-') ? -toInt(found) : toInt(found)
}

export const NUMBERS: Natives = {
  intval,
  floatval: float((x) => x),
  doubleval: float((x) => x),
  abs: ([value = 0n]) => {
    const number = toNumber(value)
    return number < 0 ? (typeof number === 'bigint' ? intOrFloat(-number) : -number) : number
  },
  floor: float(Math.floor),
  ceil: float(Math.ceil),
  round: ([value = 0n, places = 0n]) => rounded(value, Number(toInt(places))),
  sqrt: float(Math.sqrt),
  exp: float(Math.exp),
  log: float((x, base) => (base === undefined ? Math.log(x) : Math.log(x) / Math.log(base))),
  log10: float(Math.log10),
  log2: float(Math.log2),
  sin: float(Math.sin),
  cos: float(Math.cos),
  tan: float(Math.tan),
  asin: float(Math.asin),
  acos: float(Math.acos),
  atan: float(Math.atan),
  atan2: float(Math.atan2),
  pi: () => Math.PI,
  hypot: float(Math.hypot),
  deg2rad: float((x) => (x / 180) * Math.PI),
  rad2deg: float((x) => (x / Math.PI) * 180),
  fmod: float((a, b) => a % (b as number)),
  intdiv: ([a = 0n, b = 1n], php) => (toInt(b) === 0n ? php.fail('DivisionByZeroError', 'Division by zero') : toInt(a) / toInt(b)),
  pow: ([a = 0n, b = 0n]) => {
    const [x, y] = [toNumber(a), toNumber(b)]
    return typeof x === 'bigint' && typeof y === 'bigint' && y >= 0n && y < 1000n ? intOrFloat(x ** y) : Number(x) ** Number(y)
  },
  max: (args) => extreme(args, 1),
  min: (args) => extreme(args, -1),
  is_nan: ([value = 0n]) => Number.isNaN(numberOf(value)),
  hexdec: ([value = '']) => based(textOf(value), 16, /^0x/),
  bindec: ([value = '']) => based(textOf(value), 2, /^0b/),
  octdec: ([value = '']) => based(textOf(value), 8, /^0o?/),
  dechex: ([value = 0n]) => BigInt.asUintN(64, toInt(value)).toString(16),
  decbin: ([value = 0n]) => BigInt.asUintN(64, toInt(value)).toString(2),
  decoct: ([value = 0n]) => BigInt.asUintN(64, toInt(value)).toString(8),
  base_convert: ([value = '', from = 10n, to = 10n]) =>
    BigInt(toInt(based(textOf(value), Number(toInt(from)), /^0[xb]/))).toString(Math.min(36, Math.max(2, Number(toInt(to))))),
  rand: random,
  mt_rand: random,
  random_int: random,
  mt_srand: () => null,
  srand: () => null,
  lcg_value: () => Math.random(),
  mt_getrandmax: () => 2147483647n,
  getrandmax: () => 2147483647n,
  random_bytes: ([length = 1n]) => randomBytes(Math.min(1_000_000, Math.max(1, Number(toInt(length))))).toString('latin1'),
  openssl_random_pseudo_bytes: ([length = 1n]) => randomBytes(Math.min(1_000_000, Math.max(1, Number(toInt(length))))).toString('latin1'),
  array_sum: ([list]) =>
    summed(list, (a, b) => (typeof a === 'bigint' && typeof b === 'bigint' ? intOrFloat(a + b) : Number(a) + Number(b)), 0n),
  array_product: ([list]) =>
    summed(list, (a, b) => (typeof a === 'bigint' && typeof b === 'bigint' ? intOrFloat(a * b) : Number(a) * Number(b)), 1n),
  is_finite: ([value = 0n]) => Number.isFinite(numberOf(value)),
  is_infinite: ([value = 0n]) => Math.abs(numberOf(value)) === Number.POSITIVE_INFINITY,
}

function summed(list: Value | undefined, add: (a: bigint | number, b: bigint | number) => bigint | number, from: bigint): Value {
  if (!(list instanceof PhpArray)) return null
  return list
    .values()
    .filter((value) => isNumeric(value) || typeof value === 'boolean')
    .reduce<bigint | number>((sum, value) => add(sum, toNumber(value)), from)
}
