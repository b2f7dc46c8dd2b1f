export interface ByteRange {
  from: number
  /** Last byte, included. */
  to: number
}

const MOST_RANGES = 100

/**
 * Ranges of a Range header over a file (RFC 9110 §14.2).
 * @returns `ignore` when the header asks for nothing that can be given, `unsatisfiable` when all of it lies outside
 */
export function readRanges(header: string, size: number, badRange: 'refuse' | 'ignore'): ByteRange[] | 'ignore' | 'unsatisfiable' {
  if (!header.startsWith('bytes=')) return 'ignore'
  const specs = header.slice('bytes='.length).split(',')
  if (specs.length > MOST_RANGES) return 'ignore'
  const ranges: ByteRange[] = []
  for (const spec of specs) {
    const [, first, last] = /^\s{0,8}(\d{0,15})\s{0,8}-\s{0,8}(\d{0,15})\s{0,8}$/.exec(spec) ?? []
    if (first === undefined || (first === '' && last === '')) return badRange === 'refuse' ? 'unsatisfiable' : 'ignore'
    const range = first === '' ? suffix(Number(last), size) : { from: Number(first), to: last === '' ? size - 1 : Number(last) }
    if (range.from > range.to && first !== '' && last !== '' && Number(first) > Number(last)) {
      return badRange === 'refuse' ? 'unsatisfiable' : 'ignore'
    }
    if (range.from < size && range.from <= range.to) ranges.push({ from: range.from, to: Math.min(range.to, size - 1) })
  }
  return ranges.length > 0 ? ranges : 'unsatisfiable'
}

function suffix(length: number, size: number): ByteRange {
  return { from: Math.max(0, size - length), to: length === 0 ? -1 : size - 1 }
}

/** Joins ranges that overlap or lie at most `gap` bytes apart, in the order of the file. */
export function mergeRanges(ranges: readonly ByteRange[], gap: number): ByteRange[] {
  const merged: ByteRange[] = []
  for (const range of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1)
    if (last && range.from <= last.to + 1 + gap) last.to = Math.max(last.to, range.to)
    else merged.push({ ...range })
  }
  return merged
}
