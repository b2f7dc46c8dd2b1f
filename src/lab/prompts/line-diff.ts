export interface DiffLine {
  /** In both, only in the old, only in the new. */
  kind: 'same' | 'old' | 'new'
  text: string
}

/** Lines beyond which texts are compared as a whole: the table of the algorithm grows with the square. */
const MOST_LINES = 2_000

/** What changed between two texts, line by line: the longest common subsequence stays, the rest goes or comes. */
export function lineDiff(before: string, after: string): DiffLine[] {
  const [a, b] = [before.split('\n'), after.split('\n')]
  if (a.length > MOST_LINES || b.length > MOST_LINES) {
    return [...a.map((text) => ({ kind: 'old' as const, text })), ...b.map((text) => ({ kind: 'new' as const, text }))]
  }
  const common = commonLengths(a, b)
  const at = (i: number, j: number): number => common[i * (b.length + 1) + j] ?? 0
  const lines: DiffLine[] = []
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: 'same', text: a[i] as string })
      i++
      j++
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ kind: 'old', text: a[i++] as string })
    } else {
      lines.push({ kind: 'new', text: b[j++] as string })
    }
  }
  return lines
}

/** Length of the longest common subsequence of what follows each pair of places. */
function commonLengths(a: readonly string[], b: readonly string[]): Uint16Array {
  const width = b.length + 1
  const table = new Uint16Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const [below, right] = [table[(i + 1) * width + j] ?? 0, table[i * width + j + 1] ?? 0]
      table[i * width + j] = a[i] === b[j] ? (table[(i + 1) * width + j + 1] ?? 0) + 1 : Math.max(below, right)
    }
  }
  return table
}
