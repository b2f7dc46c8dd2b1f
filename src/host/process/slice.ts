/** The event loop is given back at least this often. */
const SLICE_MS = 2
/** The clock is read once in so many steps. */
const STEPS_PER_LOOK = 64

let sliceStart = performance.now()

/** Waits for the next turn of the event loop, so that other sessions, sockets and timers get theirs. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => {
      sliceStart = performance.now()
      resolve()
    })
  })
}

/** A process that has used this much processor time is slowed down, as on a loaded machine. */
const FREE_CPU_MS = 1500
/** And is killed, as by the out-of-memory killer or an administrator, when it has used this much. */
const MOST_CPU_MS = 120_000
/** Longest pause after a slice of a process that burns processor time: 2 ms of work, then 30 ms for everybody else. */
const LONGEST_PAUSE_MS = 30

/** The processor time of one session's processes. */
export class ProcessorTime {
  #steps = 0
  #last = 0
  usedMs = 0

  /** Accounts for work; gives a promise to wait for when the slice is over. */
  spend(steps: number): Promise<void> | undefined {
    this.#steps += steps
    if (this.#steps - this.#last < STEPS_PER_LOOK) return undefined
    this.#last = this.#steps
    const spent = performance.now() - sliceStart
    if (spent < SLICE_MS) return undefined
    this.usedMs += Math.min(spent, 50)
    return this.usedMs < FREE_CPU_MS ? nextTurn() : pause(Math.min(LONGEST_PAUSE_MS, this.usedMs / 100))
  }

  get exhausted(): boolean {
    return this.usedMs > MOST_CPU_MS
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(() => {
      sliceStart = performance.now()
      resolve()
    }, ms)
  })
}
