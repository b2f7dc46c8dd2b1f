/**
 * Minimal Lower Layer Protocol (HL7 v2 transport specification, MLLP release 1): VT message FS CR. Bytes between frames belong
 * to nobody. Text that begins as a message does without a frame is one too, when its sender falls silent.
 */
import { createHash } from 'node:crypto'

const VT = 0x0b
const FS = 0x1c
const CR = 0x0d
const LF = 0x0a

export interface Frame {
  framing: 'mllp' | 'bare'
  /** The message, or its first `keep` bytes. */
  bytes: Buffer
  size: number
  sha256: string
}

export type Piece = ({ is: 'frame' } & Frame) | { is: 'noise'; bytes: Buffer }

/** Header segments that a message, a batch or a file of batches begins with. */
const BARE_START = /^\s{0,8}(?:MSH|FHS|BHS)[^A-Za-z0-9\s]/

/** Cuts a stream into messages, however its bytes are spread over reads. Memory: `keep` bytes. */
export class MllpDecoder {
  readonly #keep: number
  readonly #pieces: Piece[] = []
  #frame: FrameInProgress | undefined
  #outside: FrameInProgress | undefined
  #afterFrame = false
  /** A ClientHello has bytes that look like the beginning of a frame. */
  #isTls: boolean | undefined

  /** @param keep bytes kept of one message; the rest is hashed, counted and dropped */
  constructor(keep: number) {
    this.#keep = keep
  }

  push(bytes: Buffer): void {
    this.#isTls ??= bytes[0] === 0x16 && (bytes.length < 2 || bytes[1] === 3)
    if (this.#isTls) {
      this.#outside ??= new FrameInProgress(this.#keep)
      this.#outside.add(bytes)
      return
    }
    let at = 0
    while (at < bytes.length) at = this.#frame ? this.#inside(bytes, at, this.#frame) : this.#between(bytes, at)
  }

  next(): Piece | undefined {
    return this.#pieces.shift()
  }

  /** Whether bytes outside a frame wait for `settle` to say what they are. */
  get isUndecided(): boolean {
    return this.#outside !== undefined
  }

  /** The sender is silent, or has gone: text without a frame ends here. */
  settle(): void {
    const outside = this.#outside
    this.#outside = undefined
    if (!outside) return
    const { bytes, size, sha256 } = outside.done()
    if (BARE_START.test(bytes.toString('latin1', 0, 16))) this.#pieces.push({ is: 'frame', framing: 'bare', bytes, size, sha256 })
    else this.#pieces.push({ is: 'noise', bytes })
  }

  #inside(bytes: Buffer, at: number, frame: FrameInProgress): number {
    const end = bytes.indexOf(FS, at)
    if (end < 0) {
      frame.add(bytes.subarray(at))
      return bytes.length
    }
    frame.add(bytes.subarray(at, end))
    this.#frame = undefined
    this.#afterFrame = true
    this.#pieces.push({ is: 'frame', framing: 'mllp', ...frame.done() })
    return end + 1
  }

  #between(bytes: Buffer, from: number): number {
    let at = from
    // The CR that ends a frame may be missing, or be a line end.
    while (this.#afterFrame && at < bytes.length && (bytes[at] === CR || bytes[at] === LF)) at++
    if (at === bytes.length) return at
    this.#afterFrame = false
    const start = bytes.indexOf(VT, at)
    const end = start < 0 ? bytes.length : start
    if (end > at) {
      this.#outside ??= new FrameInProgress(this.#keep)
      this.#outside.add(bytes.subarray(at, end))
    }
    if (start < 0) return end
    this.settle()
    this.#frame = new FrameInProgress(this.#keep)
    return start + 1
  }
}

class FrameInProgress {
  readonly #keep: number
  readonly #hash = createHash('sha256')
  #chunks: Buffer[] = []
  #kept = 0
  #size = 0

  constructor(keep: number) {
    this.#keep = keep
  }

  add(bytes: Buffer): void {
    this.#hash.update(bytes)
    this.#size += bytes.length
    const room = this.#keep - this.#kept
    if (room <= 0) return
    // One buffer once there are many: a sender of single bytes must not cost more than what it sends.
    if (this.#chunks.length > 64) this.#chunks = [Buffer.concat(this.#chunks)]
    this.#chunks.push(Buffer.from(bytes.subarray(0, room)))
    this.#kept += Math.min(room, bytes.length)
  }

  done(): { bytes: Buffer; size: number; sha256: string } {
    return { bytes: Buffer.concat(this.#chunks), size: this.#size, sha256: this.#hash.digest('hex') }
  }
}

/** Gives a message the framing that its sender uses. */
export function encodeFrame(message: string, framing: Frame['framing']): Buffer {
  return Buffer.from(framing === 'bare' ? message : `\x0b${message}\x1c\r`, 'latin1')
}
