/** A run of lines that differs: lines `a..aEnd` of the first become `b..bEnd` of the second (0-based, ends exclusive). */
export interface Hunk {
  a: number
  aEnd: number
  b: number
  bEnd: number
}

/** Beyond this many edits the rest counts as one change, so that the work stays bounded. */
const MOST_EDITS = 3000

/** Differences of two lists of lines by Myers' greedy algorithm (An O(ND) Difference Algorithm, 1986). */
export function differences(a: readonly string[], b: readonly string[], equal: (x: string, y: string) => boolean): Hunk[] {
  let start = 0
  while (start < a.length && start < b.length && equal(a[start] as string, b[start] as string)) start++
  let endA = a.length
  let endB = b.length
  while (endA > start && endB > start && equal(a[endA - 1] as string, b[endB - 1] as string)) {
    endA--
    endB--
  }
  const middle = edits(a.slice(start, endA), b.slice(start, endB), equal)
  return middle.map((hunk) => ({ a: hunk.a + start, aEnd: hunk.aEnd + start, b: hunk.b + start, bEnd: hunk.bEnd + start }))
}

function edits(a: readonly string[], b: readonly string[], equal: (x: string, y: string) => boolean): Hunk[] {
  if (a.length === 0 && b.length === 0) return []
  const trace: Map<number, number>[] = []
  let frontier = new Map<number, number>([[1, 0]])
  const most = Math.min(a.length + b.length, MOST_EDITS)
  for (let depth = 0; depth <= most; depth++) {
    const next = new Map(frontier)
    for (let k = -depth; k <= depth; k += 2) {
      const down = k === -depth || (k !== depth && (frontier.get(k - 1) ?? -1) < (frontier.get(k + 1) ?? -1))
      let x = down ? (frontier.get(k + 1) ?? 0) : (frontier.get(k - 1) ?? 0) + 1
      let y = x - k
      while (x < a.length && y < b.length && equal(a[x] as string, b[y] as string)) {
        x++
        y++
      }
      next.set(k, x)
      if (x >= a.length && y >= b.length) return collect(trace, frontier, a.length, b.length, depth)
    }
    trace.push(frontier)
    frontier = next
  }
  return [{ a: 0, aEnd: a.length, b: 0, bEnd: b.length }]
}

function collect(
  trace: readonly Map<number, number>[],
  last: Map<number, number>,
  lengthA: number,
  lengthB: number,
  depth: number,
): Hunk[] {
  const hunks: Hunk[] = []
  let [x, y] = [lengthA, lengthB]
  const frontiers = [...trace, last]
  for (let d = depth; d > 0; d--) {
    const frontier = frontiers[d] as Map<number, number>
    const k = x - y
    const down = k === -d || (k !== d && (frontier.get(k - 1) ?? -1) < (frontier.get(k + 1) ?? -1))
    const previousK = down ? k + 1 : k - 1
    const previousX = frontier.get(previousK) ?? 0
    const previousY = previousX - previousK
    const [editX, editY] = down ? [previousX, previousY + 1] : [previousX + 1, previousY]
    const first = hunks[0]
    if (first && first.a === editX && first.b === editY) {
      first.a = previousX
      first.b = previousY
    } else hunks.unshift({ a: previousX, aEnd: editX, b: previousY, bEnd: editY })
    x = previousX
    y = previousY
  }
  return hunks
}
