import { wholeNumber } from './codec.ts'
import { CommandError, notAnInteger } from './command-error.ts'

/**
 * The words after the command's name. The arity of the command has been checked, so the first ones are there when the
 * table says so; a handler that reads past its arity looks at `length` first.
 */
export type Args = [string, string, string, string, ...string[]]

/** A whole number that JavaScript holds exactly. */
export function integer(text: string, wrong: () => CommandError = notAnInteger): number {
  const n = wholeNumber(text)
  if (n === undefined || !Number.isSafeInteger(n)) throw wrong()
  return n
}

/** A whole number above zero. */
export function positive(text: string, message: string): number {
  const n = integer(text, () => new CommandError(message))
  if (n <= 0) throw new CommandError(message)
  return n
}

const INT64 = 2n ** 63n

/** A whole number of 64 bits, for counters. */
export function int64(text: string): bigint {
  if (wholeNumber(text) === undefined) throw notAnInteger()
  return within64(BigInt(text), notAnInteger)
}

export function within64(n: bigint, wrong: () => CommandError): bigint {
  if (n < -INT64 || n >= INT64) throw wrong()
  return n
}

/** A number as strtod() reads it, `inf` included. */
export function float(text: string, wrong = 'ERR value is not a valid float'): number {
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  if (text.length > 64 || !/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) throw new CommandError(wrong)
  return Number(text)
}

/** Start and stop as LRANGE, GETRANGE and ZRANGE take them, counted from the end when negative; undefined when empty. */
export function range(start: number, stop: number, length: number): { from: number; to: number } | undefined {
  const from = Math.max(0, start < 0 ? start + length : start)
  const to = Math.min(length - 1, stop < 0 ? stop + length : stop)
  return from > to || from >= length ? undefined : { from, to: to + 1 }
}

/** Two by two: `k v k v` as pairs. */
export function pairs(words: readonly string[]): [string, string][] {
  return Array.from({ length: words.length >> 1 }, (_, i) => [words[i * 2] as string, words[i * 2 + 1] as string])
}
