/** What a fair queue knows of a member: the work done for it, in milliseconds of the queue's virtual time. */
export interface Flow {
  virtualMs: number
}

/** Who comes, or comes back, is let in so much before the queue's present time: a short piece of work need not wait for all others. */
const CREDIT_MS = 10

/**
 * Who waits for a processor, in the order of start-time fair queueing (Goyal, Vin and Cheng 1996): who has had least goes first.
 * Who comes, or comes back, begins a little before the queue's present time: nobody saves turns up by staying away. That time goes on with the
 * work that is done, as in WF2Q+ (Bennett and Zhang 1996), so that newcomers without end do not hold up who waits.
 */
export class FairQueue<T extends Flow> {
  readonly #waiting = new Set<T>()
  #virtualMs = 0

  get size(): number {
    return this.#waiting.size
  }

  add(flow: T): void {
    if (this.#waiting.has(flow)) return
    flow.virtualMs = Math.max(flow.virtualMs, this.#virtualMs - CREDIT_MS)
    this.#waiting.add(flow)
  }

  delete(flow: T): void {
    this.#waiting.delete(flow)
  }

  /** Of those that are asked for, the one that has had least; of equals, who waits longest. */
  least(of: (flow: T) => boolean = () => true): T | undefined {
    let least: T | undefined
    for (const flow of this.#waiting) if ((!least || flow.virtualMs < least.virtualMs) && of(flow)) least = flow
    return least
  }

  /** Of those that are asked for, the one for whom `rank` is lowest. */
  lowest(rank: (flow: T) => number, of: (flow: T) => boolean): T | undefined {
    let lowest: T | undefined
    for (const flow of this.#waiting) if ((!lowest || rank(flow) < rank(lowest)) && of(flow)) lowest = flow
    return lowest
  }

  /** It is this one's turn, because it had had least. */
  serve(flow: T): void {
    this.#virtualMs = Math.max(this.#virtualMs, flow.virtualMs)
  }

  charge(flow: Flow, ms: number): void {
    flow.virtualMs += ms
    this.#virtualMs += ms / Math.max(1, this.#waiting.size)
  }
}
