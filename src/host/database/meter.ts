import { SqlError } from './sql-error.ts'

/** Rows and calls that one statement may cost. */
const STEPS = 3_000_000
/** Memory for what it makes on the way. */
const BYTES = 48 * 1024 * 1024
/** A statement keeps everybody else waiting for no longer than this. */
const MILLISECONDS = 400
const LOOK_AT_CLOCK_EVERY = 4096

/** What one statement has used up. @throws SqlError `interrupted` or `result-too-large` */
export class Meter {
  #steps = 0
  #bytes = 0
  readonly #startedAt = performance.now()

  step(n = 1): void {
    const before = this.#steps
    this.#steps += n
    if (this.#steps > STEPS) throw new SqlError({ kind: 'interrupted' })
    if (Math.floor(before / LOOK_AT_CLOCK_EVERY) === Math.floor(this.#steps / LOOK_AT_CLOCK_EVERY)) return
    if (performance.now() - this.#startedAt > MILLISECONDS) throw new SqlError({ kind: 'interrupted' })
  }

  bytes(n: number): void {
    this.#bytes += n
    if (this.#bytes > BYTES) throw new SqlError({ kind: 'result-too-large' })
  }
}
