/** A run of lines that differs: lines `a..aEnd` of the first become `b..bEnd` of the second (0-based, ends exclusive). */
export interface Hunk {
  a: number
  aEnd: number
  b: number
  bEnd: number
}

/** Beyond this many edits the rest counts as one change, so that the work stays bounded. */
const MOST_EDITS = 2000

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
  const trace: Frontier[] = []
  const most = Math.min(a.length + b.length, MOST_EDITS)
  let frontier = new Frontier(0)
  for (let depth = 0; depth <= most; depth++) {
    const next = new Frontier(depth + 1)
    for (let k = -depth; k <= depth; k += 2) {
      const down = frontier.isDown(k, depth)
      let x = down ? frontier.at(k + 1) : frontier.at(k - 1) + 1
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

/** The furthest place reached on each diagonal, one number each. */
class Frontier {
  readonly #x: Int32Array
  readonly #middle: number

  /** @param furthest diagonals -furthest…furthest */
  constructor(furthest: number) {
    this.#middle = furthest + 1
    this.#x = new Int32Array(2 * furthest + 3)
  }

  at(k: number): number {
    return this.#x[k + this.#middle] ?? 0
  }

  set(k: number, x: number): void {
    this.#x[k + this.#middle] = x
  }

  /** Whether the way to diagonal `k` is an insertion. */
  isDown(k: number, depth: number): boolean {
    return k === -depth || (k !== depth && this.at(k - 1) < this.at(k + 1))
  }
}

function collect(trace: readonly Frontier[], last: Frontier, lengthA: number, lengthB: number, depth: number): Hunk[] {
  const hunks: Hunk[] = []
  let [x, y] = [lengthA, lengthB]
  const frontiers = [...trace, last]
  for (let d = depth; d > 0; d--) {
    const frontier = frontiers[d] as Frontier
    const k = x - y
    const previousK = frontier.isDown(k, d) ? k + 1 : k - 1
    const down = previousK > k
    const previousX = frontier.at(previousK)
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
