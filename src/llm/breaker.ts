/** Longest pause, as a multiple of the first. */
const LONGEST_PAUSE = 8

/**
 * Keeps calls away from a backend that fails. After some failures in a row it opens for a pause; then one call is let through
 * as a probe: its success closes the breaker, its failure opens it again for twice as long.
 */
export class Breaker {
  readonly #failures: number
  readonly #pauseMs: number
  readonly #now: () => number
  #inARow = 0
  #openedAt: number | undefined
  #pauses = 1
  #probing = false

  constructor(settings: { failures: number; pauseMs: number }, now: () => number = Date.now) {
    this.#failures = settings.failures
    this.#pauseMs = settings.pauseMs
    this.#now = now
  }

  get state(): 'closed' | 'open' | 'half-open' {
    if (this.#openedAt === undefined) return 'closed'
    return this.#probing || this.#now() >= this.#openedAt + this.#pauseMs * this.#pauses ? 'half-open' : 'open'
  }

  /** Whether a call may go out now. */
  get lets(): boolean {
    return this.state === 'closed' || (this.state === 'half-open' && !this.#probing)
  }

  /** Milliseconds until a probe is let through; 0 when calls may go out or a probe is under way. */
  get waitMs(): number {
    if (this.#openedAt === undefined || this.#probing) return 0
    return Math.max(0, this.#openedAt + this.#pauseMs * this.#pauses - this.#now())
  }

  started(): void {
    if (this.#openedAt !== undefined) this.#probing = true
  }

  succeeded(): void {
    this.#inARow = 0
    this.#openedAt = undefined
    this.#pauses = 1
    this.#probing = false
  }

  /** @param grave there is no sense in trying again soon: the model is missing, the key is wrong */
  failed(grave: boolean): void {
    this.#inARow++
    if (this.#probing) this.#pauses = Math.min(this.#pauses * 2, LONGEST_PAUSE)
    else if (this.#inARow < this.#failures && !grave) return
    this.#probing = false
    this.#openedAt = this.#now()
  }

  /** The call was cancelled by our side: it says nothing about the backend. */
  cancelled(): void {
    this.#probing = false
  }
}
