import { LimitReached, type Visit } from '../../sensor/visit.ts'

/** Bytes of a visit that have come and were not used yet, in one buffer that grows by doubling. */
export class Inbox {
  readonly #visit: Visit
  #store: Buffer = Buffer.alloc(0)
  #from = 0
  #to = 0
  #ended = false

  constructor(visit: Visit) {
    this.#visit = visit
  }

  /** What is here; a view that is valid until the next call of `more`. */
  get bytes(): Buffer {
    return this.#store.subarray(this.#from, this.#to)
  }

  get length(): number {
    return this.#to - this.#from
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Waits for more. @returns `slow` when nothing came within so many ms, `ended` when the attacker has closed its side */
  async more(within: number): Promise<'more' | 'ended' | 'slow'> {
    if (this.#ended) return 'ended'
    if (within <= 0) return 'slow'
    try {
      const chunk = await this.#visit.read({ within })
      if (chunk === undefined) {
        this.#ended = true
        return 'ended'
      }
      this.#append(chunk)
      return 'more'
    } catch (error) {
      if (error instanceof LimitReached && error.limit === 'read-deadline') return 'slow'
      throw error
    }
  }

  /** Takes the first `n` bytes out, as a copy. */
  take(n: number): Buffer {
    const taken = Buffer.from(this.bytes.subarray(0, n))
    this.drop(taken.length)
    return taken
  }

  drop(n: number): void {
    this.#from = Math.min(this.#from + n, this.#to)
    if (this.#from === this.#to) {
      this.#from = 0
      this.#to = 0
      // A long upload must not leave its buffer behind on a connection that idles.
      if (this.#store.length > 64 * 1024) this.#store = Buffer.alloc(0)
    }
  }

  /** Gives what is left back to the visit. */
  giveBack(): void {
    if (this.length > 0) this.#visit.unread(this.take(this.length))
  }

  #append(chunk: Buffer): void {
    if (this.#from === this.#to) {
      this.#store = chunk
      this.#from = 0
      this.#to = chunk.length
      return
    }
    const needed = this.length + chunk.length
    if (this.#to + chunk.length > this.#store.length) {
      const store = Buffer.allocUnsafe(Math.max(needed * 2, 1024))
      this.bytes.copy(store)
      this.#to = this.length
      this.#from = 0
      this.#store = store
    }
    chunk.copy(this.#store, this.#to)
    this.#to += chunk.length
  }
}
