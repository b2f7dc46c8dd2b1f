/** Bytes that the processes of one host may hold together, beyond what every process takes. */
const MOST_OF_A_HOST = 128 * 1024 * 1024
/** And those of all hosts. */
const MOST_TOGETHER = 512 * 1024 * 1024

/** A process as the out-of-memory killer sees it. Its end releases what it holds. */
export interface MemoryHolder {
  deliver(signal: string): void
}

let together = 0
const holding = new Set<HostMemory>()

/**
 * What the processes of one host hold: variables, words, lines that wait to be sorted, files read whole. The interpreter books
 * what may grow large; a host that holds too much loses its largest process, as Linux chooses (mm/oom_kill.c).
 */
export class HostMemory {
  readonly #held = new Map<MemoryHolder, number>()
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  of(holder: MemoryHolder): number {
    return this.#held.get(holder) ?? 0
  }

  /** Books bytes; some process, perhaps this one, is killed when they are too many. */
  hold(holder: MemoryHolder, bytes: number): void {
    this.#held.set(holder, this.of(holder) + bytes)
    this.#book(bytes)
    if (this.#bytes > MOST_OF_A_HOST) this.#killLargest()
    else if (together > MOST_TOGETHER) largestHost().#killLargest()
  }

  release(holder: MemoryHolder, bytes: number = this.of(holder)): void {
    const before = this.of(holder)
    const released = Math.min(bytes, before)
    if (released === before) this.#held.delete(holder)
    else this.#held.set(holder, before - released)
    this.#book(-released)
  }

  #book(bytes: number): void {
    this.#bytes += bytes
    together += bytes
    if (this.#bytes > 0) holding.add(this)
    else holding.delete(this)
  }

  #killLargest(): void {
    let largest: MemoryHolder | undefined
    for (const [holder, bytes] of this.#held) if (!largest || bytes > this.of(largest)) largest = holder
    largest?.deliver('KILL')
    // Whatever signals do, its memory is gone.
    if (largest) this.release(largest)
  }
}

function largestHost(): HostMemory {
  return [...holding].reduce((largest, host) => (host.bytes > largest.bytes ? host : largest))
}
