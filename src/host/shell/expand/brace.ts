import type { BracePart, WordNode, WordPart } from '../grammar.ts'
import { isUnbraced, lengthened } from '../unbraced.ts'
import { TooLong } from './fields.ts'

/** Words that one brace expansion may make; bash would fail to allocate more. */
const MOST_WORDS = 200_000

/** So many sequences of parts, each made when it is asked for: a few characters may stand for a million words. */
interface Alternatives {
  count: number
  at(index: number): WordPart[]
}

/**
 * Makes the words that `{a,b}` and `{1..3}` stand for, in order.
 * @throws TooLong
 */
export function* expandBraces(word: WordNode): Generator<WordNode> {
  if (!word.parts.some((part) => part.type === 'BraceExpansion')) {
    yield word
    return
  }
  const words = product(word.parts)
  for (let index = 0; index < words.count; index++) yield { ...word, parts: words.at(index) }
}

/** One part behind the other: the last one changes first. */
function product(parts: readonly WordPart[]): Alternatives {
  const factors = parts.map((part) => (part.type === 'BraceExpansion' ? sum(part.items) : { count: 1, at: () => [part] }))
  return {
    count: bounded(factors.reduce((count, factor) => count * factor.count, 1)),
    at(index) {
      let rest = index
      const chosen: WordPart[][] = []
      for (const { count, at } of factors.toReversed()) {
        chosen.push(at(rest % count))
        rest = Math.floor(rest / count)
      }
      return chosen.reverse().reduce(joined, [])
    },
  }
}

/** One item or the other. */
function sum(items: BracePart['items']): Alternatives {
  const choices = items.map((item) => (item.type === 'Word' ? product(item.word.parts) : rangeOf(item)))
  return {
    count: bounded(choices.reduce((count, choice) => count + choice.count, 0)),
    at(index) {
      let rest = index
      for (const choice of choices) {
        if (rest < choice.count) return choice.at(rest)
        rest -= choice.count
      }
      return []
    },
  }
}

function bounded(count: number): number {
  if (!(count <= MOST_WORDS)) throw new TooLong()
  return count
}

/** Braces expand before anything else: what they put behind `$name` may lengthen that name. */
function joined(before: readonly WordPart[], after: readonly WordPart[]): WordPart[] {
  const [last, next] = [before.at(-1), after[0]]
  const more = next?.type === 'Literal' ? /^\w+/.exec(next.value)?.[0] : undefined
  if (last?.type !== 'ParameterExpansion' || next?.type !== 'Literal' || more === undefined || !isUnbraced(last))
    return [...before, ...after]
  const rest = next.value.slice(more.length)
  return [...before.slice(0, -1), lengthened(last, more), ...(rest === '' ? [] : [{ ...next, value: rest }]), ...after.slice(1)]
}

function rangeOf(range: Extract<BracePart['items'][number], { type: 'Range' }>): Alternatives {
  const { start, end } = range
  const isLetters = typeof start === 'string' || typeof end === 'string'
  const [from, to] = isLetters ? [String(start).charCodeAt(0), String(end).charCodeAt(0)] : [start, end]
  const step = Math.abs(range.step ?? 1) || 1
  const width = zeroWidth(range.startStr, range.endStr)
  return {
    count: bounded(Math.floor(Math.abs(to - from) / step) + 1),
    at(index) {
      const value = from <= to ? from + index * step : from - index * step
      return [{ type: 'Literal', value: isLetters ? String.fromCharCode(value) : padded(value, width) }]
    },
  }
}

/** A leading zero in either bound pads all numbers to the wider of them. */
function zeroWidth(start = '', end = ''): number {
  return /^-?0\d/.test(start) || /^-?0\d/.test(end) ? Math.max(start.length, end.length) : 0
}

function padded(value: number, width: number): string {
  return value < 0 ? `-${String(-value).padStart(width - 1, '0')}` : String(value).padStart(width, '0')
}
