import { constants, createDeflate, createInflate } from 'node:zlib'
import { PacketError } from './packets.ts'

/** Longest payload that a compressed packet may hold; more is a bomb. OpenSSH's packets carry 256 KiB at most. */
const MAX_INFLATED = 256 * 1024

/** Packets must be compressed one by one, in order and at once. Node's zlib can do that synchronously, by a method without documentation. */
interface SynchronousZlib {
  _processChunk(chunk: Buffer, flush: number): Buffer
  close(): void
}

/** One direction of `zlib@openssh.com`: one zlib stream over all payloads, flushed after each (RFC 4253 §6.2). */
export class Compression {
  readonly #zlib: SynchronousZlib

  constructor(direction: 'deflate' | 'inflate') {
    const options = { maxOutputLength: MAX_INFLATED }
    const zlib = direction === 'deflate' ? createDeflate() : createInflate(options)
    // A broken stream throws from `_processChunk`; the event says the same a second time.
    zlib.on('error', () => undefined)
    this.#zlib = zlib as unknown as SynchronousZlib
  }

  /** @throws PacketError when the bytes are no zlib stream, or too much comes out of it */
  through(payload: Buffer): Buffer {
    try {
      return this.#zlib._processChunk(payload, constants.Z_PARTIAL_FLUSH)
    } catch (error) {
      throw new PacketError(`zlib: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  close(): void {
    this.#zlib.close()
  }
}
