import { performance } from 'node:perf_hooks'
import { FairQueue, type Flow } from './fair-queue.ts'

/** Longest work between two turns of the event loop. */
const SLICE_MS = 2
/** Work of the past counts half after this time. */
const HALF_LIFE_MS = 1000
/** A source that worked longer than this of late is busy: while others work, all busy ones together have one half of the processor. */
const BUSY_MS = 100
/** Busy sources owe at most this much rest. */
const LONGEST_REST_MS = 250
/** Busy sources make room for this long after another has worked. */
const ROOM_MS = 100
/** Who has been here for so long and is not busy has settled. */
const SETTLED_MS = 5000
/** Of so many turns one goes to who has had least; the others to who has settled first. */
const FAIR_EVERY = 4
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

let sources = 0

/** What the sessions of one source use of the event loop. */
export class ProcessorShare implements Flow {
  virtualMs = 0
  /** Sources are numbered as they come. */
  readonly number = sources++
  /** Its sessions that wait for a turn. */
  readonly sessions = new FairQueue<ProcessorTime>()
  readonly #since = performance.now()
  #recentMs = 0
  #at = this.#since

  isBusy(now: number): boolean {
    this.#recentMs *= 0.5 ** ((now - this.#at) / HALF_LIFE_MS)
    this.#at = now
    return this.#recentMs > BUSY_MS
  }

  hasSettled(now: number): boolean {
    return now - this.#since > SETTLED_MS && !this.isBusy(now)
  }

  add(ms: number): void {
    this.#recentMs += ms
  }
}

/**
 * Gives the event loop to the processes of all hosts in slices, one slice a turn of the loop; sockets and timers are served in
 * between. Sources share it fairly, and the sessions of a source share what it gets.
 *
 * Sources that are not busy go before busy ones, so who starts a quick command waits for at most one slice of an abuser, however
 * many abusers there are. Among sources that each do little nothing tells the crowd from the others but that it came later: who
 * settled first goes first in most turns, so that a crowd too large for the processor slows down itself and not those before it.
 * Who has come just now has no such rank: fifty abusers of the last second would else go before the next visitor.
 */
class Processor {
  readonly #sources = new FairQueue<ProcessorShare>()
  #owner: ProcessorShare | undefined
  #sliceEnd = 0
  #lastLook = 0
  /** Time that the event loop worked, without its idle time, at the last turn or charge. */
  #active = 0
  #restUntil = 0
  /** When a source that is not busy worked last. */
  #othersAt = Number.NEGATIVE_INFINITY
  #turns = 0
  #armed = false
  #timer: NodeJS.Timeout | undefined

  /** @returns milliseconds that the session has worked since the last look of anybody, and whether it must wait for its turn */
  look(session: ProcessorTime): { worked: number; over: boolean } {
    const { share } = session
    const now = performance.now()
    const lasts = now < this.#sliceEnd
    // Without a slice of its own a source was woken by a pipe or a timer: what it did since is short, the rest was others' work.
    const most = share === this.#owner ? MOST_AT_ONCE_MS : SLICE_MS
    const worked = Math.min(now - this.#lastLook, lasts ? most : this.#sinceCharge(), most)
    this.#lastLook = now
    share.add(worked)
    this.#sources.charge(share, worked)
    share.sessions.charge(session, worked)
    if (lasts && share === this.#owner) return { worked, over: false }
    const busy = share.isBusy(now)
    if (busy) this.#restUntil = Math.min(Math.max(this.#restUntil, now) + worked, now + LONGEST_REST_MS)
    else this.#othersAt = now
    return { worked, over: busy || !lasts }
  }

  /** Resolves when the session may work on. */
  turn(session: ProcessorTime): Promise<void> {
    return new Promise((resolve) => {
      session.waiting.push(resolve)
      session.share.sessions.add(session)
      this.#sources.add(session.share)
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
    const next = this.#next(now)
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
    this.#resume(next)
    this.#arm()
  }

  #next(now: number): ProcessorShare | undefined {
    if (++this.#turns % FAIR_EVERY !== 0) {
      const first = this.#sources.lowest(
        ({ number }) => number,
        (source) => source.hasSettled(now),
      )
      if (first) return first
    }
    const least = this.#sources.least((source) => !source.isBusy(now)) ?? this.#sources.least()
    if (least) this.#sources.serve(least)
    return least
  }

  #resume(source: ProcessorShare): void {
    const session = source.sessions.least() as ProcessorTime
    source.sessions.serve(session)
    session.waiting.shift()?.()
    if (session.waiting.length === 0) source.sessions.delete(session)
    if (source.sessions.size === 0) this.#sources.delete(source)
  }
}

const processor = new Processor()

/** The processor time of one session's processes. */
export class ProcessorTime implements Flow {
  virtualMs = 0
  usedMs = 0
  readonly share: ProcessorShare
  /** What its processes that wait for a turn call for it, first come first. */
  readonly waiting: (() => void)[] = []
  #steps = 0

  /** @param share of the session's source */
  constructor(share: ProcessorShare) {
    this.share = share
  }

  /** Accounts for work since the last call; gives a promise to wait for when the slice is over. */
  spend(steps: number): Promise<void> | undefined {
    this.#steps += steps
    if (this.#steps < STEPS_PER_LOOK) return undefined
    this.#steps = 0
    const { worked, over } = processor.look(this)
    this.usedMs += worked
    if (!over) return undefined
    return this.usedMs < FREE_CPU_MS ? processor.turn(this) : this.#afterPause()
  }

  get exhausted(): boolean {
    return this.usedMs > MOST_CPU_MS
  }

  async #afterPause(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, Math.min(LONGEST_PAUSE_MS, this.usedMs / 100)))
    await processor.turn(this)
  }
}
