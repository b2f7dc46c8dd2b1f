/** Formats one number by a C conversion such as `%5.2f`, `%-8d`, `%x`, `%g`, `%e`, `%c` is not among them. */
export function formatNumber(spec: string, value: number): string {
  const found = /^%([-+ #0']*)(\d*)(?:\.(\d*))?(?:hh|h|ll|l|L|q|j|z|t)?([diouxXeEfFgGaA])$/.exec(spec)
  if (!found) return spec
  const flags = found[1] as string
  const width = Math.min(Number(found[2] || 0), 100_000)
  const precision = found[3] === undefined ? undefined : Math.min(Number(found[3] || 0), 1000)
  const kind = found[4] as string
  const body = digitsOf(kind, Math.abs(value), precision, flags.includes('#'))
  const negative = value < 0 || Object.is(value, -0)
  const signed = 'dieEfFgGaA'.includes(kind)
  const sign = !signed
    ? ''
    : negative && !('di'.includes(kind) && Math.trunc(value) === 0)
      ? '-'
      : flags.includes('+')
        ? '+'
        : flags.includes(' ')
          ? ' '
          : ''
  const finite = Number.isFinite(value)
  const zero = flags.includes('0') && !flags.includes('-') && finite && !('diouxX'.includes(kind) && precision !== undefined)
  if (flags.includes('-')) return (sign + body).padEnd(width)
  return zero ? sign + body.padStart(width - sign.length, '0') : (sign + body).padStart(width)
}

function digitsOf(kind: string, value: number, precision: number | undefined, alternate: boolean): string {
  if (!Number.isFinite(value)) {
    const name = Number.isNaN(value) ? 'nan' : 'inf'
    return kind === kind.toUpperCase() && kind !== 'i' ? name.toUpperCase() : name
  }
  switch (kind) {
    case 'd':
    case 'i':
    case 'u':
      return atLeast(BigInt(Math.trunc(value)).toString(), precision)
    case 'o':
      return (alternate ? '0' : '') + atLeast(BigInt(Math.trunc(value)).toString(8), precision)
    case 'x':
      return (alternate && value ? '0x' : '') + atLeast(BigInt(Math.trunc(value)).toString(16), precision)
    case 'X':
      return (alternate && value ? '0X' : '') + atLeast(BigInt(Math.trunc(value)).toString(16).toUpperCase(), precision)
    case 'f':
    case 'F':
      return fixed(value, precision ?? 6)
    case 'e':
    case 'E':
      return exponential(value, precision ?? 6, kind)
    default:
      return general(value, precision ?? 6, kind === 'G' ? 'E' : 'e', alternate)
  }
}

function atLeast(digits: string, precision: number | undefined): string {
  if (precision === 0 && digits === '0') return ''
  return precision === undefined ? digits : digits.padStart(precision, '0')
}

function fixed(value: number, digits: number): string {
  return value >= 1e21 ? `${BigInt(value)}${digits ? `.${'0'.repeat(digits)}` : ''}` : value.toFixed(Math.min(digits, 100))
}

function exponential(value: number, digits: number, mark: string): string {
  return value
    .toExponential(Math.min(digits, 100))
    .replace(/e([-+])(\d+)$/, (_, sign: string, power: string) => `${mark}${sign}${power.padStart(2, '0')}`)
}

function general(value: number, precision: number, mark: string, alternate: boolean): string {
  const digits = Math.min(precision || 1, 100)
  const power = value === 0 ? 0 : Number(value.toExponential(digits - 1).split('e')[1])
  const text = power < -4 || power >= digits ? exponential(value, digits - 1, mark) : fixed(value, Math.max(0, digits - 1 - power))
  if (alternate || !text.includes('.')) return text
  return text.replace(/\.?0+($|e|E)/, '$1')
}
