import { DEADLINE } from './call.ts'

/** Work that somebody stops waiting for by `leave`; the last one ends it. */
interface Flight {
  result: Promise<unknown>
  leave: (reason?: unknown) => void
}

/**
 * Answers that did not come in time and are still being made, for the cache: whoever asks next gets them at once. They give
 * way to questions that somebody waits for.
 */
export class LateCalls {
  /** Oldest first; each ends its call. */
  readonly #ends = new Set<() => void>()

  /** Goes on waiting in place of the asker, for so many milliseconds. */
  keep({ result, leave }: Flight, ms: number): void {
    const end = () => {
      clearTimeout(timer)
      this.#ends.delete(end)
      leave(DEADLINE)
    }
    const timer = setTimeout(end, ms)
    this.#ends.add(end)
    result.then(end, end)
  }

  /** Ends the oldest one. */
  giveWay(): void {
    const [oldest] = this.#ends
    oldest?.()
  }

  close(): void {
    for (const end of this.#ends) end()
  }
}
