import { performance } from 'node:perf_hooks'

/** Longest work between two turns of the event loop. */
const SLICE_MS = 2
/** Work of the past counts half after this time. */
const HALF_LIFE_MS = 1000
/** A host that worked longer than this of late is busy: while others work, all busy ones together have one half of the processor. */
const BUSY_MS = 100
/** Busy hosts owe at most this much rest. */
const LONGEST_REST_MS = 250
/** Busy hosts make room for this long after another has worked. */
const ROOM_MS = 100
/** What one look charges at most: longer, and the machine itself slept. */
const MOST_AT_ONCE_MS = 50
/** The clock is read once in so many steps. */
const STEPS_PER_LOOK = 16
/** A session that has used this much processor time is slowed down, as on a loaded machine. */
const FREE_CPU_MS = 1500
/** And is killed, as by the out-of-memory killer or an administrator, when it has used this much. */
const MOST_CPU_MS = 120_000
/** Longest pause of a session between two slices. */
const LONGEST_PAUSE_MS = 30

/** What the processes of one host have used of the event loop of late. */
export class ProcessorShare {
  #recentMs = 0
  #at = performance.now()

  recentMs(now: number): number {
    this.#recentMs *= 0.5 ** ((now - this.#at) / HALF_LIFE_MS)
    this.#at = now
    return this.#recentMs
  }

  isBusy(now: number): boolean {
    return this.recentMs(now) > BUSY_MS
  }

  add(ms: number): void {
    this.#recentMs += ms
  }
}

/**
 * Gives the event loop to the processes of all hosts in slices: one slice a turn of the loop, the host that worked least
 * first. So who starts a quick command waits for at most one slice of an abuser, however many abusers there are, and
 * sockets and timers are served in between.
 */
class Processor {
  readonly #waiting = new Map<ProcessorShare, (() => void)[]>()
  #owner: ProcessorShare | undefined
  #sliceEnd = 0
  #lastLook = 0
  /** Time that the event loop worked, without its idle time, at the last turn or charge. */
  #active = 0
  #restUntil = 0
  /** When a host that is not busy worked last. */
  #othersAt = Number.NEGATIVE_INFINITY
  #armed = false
  #timer: NodeJS.Timeout | undefined

  /** @returns milliseconds that the host has worked since the last look of anybody, and whether it must wait for its turn */
  look(share: ProcessorShare): { worked: number; over: boolean } {
    const now = performance.now()
    const lasts = now < this.#sliceEnd
    // Without a slice of its own a host was woken by a pipe or a timer: what it did since is short, the rest was others' work.
    const most = share === this.#owner ? MOST_AT_ONCE_MS : SLICE_MS
    const worked = Math.min(now - this.#lastLook, lasts ? most : this.#sinceCharge(), most)
    this.#lastLook = now
    share.add(worked)
    if (lasts && share === this.#owner) return { worked, over: false }
    const busy = share.isBusy(now)
    if (busy) this.#restUntil = Math.min(Math.max(this.#restUntil, now) + worked, now + LONGEST_REST_MS)
    else this.#othersAt = now
    return { worked, over: busy || !lasts }
  }

  /** Resolves when the host may work on. */
  turn(share: ProcessorShare): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(share)
      if (waiting) waiting.push(resolve)
      else this.#waiting.set(share, [resolve])
      this.#arm()
    })
  }

  #sinceCharge(): number {
    const { active } = performance.eventLoopUtilization()
    const since = active - this.#active
    this.#active = active
    return since
  }

  #arm(): void {
    if (this.#armed) return
    this.#armed = true
    setImmediate(() => {
      this.#armed = false
      this.#owner = undefined
      this.#give()
    })
  }

  #give(): void {
    const now = performance.now()
    const next = this.#first(now)
    if (!next) return
    const busy = next.isBusy(now)
    if (busy && now < this.#restUntil && now - this.#othersAt < ROOM_MS) {
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => this.#arm(), this.#restUntil - now)
      return
    }
    if (busy) this.#restUntil = now + 2 * SLICE_MS
    else this.#othersAt = now
    this.#sinceCharge()
    this.#owner = next
    this.#lastLook = now
    this.#sliceEnd = now + SLICE_MS
    const waiting = this.#waiting.get(next) as (() => void)[]
    waiting.shift()?.()
    if (waiting.length === 0) this.#waiting.delete(next)
    this.#arm()
  }

  /** Of the hosts that wait, the one that worked least. */
  #first(now: number): ProcessorShare | undefined {
    let first: ProcessorShare | undefined
    let least = Number.POSITIVE_INFINITY
    for (const share of this.#waiting.keys()) {
      const recent = share.recentMs(now)
      if (recent < least) [first, least] = [share, recent]
    }
    return first
  }
}

const processor = new Processor()

/** The processor time of one session's processes. */
export class ProcessorTime {
  readonly #share: ProcessorShare
  #steps = 0
  usedMs = 0

  constructor(share: ProcessorShare) {
    this.#share = share
  }

  /** Accounts for work since the last call; gives a promise to wait for when the slice is over. */
  spend(steps: number): Promise<void> | undefined {
    this.#steps += steps
    if (this.#steps < STEPS_PER_LOOK) return undefined
    this.#steps = 0
    const { worked, over } = processor.look(this.#share)
    this.usedMs += worked
    if (!over) return undefined
    return this.usedMs < FREE_CPU_MS ? processor.turn(this.#share) : this.#afterPause()
  }

  get exhausted(): boolean {
    return this.usedMs > MOST_CPU_MS
  }

  async #afterPause(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, Math.min(LONGEST_PAUSE_MS, this.usedMs / 100)))
    await processor.turn(this.#share)
  }
}
