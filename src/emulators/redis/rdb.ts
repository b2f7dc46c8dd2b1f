import type { Instance } from './instance.ts'
import type { Major, Release } from './release.ts'
import type { Value } from './values.ts'

/**
 * Dumps in the RDB format: what SAVE writes, SYNC sends and DUMP serialises. Values are written in the plain encodings,
 * which every release reads, rather than the packed ones that Redis would choose for small values.
 *
 * Source: https://rdb.fnordig.de/file_format.html and redis-check-rdb, which accepts the files (test/clients).
 */

const OPCODE = { aux: '\xfa', resizeDb: '\xfb', expireMs: '\xfc', selectDb: '\xfe', end: '\xff' }
/** RDB version of a release: how the file begins. */
const RDB_VERSION: Record<Major, number> = { 5: 9, 6: 9, 7: 10 }

/** The whole dataset as an RDB file. */
export function snapshot(server: Instance, { major, version }: Release): string {
  const auxiliary: [string, string][] = [
    ['redis-ver', version],
    ['redis-bits', '64'],
    ['ctime', String(Math.floor(Date.now() / 1000))],
    ['used-mem', String(900_000 + server.meter.held())],
    ['repl-stream-db', '0'],
    ['repl-id', server.facts.replicationId],
    ['repl-offset', String(server.replicationOffset)],
    [major >= 7 ? 'aof-base' : 'aof-preamble', '0'],
  ]
  let file = `REDIS${String(RDB_VERSION[major]).padStart(4, '0')}`
  for (const [name, value] of auxiliary) file += OPCODE.aux + writeString(name) + writeString(value)
  for (const [number, db] of server.databases.entries()) {
    if (db.size === 0) continue
    file += OPCODE.selectDb + writeLength(number) + OPCODE.resizeDb + writeLength(db.size) + writeLength(db.expiring)
    for (const key of db.keys()) {
      const value = db.peek(key)
      if (!value || value.type === 'stream') continue
      const at = db.expiresAt(key)
      if (at !== undefined) file += OPCODE.expireMs + littleEndian(BigInt(at))
      const [type, body] = writeValue(value)
      file += type + writeString(key) + body
    }
  }
  file += OPCODE.end
  return file + littleEndian(crc64(file))
}

/** What DUMP gives: type, value, RDB version, checksum. */
export function dumpPayload(value: Value, major: Major): string {
  const [type, body] = writeValue(value)
  const payload = `${type}${body}${String.fromCharCode(RDB_VERSION[major])}\0`
  return payload + littleEndian(crc64(payload))
}

/** Whether RESTORE would take these bytes: version not newer than ours, checksum right. */
export function isDumpPayload(payload: string): boolean {
  if (payload.length < 11) return false
  const version = payload.charCodeAt(payload.length - 10)
  return version <= 10 && payload.slice(-8) === littleEndian(crc64(payload.slice(0, -8)))
}

function writeValue(value: Value): [type: string, body: string] {
  switch (value.type) {
    case 'string':
      return ['\x00', writeString(value.text)]
    case 'list':
      return ['\x01', writeLength(value.items.length) + value.items.map(writeString).join('')]
    case 'set':
      return ['\x02', writeLength(value.members.size) + [...value.members].map(writeString).join('')]
    case 'hash':
      return ['\x04', writeLength(value.fields.size) + [...value.fields].map(([f, v]) => writeString(f) + writeString(v)).join('')]
    case 'zset':
      return ['\x05', writeLength(value.scores.size) + [...value.scores].map(([m, score]) => writeString(m) + writeDouble(score)).join('')]
    case 'stream':
      // A stream is packed in ways that only Redis itself unpacks; its last entry stands for it.
      return ['\x00', writeString(value.entries.at(-1)?.fields.join(' ') ?? '')]
  }
}

function writeString(text: string): string {
  const small = /^(?:0|-?[1-9]\d{0,9})$/.test(text) ? Number(text) : Number.NaN
  const bytes = Buffer.alloc(5)
  if (small >= -128 && small <= 127) {
    bytes[0] = 0xc0
    bytes.writeInt8(small, 1)
    return bytes.toString('latin1', 0, 2)
  }
  if (small >= -32_768 && small <= 32_767) {
    bytes[0] = 0xc1
    bytes.writeInt16LE(small, 1)
    return bytes.toString('latin1', 0, 3)
  }
  if (small >= -(2 ** 31) && small < 2 ** 31) {
    bytes[0] = 0xc2
    bytes.writeInt32LE(small, 1)
    return bytes.toString('latin1')
  }
  return writeLength(text.length) + text
}

function writeLength(n: number): string {
  if (n < 64) return String.fromCharCode(n)
  if (n < 16_384) return String.fromCharCode(0x40 | (n >> 8), n & 0xff)
  const bytes = Buffer.alloc(5)
  bytes[0] = 0x80
  bytes.writeUInt32BE(n, 1)
  return bytes.toString('latin1')
}

function writeDouble(value: number): string {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return bytes.toString('latin1')
}

function littleEndian(value: bigint): string {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes.toString('latin1')
}

/** Table of the reflected Jones polynomial, as two halves of 32 bits: numbers are ten times faster than BigInt. */
const [TABLE_HIGH, TABLE_LOW] = jonesTable()

function jonesTable(): [Uint32Array, Uint32Array] {
  const polynomial = 0x95ac9329ac4bc9b5n
  const high = new Uint32Array(256)
  const low = new Uint32Array(256)
  for (let i = 0; i < 256; i++) {
    let crc = BigInt(i)
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n
    high[i] = Number(crc >> 32n)
    low[i] = Number(crc & 0xffffffffn)
  }
  return [high, low]
}

/** CRC-64 as Redis computes it (Jones, reflected, no final xor): "123456789" gives e9c6d914c4b8d9ca. */
export function crc64(text: string): bigint {
  let high = 0
  let low = 0
  for (let i = 0; i < text.length; i++) {
    const index = (low ^ text.charCodeAt(i)) & 0xff
    low = ((low >>> 8) | (high << 24)) ^ (TABLE_LOW[index] as number)
    high = (high >>> 8) ^ (TABLE_HIGH[index] as number)
  }
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
}
