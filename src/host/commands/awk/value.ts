import { formatNumber } from '../gnu/format-number.ts'

/** A value of awk: numbers, strings, and strings from input that compare as numbers when they look like one. */
export type Value = number | string | Strnum | undefined

export class Strnum {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

const NUMERIC = /^[ \t\n]*[-+]?(\d+\.?\d*([eE][-+]?\d+)?|\.\d+([eE][-+]?\d+)?|0[xX][0-9a-fA-F]+)[ \t\n]*$/

/** Text from the outside: fields, getline, FS splits, `-v`. */
export function fromInput(text: string): Value {
  return text.length < 64 && NUMERIC.test(text) ? new Strnum(text) : text
}

export function toNumber(value: Value): number {
  if (typeof value === 'number') return value
  if (value === undefined) return 0
  const text = typeof value === 'string' ? value : value.text
  const found = /^[ \t\n\r\f\v]*([-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?))/.exec(
    text.length > 400 ? text.slice(0, 400) : text,
  )
  if (found) return Number(found[1])
  const special = /^[ \t]*([-+](?:inf|nan))/i.exec(text.slice(0, 16))
  return special
    ? /inf/i.test(special[1] as string)
      ? special[1]![0] === '-'
        ? Number.NEGATIVE_INFINITY
        : Number.POSITIVE_INFINITY
      : Number.NaN
    : 0
}

/** @param largest integers beyond it are written by the format: 2^31-1 for mawk, none for gawk */
export function numberText(value: number, format: string, largest: number): string {
  if (Number.isInteger(value) && Math.abs(value) <= largest) return String(value === 0 ? 0 : value)
  if (Number.isInteger(value) && largest > 2 ** 53 && Math.abs(value) < 1e30) return BigInt(value).toString()
  return formatNumber(format, value)
}

export function truth(value: Value): boolean {
  if (typeof value === 'number') return value !== 0
  if (value === undefined) return false
  return typeof value === 'string' ? value !== '' : toNumber(value) !== 0
}
