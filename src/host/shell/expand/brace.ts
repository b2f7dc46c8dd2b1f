import type { BracePart, WordNode, WordPart } from '../grammar.ts'
import { TooLong } from './fields.ts'

/** Words that one brace expansion may make; bash would fail to allocate more. */
const MOST_WORDS = 200_000

/** Makes the words that `{a,b}` and `{1..3}` stand for, in order. */
export function expandBraces(word: WordNode): WordNode[] {
  if (!word.parts.some((part) => part.type === 'BraceExpansion')) return [word]
  return alternatives(word.parts).map((parts) => ({ ...word, parts }))
}

function alternatives(parts: readonly WordPart[]): WordPart[][] {
  let all: WordPart[][] = [[]]
  for (const part of parts) {
    const choices = part.type === 'BraceExpansion' ? itemsOf(part) : [[part]]
    if (all.length * choices.length > MOST_WORDS) throw new TooLong()
    all = all.flatMap((before) => choices.map((choice) => [...before, ...choice]))
  }
  return all
}

function itemsOf(brace: BracePart): WordPart[][] {
  return brace.items.flatMap((item) =>
    item.type === 'Word' ? alternatives(item.word.parts) : rangeOf(item).map((value): WordPart[] => [{ type: 'Literal', value }]),
  )
}

function rangeOf(range: Extract<BracePart['items'][number], { type: 'Range' }>): string[] {
  const { start, end } = range
  if (typeof start === 'string' || typeof end === 'string') return letters(String(start), String(end), range.step)
  const step = Math.abs(range.step ?? 1) || 1
  const count = Math.floor(Math.abs(end - start) / step) + 1
  if (!Number.isFinite(count) || count > MOST_WORDS) throw new TooLong()
  const width = zeroWidth(range.startStr, range.endStr)
  return Array.from({ length: count }, (_, i) => padded(start <= end ? start + i * step : start - i * step, width))
}

function letters(start: string, end: string, by: number | undefined): string[] {
  const [from, to] = [start.charCodeAt(0), end.charCodeAt(0)]
  const step = Math.abs(by ?? 1) || 1
  const count = Math.floor(Math.abs(to - from) / step) + 1
  return Array.from({ length: count }, (_, i) => String.fromCharCode(from <= to ? from + i * step : from - i * step))
}

/** A leading zero in either bound pads all numbers to the wider of them. */
function zeroWidth(start = '', end = ''): number {
  return /^-?0\d/.test(start) || /^-?0\d/.test(end) ? Math.max(start.length, end.length) : 0
}

function padded(value: number, width: number): string {
  return value < 0 ? `-${String(-value).padStart(width - 1, '0')}` : String(value).padStart(width, '0')
}
