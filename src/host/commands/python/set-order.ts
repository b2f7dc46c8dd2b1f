import type { PySet, Value } from './value.ts'

/**
 * Members of a set in the order of CPython's hash table when all are small whole numbers, which hash to themselves
 * (Objects/setobject.c: linear probes of nine, growth to four times the fill); others keep the order of their coming.
 */
export function setOrder(set: PySet): Value[] {
  const keys = [...set.map.keys()]
  if (keys.length > 2000 || !keys.every((key) => typeof key === 'bigint' && key >= -1_000_000n && key < 1_000_000_000n))
    return [...set.map.values()]
  let mask = 7
  let table: (number | undefined)[] = new Array(8)
  const values = new Map<number, Value>()
  let fill = 0
  for (const [key, value] of set.map) {
    const number = Number(key)
    values.set(number, value)
    insert(table, mask, number)
    fill++
    if (fill * 5 >= mask * 3) {
      let size = 8
      while (size <= fill * 4) size <<= 1
      const old = table
      mask = size - 1
      table = new Array(size)
      for (const item of old) if (item !== undefined) insert(table, mask, item)
    }
  }
  const ordered: Value[] = []
  for (let i = 0; i <= mask; i++) {
    const number = table[i]
    if (number !== undefined) ordered.push(values.get(number) as Value)
  }
  return ordered
}

function insert(table: (number | undefined)[], mask: number, number: number): void {
  // hash(-1) is -2.
  const hash = BigInt.asUintN(64, BigInt(number === -1 ? -2 : number))
  let perturb = hash
  let i = Number(hash & BigInt(mask))
  for (;;) {
    const last = i + 9 <= mask ? i + 9 : i
    for (let at = i; at <= last; at++) {
      if (table[at] === undefined) {
        table[at] = number
        return
      }
    }
    perturb >>= 5n
    i = Number((BigInt(i) * 5n + 1n + perturb) & BigInt(mask))
  }
}
