/** Bytes that have arrived and are not yet consumed, as the chunks in which they came. */
export class ByteQueue {
  #chunks: Buffer[] = []
  length = 0

  push(chunk: Buffer): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.length += chunk.length
  }

  unshift(chunk: Buffer): void {
    if (chunk.length === 0) return
    this.#chunks.unshift(chunk)
    this.length += chunk.length
  }

  /** Takes `n` bytes; there must be that many. */
  take(n: number): Buffer {
    if (n > this.length) throw new RangeError(`${n} bytes asked of ${this.length}`)
    const first = this.#chunks[0]
    if (first && first.length === n) {
      this.#chunks.shift()
      this.length -= n
      return first
    }
    if (first && first.length > n) {
      this.#chunks[0] = first.subarray(n)
      this.length -= n
      return first.subarray(0, n)
    }
    const whole = Buffer.concat(this.#chunks, this.length)
    const rest = whole.subarray(n)
    this.#chunks = rest.length ? [rest] : []
    this.length = rest.length
    return whole.subarray(0, n)
  }

  takeAll(): Buffer {
    return this.take(this.length)
  }

  /** The first `n` bytes, or as many as there are; stays as it is. */
  peek(n: number): Buffer {
    const first = this.#chunks[0]
    if (!first) return Buffer.alloc(0)
    if (first.length >= n) return first.subarray(0, n)
    const whole = Buffer.concat(this.#chunks, this.length)
    this.#chunks = [whole]
    return whole.subarray(0, n)
  }

  /** Offset of `mark` at or after `from`, or -1. */
  indexOf(mark: Uint8Array | number, from = 0): number {
    return this.peek(this.length).indexOf(mark, from)
  }
}
