/** Something that is due once. The wheel keeps the place it stands in. */
export interface Due {
  /** Slot of the wheel, or -1 when it is in none. */
  slot: number
  /** Turns that the wheel makes before this is due. */
  turns: number
}

const TICK_MS = 100
const SLOTS = 512

/**
 * Thousands of delays on one timer: a clock face of slots that a hand passes, ten a second. Nothing is allocated for a
 * delay, and the timer stands still while nobody waits.
 */
export class TimingWheel<T extends Due> {
  readonly #slots = Array.from({ length: SLOTS }, () => new Set<T>())
  readonly #onDue: (due: T) => void
  #hand = 0
  #waiting = 0
  #timer: NodeJS.Timeout | undefined

  constructor(onDue: (due: T) => void) {
    this.#onDue = onDue
  }

  get waiting(): number {
    return this.#waiting
  }

  /** Due after `ms`, to the next tenth of a second. */
  schedule(due: T, ms: number): void {
    this.cancel(due)
    const ticks = Math.max(1, Math.ceil(ms / TICK_MS))
    due.slot = (this.#hand + ticks) % SLOTS
    due.turns = Math.floor((ticks - 1) / SLOTS)
    this.#slots[due.slot]?.add(due)
    this.#waiting++
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS)
  }

  cancel(due: T): void {
    if (due.slot < 0 || !this.#slots[due.slot]?.delete(due)) return
    due.slot = -1
    if (--this.#waiting === 0) this.stop()
  }

  /** Stops the hand; whoever waits waits for ever. */
  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #tick(): void {
    this.#hand = (this.#hand + 1) % SLOTS
    for (const due of this.#slots[this.#hand] as Set<T>) {
      if (due.turns-- > 0) continue
      this.cancel(due)
      this.#onDue(due)
    }
  }
}
