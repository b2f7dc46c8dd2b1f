/** Positions of a cut list, 1-based, ascending and merged. */
export interface Range {
  from: number
  to: number
}

/** Parses `1,3-5,7-` ; an error text as GNU cut says it otherwise. */
export function parseRanges(list: string, noun: 'byte/character' | 'field'): Range[] | string {
  const ranges: Range[] = []
  const title = noun === 'field' ? 'field' : 'byte/character position'
  for (const part of list.split(/[, \t]/)) {
    const found = /^(\d*)(-?)(\d*)$/.exec(part)
    if (!found || part === '') {
      if (part === '') return noun === 'field' ? 'fields are numbered from 1' : 'byte/character positions are numbered from 1'
      return noun === 'field' ? `invalid field value '${part}'` : `invalid byte/character position '${part}'`
    }
    const [, low, dash, high] = found
    if (dash && !low && !high) return 'invalid range with no endpoint: -'
    const from = low ? Number(low) : 1
    const to = dash ? (high ? Number(high) : Number.POSITIVE_INFINITY) : from
    if (from === 0) return `${title}s are numbered from 1`
    if (to < from) return 'invalid decreasing range'
    ranges.push({ from, to })
  }
  return merged(ranges)
}

function merged(ranges: Range[]): Range[] {
  const sorted = ranges.sort((a, b) => a.from - b.from)
  const result: Range[] = []
  for (const range of sorted) {
    const last = result.at(-1)
    if (last && range.from <= last.to) last.to = Math.max(last.to, range.to)
    else result.push({ ...range })
  }
  return result
}

export function complement(ranges: Range[]): Range[] {
  const result: Range[] = []
  let next = 1
  for (const { from, to } of ranges) {
    if (from > next) result.push({ from: next, to: from - 1 })
    next = to + 1
  }
  if (next !== Number.POSITIVE_INFINITY) result.push({ from: next, to: Number.POSITIVE_INFINITY })
  return result
}
