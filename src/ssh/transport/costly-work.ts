/** Of the time of the process, at most one part in this many goes into such work. */
const SHARE = 4

/**
 * Lets work that holds up the whole process (Diffie-Hellman in large groups takes up to 100 ms) have a share of the time
 * only. Who comes when the share is used up waits; a flood of such key exchanges slows down itself, as on a loaded machine.
 */
export class CostlyWork {
  #queue: Promise<void> = Promise.resolve()
  #freeAt = 0

  /** Resolves when it is this caller's turn. */
  turn(): Promise<void> {
    this.#queue = this.#queue.then(async () => {
      const wait = this.#freeAt - performance.now()
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    })
    return this.#queue
  }

  /** Does the work and accounts for it. */
  do<T>(work: () => T): T {
    const startedAt = performance.now()
    try {
      return work()
    } finally {
      const now = performance.now()
      this.#freeAt = now + (SHARE - 1) * (now - startedAt)
    }
  }
}
