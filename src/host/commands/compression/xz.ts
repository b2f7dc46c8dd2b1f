import { crc32 } from 'node:zlib'
import { unpackLzma2 } from './lzma2.ts'
import { CorruptData, Output, type Work } from './work.ts'

/** The .xz file format 1.1.0, §2.1.1.1 and §2.1.2.4. */
const MAGIC = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0])
const FOOTER_MAGIC = Buffer.from('YZ')
const CHECK_CRC32 = 1
const LZMA2_FILTER = 0x21
/** Of the most common check, that `xz` makes by itself, 8 bytes; by the number of the check (§2.1.1.2). */
const CHECK_BYTES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64]
const LARGEST_CHUNK = 65_536

export function isXz(bytes: Uint8Array): boolean {
  return MAGIC.equals(Buffer.from(bytes.subarray(0, MAGIC.length)))
}

/** Unpacks the streams of an .xz file. @throws CorruptData in the words of xz */
export function* unpackXz(bytes: Uint8Array): Work<Buffer> {
  const out = new Output()
  let at = 0
  while (at < bytes.length) {
    // Between streams there may be zeros, in fours.
    if (at > 0 && bytes[at] === 0) {
      at += 4
      continue
    }
    if (!isXz(bytes.subarray(at))) throw new CorruptData('File format not recognized')
    at = yield* stream(bytes, at, out)
  }
  return out.all()
}

function* stream(bytes: Uint8Array, from: number, out: Output): Work<number> {
  const check = CHECK_BYTES[(bytes[from + 7] ?? 0) & 15] as number
  const isCrc32 = ((bytes[from + 7] ?? 0) & 15) === CHECK_CRC32
  let at = from + 12
  for (;;) {
    const size = bytes[at]
    if (size === undefined) throw new CorruptData('Unexpected end of input')
    if (size === 0) break
    const header = bytes.subarray(at, at + (size + 1) * 4)
    demandLzma2(header)
    const start = out.length
    let end = yield* unpackLzma2(bytes, at + header.length, out)
    end += (4 - ((end - at) % 4)) % 4
    if (isCrc32 && crc32(out.all().subarray(start)) !== Buffer.from(bytes.subarray(end, end + 4)).readUInt32LE())
      throw new CorruptData('Compressed data is corrupt')
    at = end + check
  }
  return indexEnd(bytes, at) + 12
}

/** Filters for machine code (BCJ) and others stand before LZMA2; few files have them. */
function demandLzma2(header: Uint8Array): void {
  const flags = header[1] ?? 0
  let at = 2
  for (const flag of [0x40, 0x80]) if (flags & flag) at = number(header, at).next
  if ((flags & 3) !== 0 || number(header, at).value !== LZMA2_FILTER) throw new CorruptData('Unsupported options')
}

function indexEnd(bytes: Uint8Array, from: number): number {
  const records = number(bytes, from + 1)
  let at = records.next
  for (let i = 0; i < Math.min(records.value, bytes.length); i++) at = number(bytes, number(bytes, at).next).next
  return at + ((4 - ((at - from) % 4)) % 4) + 4
}

/** A multibyte integer (§1.2). */
function number(bytes: Uint8Array, from: number): { value: number; next: number } {
  let value = 0
  for (let i = 0; i < 9; i++) {
    const byte = bytes[from + i]
    if (byte === undefined) throw new CorruptData('Unexpected end of input')
    value += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return { value, next: from + i + 1 }
  }
  throw new CorruptData('Compressed data is corrupt')
}

function numberBytes(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest < 128 ? rest : (rest % 128) + 128)
    if (rest < 128) return bytes
  }
}

/** Stores bytes as an .xz file that every decoder reads: chunks of LZMA2 that are not compressed. */
export function* packXz(bytes: Uint8Array): Work<Buffer> {
  const flags = Buffer.from([0, CHECK_CRC32])
  const parts: Buffer[] = [MAGIC, flags, sum(flags)]
  const index: number[] = [0, bytes.length > 0 ? 1 : 0]
  if (bytes.length > 0) {
    // A dictionary of 8 MiB, as `xz -6` says it.
    const header = Buffer.from([2, 0, LZMA2_FILTER, 1, 22, 0, 0, 0])
    const chunks: Buffer[] = []
    for (let at = 0; at < bytes.length; at += LARGEST_CHUNK) {
      yield 100
      const part = bytes.subarray(at, at + LARGEST_CHUNK)
      chunks.push(Buffer.from([at === 0 ? 1 : 2, (part.length - 1) >> 8, (part.length - 1) & 255]), Buffer.from(part))
    }
    const body = Buffer.concat([header, sum(header), ...chunks, Buffer.from([0])])
    parts.push(body, padding(body.length), sum(bytes))
    index.push(...numberBytes(body.length + 4), ...numberBytes(bytes.length))
  }
  const records = Buffer.concat([Buffer.from(index), padding(index.length)])
  const size = Buffer.alloc(6)
  size.writeUInt32LE((records.length + 4) / 4 - 1)
  flags.copy(size, 4)
  parts.push(records, sum(records), sum(size), size, FOOTER_MAGIC)
  return Buffer.concat(parts)
}

function padding(length: number): Buffer {
  return Buffer.alloc((4 - (length % 4)) % 4)
}

function sum(bytes: Uint8Array): Buffer {
  const crc = Buffer.alloc(4)
  crc.writeUInt32LE(crc32(bytes))
  return crc
}
