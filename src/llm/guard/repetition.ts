import type { AnswerRule } from './rule.ts'

/** Items of a list that are kept; no answer needs more headers or operations. */
const MOST_ITEMS = 32

/** Small models repeat an item until the token cap: each is kept once. */
export const repetition: AnswerRule = {
  name: 'repetition',
  examine(answer) {
    if (typeof answer !== 'object' || answer === null) return answer
    const entries = Object.entries(answer)
    const kept = entries.map(([key, value]) => [key, Array.isArray(value) ? distinct(value) : value])
    return kept.every(([, value], i) => value === entries[i]?.[1]) ? answer : Object.fromEntries(kept)
  },
}

function distinct(items: unknown[]): unknown[] {
  const seen = new Set<string>()
  const kept = items.filter((item) => {
    const form = JSON.stringify(item)
    return seen.size < MOST_ITEMS && !seen.has(form) && seen.add(form)
  })
  return kept.length === items.length ? items : kept
}

/** The same text on both streams: it is kept where it belongs by the exit status. */
export const twinStreams: AnswerRule = {
  name: 'twin-streams',
  kinds: ['shell'],
  examine(answer) {
    const { stdout, stderr, exitCode } = (answer ?? {}) as { stdout?: unknown; stderr?: unknown; exitCode?: unknown }
    if (typeof stdout !== 'string' || stdout === '' || stdout !== stderr) return answer
    return { ...(answer as object), ...(exitCode === 0 ? { stderr: '' } : { stdout: '' }) }
  },
}
