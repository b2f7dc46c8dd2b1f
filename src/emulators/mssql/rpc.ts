/** RPC requests: a procedure and its parameters (MS-TDS 2.2.6.6). */

import { dateTimeText } from '../../host/database/temporal.ts'
import { Decimal, type SqlValue } from '../../host/database/value.ts'
import { ByteReader } from '../../sensor/byte-reader.ts'
import { read, TdsFormatError } from './codec.ts'

export interface RpcParameter {
  /** Without `@`, in lower case. */
  name: string
  value: SqlValue
  isOutput: boolean
}

export interface RpcRequest {
  procedure: string
  parameters: RpcParameter[]
}

/** MS-TDS 2.2.6.6: well-known procedures by number. */
const NUMBERED: Record<number, string> = {
  1: 'sp_cursor',
  2: 'sp_cursoropen',
  3: 'sp_cursorprepare',
  4: 'sp_cursorexecute',
  5: 'sp_cursorprepexec',
  6: 'sp_cursorunprepare',
  7: 'sp_cursorfetch',
  8: 'sp_cursoroption',
  9: 'sp_cursorclose',
  10: 'sp_executesql',
  11: 'sp_prepare',
  12: 'sp_execute',
  13: 'sp_prepexec',
  14: 'sp_prepexecrpc',
  15: 'sp_unprepare',
}
const MOST_PARAMETERS = 2100

/** @param bytes without ALL_HEADERS; the first request of a batch of them. @throws TdsFormatError */
export function decodeRpc(bytes: Buffer, isVersion72: boolean): RpcRequest {
  return read(() => {
    const reader = new ByteReader(bytes)
    const length = reader.u16le()
    const procedure = length === 0xffff ? (NUMBERED[reader.u16le()] ?? '') : reader.take(length * 2).toString('utf16le')
    if (!procedure) throw new TdsFormatError('RPC without a name')
    reader.skip(2)
    const parameters: RpcParameter[] = []
    // A batch of requests has a flag between them.
    while (reader.left > 1 && reader.bytes[reader.at] !== 0xff && parameters.length < MOST_PARAMETERS) {
      const name = reader
        .take(reader.u8() * 2)
        .toString('utf16le')
        .replace(/^@/, '')
        .toLowerCase()
      const status = reader.u8()
      parameters.push({ name, isOutput: (status & 1) !== 0, value: readValue(reader, isVersion72) })
    }
    return { procedure, parameters }
  })
}

const MAX = 0xffff

/** TYPE_INFO and the value after it. */
function readValue(reader: ByteReader, isVersion72: boolean): SqlValue {
  const type = reader.u8()
  switch (type) {
    case 0x1f:
      return null
    case 0x30:
      return reader.u8()
    case 0x32:
      return reader.u8() !== 0
    case 0x34:
      return reader.take(2).readInt16LE()
    case 0x38:
      return reader.i32le()
    case 0x7f:
      return whole(reader.i64le())
    case 0x3e:
      return reader.f64le()
    case 0x26:
    case 0x68:
    case 0x6d:
    case 0x6e:
    case 0x6f: {
      reader.skip(1)
      return number(type, reader.take(reader.u8()))
    }
    case 0x24:
      reader.skip(1)
      return guid(reader.take(reader.u8()))
    case 0x6a:
    case 0x6c: {
      reader.skip(2)
      const scale = reader.u8()
      return decimal(reader.take(reader.u8()), scale)
    }
    case 0x28:
      return date(reader.take(reader.u8()))
    case 0x29:
    case 0x2a:
    case 0x2b: {
      const scale = reader.u8()
      return dateTime2(type, reader.take(reader.u8()), scale)
    }
    case 0xa5:
    case 0xad:
      return sized(reader, reader.u16le(), isVersion72)
    case 0xa7:
    case 0xaf: {
      const size = reader.u16le()
      reader.skip(5)
      return sized(reader, size, isVersion72)?.toString('latin1') ?? null
    }
    case 0xe7:
    case 0xef: {
      const size = reader.u16le()
      reader.skip(5)
      return sized(reader, size, isVersion72)?.toString('utf16le') ?? null
    }
    case 0x23:
    case 0x63: {
      reader.skip(9)
      const length = reader.i32le()
      return length < 0 ? null : reader.take(length).toString(type === 0x63 ? 'utf16le' : 'latin1')
    }
    case 0x22: {
      reader.skip(4)
      const length = reader.i32le()
      return length < 0 ? null : reader.take(length)
    }
    default:
      throw new TdsFormatError(`type ${type}`)
  }
}

/** A value with a length of two bytes, or in parts when its type has none. */
function sized(reader: ByteReader, size: number, isVersion72: boolean): Buffer | null {
  if (size !== MAX || !isVersion72) {
    const length = reader.u16le()
    return length === MAX ? null : reader.take(length)
  }
  const total = reader.u64le()
  if (total === 0xffff_ffff_ffff_ffffn) return null
  const parts: Buffer[] = []
  for (let length = reader.u32le(); length > 0; length = reader.u32le()) parts.push(reader.take(length))
  return Buffer.concat(parts)
}

function whole(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
}

function number(type: number, bytes: Buffer): SqlValue {
  if (bytes.length === 0) return null
  if (type === 0x68) return bytes[0] !== 0
  if (type === 0x6d) return bytes.length === 4 ? bytes.readFloatLE() : bytes.length === 8 ? bytes.readDoubleLE() : null
  if (type === 0x6e) return bytes.length === 4 ? new Decimal(bytes.readInt32LE() / 10_000, 4) : new Decimal(money(bytes), 4)
  if (type === 0x6f) return bytes.length === 8 ? dateTime(bytes.readInt32LE(0), bytes.readUInt32LE(4) / 0.3) : null
  if (bytes.length === 1) return bytes[0] as number
  if (bytes.length === 8) return whole(bytes.readBigInt64LE())
  return bytes.readIntLE(0, Math.min(6, bytes.length))
}

const money = (bytes: Buffer): number => (bytes.length === 8 ? (bytes.readInt32LE(0) * 2 ** 32 + bytes.readUInt32LE(4)) / 10_000 : 0)

function decimal(bytes: Buffer, scale: number): SqlValue {
  if (bytes.length < 2) return null
  let value = 0n
  for (const byte of bytes.subarray(1).toReversed()) value = (value << 8n) | BigInt(byte)
  return new Decimal((Number(value) / 10 ** scale) * (bytes[0] === 0 ? -1 : 1), scale)
}

function guid(bytes: Buffer): SqlValue {
  if (bytes.length !== 16) return null
  const part = (from: number, to: number, isReversed: boolean): string => {
    const some = Buffer.from(bytes.subarray(from, to))
    return (isReversed ? some.reverse() : some).toString('hex').toUpperCase()
  }
  return [part(0, 4, true), part(4, 6, true), part(6, 8, true), part(8, 10, false), part(10, 16, false)].join('-')
}

const DAY_MS = 86_400_000
/** Days of datetime count from here, those of date from the year 1. */
const EPOCH_1900 = Date.UTC(1900, 0, 1)
const EPOCH_0001 = -62_135_596_800_000

const dateTime = (days: number, milliseconds: number): string => dateTimeText(EPOCH_1900 + days * DAY_MS + milliseconds, 3)

function date(bytes: Buffer): SqlValue {
  return bytes.length === 3 ? dateTimeText(EPOCH_0001 + bytes.readUIntLE(0, 3) * DAY_MS).slice(0, 10) : null
}

function dateTime2(type: number, bytes: Buffer, scale: number): SqlValue {
  const days = type === 0x29 ? 0 : 3
  const offset = type === 0x2b ? 2 : 0
  const length = bytes.length - days - offset
  if (length < 3 || length > 5) return null
  const ms = (bytes.readUIntLE(0, length) / 10 ** scale) * 1000
  const day = days ? bytes.readUIntLE(length, 3) : 0
  const text = dateTimeText(EPOCH_0001 + day * DAY_MS + ms, 3)
  return type === 0x29 ? text.slice(11) : text
}
