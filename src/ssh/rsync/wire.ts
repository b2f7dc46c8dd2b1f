import type { ProgramIo } from '../program.ts'

/** Base of the tags of multiplexed frames (io.c, MPLEX_BASE). */
const FRAME_BASE = 7
/** `MSG_DATA` of rsync.h: what belongs to the stream. */
const DATA = 0
const LONGEST_FRAME = 0xff_ffff
/** Index that ends a phase. */
export const DONE = -1

/** The numbers of rsync's protocol 30 and later (io.c): varint, varlong and the differences of file indexes. */
export class RsyncWire {
  readonly #io: ProgramIo
  #frame = 0
  readonly #sent = { positive: -1 }
  readonly #got = { positive: -1 }

  constructor(io: ProgramIo) {
    this.#io = io
  }

  /** Bytes of the multiplexed stream; messages between them are passed over. @throws InputEnded, RangeError */
  async exactly(n: number): Promise<Buffer> {
    const parts: Buffer[] = []
    for (let left = n; left > 0; ) {
      if (this.#frame === 0) await this.#nextFrame()
      const part = await this.#io.input.exactly(Math.min(left, this.#frame))
      this.#frame -= part.length
      left -= part.length
      parts.push(part)
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
  }

  async #nextFrame(): Promise<void> {
    for (;;) {
      const head = (await this.#io.input.exactly(4)).readUInt32LE()
      const length = head & LONGEST_FRAME
      if (head >>> 24 === FRAME_BASE + DATA && length > 0) {
        this.#frame = length
        return
      }
      if (head >>> 24 < FRAME_BASE) throw new RangeError('not a frame of rsync')
      for (let left = length; left > 0; ) left -= (await this.#io.input.exactly(Math.min(left, 65_536))).length
    }
  }

  async byte(): Promise<number> {
    return (await this.exactly(1))[0] as number
  }

  async short(): Promise<number> {
    return (await this.exactly(2)).readUInt16LE()
  }

  async int(): Promise<number> {
    return (await this.exactly(4)).readInt32LE()
  }

  async varint(): Promise<number> {
    return Number(await this.#variable(1)) | 0
  }

  /** @param least bytes that it has at least */
  async varlong(least: number): Promise<number> {
    return Number(await this.#variable(least))
  }

  async #variable(least: number): Promise<bigint> {
    const head = await this.exactly(least)
    const first = head[0] as number
    const extra = Math.clz32(~(first << 24))
    if (extra > 6) throw new RangeError('a number of rsync is too long')
    const rest = Buffer.concat([head.subarray(1), extra > 0 ? await this.exactly(extra) : Buffer.alloc(0)])
    const top = extra > 0 ? first & ((1 << (8 - extra)) - 1) : first
    let value = BigInt(top)
    for (const byte of [...rest].reverse()) value = (value << 8n) | BigInt(byte)
    return BigInt.asIntN(64, value)
  }

  /** Index of a file, or {@link DONE}. */
  async index(): Promise<number> {
    const first = await this.byte()
    if (first === 0) return DONE
    if (first === 0xff) throw new RangeError('an index of incremental recursion')
    if (first < 0xfe) this.#got.positive += first
    else {
      const [high, low] = await this.exactly(2)
      if ((high as number) & 0x80) {
        const more = await this.exactly(2)
        this.#got.positive = (((high as number) & 0x7f) << 24) | (low as number) | ((more[0] as number) << 8) | ((more[1] as number) << 16)
      } else this.#got.positive += ((high as number) << 8) | (low as number)
    }
    return this.#got.positive
  }

  async send(...parts: Uint8Array[]): Promise<void> {
    await this.#write(DATA, Buffer.concat(parts))
  }

  /** A message beside the stream: `MSG_ERROR_XFER` is 1, `MSG_IO_ERROR` 22. */
  async message(tag: number, bytes: Uint8Array): Promise<void> {
    await this.#write(tag, Buffer.from(bytes))
  }

  async #write(tag: number, bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; at += 32_768) {
      const piece = bytes.subarray(at, at + 32_768)
      await this.#io.write(Buffer.concat([int(((FRAME_BASE + tag) << 24) | piece.length), piece]))
    }
  }

  indexBytes(index: number): Buffer {
    if (index === DONE) return Buffer.of(0)
    const step = index - this.#sent.positive
    this.#sent.positive = index
    if (step > 0 && step < 0xfe) return Buffer.of(step)
    if (step > 0 && step <= 0x7fff) return Buffer.of(0xfe, step >> 8, step & 0xff)
    return Buffer.of(0xfe, (index >>> 24) | 0x80, index & 0xff, (index >> 8) & 0xff, (index >> 16) & 0xff)
  }
}

export function int(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value | 0)
  return bytes
}

export function short(value: number): Buffer {
  return Buffer.of(value & 0xff, (value >> 8) & 0xff)
}

export function varint(value: number): Buffer {
  return varlong(value >>> 0, 1)
}

export function varlong(value: number, least: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)))
  let count = 8
  while (count > least && bytes[count - 1] === 0) count--
  const top = bytes[count - 1] as number
  const bit = 1 << (7 - count + least)
  if (top >= bit) return Buffer.concat([Buffer.of(~(bit - 1) & 0xff), bytes.subarray(0, count)])
  const first = count > least ? top | (~(bit * 2 - 1) & 0xff) : top
  return Buffer.concat([Buffer.of(first), bytes.subarray(0, count - 1)])
}
