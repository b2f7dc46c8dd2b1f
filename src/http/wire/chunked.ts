/** What is wrong with chunks; servers answer it differently. */
export type ChunkFlaw = 'syntax' | 'size' | 'trailer' | 'trailer-size'

/** The attacker's chunked coding is wrong (RFC 9112 §7.1). */
export class ChunkError extends Error {
  readonly flaw: ChunkFlaw

  constructor(flaw: ChunkFlaw, what: string) {
    super(what)
    this.name = 'ChunkError'
    this.flaw = flaw
  }
}

/** How a server reads chunks. */
export interface ChunkRules {
  /** Takes a line that ends with LF alone. */
  bareLf: boolean
  /** Longest line of a size with its extensions, and of a trailer, in bytes. */
  longestLine: number
  /** Reads trailers as header lines; else any line is one. */
  strictTrailers: boolean
  /** Largest size of a chunk. */
  largest: bigint
}

/** 2^63 - 1 */
export const LARGEST_CHUNK = 0x7fff_ffff_ffff_ffffn
export const TOLERANT_CHUNKS: ChunkRules = { bareLf: true, longestLine: 64 * 1024, strictTrailers: false, largest: LARGEST_CHUNK }
/** All trailers together, in bytes. */
const LONGEST_TRAILER = 64 * 1024

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
  readonly #rules: ChunkRules
  /** What followed the body in the bytes that were pushed last. */
  rest: Buffer = Buffer.alloc(0)

  constructor(rules: ChunkRules = TOLERANT_CHUNKS) {
    this.#rules = rules
  }

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
      if (this.#line.length > this.#rules.longestLine + 2) {
        throw new ChunkError(this.#state === 'trailer' ? 'trailer-size' : 'size', 'a line of the chunked coding is too long')
      }
      if (lf < 0) break
      const line = this.#line.toString('latin1')
      this.#line = Buffer.alloc(0)
      if (!this.#rules.bareLf && !line.endsWith('\r\n')) throw new ChunkError('syntax', 'a line of the chunked coding ends without CR')
      this.#onLine(line.replace(/\r?\n$/, ''))
    }
    this.rest = bytes.subarray(at)
    return data
  }

  #onLine(line: string): void {
    if (this.#state === 'data-end') {
      if (line !== '') throw new ChunkError('syntax', 'no line end behind the data of a chunk')
      this.#state = 'size'
    } else if (this.#state === 'size') {
      const [, size] = /^0*([0-9A-Fa-f]{1,32})[ \t]*(?:;[^\r]*)?$/.exec(line) ?? []
      if (size === undefined) throw new ChunkError('syntax', 'the size of a chunk is no number')
      const bytes = BigInt(`0x${size}`)
      if (bytes > this.#rules.largest) throw new ChunkError('size', 'the size of a chunk is too large')
      this.#left = Number(bytes)
      this.#state = this.#left === 0 ? 'trailer' : 'data'
    } else {
      this.#trailer += line.length
      if (this.#trailer > LONGEST_TRAILER) throw new ChunkError('trailer-size', 'the trailer is too long')
      if (line === '') this.#state = 'done'
      else if (this.#rules.strictTrailers && !/^[ \t]|^[^\s:]+:/.test(line)) throw new ChunkError('trailer', 'a trailer is no header line')
    }
  }
}

/** The chunked form of one piece of a body; the empty piece ends the body. */
export function encodeChunk(bytes: Uint8Array, sizes: 'upper' | 'lower' = 'lower'): Buffer {
  const size = bytes.length.toString(16)
  return Buffer.concat([Buffer.from(`${sizes === 'upper' ? size.toUpperCase() : size}\r\n`), bytes, Buffer.from('\r\n')])
}
