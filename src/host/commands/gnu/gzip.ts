import { constants, gunzipSync, gzipSync } from 'node:zlib'

/** Most bytes that one compressed file may become: a bomb ends as a full disk would. */
const MOST = 64 * 1024 * 1024

export class CompressionError extends Error {}

export function compress(bytes: Uint8Array, level: number): Buffer {
  return gzipSync(bytes, { level })
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
