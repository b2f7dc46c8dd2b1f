import type { Item } from './cache.ts'
import type { Conversation } from './conversation.ts'

/** What the server says, or that it hangs up. */
export type TextReply = string | Buffer | 'CLOSE'

export const ERROR = 'ERROR\r\n'
export const BAD_FORMAT = 'CLIENT_ERROR bad command line format\r\n'

/** Reads data that is not kept. */
export async function swallow({ source }: Conversation, length: number): Promise<void> {
  for (let left = length; left > 0; left -= 65_536) await source.exactly(Math.min(left, 65_536))
}

/** INCR and DECR of both protocols; undefined when the value is no number. */
export function added(item: Item, delta: bigint, isIncrement: boolean): bigint | undefined {
  const text = item.value.toString('latin1').trimEnd()
  if (!/^\d{1,20}$/.test(text)) return undefined
  const value = BigInt(text)
  return isIncrement ? BigInt.asUintN(64, value + delta) : value > delta ? value - delta : 0n
}

/** A shorter number keeps the length of the one before, with blanks behind it. */
export function replaceNumber(cache: Conversation['cache'], item: Item, value: bigint): void {
  item.value = Buffer.from(String(value).padEnd(item.value.length, ' '))
  item.cas = cache.newCas()
}

export function silent(args: readonly string[], reply: string): string {
  return args.at(-1) === 'noreply' ? '' : reply
}
