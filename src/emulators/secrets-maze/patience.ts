import { LRUCache } from 'lru-cache'
import { atMost } from '../../config/at-most.ts'

export interface PatienceRules {
  /** Milliseconds that the first requests of a source are held. */
  firstMs: number
  /** How many requests are those: a scanner that is slowed at once looks elsewhere. */
  grace: number
  /** Longest that a request is held. */
  maxMs: number
}

/** How long one source was seen to wait. */
interface Patience {
  served: number
  /** How long the last held request was meant to take. */
  holdMs: number
  /** Milliseconds after which it went away, the last few. */
  departures: number[]
}

const SOURCES = 20_000
const REMEMBERED_MS = 48 * 3_600_000
const DEPARTURES = 3
/** Departures within this share of each other, or so many milliseconds, come from a timeout, not from chance. */
const ALIKE = 0.2
const ALIKE_MS = 1_000
/** Ending so much before a client's timeout keeps it as a customer. */
const BEFORE_TIMEOUT = 0.9

/**
 * Learns how long each source waits. Who stays to the end is held longer at the next request; of who goes away, three times
 * after about as long, the timeout is known, and its requests end just before.
 */
export class Patiences {
  readonly #rules: PatienceRules
  readonly #sources = new LRUCache<string, Patience>({ ...atMost(SOURCES), ttl: REMEMBERED_MS, updateAgeOnGet: true })

  constructor(rules: PatienceRules) {
    this.#rules = rules
  }

  /** Milliseconds that the next request of this source is held. */
  next(source: string): number {
    const { firstMs, grace, maxMs } = this.#rules
    const known = this.#sources.get(source)
    if (!known || known.served < grace) return Math.min(firstMs, maxMs)
    const timeout = timeoutOf(known.departures)
    if (timeout !== undefined) return Math.min(Math.max(firstMs, timeout * BEFORE_TIMEOUT), maxMs)
    return Math.min(longer(known.holdMs), maxMs)
  }

  /** A request was held to its end. */
  stayed(source: string, holdMs: number): void {
    const known = this.#of(source)
    known.served++
    known.holdMs = holdMs
  }

  /** The client went away while it was held. */
  left(source: string, afterMs: number): void {
    const known = this.#of(source)
    known.served++
    known.departures = [...known.departures, afterMs].slice(-DEPARTURES)
    // Half of what it did not bear, until it is known what it does.
    known.holdMs = afterMs / 2
  }

  #of(source: string): Patience {
    const known = this.#sources.get(source)
    if (known) return known
    const fresh: Patience = { served: 0, holdMs: 0, departures: [] }
    this.#sources.set(source, fresh)
    return fresh
  }
}

/** A second more at first, half as much again later. */
function longer(ms: number): number {
  return Math.max(ms + 1_000, ms * 1.5)
}

function timeoutOf(departures: readonly number[]): number | undefined {
  if (departures.length < DEPARTURES) return undefined
  const [least, most] = [Math.min(...departures), Math.max(...departures)]
  return most - least <= Math.max(most * ALIKE, ALIKE_MS) ? least : undefined
}
