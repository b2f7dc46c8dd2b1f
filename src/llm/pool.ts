import type { Backend } from './backend.ts'
import { Breaker } from './breaker.ts'
import type { EngineState } from './question.ts'

export interface PoolEntry {
  backend: Backend
  model: string
  concurrency: number
}

/** The right to make one call to one backend. Must be given back with exactly one of its ends. */
export interface Lease {
  readonly backend: Backend
  readonly model: string
  succeeded(): void
  /** It answered, and after the deadline: counts as a failure of a server that is up. */
  late(trouble: string): void
  /** @param trouble words for the operator; @param grave see {@link Breaker.failed} */
  failed(trouble: string, grave: boolean): void
  cancelled(): void
}

interface Slot extends PoolEntry {
  breaker: Breaker
  inFlight: number
  up: boolean | undefined
  trouble: string | undefined
}

/** What a question asks of the pool. */
export interface Wish {
  asker: string
  avoid: ReadonlySet<Backend>
  model: string | undefined
}

interface Waiting {
  wish: Wish
  give: (lease: Lease | undefined) => void
}

/**
 * All backends: hands out leases, least busy backend first, never more per backend than it may carry. Who comes when all are
 * busy waits in a bounded queue, of which one source can fill a quarter only.
 */
export class Pool {
  readonly #slots: Slot[]
  readonly #longest: number
  readonly #waiting: Waiting[] = []

  constructor(
    entries: readonly PoolEntry[],
    settings: { queue: number; breaker: { failures: number; pauseMs: number } },
    now?: () => number,
  ) {
    this.#slots = entries.map((e) => ({
      ...e,
      breaker: new Breaker(settings.breaker, now),
      inFlight: 0,
      up: undefined,
      trouble: undefined,
    }))
    this.#longest = settings.queue
  }

  get size(): number {
    return this.#slots.length
  }

  /** Whether the next question would have to wait. */
  get full(): boolean {
    return this.#waiting.length > 0 || this.#slots.every((s) => s.inFlight >= s.concurrency)
  }

  get queued(): number {
    return this.#waiting.length
  }

  /** Whether a backend that is not to be avoided could take a question, now or after a wait. */
  hasOther(avoid: ReadonlySet<Backend>): boolean {
    return this.#slots.some((s) => s.breaker.lets && !avoid.has(s.backend))
  }

  /**
   * @param wish whose share of the queue is used (the source's address); backends that have just failed this question; a
   *   model other than the backend's own
   * @returns undefined when no backend can take the question: all are down, the queue is full, or the signal ended the wait
   */
  async acquire(wish: Wish, signal: AbortSignal): Promise<Lease | undefined> {
    if (signal.aborted) return undefined
    const usable = this.#usable(wish)
    const free = leastBusy(usable)
    if (free) return this.#lease(free, wish)
    if (usable.length === 0 || !this.#hasRoomFor(wish.asker)) return undefined
    return new Promise((resolve) => {
      const waiting: Waiting = {
        wish,
        give: (lease) => {
          signal.removeEventListener('abort', leave)
          resolve(lease)
        },
      }
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        resolve(undefined)
      }
      signal.addEventListener('abort', leave, { once: true })
      this.#waiting.push(waiting)
    })
  }

  /** A second backend for a question that the first is slow with; never waits, and never before those who do. */
  acquireIdle(wish: Wish): Lease | undefined {
    if (this.#waiting.length) return undefined
    const free = leastBusy(this.#usable(wish).filter((s) => s.breaker.state === 'closed'))
    return free && this.#lease(free, wish)
  }

  /** One call to each backend that is idle, with its own model or another. */
  acquireEach(model: string | undefined): Lease[] {
    const wish: Wish = { asker: '', avoid: new Set(), model }
    return this.#usable(wish)
      .filter((s) => s.inFlight === 0)
      .map((s) => this.#lease(s, wish))
  }

  state(): EngineState['backends'] {
    return this.#slots.map((s) => ({
      kind: s.backend.kind,
      url: s.backend.url,
      model: s.model,
      up: s.up,
      breaker: s.breaker.state,
      inFlight: s.inFlight,
      ...(s.trouble === undefined ? {} : { trouble: s.trouble }),
    }))
  }

  #hasRoomFor(asker: string): boolean {
    if (this.#waiting.length >= this.#longest) return false
    return this.#waiting.filter((w) => w.wish.asker === asker).length < Math.ceil(this.#longest / 4)
  }

  #usable({ avoid }: Wish): Slot[] {
    return this.#slots.filter((s) => s.breaker.lets && !avoid.has(s.backend))
  }

  #lease(slot: Slot, wish: Wish): Lease {
    slot.inFlight++
    slot.breaker.started()
    const end = (how: () => void) => {
      slot.inFlight--
      how()
      this.#passOn()
    }
    return {
      backend: slot.backend,
      model: wish.model ?? slot.model,
      succeeded: () =>
        end(() => {
          slot.breaker.succeeded()
          slot.up = true
          slot.trouble = undefined
        }),
      late: (trouble) =>
        end(() => {
          slot.breaker.failed(false)
          slot.up = true
          slot.trouble = trouble
        }),
      failed: (trouble, grave) =>
        end(() => {
          slot.breaker.failed(grave)
          slot.up = false
          slot.trouble = trouble
        }),
      cancelled: () => end(() => slot.breaker.cancelled()),
    }
  }

  /** Gives free places to those who wait, oldest first; sends away whom no backend is left for. */
  #passOn(): void {
    for (const waiting of [...this.#waiting]) {
      const usable = this.#usable(waiting.wish)
      const free = leastBusy(usable)
      // A call under way may close its breaker in a moment, so those who wait stay.
      const hopeless = usable.length === 0 && !this.#slots.some((s) => s.inFlight > 0)
      if (!free && !hopeless) continue
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
      waiting.give(free && this.#lease(free, waiting.wish))
    }
  }
}

function leastBusy(slots: readonly Slot[]): Slot | undefined {
  return slots
    .filter((s) => s.inFlight < s.concurrency)
    .reduce<Slot | undefined>((best, s) => (best && best.inFlight / best.concurrency <= s.inFlight / s.concurrency ? best : s), undefined)
}
