/**
 * OP_COMPRESSED: a message of another opcode inside, as far as Node has the compressors. `snappy` is left out when they are agreed on.
 *
 * Source: https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/#op_compressed
 */
import { deflateSync, inflateSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { ByteReader, ShortMessage } from '../../sensor/byte-reader.ts'
import { ByteWriter } from '../../sensor/byte-writer.ts'
import { HEADER_BYTES, LARGEST_ACCEPTED, MongoFormatError, OP } from './codec.ts'

const COMPRESSORS = { zlib: 2, zstd: 3 } as const
const NOOP = 0

export const isCompressor = (name: string): boolean => Object.hasOwn(COMPRESSORS, name)

export interface Uncompressed {
  opcode: number
  body: Buffer
  compressor: number
}

/** @param body what follows the header of OP_COMPRESSED; @throws MongoFormatError */
export function uncompress(body: Buffer): Uncompressed {
  try {
    const reader = new ByteReader(body)
    const [opcode, size, compressor] = [reader.i32le(), reader.i32le(), reader.u8()]
    if (size < 0 || size > LARGEST_ACCEPTED) throw new MongoFormatError(`uncompressed size ${size}`)
    const inner = inflated(reader.rest(), compressor, Math.max(1, size))
    if (inner.length !== size) throw new MongoFormatError('uncompressed size is another')
    return { opcode, body: inner, compressor }
  } catch (error) {
    if (error instanceof ShortMessage) throw new MongoFormatError(error.message)
    throw error
  }
}

function inflated(bytes: Buffer, compressor: number, size: number): Buffer {
  try {
    if (compressor === NOOP) return bytes
    if (compressor === COMPRESSORS.zlib) return inflateSync(bytes, { maxOutputLength: size })
    if (compressor === COMPRESSORS.zstd) return zstdDecompressSync(bytes, { maxOutputLength: size })
  } catch (error) {
    // The library's errors of bytes that are no such stream, or of one that is longer than it said.
    throw new MongoFormatError(`compressor ${compressor}: ${error instanceof Error ? error.message : 'failed'}`)
  }
  throw new MongoFormatError(`compressor ${compressor}`)
}

/** A whole message as OP_COMPRESSED carries it. */
export function compress(message: Buffer, compressor: number): Buffer {
  const body = message.subarray(HEADER_BYTES)
  const packed = compressor === COMPRESSORS.zlib ? deflateSync(body) : compressor === COMPRESSORS.zstd ? zstdCompressSync(body) : body
  return new ByteWriter()
    .u32le(HEADER_BYTES + 9 + packed.length)
    .bytes(message.subarray(4, 12))
    .u32le(OP.compressed)
    .bytes(message.subarray(12, 16))
    .u32le(body.length)
    .u8(compressor)
    .bytes(packed)
    .done()
}
