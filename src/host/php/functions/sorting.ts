import { compare } from '../operators.ts'
import type { Steps } from '../outcome.ts'
import type { Php } from '../php.ts'
import { type Key, keyValue, PhpArray, type Ref, textOf, toInt, type Value } from '../value.ts'
import type { Native, Natives } from './native.ts'

type Entry = [Key, Value]
type Order = (a: Entry, b: Entry) => number | Steps<number>

/** Merge sort, stable as PHP's, whose comparison may be a function of the script. */
function* sorted(entries: Entry[], order: Order): Steps<Entry[]> {
  if (entries.length < 2) return entries
  const middle = entries.length >> 1
  const left = yield* sorted(entries.slice(0, middle), order)
  const right = yield* sorted(entries.slice(middle), order)
  const all: Entry[] = []
  let [i, j] = [0, 0]
  while (i < left.length && j < right.length) {
    const result = order(left[i] as Entry, right[j] as Entry)
    const value = typeof result === 'number' ? result : yield* result
    all.push(value <= 0 ? (left[i++] as Entry) : (right[j++] as Entry))
  }
  return [...all, ...left.slice(i), ...right.slice(j)]
}

function byFlags(flags: Value | undefined): (a: Value, b: Value) => number {
  if (flags !== undefined && toInt(flags) === 2n) return (a, b) => (textOf(a) < textOf(b) ? -1 : textOf(a) > textOf(b) ? 1 : 0)
  return compare
}

const sorting =
  (by: 'key' | 'value', keeps: boolean, sign: 1 | -1): Native =>
  ([, flags], _php, [ref]) => {
    const order = byFlags(flags)
    const at = by === 'key' ? ([key]: Entry): Value => keyValue(key) : ([, value]: Entry): Value => value
    return put(ref, (a, b) => sign * order(at(a), at(b)), keeps)
  }

const sortingWith =
  (by: 'key' | 'value', keeps: boolean): Native =>
  ([, callee = null], php, [ref]) => {
    const order = function* (php: Php, a: Value, b: Value): Steps<number> {
      return Number(toInt(yield* php.callValue(callee, [a, b])))
    }
    return put(ref, (a, b) => order(php, by === 'key' ? keyValue(a[0]) : a[1], by === 'key' ? keyValue(b[0]) : b[1]), keeps)
  }

function* put(ref: Ref | undefined, order: Order, keeps: boolean): Steps<Value> {
  if (!(ref?.value instanceof PhpArray)) return false
  const entries = yield* sorted([...ref.value.entries()], order)
  ref.value.become(keeps ? new PhpArray(entries) : PhpArray.of(entries.map(([, value]) => value)))
  return true
}

const natural =
  (caseless: boolean): Native =>
  (_, _php, [ref]) =>
    put(
      ref,
      ([, a], [, b]) => naturalOrder(caseless ? textOf(a).toLowerCase() : textOf(a), caseless ? textOf(b).toLowerCase() : textOf(b)),
      true,
    )

/** Digits count as numbers. */
function naturalOrder(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.match(/\d+|\D+/g) ?? [])
  for (let i = 0; i < Math.max(left?.length ?? 0, right?.length ?? 0); i++) {
    const [x = '', y = ''] = [left?.[i], right?.[i]]
    const order = /^\d/.test(x) && /^\d/.test(y) ? Number(x) - Number(y) : x < y ? -1 : x > y ? 1 : 0
    if (order !== 0) return order
  }
  return 0
}

export const SORTING: Natives = {
  sort: sorting('value', false, 1),
  rsort: sorting('value', false, -1),
  asort: sorting('value', true, 1),
  arsort: sorting('value', true, -1),
  ksort: sorting('key', true, 1),
  krsort: sorting('key', true, -1),
  usort: sortingWith('value', false),
  uasort: sortingWith('value', true),
  uksort: sortingWith('key', true),
  natsort: natural(false),
  natcasesort: natural(true),
  shuffle: (_, _php, [ref]) => put(ref, () => Math.random() - 0.5, false),
  strnatcmp: ([a = '', b = '']) => BigInt(Math.sign(naturalOrder(textOf(a), textOf(b)))),
}
