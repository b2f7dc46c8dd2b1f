/** Steps that one match may take, so that `*a*a*a*b` over a hundred thousand keys costs no more than a glance. */
const STEPS = 1_000

/** stringmatchlen(): `?`, `*`, `[a-c]`, `[^x]` and `\` as Redis matches keys, channels and parameters. */
export function globMatches(pattern: string, text: string, ignoreCase = false): boolean {
  if (ignoreCase) return globMatches(pattern.toLowerCase(), text.toLowerCase())
  let p = 0
  let t = 0
  // Where to go back to when what follows the latest star does not fit here.
  let starAt = -1
  let resumeAt = 0
  for (let step = 0; step < STEPS; step++) {
    if (p < pattern.length && pattern[p] === '*') {
      starAt = p++
      resumeAt = t
      continue
    }
    if (t >= text.length) return p >= pattern.length
    const end = p < pattern.length ? matchOne(pattern, p, text[t] as string) : -1
    if (end > 0) {
      p = end
      t++
    } else if (starAt >= 0) {
      p = starAt + 1
      t = ++resumeAt
    } else {
      return false
    }
  }
  return false
}

/** Position in the pattern after the part that matches `char`, or -1. */
function matchOne(pattern: string, at: number, char: string): number {
  const mark = pattern[at]
  if (mark === '?') return at + 1
  if (mark === '[') return matchClass(pattern, at + 1, char)
  if (mark === '\\' && at + 1 < pattern.length) return pattern[at + 1] === char ? at + 2 : -1
  return mark === char ? at + 1 : -1
}

function matchClass(pattern: string, start: number, char: string): number {
  const negated = pattern[start] === '^'
  let at = negated ? start + 1 : start
  let found = false
  for (; at < pattern.length && pattern[at] !== ']'; at++) {
    if (pattern[at] === '\\' && at + 1 < pattern.length) {
      at++
      if (pattern[at] === char) found = true
    } else if (pattern[at + 1] === '-' && at + 2 < pattern.length) {
      const [low, high] = [pattern[at] as string, pattern[at + 2] as string].sort() as [string, string]
      if (char >= low && char <= high) found = true
      at += 2
    } else if (pattern[at] === char) {
      found = true
    }
  }
  // A class without its end goes to the end of the pattern, as in Redis.
  return found !== negated ? Math.min(at + 1, pattern.length) : -1
}
