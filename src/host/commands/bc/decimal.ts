/** Arithmetic of bc over decimal numbers with a scale: integers with an implied point. */
export interface Decimal {
  digits: bigint
  scale: number
}

/** A fault while a program runs. */
export class BcError extends Error {
  /** Address in the byte code, where it is not that of the next instruction. */
  readonly at: number | undefined

  constructor(message: string, at?: number) {
    super(message)
    this.at = at
  }
}

const MOST_DIGITS = 20_000

export function pow10(n: number): bigint {
  return 10n ** BigInt(Math.max(0, n))
}

export const ZERO: Decimal = { digits: 0n, scale: 0 }
export const ONE: Decimal = { digits: 1n, scale: 0 }

export function whole(value: Decimal): bigint {
  return rescale(value, 0).digits
}

export function rescale(value: Decimal, scale: number): Decimal {
  if (scale >= value.scale) return { digits: value.digits * pow10(scale - value.scale), scale }
  return { digits: value.digits / pow10(value.scale - scale), scale }
}

function aligned(a: Decimal, b: Decimal): [bigint, bigint, number] {
  const scale = Math.max(a.scale, b.scale)
  return [rescale(a, scale).digits, rescale(b, scale).digits, scale]
}

export function compare(a: Decimal, b: Decimal): number {
  const [x, y] = aligned(a, b)
  return x < y ? -1 : x > y ? 1 : 0
}

/** @throws BcError with bc's words */
export function calculate(operator: string, a: Decimal, b: Decimal, scale: number): Decimal {
  switch (operator) {
    case '+':
    case '-': {
      const [x, y, s] = aligned(a, b)
      return { digits: operator === '+' ? x + y : x - y, scale: s }
    }
    case '*': {
      const product = { digits: a.digits * b.digits, scale: a.scale + b.scale }
      return rescale(product, Math.min(product.scale, Math.max(scale, a.scale, b.scale)))
    }
    case '/':
      if (b.digits === 0n) throw new BcError('Divide by zero')
      return { digits: (a.digits * pow10(scale + b.scale)) / (b.digits * pow10(a.scale)), scale }
    case '%': {
      if (b.digits === 0n) throw new BcError('Modulo by zero')
      const quotient = calculate('/', a, b, scale)
      const whole = { digits: quotient.digits * b.digits, scale: quotient.scale + b.scale }
      return rescale(calculate('-', a, whole, scale), Math.max(scale + b.scale, a.scale))
    }
    default:
      return power(a, b, scale)
  }
}

function power(a: Decimal, b: Decimal, scale: number): Decimal {
  const exponent = Number(whole(b))
  const size = Math.abs(exponent)
  if (size > 100_000 || a.digits.toString().length * size > MOST_DIGITS * 4) throw new BcError('exponent too large in raise')
  const digits = a.digits ** BigInt(size)
  const result = { digits, scale: a.scale * size }
  if (exponent >= 0) return rescale(result, Math.min(result.scale, Math.max(scale, a.scale)))
  if (digits === 0n) throw new BcError('divide by zero')
  return calculate('/', ONE, result, scale)
}

export function squareRoot(a: Decimal, scale: number): Decimal {
  if (a.digits < 0n) throw new BcError('Square root of a negative number')
  if (compare(a, ZERO) === 0) return ZERO
  if (compare(a, ONE) === 0) return ONE
  const wanted = Math.max(scale, a.scale)
  const target = a.digits * pow10(2 * wanted - a.scale)
  let root = 10n ** BigInt(Math.ceil(target.toString().length / 2))
  for (;;) {
    const next = (root + target / root) / 2n
    if (next >= root) return { digits: root, scale: wanted }
    root = next
  }
}

const DIGITS = '0123456789ABCDEF'

/** Digits in a base as bc prints them: bases above 16 have decimal groups with a blank before each. */
export function show(value: Decimal, base: bigint): string {
  // A leading zero is left out, and zero is 0 whatever its scale.
  if (value.digits === 0n) return '0'
  const sign = value.digits < 0n ? '-' : ''
  const size = { digits: value.digits < 0n ? -value.digits : value.digits, scale: value.scale }
  const one = pow10(size.scale)
  const [whole, fraction] = [size.digits / one, size.digits % one]
  const point = size.scale > 0 ? '.' : ''
  if (base === 10n) return `${sign}${whole || ''}${point}${point && String(fraction).padStart(size.scale, '0')}`
  return `${sign}${wholeIn(whole, base)}${point}${point && fractionIn(fraction, one, base)}`
}

function wholeIn(value: bigint, base: bigint): string {
  if (base <= 16n) return value === 0n ? '' : value.toString(Number(base)).toUpperCase()
  const groups: string[] = []
  for (let rest = value; rest > 0n; rest /= base) groups.push(group(rest % base, base))
  return groups
    .reverse()
    .map((text) => ` ${text}`)
    .join('')
}

/** As many digits as tell the decimal ones apart. */
function fractionIn(fraction: bigint, one: bigint, base: bigint): string {
  const digits: string[] = []
  let rest = fraction
  for (let reached = 1n; reached < one; reached *= base) {
    rest *= base
    const digit = rest / one
    rest %= one
    digits.push(base <= 16n ? (DIGITS[Number(digit)] as string) : group(digit, base))
  }
  return digits.join(base <= 16n ? '' : ' ')
}

function group(digit: bigint, base: bigint): string {
  return String(digit).padStart(String(base - 1n).length, '0')
}

/** A number of a program's text. More than one digit: those that the base does not have count as its highest. */
export function parseNumber(text: string, base: bigint): Decimal {
  const [whole = '', fraction = ''] = text.split('.') as [string, string?]
  if (base === 10n && !/[A-Z]/.test(text)) return { digits: BigInt(whole + fraction || '0'), scale: fraction.length }
  if (fraction === '' && whole.length === 1) return { digits: BigInt(digitOf(whole)), scale: 0 }
  const worthOf = (digits: string): bigint => {
    let value = 0n
    for (const digit of digits) {
      const worth = BigInt(digitOf(digit))
      value = value * base + (worth < base ? worth : base - 1n)
    }
    return value
  }
  const scale = fraction.length
  return { digits: worthOf(whole) * pow10(scale) + (worthOf(fraction) * pow10(scale)) / base ** BigInt(scale), scale }
}

function digitOf(letter: string): number {
  return Number.parseInt(letter, 36)
}
