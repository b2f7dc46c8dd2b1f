import { PacketError } from './packets.ts'
import { ZlibPacketReader, ZlibPacketWriter } from './ssh2-internals.ts'

/** Longest payload that a compressed packet may hold; more is a bomb. OpenSSH's packets carry 256 KiB at most. */
const MAX_INFLATED = 256 * 1024
/** Where ssh2's writer puts the payload in a packet. */
const HEAD = 5

/** One direction of `zlib@openssh.com`: one zlib stream over all payloads, flushed after each (RFC 4253 §6.2). */
export interface Compression {
  /** @throws PacketError when the bytes are no zlib stream, or too much comes out of it */
  through(payload: Buffer): Buffer
  close(): void
}

export function deflate(): Compression {
  const writer = new ZlibPacketWriter({ _kexinit: undefined, _cipher: { allocPacket: (length) => Buffer.allocUnsafe(HEAD + length) } })
  return { through: (payload) => writer.finalize(payload).subarray(HEAD), close: () => writer.cleanup() }
}

export function inflate(): Compression {
  const reader = new ZlibPacketReader()
  reader._zlib._maxOutputLength = MAX_INFLATED
  return {
    through(payload) {
      try {
        return reader.read(payload)
      } catch (error) {
        throw new PacketError(`zlib: ${error instanceof Error ? error.message : String(error)}`)
      }
    },
    close: () => reader.cleanup(),
  }
}
