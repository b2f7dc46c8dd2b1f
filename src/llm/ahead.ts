import { LRUCache } from 'lru-cache'
import { atMost } from '../config/at-most.ts'

const HOUR_MS = 3_600_000
/** Answers made ahead that are watched for being used. */
const WATCHED = 10_000

/** How asking ahead ended: `known` there was an answer already, or nobody could share it; `unpaid` its budget is used up. */
export type AheadOutcome = 'made' | 'known' | 'unpaid' | 'busy' | 'failed'

export interface AheadState {
  /** Answers that were made before anybody asked, and how many of them somebody asked for since. */
  made: number
  used: number
  /** Tokens that they cost, and those of answers that nobody asked for yet. */
  tokens: number
  unusedTokens: number
}

/** What answers cost that nobody had asked for yet, and what came of them. */
export class AheadLedger {
  readonly #perHour: number
  readonly #now: () => number
  readonly #unused = new LRUCache<string, number>({ ...atMost(WATCHED) })
  #hour = 0
  #spent = 0
  #made = 0
  #used = 0
  #tokens = 0

  /** @param perHour tokens that may be spent so within an hour */
  constructor(perHour: number, now: () => number = Date.now) {
    this.#perHour = perHour
    this.#now = now
  }

  get mayAsk(): boolean {
    const hour = Math.floor(this.#now() / HOUR_MS)
    if (hour !== this.#hour) {
      this.#hour = hour
      this.#spent = 0
    }
    return this.#spent < this.#perHour
  }

  made(key: string, tokens: number): void {
    this.spent(tokens)
    this.#made++
    this.#unused.set(key, tokens)
  }

  /** Tokens for an answer that came to nothing. */
  spent(tokens: number): void {
    this.#spent += tokens
    this.#tokens += tokens
  }

  /** Somebody asked what had been asked ahead. */
  used(key: string): void {
    if (!this.#unused.delete(key)) return
    this.#used++
  }

  state(): AheadState {
    const unusedTokens = [...this.#unused.values()].reduce((sum, tokens) => sum + tokens, 0)
    return { made: this.#made, used: this.#used, tokens: this.#tokens, unusedTokens }
  }
}
