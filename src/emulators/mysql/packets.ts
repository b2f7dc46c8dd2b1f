import { deflateSync, inflateSync } from 'node:zlib'
import { LimitReached, type Visit } from '../../sensor/visit.ts'

const LONGEST_PART = 0xffffff
/** Smaller packets are not worth compressing; MySQL's own bound. */
const COMPRESSED_FROM = 50

/** Packets of a connection: length, sequence number, payload; compressed ones inside those of the compressed protocol. */
export class Packets {
  readonly #visit: Pick<Visit, 'exactly' | 'write'>
  #sequence = 0
  #isCompressed = false
  #compressedSequence = 0
  /** Bytes that came out of compressed packets and are not read yet. */
  #inflated: Buffer = Buffer.alloc(0)

  constructor(visit: Pick<Visit, 'exactly' | 'write'>) {
    this.#visit = visit
  }

  /** From here on in the compressed protocol. */
  compress(): void {
    this.#isCompressed = true
  }

  /** A command begins: both sides count from 0 again. */
  beginCommand(): void {
    this.#sequence = 0
    this.#compressedSequence = 0
  }

  /** The next whole payload. @throws LimitReached `packet` when it is larger than `max` */
  async read(max: number): Promise<Buffer> {
    const parts: Buffer[] = []
    let total = 0
    for (;;) {
      const header = await this.#exactly(4, max)
      const length = header.readUIntLE(0, 3)
      this.#sequence = (header[3] as number) + 1
      total += length
      if (total > max) throw new LimitReached('packet', max)
      parts.push(await this.#exactly(length, max))
      if (length < LONGEST_PART) return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
    }
  }

  async #exactly(n: number, max: number): Promise<Buffer> {
    if (!this.#isCompressed) return this.#visit.exactly(n)
    while (this.#inflated.length < n) this.#inflated = Buffer.concat([this.#inflated, await this.#inflate(max)])
    const bytes = this.#inflated.subarray(0, n)
    this.#inflated = this.#inflated.subarray(n)
    return bytes
  }

  async #inflate(max: number): Promise<Buffer> {
    const header = await this.#visit.exactly(7)
    const [length, plain] = [header.readUIntLE(0, 3), header.readUIntLE(4, 3)]
    this.#compressedSequence = (header[3] as number) + 1
    if (length > max + 7 || plain > max + 4) throw new LimitReached('packet', max)
    const bytes = await this.#visit.exactly(length)
    if (plain === 0) return bytes
    try {
      return inflateSync(bytes, { maxOutputLength: plain })
    } catch {
      // Not what it says it is: nothing after it can be understood.
      throw new LimitReached('compressed-packet')
    }
  }

  /** Sends payloads, each as a packet of its own. */
  async write(...payloads: Buffer[]): Promise<void> {
    const parts: Buffer[] = []
    for (const payload of payloads) {
      for (let at = 0; ; at += LONGEST_PART) {
        const part = payload.subarray(at, at + LONGEST_PART)
        const header = Buffer.alloc(4)
        header.writeUIntLE(part.length, 0, 3)
        header[3] = this.#sequence++ & 0xff
        parts.push(header, part)
        if (part.length < LONGEST_PART) break
      }
    }
    const bytes = Buffer.concat(parts)
    await this.#visit.write(this.#isCompressed ? this.#deflate(bytes) : bytes)
  }

  #deflate(bytes: Buffer): Buffer {
    const parts: Buffer[] = []
    for (let at = 0; at < bytes.length; at += LONGEST_PART) {
      const plain = bytes.subarray(at, at + LONGEST_PART)
      const packed = plain.length >= COMPRESSED_FROM ? deflateSync(plain) : undefined
      const isSmaller = packed !== undefined && packed.length < plain.length
      const header = Buffer.alloc(7)
      const payload = isSmaller ? packed : plain
      header.writeUIntLE(payload.length, 0, 3)
      header[3] = this.#compressedSequence++ & 0xff
      header.writeUIntLE(isSmaller ? plain.length : 0, 4, 3)
      parts.push(header, payload)
    }
    return Buffer.concat(parts)
  }
}
