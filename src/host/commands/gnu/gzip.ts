import { constants, crc32, deflateRawSync, gunzipSync } from 'node:zlib'

/** Most bytes that one compressed file may become: a bomb ends as a full disk would. */
const MOST = 64 * 1024 * 1024

export class CompressionError extends Error {}

/** What the header says of the file: its name and UTC seconds. A stream has neither. */
export interface GzipOrigin {
  name: string
  mtime: number
}

/** RFC 1952: one member, with the header that GNU gzip writes on Unix. */
export function compress(bytes: Uint8Array, level: number, origin?: GzipOrigin): Buffer {
  const header = Buffer.from([0x1f, 0x8b, 8, origin ? 8 : 0, 0, 0, 0, 0, level === 9 ? 2 : level === 1 ? 4 : 0, 3])
  header.writeUInt32LE(Math.floor(origin?.mtime ?? 0) >>> 0, 4)
  const name = origin ? Buffer.from(`${origin.name}\0`) : Buffer.alloc(0)
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(crc32(bytes), 0)
  trailer.writeUInt32LE(bytes.length >>> 0, 4)
  return Buffer.concat([header, name, deflateRawSync(bytes, { level }), trailer])
}

/** Bytes of the header and trailer of the first member. */
export function overhead(bytes: Uint8Array): number {
  const flags = bytes[3] ?? 0
  let at = 10
  if (flags & 4) at += 2 + (bytes[10] ?? 0) + 256 * (bytes[11] ?? 0)
  for (const flag of [8, 16]) if (flags & flag) at = bytes.indexOf(0, at) + 1
  return at + (flags & 2 ? 2 : 0) + 8
}

/** @throws CompressionError with gzip's words */
export function decompress(bytes: Uint8Array): Buffer {
  if (bytes.length < 2 || bytes[0] !== 0x1f || bytes[1] !== 0x8b) throw new CompressionError('not in gzip format')
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST, finishFlush: constants.Z_FINISH })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'Z_BUF_ERROR') throw new CompressionError('unexpected end of file')
    if (code === 'ERR_BUFFER_TOO_LARGE') throw new CompressionError('No space left on device')
    throw new CompressionError(
      (error as Error).message.includes('crc') || /incorrect (data|length)/.test((error as Error).message)
        ? 'invalid compressed data--crc error'
        : 'invalid compressed data--format violated',
    )
  }
}

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}
