/** Text of a float as repr gives it: the shortest digits that read back the same, in CPython's layout. */
export function floatRepr(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf'
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const [mantissa, exponentText] = Math.abs(value).toExponential().split('e') as [string, string]
  const exponent = Number(exponentText)
  const sign = value < 0 ? '-' : ''
  const digits = mantissa.replace('.', '')
  if (exponent < -4 || exponent >= 16) return `${sign}${mantissa}e${exponentSuffix(exponent)}`
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  if (digits.length <= exponent + 1) return `${sign}${digits}${'0'.repeat(exponent + 1 - digits.length)}.0`
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`
}

function exponentSuffix(exponent: number): string {
  return `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

/** A finite float as numerator and denominator (a power of two), exactly. */
export function exactRatio(value: number): { numerator: bigint; denominator: bigint } {
  let exponent = 0
  let mantissa = value
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2
    exponent++
  }
  return { numerator: BigInt(mantissa), denominator: 1n << BigInt(exponent) }
}

/** numerator / denominator as a whole number, ties to even. */
export function divideEven(numerator: bigint, denominator: bigint): bigint {
  const isNegative = numerator < 0n !== denominator < 0n
  const [n, d] = [numerator < 0n ? -numerator : numerator, denominator < 0n ? -denominator : denominator]
  let quotient = n / d
  const rest = (n % d) * 2n
  if (rest > d || (rest === d && quotient % 2n === 1n)) quotient++
  return isNegative ? -quotient : quotient
}

/** A float's magnitude with so many digits behind the point, correctly rounded. */
export function fixed(value: number, digits: number): string {
  const { numerator, denominator } = exactRatio(Math.abs(value))
  const scaled = divideEven(numerator * 10n ** BigInt(digits), denominator)
  const text = scaled.toString().padStart(digits + 1, '0')
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
}

/** A float's magnitude as `digits` significant digits and an exponent, correctly rounded. */
export function scientific(value: number, digits: number): { digits: string; exponent: number } {
  if (value === 0) return { digits: '0'.repeat(digits), exponent: 0 }
  const { numerator, denominator } = exactRatio(Math.abs(value))
  let exponent = Number(Math.abs(value).toExponential().split('e')[1])
  for (;;) {
    const shift = digits - 1 - exponent
    const scaled =
      shift >= 0 ? divideEven(numerator * 10n ** BigInt(shift), denominator) : divideEven(numerator, denominator * 10n ** BigInt(-shift))
    const text = scaled.toString()
    if (text.length === digits) return { digits: text, exponent }
    exponent++
  }
}

/** `%g` and its like: the shorter of both layouts. `alternate` keeps the zeros at the end. */
export function general(value: number, precision: number, alternate: boolean, upper: number = precision): string {
  const significant = precision === 0 ? 1 : precision
  const { digits, exponent } = scientific(value, significant)
  const strip = (text: string): string => (alternate || !text.includes('.') ? text : text.replace(/0+$/, '').replace(/\.$/, ''))
  if (exponent < -4 || exponent >= Math.max(upper, 1))
    return `${strip(digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits)}e${exponentSuffix(exponent)}`
  if (exponent < 0) return strip(`0.${'0'.repeat(-exponent - 1)}${digits}`)
  const whole = digits.slice(0, exponent + 1)
  const rest = digits.slice(exponent + 1)
  return strip(rest === '' ? whole : `${whole}.${rest}`)
}

export function exponential(value: number, precision: number): string {
  const { digits, exponent } = scientific(value, precision + 1)
  return `${digits[0]}${precision > 0 ? `.${digits.slice(1)}` : ''}e${exponentSuffix(exponent)}`
}

/** Python's `//` and `%`, which round down. */
export function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient
}

export function modulo(a: bigint, b: bigint): bigint {
  const rest = a % b
  return rest !== 0n && rest < 0n !== b < 0n ? rest + b : rest
}

export function floatModulo(a: number, b: number): number {
  const rest = a % b
  if (rest !== 0 && rest < 0 !== b < 0) return rest + b
  return rest === 0 ? (b < 0 ? -0 : 0) : rest
}

/** The whole number that `text` says in a base (0: as its prefix says), as int() reads it; undefined when it is none. */
export function parseInteger(text: string, base: number): bigint | undefined {
  const found = /^\s*([-+]?)(0[xX]_?|0[oO]_?|0[bB]_?)?([0-9a-zA-Z]+(?:_[0-9a-zA-Z]+)*)\s*$/.exec(
    text.length > 20_000 ? text.slice(0, 20_000) : text,
  )
  if (!found) return undefined
  const prefix = (found[2] ?? '').toLowerCase().replace('_', '')
  const prefixBase = { '0x': 16, '0o': 8, '0b': 2, '': 0 }[prefix] as number
  let digits = (found[3] as string).replaceAll('_', '')
  let radix = base
  if (prefix !== '') {
    if (base === 0) radix = prefixBase
    else if (base !== prefixBase) {
      // `0b1` is a number in base 16.
      if (base < 12) return undefined
      digits = prefix + digits
    }
  } else if (base === 0) {
    radix = 10
    if (/^0+[1-9]/.test(digits)) return undefined
  }
  digits = digits.toLowerCase()
  for (const c of digits) if (Number.parseInt(c, 36) >= radix || Number.isNaN(Number.parseInt(c, 36))) return undefined
  const magnitude =
    radix === 10
      ? BigInt(digits)
      : radix === 16
        ? BigInt(`0x${digits}`)
        : radix === 8
          ? BigInt(`0o${digits}`)
          : radix === 2
            ? BigInt(`0b${digits}`)
            : inBase(digits, radix)
  return found[1] === '-' ? -magnitude : magnitude
}

function inBase(digits: string, radix: number): bigint {
  let value = 0n
  for (const c of digits) value = value * BigInt(radix) + BigInt(Number.parseInt(c, 36))
  return value
}

/** As float() reads it. */
export function parseFloatText(text: string): number | undefined {
  const plain = text.trim().replace(/(?<=\d)_(?=\d)/g, '')
  const special = /^([-+]?)(inf(?:inity)?|nan)$/i.exec(plain)
  if (special) return (special[2] as string).toLowerCase() === 'nan' ? Number.NaN : special[1] === '-' ? -Infinity : Infinity
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(plain) ? Number(plain) : undefined
}

/** Rounds half to even at a digit, as round() does with a float. */
export function roundFloat(value: number, digits: number): number {
  if (!Number.isFinite(value) || digits > 323) return value
  if (digits >= 0) return Number((value < 0 ? '-' : '') + fixed(value, Math.min(digits, 323)))
  if (digits < -308) return 0 * value
  const { numerator, denominator } = exactRatio(value)
  const power = 10n ** BigInt(-digits)
  return Number(divideEven(numerator, denominator * power) * power)
}
