import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'

/** Turns that a question looks back on, and characters of each half of one. */
const REMEMBERED = 12
const LONGEST = 600
/** Sources and services that are remembered, and for how long after their last turn. */
const MOST = 4_000
const KEPT_MS = 60 * 60_000

/** What one source has said to one service, and what it was answered. */
export interface Past {
  turns: { input: string; output: string }[]
  /** Stands for all inputs so far: who has said the same from the beginning gets the same answers. */
  path: string
}

/** Remembers conversations by source and service over connections, as scripts open one for each command. */
export class History {
  readonly #pasts = new LRUCache<string, Past>({ max: MOST, ttl: KEPT_MS })

  of(source: string, service: string): Past {
    const key = `${service} ${source}`
    const known = this.#pasts.get(key)
    if (known) return known
    const past: Past = { turns: [], path: '' }
    this.#pasts.set(key, past)
    return past
  }
}

export function remember(past: Past, input: string, output: string): void {
  past.turns.push({ input: input.slice(0, LONGEST), output: output.slice(0, LONGEST) })
  if (past.turns.length > REMEMBERED) past.turns.shift()
  past.path = createHash('sha256').update(past.path).update('\0').update(input).digest('hex').slice(0, 24)
}
