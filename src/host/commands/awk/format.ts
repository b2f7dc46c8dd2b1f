import { formatNumber } from '../gnu/format-number.ts'
import { toNumber, type Value } from './value.ts'

/** A format asks for more values than there are. */
export class TooFewValues extends Error {
  readonly format: string
  /** Where in the format the one begins that got none. */
  readonly at: number

  constructor(format: string, at: number) {
    super('not enough arguments')
    this.format = format
    this.at = at
  }
}

/**
 * sprintf of awk over values; `text` turns a value into its string.
 * @throws TooFewValues if `strict`; missing values are empty otherwise
 */
export function awkFormat(format: string, values: readonly Value[], text: (value: Value) => string, strict = false): string {
  let next = 0
  return format.replace(
    /%([-+ #0']*)(\*|\d*)(?:\.(\*|\d*))?(?:hh|h|ll|l|L)?([diouxXeEfFgGaAcs%])/g,
    (_whole, flags: string, width: string, precision: string | undefined, kind: string, at: number) => {
      if (kind === '%') return '%'
      const size = width === '*' ? String(Math.trunc(toNumber(values[next++]))) : width
      const digits = precision === '*' ? String(Math.trunc(toNumber(values[next++]))) : precision
      if (strict && next >= values.length) throw new TooFewValues(format, at)
      const value = values[next++]
      if (kind === 'c' || kind === 's') {
        const shown = kind === 'c' ? characterOf(value, text) : text(value)
        const cut = digits === undefined || kind === 'c' ? shown : shown.slice(0, Number(digits || 0))
        const wide = Math.min(Math.abs(Number(size || 0)), 100_000)
        return flags.includes('-') || Number(size) < 0 ? cut.padEnd(wide) : cut.padStart(wide)
      }
      const number = toNumber(value)
      if ('diouxX'.includes(kind) && !Number.isFinite(number)) return formatNumber(`%${flags}${size}f`, number)
      const unsigned = 'ouxX'.includes(kind) && number < 0 ? Number(BigInt.asUintN(64, BigInt(Math.trunc(number)))) : number
      return formatNumber(`%${flags}${size}${digits === undefined ? '' : `.${digits}`}${kind}`, unsigned)
    },
  )
}

function characterOf(value: Value, text: (value: Value) => string): string {
  return typeof value === 'number' ? String.fromCharCode(Math.trunc(value) & 0xff) : text(value).slice(0, 1)
}
