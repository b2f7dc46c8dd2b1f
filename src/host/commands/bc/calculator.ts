/** Arithmetic of bc over decimal numbers with a scale: integers with an implied point. */
export interface Decimal {
  digits: bigint
  scale: number
}

export class BcError extends Error {}

const MOST_DIGITS = 20_000

function pow10(n: number): bigint {
  return 10n ** BigInt(Math.max(0, n))
}

export function parseDecimal(text: string): Decimal {
  const [whole, fraction = ''] = text.split('.') as [string, string?]
  return { digits: BigInt(`${whole}${fraction}` || '0'), scale: fraction.length }
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
  const exponent = Number(rescale(b, 0).digits)
  const size = Math.abs(exponent)
  if (size > 100_000 || a.digits.toString().length * size > MOST_DIGITS * 4) throw new BcError('exponent too large in raise')
  const digits = a.digits ** BigInt(size)
  const result = { digits, scale: a.scale * size }
  if (exponent >= 0) return rescale(result, Math.min(result.scale, Math.max(scale, a.scale)))
  return calculate('/', { digits: 1n, scale: 0 }, result, scale)
}

export function squareRoot(a: Decimal, scale: number): Decimal {
  if (a.digits < 0n) throw new BcError('Square root of a negative number')
  const wanted = Math.max(scale, a.scale)
  const target = a.digits * pow10(2 * wanted - a.scale)
  if (target === 0n) return { digits: 0n, scale: wanted }
  let root = 10n ** BigInt(Math.ceil(target.toString().length / 2))
  for (;;) {
    const next = (root + target / root) / 2n
    if (next >= root) return { digits: root, scale: wanted }
    root = next
  }
}

export function show(value: Decimal, base: number): string {
  const negative = value.digits < 0n
  const digits = (negative ? -value.digits : value.digits).toString()
  if (base !== 10)
    return (
      (negative ? '-' : '') +
      rescale({ digits: negative ? -value.digits : value.digits, scale: value.scale }, 0)
        .digits.toString(base)
        .toUpperCase()
    )
  const padded = digits.padStart(value.scale + 1, '0')
  const whole = padded.slice(0, padded.length - value.scale)
  const fraction = value.scale ? `.${padded.slice(-value.scale)}` : ''
  // bc leaves out a leading zero and prints zero as 0.
  if (value.digits === 0n) return '0'
  return wrapped(`${negative ? '-' : ''}${whole === '0' && fraction ? '' : whole}${fraction}`)
}

/** Lines of at most 70 characters, continued with a backslash (BC_LINE_LENGTH). */
function wrapped(text: string): string {
  return text.length <= 69 ? text : (text.match(/.{1,68}/g) as string[]).join('\\\n')
}
