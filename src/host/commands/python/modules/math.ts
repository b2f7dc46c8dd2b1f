import { index } from '../builtins/functions.ts'
import type { Machine } from '../machine.ts'
import { exactRatio } from '../numbers.ts'
import { asFloat, asInteger } from '../operators.ts'
import { functions } from '../signature.ts'
import { classOf, raise, tuple, typeError, typeName, valueError } from '../types.ts'
import type { Steps, Value } from '../value.ts'

function real(value: Value): number {
  const number = asFloat(value)
  if (number === undefined) throw typeError(`must be real number, not ${typeName(value)}`)
  if (!Number.isFinite(number) && typeof value === 'bigint') throw raise('OverflowError', 'int too large to convert to float')
  return number
}

type Entry = [string, (m: Machine, ...args: never[]) => Value | Steps<Value>]

/** A function of one float whose NaN is a domain error. */
function plain(run: (x: number) => number): Entry {
  return [
    'x',
    (_m, value: Value) => {
      const x = real(value)
      const result = run(x)
      if (Number.isNaN(result) && !Number.isNaN(x)) throw valueError('math domain error')
      if (!Number.isFinite(result) && Number.isFinite(x)) throw raise('OverflowError', 'math range error')
      return result
    },
  ]
}

function logarithm(value: Value, run: (x: number) => number, perBit: number): number {
  const whole = asInteger(value)
  if (whole !== undefined && whole > 2n ** 1000n) {
    const shift = whole.toString(2).length - 60
    return run(Number(whole >> BigInt(shift))) + shift * perBit
  }
  const x = real(value)
  if (x <= 0) throw valueError('math domain error')
  return run(x)
}

function toWhole(run: (x: number) => number, special: string): Entry {
  return [
    'x',
    (m, value: Value) => {
      const whole = asInteger(value)
      if (whole !== undefined) return whole
      const own = typeof value === 'object' && value !== null ? classOf(value).find(special) : undefined
      if (own !== undefined) return m.call(own, [value])
      const x = real(value)
      if (Number.isNaN(x)) throw valueError('cannot convert float NaN to integer')
      if (!Number.isFinite(x)) throw raise('OverflowError', 'cannot convert float infinity to integer')
      return BigInt(run(x))
    },
  ]
}

function isqrt(n: bigint): bigint {
  if (n < 0n) throw valueError('isqrt() argument must be nonnegative')
  if (n < 2n) return n
  let x = 1n << BigInt((n.toString(2).length + 1) >> 1)
  for (;;) {
    const y = (x + n / x) >> 1n
    if (y >= x) return x
    x = y
  }
}

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b]
  while (y !== 0n) [x, y] = [y, x % y]
  return x
}

function* factorial(m: Machine, value: Value): Steps<Value> {
  const n = index(value)
  if (n < 0n) throw valueError('factorial() not defined for negative values')
  if (n > 20_000n) throw raise('MemoryError')
  let result = 1n
  for (let i = 2n; i <= n; i++) {
    const pause = m.spend(1 + Number(i >> 9n))
    if (pause) yield pause
    result *= i
  }
  return result
}

function combinations(n: bigint, k: bigint): bigint {
  if (n < 0n || k < 0n) throw valueError(n < 0n ? 'n must be a non-negative integer' : 'k must be a non-negative integer')
  if (k > n) return 0n
  if (n > 20_000n) throw raise('MemoryError')
  let result = 1n
  for (let i = 0n; i < k; i++) result = (result * (n - i)) / (i + 1n)
  return result
}

/** Exactly rounded, as fsum is: the sum of exact ratios. */
function fsum(values: readonly Value[]): number {
  let [numerator, denominator] = [0n, 1n]
  for (const value of values) {
    const part = exactRatio(real(value))
    const common = part.denominator > denominator ? part.denominator : denominator
    numerator = numerator * (common / denominator) + part.numerator * (common / part.denominator)
    denominator = common
  }
  const shift = Math.max(0, numerator.toString(2).length - 1000)
  return Number(numerator >> BigInt(shift)) / Number(denominator >> BigInt(shift) || 1n)
}

function gamma(x: number): number {
  if (Number.isInteger(x) && x > 0 && x < 171) {
    let result = 1
    for (let i = 2; i < x; i++) result *= i
    return result
  }
  const g = [
    676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012,
    9.9843695780195716e-6, 1.5056327351493116e-7,
  ]
  if (x < 0.5) return Math.PI / (Math.sin(Math.PI * x) * gamma(1 - x))
  const y = x - 1
  const sum = g.reduce((total, c, i) => total + c / (y + i + 1), 0.99999999999980993)
  const t = y + 7.5
  return Math.sqrt(2 * Math.PI) * t ** (y + 0.5) * Math.exp(-t) * sum
}

export function* mathModule(): Iterable<readonly [string, Value]> {
  yield ['pi', Math.PI]
  yield ['e', Math.E]
  yield ['tau', 2 * Math.PI]
  yield ['inf', Infinity]
  yield ['nan', Number.NaN]
  const two = (run: (x: number, y: number) => number): Entry => ['x, y', (_m, x: Value, y: Value) => run(real(x), real(y))]
  yield* functions({
    sqrt: plain(Math.sqrt),
    cbrt: plain(Math.cbrt),
    sin: plain(Math.sin),
    cos: plain(Math.cos),
    tan: plain(Math.tan),
    asin: plain(Math.asin),
    acos: plain(Math.acos),
    atan: plain(Math.atan),
    sinh: plain(Math.sinh),
    cosh: plain(Math.cosh),
    tanh: plain(Math.tanh),
    asinh: plain(Math.asinh),
    acosh: plain(Math.acosh),
    atanh: plain(Math.atanh),
    exp: plain(Math.exp),
    exp2: plain((x) => 2 ** x),
    expm1: plain(Math.expm1),
    log1p: plain(Math.log1p),
    gamma: plain(gamma),
    fabs: plain(Math.abs),
    degrees: plain((x) => (x * 180) / Math.PI),
    radians: plain((x) => (x * Math.PI) / 180),
    log: [
      'x, base=',
      (_m, value: Value, base: Value | undefined) => {
        const top = logarithm(value, Math.log, Math.LN2)
        return base === undefined ? top : top / logarithm(base, Math.log, Math.LN2)
      },
    ],
    log2: ['x', (_m, value: Value) => logarithm(value, Math.log2, 1)],
    log10: ['x', (_m, value: Value) => logarithm(value, Math.log10, Math.LOG10E * Math.LN2)],
    pow: [
      'x, y',
      (_m, x: Value, y: Value) => {
        const result = real(x) ** real(y)
        if (Number.isNaN(result) && !Number.isNaN(real(x))) throw valueError('math domain error')
        if (!Number.isFinite(result) && Number.isFinite(real(x))) throw raise('OverflowError', 'math range error')
        return result
      },
    ],
    atan2: two(Math.atan2),
    fmod: two((x, y) => {
      if (y === 0) throw valueError('math domain error')
      return x % y
    }),
    copysign: two((x, y) => (y < 0 || Object.is(y, -0) ? -Math.abs(x) : Math.abs(x))),
    hypot: ['*args', (_m, args: Value[]) => Math.hypot(...args.map(real))],
    dist: [
      'p, q',
      function* (m: Machine, p: Value, q: Value): Steps<Value> {
        const [a, b] = [yield* m.toArray(p), yield* m.toArray(q)]
        return Math.hypot(...a.map((x, i) => real(x) - real(b[i] as Value)))
      },
    ],
    floor: toWhole(Math.floor, '__floor__'),
    ceil: toWhole(Math.ceil, '__ceil__'),
    trunc: toWhole(Math.trunc, '__trunc__'),
    isqrt: ['n', (_m, n: Value) => isqrt(index(n))],
    factorial: ['n', factorial],
    gcd: ['*args', (_m, args: Value[]) => args.map(index).reduce(gcd, 0n)],
    lcm: ['*args', (_m, args: Value[]) => args.map(index).reduce((a, b) => (a === 0n || b === 0n ? 0n : (a * b) / gcd(a, b)), 1n)],
    comb: ['n, k', (_m, n: Value, k: Value) => combinations(index(n), index(k))],
    perm: [
      'n, k=',
      (_m, n: Value, k: Value | undefined) => {
        const [total, taken] = [index(n), k === undefined || k === null ? index(n) : index(k)]
        if (total > 20_000n) throw raise('MemoryError')
        let result = 1n
        for (let i = 0n; i < taken; i++) result *= total - i
        return result
      },
    ],
    isnan: ['x', (_m, x: Value) => Number.isNaN(real(x))],
    isinf: ['x', (_m, x: Value) => !Number.isFinite(real(x)) && !Number.isNaN(real(x))],
    isfinite: ['x', (_m, x: Value) => Number.isFinite(real(x))],
    isclose: [
      'a, b, *, rel_tol=, abs_tol=',
      (_m, a: Value, b: Value, relative: Value | undefined, absolute: Value | undefined) =>
        Math.abs(real(a) - real(b)) <=
        Math.max(
          (relative === undefined ? 1e-9 : real(relative)) * Math.max(Math.abs(real(a)), Math.abs(real(b))),
          absolute === undefined ? 0 : real(absolute),
        ),
    ],
    modf: ['x', (_m, x: Value) => tuple(real(x) - Math.trunc(real(x)), Math.trunc(real(x)))],
    frexp: [
      'x',
      (_m, value: Value) => {
        const x = real(value)
        if (x === 0 || !Number.isFinite(x)) return tuple(x, 0n)
        const exponent = Math.max(-1023, Math.floor(Math.log2(Math.abs(x))) + 1)
        return tuple(x / 2 ** exponent, BigInt(exponent))
      },
    ],
    ldexp: ['x, i', (_m, x: Value, i: Value) => real(x) * 2 ** Number(index(i))],
    fsum: [
      'seq',
      function* (m: Machine, values: Value): Steps<Value> {
        return fsum(yield* m.toArray(values))
      },
    ],
    prod: [
      'iterable, *, start=',
      function* (m: Machine, values: Value, start: Value | undefined): Steps<Value> {
        let result: Value = start ?? 1n
        for (const value of yield* m.toArray(values)) {
          const a: bigint | undefined = asInteger(result)
          const b: bigint | undefined = asInteger(value)
          if (a !== undefined && b !== undefined) {
            if (a.toString(16).length + b.toString(16).length > 500_000) throw raise('MemoryError')
            result = a * b
          } else result = real(result) * real(value)
        }
        return result
      },
    ],
  })
}
