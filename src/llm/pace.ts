import { randomInt } from 'node:crypto'
import { within } from './within.ts'

const REMEMBERED = 64

/**
 * How long the model took lately. An answer that is built in because the budget is used up waits as long, or its speed would
 * tell the moment.
 */
export class Pace {
  readonly #recent: number[] = []

  note(ms: number): void {
    this.#recent.push(ms)
    if (this.#recent.length > REMEMBERED) this.#recent.shift()
  }

  /** Waits as long as one of the recent answers took, drawn by lot; what has passed counts. Ends early with the signal. */
  async wait(passedMs: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#recent.length === 0) return
    const drawn = this.#recent[randomInt(this.#recent.length)] ?? 0
    if (drawn > passedMs) await within(new Promise<never>(() => {}), drawn - passedMs, signal)
  }
}
