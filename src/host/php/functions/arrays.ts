import { isLoose, isSame } from '../operators.ts'
import type { Steps } from '../outcome.ts'
import type { Php } from '../php.ts'
import { copied, isTrue, type Key, keyOf, keyValue, PhpArray, PhpObject, type Ref, shortType, textOf, toInt, type Value } from '../value.ts'
import type { Native, Natives } from './native.ts'

const listOf = (value: Value | undefined): PhpArray => (value instanceof PhpArray ? value : new PhpArray())
const n = (value: Value | undefined, preset = 0): number => (value === undefined || value === null ? preset : Number(toInt(value)))

/** The array behind a reference, for writing. */
function own(ref: Ref | undefined, value: Value | undefined): PhpArray {
  if (ref?.value instanceof PhpArray) return ref.value
  return listOf(value)
}

/** Integer keys anew, others as they are. */
function renumbered(entries: Iterable<readonly [Key, Value]>): PhpArray {
  const made = new PhpArray()
  for (const [key, value] of entries) typeof key === 'number' ? made.push(value) : made.set(key, value)
  return made
}

function* map([callee = null, ...lists]: readonly Value[], php: Php): Steps<Value> {
  const made = new PhpArray()
  if (lists.length === 1) {
    for (const [key, value] of listOf(lists[0]).entries()) {
      php.item()
      made.set(key, yield* php.callValue(callee, [value]))
    }
    return made
  }
  const columns = lists.map((list) => listOf(list).values())
  const length = Math.max(0, ...columns.map((column) => column.length))
  for (let i = 0; i < length; i++) {
    const row = columns.map((column) => column[i] ?? null)
    php.item()
    made.push(callee === null ? PhpArray.of(row) : yield* php.callValue(callee, row))
  }
  return made
}

function* filter([list, callee, mode]: readonly Value[], php: Php): Steps<Value> {
  const made = new PhpArray()
  for (const [key, value] of listOf(list).entries()) {
    const args = n(mode) === 2 ? [keyValue(key)] : n(mode) === 1 ? [value, keyValue(key)] : [value]
    if (isTrue(callee === undefined || callee === null ? value : yield* php.callValue(callee, args))) made.set(key, value)
  }
  return made
}

/** Which of the first are in the others, or are not. */
const compared =
  (byKey: boolean, byValue: boolean, keepsCommon: boolean): Native =>
  ([first, ...others]) =>
    new PhpArray(
      [...listOf(first).entries()].filter(([key, value]) => {
        const isIn = (other: Value): boolean => {
          const list = listOf(other)
          if (byKey) return list.has(key) && (!byValue || textOf(list.get(key) as Value) === textOf(value))
          return list.values().some((one) => textOf(one) === textOf(value))
        }
        return keepsCommon ? others.every(isIn) : !others.some(isIn)
      }),
    )

function walker(move: (array: PhpArray, keys: Key[]) => void): Native {
  return ([value], _php, [ref]) => {
    const array = own(ref, value)
    const keys = array.keys()
    move(array, keys)
    const key = keys[array.position]
    return key === undefined ? false : (array.get(key) ?? null)
  }
}

function range([from = 0n, to = 0n, by = 1n]: readonly Value[], php: Php): Value {
  const made = new PhpArray()
  const isText = typeof from === 'string' && typeof to === 'string' && /^\D/.test(from) && /^\D/.test(to)
  const [a, b] = isText ? [from.charCodeAt(0), to.charCodeAt(0)] : [Number(from), Number(to)]
  const step = Math.abs(Number(by)) || 1
  const isFloat = [from, to, by].some((one) => typeof one === 'number')
  const count = Math.floor(Math.abs(b - a) / step + 1e-9)
  for (let i = 0; i <= count; i++) {
    php.item()
    const value = a <= b ? a + i * step : a - i * step
    made.push(isText ? String.fromCharCode(value) : isFloat ? value : BigInt(Math.trunc(value)))
  }
  return made
}

function slice([list, from, length, keeps]: readonly Value[]): PhpArray {
  const entries = [...listOf(list).entries()]
  const start = n(from) < 0 ? Math.max(0, entries.length + n(from)) : n(from)
  const end = length === undefined || length === null ? entries.length : n(length) < 0 ? entries.length + n(length) : start + n(length)
  const part = entries.slice(start, Math.max(start, end))
  return isTrue(keeps ?? null) ? new PhpArray(part) : renumbered(part)
}

function splice([list, from, length, put]: readonly Value[], refs: readonly (Ref | undefined)[]): Value {
  const array = own(refs[0], list)
  const entries = [...array.entries()]
  const start = n(from) < 0 ? Math.max(0, entries.length + n(from)) : Math.min(n(from), entries.length)
  const end = length === undefined || length === null ? entries.length : n(length) < 0 ? entries.length + n(length) : start + n(length)
  const added: [Key, Value][] = (put instanceof PhpArray ? put.values() : put === undefined ? [] : [put]).map((value) => [0, value])
  const removed = entries.slice(start, Math.max(start, end))
  array.become(renumbered([...entries.slice(0, start), ...added, ...entries.slice(Math.max(start, end))]))
  return renumbered(removed)
}

function merged(lists: readonly Value[], recursive: boolean): PhpArray {
  const made = new PhpArray()
  for (const list of lists) {
    for (const [key, value] of listOf(list).entries()) {
      const there = recursive && typeof key === 'string' ? made.get(key) : undefined
      if (there !== undefined)
        made.set(
          key,
          merged(
            [there instanceof PhpArray ? there : PhpArray.of([there]), value instanceof PhpArray ? value : PhpArray.of([value])],
            true,
          ),
        )
      else if (typeof key === 'number') made.push(copied(value))
      else made.set(key, copied(value))
    }
  }
  return made
}

function* count([value = null, mode]: readonly Value[], php: Php): Steps<Value> {
  if (value instanceof PhpArray)
    return BigInt(
      value.size + (n(mode) === 1 ? value.values().reduce<number>((sum, one) => sum + (one instanceof PhpArray ? one.size : 0), 0) : 0),
    )
  if (value instanceof PhpObject && (value.isA('Countable') || value.isA('ArrayObject') || value.isA('ArrayIterator')))
    return yield* php.methodCall(value, 'count', [])
  return php.fail('TypeError', `count(): Argument #1 ($value) must be of type Countable|array, ${shortType(value)} given`)
}

export const ARRAYS: Natives = {
  count,
  sizeof: count,
  range: (args, php) => range(args, php),
  in_array: ([value = null, list, strict]) =>
    listOf(list)
      .values()
      .some((one) => (isTrue(strict ?? null) ? isSame(one, value) : isLoose(one, value))),
  array_search: ([value = null, list, strict]) => {
    for (const [key, one] of listOf(list).entries())
      if (isTrue(strict ?? null) ? isSame(one, value) : isLoose(one, value)) return keyValue(key)
    return false
  },
  array_keys: ([list, wanted]) =>
    PhpArray.of(
      [...listOf(list).entries()].filter(([, value]) => wanted === undefined || isLoose(value, wanted)).map(([key]) => keyValue(key)),
    ),
  array_values: ([list]) => PhpArray.of(listOf(list).values()),
  array_merge: (lists) => merged(lists, false),
  array_merge_recursive: (lists) => merged(lists, true),
  array_replace: (lists) => new PhpArray(lists.flatMap((list) => [...listOf(list).entries()])),
  array_combine: ([keys, values]) =>
    new PhpArray(
      listOf(keys)
        .values()
        .map((key, i) => [keyOf(key), listOf(values).values()[i] ?? null]),
    ),
  array_flip: ([list]) => new PhpArray([...listOf(list).entries()].map(([key, value]) => [keyOf(value), keyValue(key)])),
  array_fill: ([from, length, value = null], php) =>
    new PhpArray(
      Array.from({ length: Math.min(n(length), 400_000) }, (_, i): [Key, Value] => {
        php.item()
        return [n(from) + i, value]
      }),
    ),
  array_fill_keys: ([keys, value = null]) =>
    new PhpArray(
      listOf(keys)
        .values()
        .map((key) => [keyOf(key), value]),
    ),
  array_pad: ([list, size, value = null]) => {
    const missing = Math.min(400_000, Math.abs(n(size)) - listOf(list).size)
    if (missing <= 0) return listOf(list).copy()
    const filler = Array.from({ length: missing }, (): [Key, Value] => [0, value])
    return renumbered(n(size) > 0 ? [...listOf(list).entries(), ...filler] : [...filler, ...listOf(list).entries()])
  },
  array_slice: (args) => slice(args),
  array_splice: (args, _php, refs) => splice(args, refs),
  array_reverse: ([list, keeps]) => {
    const entries = [...listOf(list).entries()].reverse()
    return isTrue(keeps ?? null) ? new PhpArray(entries) : renumbered(entries)
  },
  array_unique: ([list]) => {
    const made = new PhpArray()
    const seen = new Set<string>()
    for (const [key, value] of listOf(list).entries()) {
      if (seen.has(textOf(value))) continue
      seen.add(textOf(value))
      made.set(key, value)
    }
    return made
  },
  array_count_values: ([list]) => {
    const made = new PhpArray()
    for (const value of listOf(list).values()) made.set(keyOf(value), ((made.get(keyOf(value)) as bigint | undefined) ?? 0n) + 1n)
    return made
  },
  array_chunk: ([list, size, keeps]) => {
    const entries = [...listOf(list).entries()]
    const length = Math.max(1, n(size, 1))
    return PhpArray.of(
      Array.from({ length: Math.ceil(entries.length / length) }, (_, i) => {
        const part = entries.slice(i * length, (i + 1) * length)
        return isTrue(keeps ?? null) ? new PhpArray(part) : PhpArray.of(part.map(([, value]) => value))
      }),
    )
  },
  array_column: ([list, column = null, index = null]) => {
    const made = new PhpArray()
    for (const row of listOf(list).values()) {
      const fields = row instanceof PhpObject ? row.properties : listOf(row)
      const value = column === null ? row : fields.get(keyOf(column))
      if (value === undefined) continue
      if (index === null) made.push(value)
      else made.set(keyOf(fields.get(keyOf(index)) ?? null), value)
    }
    return made
  },
  array_map: map,
  array_filter: filter,
  array_reduce: function* ([list, callee = null, first = null], php): Steps<Value> {
    let value = first
    for (const one of listOf(list).values()) value = yield* php.callValue(callee, [value, one])
    return value
  },
  array_walk: function* ([list, callee = null, extra], php, [ref]): Steps<Value> {
    const array = own(ref, list)
    for (const key of array.keys()) yield* php.callValue(callee, [array.ref(key), keyValue(key), ...(extra === undefined ? [] : [extra])])
    return true
  },
  array_diff: compared(false, true, false),
  array_diff_key: compared(true, false, false),
  array_diff_assoc: compared(true, true, false),
  array_intersect: compared(false, true, true),
  array_intersect_key: compared(true, false, true),
  array_key_first: ([list]) => (listOf(list).size > 0 ? keyValue(listOf(list).keys()[0] as Key) : null),
  array_key_last: ([list]) => (listOf(list).size > 0 ? keyValue(listOf(list).keys().at(-1) as Key) : null),
  array_is_list: ([list]) => listOf(list).isList,
  array_rand: ([list, size]) => {
    const keys = listOf(list).keys()
    return n(size, 1) === 1
      ? keyValue(keys[Math.floor(Math.random() * keys.length)] ?? 0)
      : PhpArray.of(keys.slice(0, n(size)).map(keyValue))
  },
  array_change_key_case: ([list, upper]) =>
    new PhpArray(
      [...listOf(list).entries()].map(([key, value]) => [
        typeof key === 'number' ? key : n(upper) === 1 ? key.toUpperCase() : key.toLowerCase(),
        value,
      ]),
    ),
  array_push: ([list, ...values], php, [ref]) => {
    const array = own(ref, list)
    for (const value of values) {
      php.item()
      array.push(copied(value))
    }
    return BigInt(array.size)
  },
  array_pop: ([list], _php, [ref]) => {
    const array = own(ref, list)
    const key = array.keys().at(-1)
    if (key === undefined) return null
    const value = array.get(key) ?? null
    array.become(new PhpArray([...array.entries()].slice(0, -1)))
    return value
  },
  array_shift: ([list], _php, [ref]) => {
    const array = own(ref, list)
    const [first, ...rest] = [...array.entries()]
    array.become(renumbered(rest))
    return first?.[1] ?? null
  },
  array_unshift: ([list, ...values], _php, [ref]) => {
    const array = own(ref, list)
    array.become(renumbered([...values.map((value): [Key, Value] => [0, value]), ...array.entries()]))
    return BigInt(array.size)
  },
  current: walker(() => undefined),
  pos: walker(() => undefined),
  next: walker((array) => void array.position++),
  prev: walker((array) => void array.position--),
  reset: walker((array) => {
    array.position = 0
  }),
  end: walker((array, keys) => {
    array.position = Math.max(0, keys.length - 1)
  }),
  key: ([list], _php, [ref]) => {
    const array = own(ref, list)
    const key = array.keys()[array.position]
    return key === undefined ? null : keyValue(key)
  },
}
