/** A value of PHP; an array keeps the order of its keys. Strings are bytes, one a character. */
export type Value = string | number | boolean | null | Map<string, Value>

/** As echo prints it: 14 digits, arrays by their name. */
export function textOf(value: Value): string {
  if (typeof value === 'string') return value
  if (value === null || value === false) return ''
  if (value === true) return '1'
  if (value instanceof Map) return 'Array'
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NAN' : value > 0 ? 'INF' : '-INF'
  if (Number.isSafeInteger(value)) return String(value)
  const [digits = '', exponent] = Number(value.toPrecision(14)).toExponential().split('e')
  const power = Number(exponent)
  if (power < -5 || power >= 15) return `${digits.includes('.') ? digits : `${digits}.0`}E${power < 0 ? '' : '+'}${power}`
  return String(Number(value.toPrecision(14)))
}

/** The number that a text begins with; 0 without one. */
export function numberOf(value: Value): number {
  if (typeof value === 'number') return value
  if (value instanceof Map) return value.size > 0 ? 1 : 0
  if (typeof value === 'string')
    return Number(/^\s{0,20}[-+]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:e[-+]?\d{1,3})?/i.exec(value)?.[0] ?? 0)
  return value ? 1 : 0
}

export function isTrue(value: Value): boolean {
  return value instanceof Map ? value.size > 0 : value !== '' && value !== '0' && Boolean(value)
}

/** `==`, for the types that matter: numbers and numeric strings by value, all else as text or truth. */
export function isLoose(left: Value, right: Value): boolean {
  if (typeof left === 'boolean' || typeof right === 'boolean' || left === null || right === null) return isTrue(left) === isTrue(right)
  const areNumbers = [left, right].every(
    (one) => typeof one === 'number' || (typeof one === 'string' && /^\s*[-+]?\d+(\.\d+)?(e\d+)?$/i.test(one)),
  )
  return areNumbers ? numberOf(left) === numberOf(right) : textOf(left) === textOf(right)
}
