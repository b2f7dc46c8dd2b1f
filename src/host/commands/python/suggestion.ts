const MOVE_COST = 2
const CASE_COST = 1
const LONGEST = 40
const MOST_CANDIDATES = 750

/** The name that is nearest to a wrong one, as CPython chooses it (Python/suggestions.c); undefined when none is near. */
export function suggestion(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestCost = Number.POSITIVE_INFINITY
  let count = 0
  for (const candidate of candidates) {
    if (++count > MOST_CANDIDATES) return undefined
    if (candidate === name) continue
    const most = Math.min(Math.floor(((name.length + candidate.length + 3) * MOVE_COST) / 6), bestCost - 1)
    const cost = distance(name, candidate)
    if (cost <= most) {
      best = candidate
      bestCost = cost
    }
  }
  return best
}

function distance(a: string, b: string): number {
  if (a.length > LONGEST || b.length > LONGEST) return Number.POSITIVE_INFINITY
  let row = Array.from({ length: b.length + 1 }, (_, i) => i * MOVE_COST)
  for (let i = 1; i <= a.length; i++) {
    const next = [i * MOVE_COST]
    for (let j = 1; j <= b.length; j++) {
      const [x, y] = [a[i - 1] as string, b[j - 1] as string]
      const substitution = x === y ? 0 : x.toLowerCase() === y.toLowerCase() ? CASE_COST : MOVE_COST
      next.push(Math.min((row[j - 1] as number) + substitution, (row[j] as number) + MOVE_COST, (next[j - 1] as number) + MOVE_COST))
    }
    row = next
  }
  return row[b.length] as number
}
