import { formatNumber } from '../gnu/format-number.ts'
import { number, text, type Value } from './value.ts'

const CONVERSION = /%v(?:\d*)d|%(?:(\d+)\$)?([-+ 0#]*)(\*|\d+)?(?:\.(\*|\d+)?)?(?:hh|h|ll|l|q|L|V|z|t)?([a-zA-Z%])/g
const WIDEST = 100_000

/** `sprintf`: the conversions of C, `%b`, `%s` and `%vd`. */
export function sprintf(format: string, args: readonly Value[]): string {
  let next = 0
  return format.replace(
    CONVERSION,
    (
      whole: string,
      explicit: string | undefined,
      flags: string | undefined,
      width: string | undefined,
      precision: string | undefined,
      kind: string | undefined,
    ) => {
      if (kind === undefined) return [...text(args[next++])].map((char) => char.charCodeAt(0)).join('.')
      if (kind === '%') return '%'
      const size = width === '*' ? Math.trunc(number(args[next++])) : width === undefined ? undefined : Number(width)
      const digits = precision === '*' ? Math.trunc(number(args[next++])) : precision === undefined ? undefined : Number(precision)
      const hasDot = /\.[^a-zA-Z]*[a-zA-Z]$/.test(whole)
      const value = explicit === undefined ? args[next++] : args[Number(explicit) - 1]
      const left = (flags ?? '').includes('-') || (size ?? 0) < 0
      const fill = (body: string, zero: boolean): string => {
        const columns = Math.min(WIDEST, Math.abs(size ?? 0))
        return left ? body.padEnd(columns) : zero ? body.padStart(columns, '0') : body.padStart(columns)
      }
      const zero = (flags ?? '').includes('0') && !left
      const spec = (letter: string): string =>
        `%${flags}${size === undefined ? '' : Math.min(WIDEST, Math.abs(size))}${hasDot ? `.${digits ?? 0}` : ''}${letter}`
      switch (kind) {
        case 's': {
          const body = text(value)
          return fill(hasDot ? body.slice(0, digits ?? 0) : body, zero)
        }
        case 'c':
          return fill(String.fromCodePoint(Math.max(0, Math.min(0x10ffff, Math.trunc(number(value))))), false)
        case 'd':
        case 'i': {
          const exact = typeof value === 'string' && /^\s*[-+]?\d{16,20}\s*$/.test(value) ? value.trim() : undefined
          return exact ? fill(exact, zero) : formatNumber(spec('d'), Math.trunc(number(value)))
        }
        case 'u':
          return formatNumber(spec('u'), Math.trunc(Math.abs(number(value))))
        case 'b':
        case 'B': {
          const bits = BigInt.asUintN(64, BigInt(Math.trunc(number(value)) || 0)).toString(2)
          return fill(((flags ?? '').includes('#') && bits !== '0' ? `0${kind}` : '') + bits.padStart(digits ?? 0, '0'), zero)
        }
        case 'x':
        case 'X':
        case 'o': {
          const whole = BigInt.asUintN(64, BigInt(Math.trunc(number(value)) || 0)).toString(kind === 'o' ? 8 : 16)
          const body = (kind === 'X' ? whole.toUpperCase() : whole).padStart(digits ?? 0, '0')
          const mark = (flags ?? '').includes('#') && whole !== '0' ? (kind === 'o' ? '0' : `0${kind}`) : ''
          return zero ? mark + body.padStart(Math.max(0, Math.abs(size ?? 0) - mark.length), '0') : fill(mark + body, false)
        }
        case 'e':
        case 'E':
        case 'f':
        case 'F':
        case 'g':
        case 'G':
          return formatNumber(spec(kind), number(value))
        default:
          return whole
      }
    },
  )
}
