import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib'

export interface ZipEntry {
  name: string
  content: Buffer
  mode: number
  /** UTC milliseconds of the local wall clock, as DOS times are kept. */
  time: number
  isFolder: boolean
  method: 0 | 8
  packed: number
  crc: number
}

export class ZipError extends Error {}

const MOST_BYTES = 64 * 1024 * 1024
const MOST_ENTRIES = 10_000

/** Reads a zip archive by its central directory (APPNOTE 4.3.12). @throws ZipError */
export function readZip(bytes: Buffer): ZipEntry[] {
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
  if (end < 0 || end + 22 > bytes.length) throw new ZipError('End-of-central-directory signature not found.')
  const count = bytes.readUInt16LE(end + 10)
  let at = bytes.readUInt32LE(end + 16)
  const entries: ZipEntry[] = []
  let total = 0
  for (let i = 0; i < Math.min(count, MOST_ENTRIES); i++) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== 0x02014b50) throw new ZipError('bad zipfile offset')
    const method = bytes.readUInt16LE(at + 10)
    const [packed, size] = [bytes.readUInt32LE(at + 20), bytes.readUInt32LE(at + 24)]
    const [nameLength, extraLength, commentLength] = [bytes.readUInt16LE(at + 28), bytes.readUInt16LE(at + 30), bytes.readUInt16LE(at + 32)]
    const name = bytes.subarray(at + 46, at + 46 + nameLength).toString('utf8')
    const local = bytes.readUInt32LE(at + 42)
    total += size
    if (total > MOST_BYTES || local + 30 > bytes.length) throw new ZipError('bad zipfile offset')
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28)
    entries.push({
      name,
      content: unpack(bytes.subarray(start, start + packed), method, size),
      mode: (bytes.readUInt32LE(at + 38) >>> 16) & 0o7777 || (name.endsWith('/') ? 0o755 : 0o644),
      time: dosTime(bytes.readUInt16LE(at + 14), bytes.readUInt16LE(at + 12)),
      isFolder: name.endsWith('/'),
      method: method === 8 ? 8 : 0,
      packed,
      crc: bytes.readUInt32LE(at + 16),
    })
    at += 46 + nameLength + extraLength + commentLength
  }
  return entries
}

function unpack(bytes: Buffer, method: number, size: number): Buffer {
  if (method === 0) return Buffer.from(bytes)
  if (method !== 8) throw new ZipError('unsupported compression method')
  try {
    return inflateRawSync(bytes, { maxOutputLength: Math.max(1, size) })
  } catch (error) {
    throw new ZipError(`invalid compressed data to inflate (${(error as Error).name})`)
  }
}

function dosTime(date: number, time: number): number {
  return Date.UTC(1980 + (date >> 9), ((date >> 5) & 15) - 1, date & 31, time >> 11, (time >> 5) & 63, (time & 31) * 2)
}

function toDos(ms: number): { date: number; time: number } {
  const t = new Date(ms)
  return {
    date: ((Math.max(1980, t.getUTCFullYear()) - 1980) << 9) | ((t.getUTCMonth() + 1) << 5) | t.getUTCDate(),
    time: (t.getUTCHours() << 11) | (t.getUTCMinutes() << 5) | (t.getUTCSeconds() >> 1),
  }
}

/** Packs one file: deflated where that makes it smaller. */
export function packEntry(name: string, content: Buffer, mode: number, time: number): ZipEntry & { bytes: Buffer } {
  const deflated = deflateRawSync(content)
  const stored = content.length === 0 || deflated.length >= content.length
  const bytes = stored ? content : deflated
  return {
    name,
    content,
    mode,
    time,
    isFolder: name.endsWith('/'),
    method: stored ? 0 : 8,
    packed: bytes.length,
    crc: crc32(content),
    bytes,
  }
}

export function writeZip(entries: readonly (ZipEntry & { bytes: Buffer })[]): Buffer {
  const parts: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const name = Buffer.from(entry.name)
    const { date, time } = toDos(entry.time)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(entry.method === 8 ? 20 : 10, 0)
    common.writeUInt16LE(entry.method, 4)
    common.writeUInt16LE(time, 6)
    common.writeUInt16LE(date, 8)
    common.writeUInt32LE(entry.crc, 10)
    common.writeUInt32LE(entry.packed, 14)
    common.writeUInt32LE(entry.content.length, 18)
    common.writeUInt16LE(name.length, 22)
    const head = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, name])
    parts.push(head, entry.bytes)
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE((((entry.isFolder ? 0o040000 : 0o100000) | entry.mode) * 65536) >>> 0, 6)
    tail.writeUInt32LE(offset, 10)
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x1e\x03', 'latin1'), common, tail, name]))
    offset += head.length + entry.bytes.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 0, 'latin1')
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, directory, end])
}
