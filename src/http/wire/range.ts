export interface ByteRange {
  from: number
  /** Last byte, included. */
  to: number
}

/** How a server reads a Range header; what the standard leaves open, each does its own way. */
export interface RangeRules {
  /** Blanks that may stand around a number. */
  blanks: '' | ' ' | ' \t'
  /** What a wrong range leads to: 416, the whole file, or the other ranges. */
  wrong: 'refuse' | 'ignore' | 'skip'
  /** So many ranges are read; one more and the file goes out whole, or the rest is left out. */
  most: number
  beyond: 'ignore' | 'cut'
  /** Ranges with at most `gap` bytes between them become one: with the one before, or with any before. Absent = served as asked. */
  merge?: { gap: number; with: 'last' | 'any' }
}

const UNIT = /^bytes=/i

/**
 * Ranges of a Range header over a file (RFC 9110 §14.2), in the order of the header.
 * @returns `ignore` when the header asks for nothing that can be given, `unsatisfiable` when all of it lies outside
 */
export function readRanges(header: string, size: number, rules: RangeRules): ByteRange[] | 'ignore' | 'unsatisfiable' {
  if (!UNIT.test(header) || size === 0) return 'ignore'
  const onWrong = rules.wrong === 'ignore' ? 'ignore' : 'unsatisfiable'
  const specs = header.slice('bytes='.length).split(',')
  // Apache stops reading where nothing is left.
  if (rules.wrong === 'ignore' && specs.at(-1) === '') specs.pop()
  if (specs.length === 0 || (specs.length === 1 && specs[0] === '' && rules.wrong !== 'skip')) return 'ignore'
  if (specs.length > rules.most && rules.beyond === 'ignore') return 'ignore'
  const ranges: ByteRange[] = []
  for (const spec of specs.slice(0, rules.most)) {
    const range = readRange(spec, size, rules)
    if (range === 'wrong' && rules.wrong !== 'skip') return onWrong
    if (range !== 'wrong' && range.from < size && range.from <= range.to)
      ranges.push({ from: range.from, to: Math.min(range.to, size - 1) })
  }
  return ranges.length > 0 ? ranges : 'unsatisfiable'
}

function readRange(spec: string, size: number, { blanks, wrong }: RangeRules): ByteRange | 'wrong' {
  const [, first, last] = /^([ \t]{0,8}\+?\d{0,18}[ \t]{0,8})-([ \t]{0,8}\d{0,18}[ \t]{0,8})$/.exec(spec) ?? []
  if (first === undefined || last === undefined) return 'wrong'
  for (const around of first + last) if ((around === ' ' || around === '\t') && !blanks.includes(around)) return 'wrong'
  // strtoll takes a sign.
  if (first.includes('+') && wrong !== 'skip') return 'wrong'
  const [from, to] = [first.trim(), last.trim()]
  if (from === '' && to === '') return 'wrong'
  if (from === '') {
    // Apache takes a suffix of nothing for an error.
    if (Number(to) === 0) return wrong === 'ignore' ? 'wrong' : { from: size, to: size }
    return { from: Math.max(0, size - Number(to)), to: size - 1 }
  }
  const range = { from: Number(from), to: to === '' ? size - 1 : Number(to) }
  return to !== '' && range.from > range.to ? 'wrong' : range
}

/** Joins ranges that overlap or lie at most `gap` bytes apart; what was joined stands where the first of it stood. */
export function mergeRanges(ranges: readonly ByteRange[], { gap, with: reach }: NonNullable<RangeRules['merge']>): ByteRange[] {
  const merged: ByteRange[] = []
  for (const range of ranges) {
    let joined: ByteRange = { ...range }
    let place = merged.length
    for (let at = merged.length - 1; at >= 0 && (reach === 'any' || at === merged.length - 1); ) {
      const one = merged[at] as ByteRange
      if (!isNear(one, joined, gap)) {
        at--
        continue
      }
      joined = { from: Math.min(one.from, joined.from), to: Math.max(one.to, joined.to) }
      place = Math.min(place, at)
      merged.splice(at, 1)
      // What has grown may reach others now.
      at = reach === 'any' ? merged.length - 1 : -1
    }
    merged.splice(place, 0, joined)
  }
  return merged
}

function isNear(a: ByteRange, b: ByteRange, gap: number): boolean {
  return a.from <= b.to + 1 + gap && b.from <= a.to + 1 + gap
}
