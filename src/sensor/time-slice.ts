const SLICE_MS = 5

/**
 * Shares the event loop: work of an attacker's making asks now and then whether its slice is over, and lets the others
 * have their turn when it is.
 */
export class TimeSlice {
  #since = performance.now()

  get isOver(): boolean {
    return performance.now() - this.#since > SLICE_MS
  }

  /** Resolves when it is this work's turn again; at once while its slice lasts. */
  async turn(): Promise<void> {
    if (!this.isOver) return
    await new Promise(setImmediate)
    this.#since = performance.now()
  }
}
