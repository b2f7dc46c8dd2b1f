import { LRUCache } from 'lru-cache'
import { atMost } from '../config/at-most.ts'
import type { Backend } from './backend.ts'
import { Breaker } from './breaker.ts'
import type { EngineState } from './question.ts'

export interface PoolEntry {
  backend: Backend
  model: string
  /** Calls at the same time. */
  concurrency: number
  /** Calls that may begin within one minute; absent = no bound. */
  perMinute?: number | undefined
  /** It gets no new calls; those under way end as they will. */
  drained?: boolean | undefined
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
  /** When the calls of the last minute began, where they are counted. UTC milliseconds. */
  begun: number[]
}

const MINUTE_MS = 60_000
/** Conversations whose backend is remembered. */
const CONVERSATIONS = 10_000

/** What a question asks of the pool. */
export interface Wish {
  asker: string
  /** Whose prompts begin alike: they stay with one backend, which has that beginning in its cache. */
  conversation?: string
  avoid: ReadonlySet<Backend>
  model: string | undefined
}

interface Waiting {
  wish: Wish
  give: (lease: Lease | undefined) => void
}

/**
 * All backends: hands out leases, never more per backend than it may carry. A conversation stays with the backend that has its
 * beginning in the cache while that has a place; others get the least busy one, of equals the first of the list. Who comes when
 * all are busy waits in a bounded queue, of which one source can fill a quarter only.
 */
export class Pool {
  #slots: Slot[] = []
  readonly #settings: { queue: number; breaker: { failures: number; pauseMs: number } }
  readonly #now: () => number
  readonly #waiting: Waiting[] = []
  readonly #lastOf = new LRUCache<string, Slot>({ ...atMost(CONVERSATIONS) })
  /** When time alone frees the next place, UTC milliseconds. */
  #next: { at: number; timer: NodeJS.Timeout } | undefined

  constructor(
    entries: readonly PoolEntry[],
    settings: { queue: number; breaker: { failures: number; pauseMs: number } },
    now: () => number = Date.now,
  ) {
    this.#settings = settings
    this.#now = now
    this.set(entries)
  }

  /** These backends from now on. What is under way with one that is gone ends as it will. @returns whether one is new */
  set(entries: readonly PoolEntry[]): boolean {
    const known = new Map(this.#slots.map((slot) => [slot.backend, slot]))
    this.#slots = entries.map((entry) =>
      Object.assign(
        known.get(entry.backend) ?? {
          breaker: new Breaker(this.#settings.breaker, this.#now),
          inFlight: 0,
          up: undefined,
          trouble: undefined,
          begun: [],
        },
        { perMinute: undefined, drained: false, ...entry },
      ),
    )
    this.#passOn()
    return this.#slots.some(({ backend, drained }) => !drained && !known.has(backend))
  }

  get size(): number {
    return this.#slots.filter(({ drained }) => !drained).length
  }

  /** Whether the next question would have to wait. */
  get full(): boolean {
    return this.#waiting.length > 0 || !this.#slots.some((s) => !s.drained && this.#isFree(s))
  }

  get queued(): number {
    return this.#waiting.length
  }

  /** Whether a backend that is not to be avoided could take a question, now or after a wait. */
  hasOther(avoid: ReadonlySet<Backend>): boolean {
    return this.#usable({ avoid }).length > 0
  }

  /**
   * @param wish whose share of the queue is used (the source's address); backends that have just failed this question; a
   *   model other than the backend's own
   * @returns undefined when no backend can take the question: all are down, the queue is full, or the signal ended the wait
   */
  async acquire(wish: Wish, signal: AbortSignal): Promise<Lease | undefined> {
    if (signal.aborted) return undefined
    const usable = this.#usable(wish)
    const free = this.#choose(usable, wish)
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
    const free = this.#leastBusy(this.#usable(wish).filter((s) => s.breaker.state === 'closed'))
    return free && this.#lease(free, wish)
  }

  /** One call to each backend that is idle, with its own model or another. */
  acquireEach(model: string | undefined): Lease[] {
    const wish: Wish = { asker: '', avoid: new Set(), model }
    return this.#usable(wish)
      .filter((s) => s.inFlight === 0 && this.#isFree(s))
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
      concurrency: s.concurrency,
      ...(s.drained ? { drained: true } : {}),
      ...(s.trouble === undefined ? {} : { trouble: s.trouble }),
    }))
  }

  #hasRoomFor(asker: string): boolean {
    if (this.#waiting.length >= this.#settings.queue) return false
    return this.#waiting.filter((w) => w.wish.asker === asker).length < Math.ceil(this.#settings.queue / 4)
  }

  #usable({ avoid }: Pick<Wish, 'avoid'>): Slot[] {
    return this.#slots.filter((s) => !s.drained && s.breaker.lets && !avoid.has(s.backend))
  }

  #choose(usable: readonly Slot[], { conversation }: Wish): Slot | undefined {
    const last = conversation === undefined ? undefined : this.#lastOf.get(conversation)
    return last && usable.includes(last) && this.#isFree(last) ? last : this.#leastBusy(usable)
  }

  #leastBusy(slots: readonly Slot[]): Slot | undefined {
    return slots
      .filter((s) => this.#isFree(s))
      .reduce<Slot | undefined>((best, s) => (best && best.inFlight / best.concurrency <= s.inFlight / s.concurrency ? best : s), undefined)
  }

  #isFree(slot: Slot): boolean {
    if (slot.inFlight >= slot.concurrency) return false
    if (slot.perMinute === undefined) return true
    const past = this.#now() - MINUTE_MS
    while (slot.begun.length && (slot.begun[0] as number) <= past) slot.begun.shift()
    if (slot.begun.length < slot.perMinute) return true
    this.#lookAgain((slot.begun[0] as number) - past)
    return false
  }

  /** A place that time alone frees must be given to those who wait. */
  #lookAgain(inMs: number): void {
    const at = this.#now() + inMs
    if (this.#next && this.#next.at <= at) return
    clearTimeout(this.#next?.timer)
    const timer = setTimeout(() => {
      this.#next = undefined
      this.#passOn()
    }, inMs)
    timer.unref()
    this.#next = { at, timer }
  }

  #lease(slot: Slot, wish: Wish): Lease {
    slot.inFlight++
    if (slot.perMinute !== undefined) slot.begun.push(this.#now())
    if (wish.conversation !== undefined) this.#lastOf.set(wish.conversation, slot)
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
      const free = this.#choose(usable, waiting.wish)
      // A call under way may close its breaker in a moment, so those who wait stay.
      const hopeless = usable.length === 0 && !this.#slots.some((s) => s.inFlight > 0)
      if (!free && !hopeless) continue
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
      waiting.give(free && this.#lease(free, waiting.wish))
    }
  }
}
