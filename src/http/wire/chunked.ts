/** The attacker's chunked coding is wrong (RFC 9112 §7.1). */
export class ChunkError extends Error {
  constructor(what: string) {
    super(what)
    this.name = 'ChunkError'
  }
}

/** Longest chunk-size line and longest trailer section in bytes. */
const LONGEST_LINE = 1024
const LONGEST_TRAILER = 16 * 1024

/**
 * Takes the chunked coding off a body as it arrives. Holds at most one size line or trailer line back.
 *
 * @example
 * const decoder = new ChunkedDecoder()
 * decoder.push(Buffer.from('3\r\nabc\r\n0\r\n\r\nGET'))  // [<abc>]
 * decoder.done                                          // true
 * decoder.rest                                          // <GET>
 */
export class ChunkedDecoder {
  #state: 'size' | 'data' | 'data-end' | 'trailer' | 'done' = 'size'
  #line: Buffer = Buffer.alloc(0)
  #left = 0
  #trailer = 0
  /** What followed the body in the bytes that were pushed last. */
  rest: Buffer = Buffer.alloc(0)

  get done(): boolean {
    return this.#state === 'done'
  }

  /** @throws ChunkError */
  push(bytes: Buffer): Buffer[] {
    const data: Buffer[] = []
    let at = 0
    while (at < bytes.length && this.#state !== 'done') {
      if (this.#state === 'data') {
        const piece = bytes.subarray(at, at + this.#left)
        data.push(piece)
        at += piece.length
        this.#left -= piece.length
        if (this.#left === 0) this.#state = 'data-end'
        continue
      }
      const lf = bytes.indexOf(0x0a, at)
      const end = lf < 0 ? bytes.length : lf + 1
      this.#line = Buffer.concat([this.#line, bytes.subarray(at, end)])
      at = end
      if (this.#line.length > LONGEST_LINE) throw new ChunkError('a chunk line is too long')
      if (lf < 0) break
      const line = this.#line.toString('latin1').replace(/\r?\n$/, '')
      this.#line = Buffer.alloc(0)
      this.#onLine(line)
    }
    this.rest = bytes.subarray(at)
    return data
  }

  #onLine(line: string): void {
    if (this.#state === 'data-end') {
      if (line !== '') throw new ChunkError('no line end behind the data of a chunk')
      this.#state = 'size'
    } else if (this.#state === 'size') {
      const [, size] = /^([0-9A-Fa-f]{1,12})[ \t]*(?:;|$)/.exec(line) ?? []
      if (size === undefined) throw new ChunkError('the size of a chunk is no number')
      this.#left = Number.parseInt(size, 16)
      this.#state = this.#left === 0 ? 'trailer' : 'data'
    } else {
      this.#trailer += line.length
      if (this.#trailer > LONGEST_TRAILER) throw new ChunkError('the trailer is too long')
      if (line === '') this.#state = 'done'
    }
  }
}

/** The chunked form of one piece of a body; the empty piece ends the body. */
export function encodeChunk(bytes: Uint8Array, sizes: 'upper' | 'lower' = 'lower'): Buffer {
  const size = bytes.length.toString(16)
  return Buffer.concat([Buffer.from(`${sizes === 'upper' ? size.toUpperCase() : size}\r\n`), bytes, Buffer.from('\r\n')])
}
