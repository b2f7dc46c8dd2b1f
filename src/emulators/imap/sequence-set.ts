import { ImapSyntaxError } from './codec.ts'

const MOST_RANGES = 1000

/** A sequence-set of RFC 3501 §9 as ranges; `*` is the largest number in use. */
export type SequenceSet = readonly [from: number, to: number][]

/** @throws ImapSyntaxError `Invalid messageset` */
export function parseSet(text: string | undefined, largest: number): SequenceSet {
  const ranges: [number, number][] = []
  for (const part of (text ?? '').split(',', MOST_RANGES)) {
    const match = /^(\d{1,10}|\*)(?::(\d{1,10}|\*))?$/.exec(part)
    if (!match) throw new ImapSyntaxError('Invalid messageset')
    const [a, b] = [match[1], match[2] ?? match[1]].map((n) => (n === '*' ? largest : Number(n))) as [number, number]
    if (match[1] === '0' || match[2] === '0') throw new ImapSyntaxError('Invalid messageset')
    ranges.push([Math.min(a, b), Math.max(a, b)])
  }
  return ranges
}

export function contains(set: SequenceSet, n: number): boolean {
  return set.some(([from, to]) => n >= from && n <= to)
}

/** `1,3:4` of ascending numbers. */
export function formatSet(numbers: readonly number[]): string {
  const parts: string[] = []
  for (let i = 0; i < numbers.length; ) {
    let end = i
    while (numbers[end + 1] === (numbers[end] as number) + 1) end++
    parts.push(end === i ? `${numbers[i]}` : `${numbers[i]}:${numbers[end]}`)
    i = end + 1
  }
  return parts.join(',')
}
