import { type Decimal, pow10, rescale, ZERO } from './decimal.ts'

/** Digits beyond those that are asked for. */
const GUARD = 12

/** What a term of a series costs is told before it is computed, so that others get their turn. */
export type Steps<T> = Generator<number, T, void>

/** Functions of the mathematics library (`bc -l`): their value cut off after `scale` digits. */
export const LIBRARY: Readonly<Record<string, (values: readonly Decimal[], scale: number) => Steps<Decimal>>> = {
  e: ([x = ZERO], scale) => exponential(x, scale),
  l: ([x = ZERO], scale) => logarithm(x, scale),
  s: ([x = ZERO], scale) => sine(x, scale, false),
  c: ([x = ZERO], scale) => sine(x, scale, true),
  a: ([x = ZERO], scale) => arctangent(x, scale),
  j: ([n = ZERO, x = ZERO], scale) => bessel(n, x, scale),
}

/** Fixed-point numbers with so many digits after the point. */
class Fixed {
  readonly places: number
  readonly one: bigint

  constructor(places: number) {
    this.places = places
    this.one = pow10(places)
  }

  of(value: Decimal): bigint {
    return rescale(value, this.places).digits
  }

  times(a: bigint, b: bigint): bigint {
    return (a * b) / this.one
  }

  over(a: bigint, b: bigint): bigint {
    return (a * this.one) / b
  }

  cut(value: bigint, scale: number): Decimal {
    return rescale({ digits: value, scale: this.places }, scale)
  }

  /** What an operation on such numbers costs. */
  get cost(): number {
    return 1 + Math.ceil(this.places / 100)
  }
}

function* exponential(x: Decimal, scale: number): Steps<Decimal> {
  const size = Math.abs(Number(x.digits) / 10 ** x.scale)
  if (size > 100_000) return x.digits < 0n ? { digits: 0n, scale } : yield* exponential({ digits: 100_000n, scale: 0 }, scale)
  const fixed = new Fixed(scale + GUARD + Math.ceil(0.44 * size))
  let power = fixed.of(x)
  let halvings = 0
  while (power > fixed.one || power < -fixed.one) {
    power /= 2n
    halvings++
  }
  // Each squaring doubles what was cut off.
  if (halvings > 0) return yield* squared(x, scale, fixed.places + halvings, halvings)
  return fixed.cut(yield* exponentialSeries(power, fixed), scale)
}

function* squared(x: Decimal, scale: number, places: number, halvings: number): Steps<Decimal> {
  const fixed = new Fixed(places)
  let value = yield* exponentialSeries(fixed.of(x) / 2n ** BigInt(halvings), fixed)
  for (let n = 0; n < halvings; n++) {
    yield fixed.cost
    value = fixed.times(value, value)
  }
  return fixed.cut(value, scale)
}

function* exponentialSeries(x: bigint, fixed: Fixed): Steps<bigint> {
  let sum = fixed.one
  let term = fixed.one
  for (let n = 1n; term !== 0n; n++) {
    yield fixed.cost
    term = fixed.times(term, x) / n
    sum += term
  }
  return sum
}

function* logarithm(x: Decimal, scale: number): Steps<Decimal> {
  // What bc has for the logarithm of what has none.
  if (x.digits <= 0n) return rescale({ digits: 1n - pow10(scale), scale: 0 }, scale)
  const fixed = new Fixed(scale + x.scale + GUARD)
  let value = fixed.of(x)
  let doublings = 1n
  const [low, high] = [fixed.one / 2n, fixed.one * 2n]
  while (value >= high || value <= low) {
    yield fixed.cost
    value = root(value * fixed.one)
    doublings *= 2n
  }
  const ratio = fixed.over(value - fixed.one, value + fixed.one)
  const square = fixed.times(ratio, ratio)
  let sum = ratio
  let power = ratio
  for (let n = 3n; power !== 0n; n += 2n) {
    yield fixed.cost
    power = fixed.times(power, square)
    sum += power / n
  }
  return fixed.cut(sum * 2n * doublings, scale)
}

function root(value: bigint): bigint {
  let guess = 1n << BigInt(Math.ceil(value.toString(2).length / 2))
  for (;;) {
    const next = (guess + value / guess) / 2n
    if (next >= guess) return guess
    guess = next
  }
}

function* sine(x: Decimal, scale: number, cosine: boolean): Steps<Decimal> {
  const length = Math.max(0, String(x.digits).length - x.scale)
  const fixed = new Fixed(scale + length + GUARD)
  const pi = 4n * (yield* arctangentSeries(fixed.one, fixed))
  const turn = fixed.of(x) % (2n * pi)
  let sum = cosine ? fixed.one : turn
  let term = sum
  for (let n = cosine ? 1n : 2n; term !== 0n; n += 2n) {
    yield fixed.cost
    term = -fixed.times(fixed.times(term, turn), turn) / (n * (n + 1n))
    sum += term
  }
  return fixed.cut(sum, scale)
}

function* arctangent(x: Decimal, scale: number): Steps<Decimal> {
  const fixed = new Fixed(scale + GUARD)
  return fixed.cut(yield* arctangentSeries(fixed.of(x), fixed), scale)
}

/** atan x = 2 atan(x / (1 + √(1 + x²))), until the series ends soon. */
function* arctangentSeries(x: bigint, fixed: Fixed): Steps<bigint> {
  let value = x
  let factor = 1n
  while (value > fixed.one / 8n || value < -fixed.one / 8n) {
    yield fixed.cost
    value = fixed.over(value, fixed.one + root(fixed.one * fixed.one + value * value))
    factor *= 2n
  }
  const square = fixed.times(value, value)
  let sum = value
  let power = value
  for (let n = 3n; power !== 0n; n += 2n) {
    yield fixed.cost
    power = -fixed.times(power, square)
    sum += power / n
  }
  return sum * factor
}

/** Bessel's function of whole order n: (x/2)^n / n! · Σ (−x²/4)^i / (i! (n+1)…(n+i)). */
function* bessel(order: Decimal, x: Decimal, scale: number): Steps<Decimal> {
  let n = rescale(order, 0).digits
  const odd = n % 2n !== 0n
  const negative = n < 0n
  if (negative) n = -n
  if (n > 10_000n) return { digits: 0n, scale }
  const size = Math.abs(Number(x.digits) / 10 ** x.scale)
  const fixed = new Fixed(scale + GUARD + Math.ceil(Math.min(size, 100_000)))
  const half = fixed.of(x) / 2n
  let first = fixed.one
  for (let i = 1n; i <= n; i++) {
    yield fixed.cost
    first = fixed.times(first, half) / i
  }
  const square = -fixed.times(half, half)
  let sum = first
  let term = first
  for (let i = 1n; term !== 0n; i++) {
    yield fixed.cost
    term = fixed.times(term, square) / (i * (n + i))
    sum += term
  }
  return fixed.cut(negative && odd ? -sum : sum, scale)
}
