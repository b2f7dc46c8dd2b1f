import { promisify } from 'node:util'
import { constants, deflateRaw, inflateRaw } from 'node:zlib'
import { int, type RsyncWire } from './wire.ts'

/** Bytes of one file that are kept; beyond, the disk is full. */
const MOST_BYTES = 96 * 1024 * 1024
const CHUNK = 32 * 1024
/** First byte of a piece of compressed data; its low six bits and the next byte are the length (token.c). */
const DEFLATED = 0x40
const LONGEST_DEFLATED = 16_383
/** zlib's mark of a flush, which rsync leaves out. */
const FLUSH = Buffer.of(0, 0, 0xff, 0xff)

/** The content of a file as tokens, up to their end. A reference to an older block is refused: none was offered. @throws RangeError */
export async function readContent(wire: RsyncWire, compressed: boolean): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  const keep = (part: Buffer) => {
    size += part.length
    if (size <= MOST_BYTES) parts.push(part)
  }
  if (!compressed) {
    for (let length = await wire.int(); length !== 0; length = await wire.int()) {
      if (length < 0) throw new RangeError('a block of a file that is not there')
      for (let left = length; left > 0; left -= CHUNK) keep(await wire.exactly(Math.min(left, CHUNK)))
    }
    return Buffer.concat(parts)
  }
  for (let flag = await wire.byte(); flag !== 0; flag = await wire.byte()) {
    if ((flag & 0xc0) !== DEFLATED) throw new RangeError('a block of a file that is not there')
    keep(await wire.exactly(((flag & 0x3f) << 8) | (await wire.byte())))
  }
  if (parts.length === 0) return Buffer.alloc(0)
  try {
    return await inflated(Buffer.concat([...parts, FLUSH]), { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MOST_BYTES })
  } catch (error) {
    throw new RangeError('compressed data that is none', { cause: error })
  }
}

const inflated = promisify(inflateRaw)
const deflated = promisify(deflateRaw)

export async function contentBytes(content: Buffer, compressed: boolean): Promise<Buffer> {
  const parts: Buffer[] = []
  if (!compressed) {
    for (let at = 0; at < content.length; at += CHUNK) {
      const piece = content.subarray(at, at + CHUNK)
      parts.push(int(piece.length), piece)
    }
    return Buffer.concat([...parts, int(0)])
  }
  const packed = content.length
    ? (await deflated(content, { finishFlush: constants.Z_SYNC_FLUSH })).subarray(0, -FLUSH.length)
    : Buffer.alloc(0)
  for (let at = 0; at < packed.length; at += LONGEST_DEFLATED) {
    const piece = packed.subarray(at, at + LONGEST_DEFLATED)
    parts.push(Buffer.of(DEFLATED | (piece.length >> 8), piece.length & 0xff), piece)
  }
  return Buffer.concat([...parts, Buffer.of(0)])
}
