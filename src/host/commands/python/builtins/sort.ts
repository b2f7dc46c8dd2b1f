import type { Machine } from '../machine.ts'
import type { Steps, Value } from '../value.ts'

interface Keyed {
  value: Value
  by: Value
}

/** A stable merge sort whose comparisons may run the program's own methods. */
export function* mergeSort(m: Machine, items: readonly Keyed[], less: (a: Value, b: Value) => Steps<boolean>): Steps<Keyed[]> {
  let from = [...items]
  let to: Keyed[] = new Array(items.length)
  for (let width = 1; width < from.length; width *= 2) {
    for (let start = 0; start < from.length; start += 2 * width) {
      const middle = Math.min(start + width, from.length)
      const end = Math.min(start + 2 * width, from.length)
      let [left, right] = [start, middle]
      for (let at = start; at < end; at++) {
        const pause = m.spend()
        if (pause) yield pause
        const takesRight = right < end && (left >= middle || (yield* less((from[right] as Keyed).by, (from[left] as Keyed).by)))
        to[at] = from[takesRight ? right++ : left++] as Keyed
      }
    }
    ;[from, to] = [to, from]
  }
  return from
}
