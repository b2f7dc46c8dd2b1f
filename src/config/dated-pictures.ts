import { crc32 } from 'node:zlib'
import type { Identity } from './identity.ts'

const PNG = Buffer.from('89504e470d0a1a0a', 'hex')
/** An empty chunk ends a PNG: length, type and checksum. */
const IEND_BYTES = 12
/** Of an icon file with one picture: where its entry says size and place of the picture. */
const ICON = { size: 14, offset: 18 } as const
/** Days that pictures were last modified in, from 2021 on. */
const DAYS = 1_400

/**
 * The PNG pictures and icons of a site, each with a time of last modification (chunk tIME) that the install seed draws: they look
 * the same, and no hash of an icon finds all installs, as search engines for hosts would let anybody do.
 */
export function datedPictures(files: ReadonlyMap<string, Buffer>, identity: Identity): Map<string, Buffer> {
  return new Map([...files].map(([path, bytes]) => [path, dated(bytes, () => timeOf(path, identity))]))
}

function dated(bytes: Buffer, time: () => Date): Buffer {
  if (bytes.subarray(0, PNG.length).equals(PNG)) {
    const end = bytes.length - IEND_BYTES
    return Buffer.concat([bytes.subarray(0, end), timeChunk(time()), bytes.subarray(end)])
  }
  if (bytes.subarray(0, 6).toString('hex') !== '000001000100') return bytes
  const offset = bytes.readUInt32LE(ICON.offset)
  if (!bytes.subarray(offset, offset + PNG.length).equals(PNG)) return bytes
  const picture = dated(bytes.subarray(offset), time)
  const head = Buffer.from(bytes.subarray(0, offset))
  head.writeUInt32LE(picture.length, ICON.size)
  return Buffer.concat([head, picture])
}

/** PNG specification, §11.3.6. */
function timeChunk(time: Date): Buffer {
  const chunk = Buffer.alloc(19)
  chunk.writeUInt32BE(7, 0)
  chunk.write('tIME', 4, 'latin1')
  chunk.writeUInt16BE(time.getUTCFullYear(), 8)
  const fields = [time.getUTCMonth() + 1, time.getUTCDate(), time.getUTCHours(), time.getUTCMinutes(), time.getUTCSeconds()]
  for (const [at, field] of fields.entries()) chunk.writeUInt8(field, 10 + at)
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 15)), 15)
  return chunk
}

function timeOf(path: string, identity: Identity): Date {
  return new Date(Date.UTC(2021, 0, 1) + identity.integer(`picture/${path}`, 0, DAYS * 86_400) * 1_000)
}
