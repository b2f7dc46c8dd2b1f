import { MongoError } from './mongo-error.ts'

/** Documents, fields and conditions that one command may look at. */
const STEPS = 3_000_000
/** A command keeps everybody else waiting for no longer than this. */
const MILLISECONDS = 400
const LOOK_AT_CLOCK_EVERY = 1024

/** What one command has used up. @throws MongoError `MaxTimeMSExpired` */
export class Work {
  #steps = 0
  readonly #startedAt = performance.now()

  step(n = 1): void {
    const before = this.#steps
    this.#steps += n
    if (this.#steps > STEPS) throw tooLong()
    if (Math.floor(before / LOOK_AT_CLOCK_EVERY) !== Math.floor(this.#steps / LOOK_AT_CLOCK_EVERY)) this.checkTime()
  }

  checkTime(): void {
    if (performance.now() - this.#startedAt > MILLISECONDS) throw tooLong()
  }
}

function tooLong(): MongoError {
  return new MongoError(50, 'MaxTimeMSExpired', 'operation exceeded time limit')
}
