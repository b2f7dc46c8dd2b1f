import { postgresTypeName, typeOid } from '../../host/database/postgresql/type-name.ts'
import { dateTimeText, parseTemporal } from '../../host/database/temporal.ts'
import { bytesOf, numberOf, type SqlType, type SqlValue, textOf } from '../../host/database/value.ts'
import { toText } from '../../host/text.ts'
import { PostgresFormatError } from './codec.ts'

/** PostgreSQL counts from the year 2000. */
const EPOCH_MS = Date.UTC(2000, 0, 1)
const DAY_MS = 86_400_000
const OID = {
  bool: 16,
  bytea: 17,
  int8: 20,
  int2: 21,
  int4: 23,
  oid: 26,
  float4: 700,
  float8: 701,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
} as const

/** A value as text, the way PostgreSQL prints it. */
export function textForm(value: Exclude<SqlValue, null>): Buffer {
  if (typeof value === 'boolean') return Buffer.from(value ? 't' : 'f')
  if (Buffer.isBuffer(value)) return Buffer.from(`\\x${value.toString('hex')}`)
  return bytesOf(value)
}

/** A value in the binary form of its type; types that we have no such form of are sent as text, as strings are anyway. */
export function binaryForm(value: Exclude<SqlValue, null>, type: SqlType): Buffer {
  const numeric = (size: number, write: (bytes: Buffer) => void): Buffer => {
    const bytes = Buffer.alloc(size)
    write(bytes)
    return bytes
  }
  switch (typeOid(type)) {
    case OID.bool:
      return Buffer.of(value === true || value === 1 ? 1 : 0)
    case OID.int2:
      return numeric(2, (b) => b.writeInt16BE(clamp(numberOf(value), 15)))
    case OID.int4:
      return numeric(4, (b) => b.writeInt32BE(clamp(numberOf(value), 31)))
    case OID.oid:
      return numeric(4, (b) => b.writeUInt32BE(Math.max(0, numberOf(value)) >>> 0))
    case OID.int8:
      return numeric(8, (b) =>
        b.writeBigInt64BE(typeof value === 'bigint' ? BigInt.asIntN(64, value) : BigInt(Math.trunc(numberOf(value)) || 0)),
      )
    case OID.float4:
      return numeric(4, (b) => b.writeFloatBE(numberOf(value)))
    case OID.float8:
      return numeric(8, (b) => b.writeDoubleBE(numberOf(value)))
    case OID.date:
      return numeric(4, (b) => b.writeInt32BE(Math.round(((parseTemporal(textOf(value)) ?? EPOCH_MS) - EPOCH_MS) / DAY_MS)))
    case OID.timestamp:
    case OID.timestamptz:
      return numeric(8, (b) => b.writeBigInt64BE(BigInt((parseTemporal(textOf(value)) ?? EPOCH_MS) - EPOCH_MS) * 1000n))
    case OID.bytea:
      return bytesOf(value)
    default:
      return postgresTypeName(type) === 'numeric' ? binaryNumeric(textOf(value)) : textForm(value)
  }
}

function clamp(value: number, bits: number): number {
  const limit = 2 ** bits
  return Math.max(-limit, Math.min(limit - 1, Math.trunc(value) || 0))
}

/** numeric_send: digits in base 10000, with weight, sign and scale. */
function binaryNumeric(text: string): Buffer {
  const isNegative = text.startsWith('-')
  const [whole = '0', fraction = ''] = text.replace(/^[+-]/, '').split('.')
  const left = whole.padStart(Math.ceil(whole.length / 4) * 4, '0')
  const right = fraction.padEnd(Math.ceil(fraction.length / 4) * 4, '0')
  const digits = (`${left}${right}`.match(/.{4}/g) ?? []).map(Number)
  const bytes = Buffer.alloc(8 + digits.length * 2)
  bytes.writeInt16BE(digits.length, 0)
  bytes.writeInt16BE(left.length / 4 - 1, 2)
  bytes.writeUInt16BE(isNegative ? 0x4000 : 0, 4)
  bytes.writeInt16BE(fraction.length, 6)
  for (const [i, digit] of digits.entries()) bytes.writeInt16BE(digit || 0, 8 + i * 2)
  return bytes
}

/** A parameter as a value; its type is the one that Parse named, 0 where it named none. */
export function parameterValue(bytes: Buffer, isBinary: boolean, type: number): SqlValue {
  if (!isBinary) {
    const text = toText(bytes)
    if ([OID.int2, OID.int4, OID.int8, OID.oid].includes(type as never) && /^-?\d{1,15}$/.test(text)) return Number(text)
    if (type === OID.bool) return /^(t|true|1|on|yes)$/i.test(text)
    if (type === OID.bytea && /^\\x([0-9a-f]{2})*$/i.test(text)) return Buffer.from(text.slice(2), 'hex')
    return text
  }
  try {
    return binaryParameter(bytes, type)
  } catch (error) {
    if (error instanceof RangeError) throw new PostgresFormatError('a parameter shorter than its type')
    throw error
  }
}

function binaryParameter(bytes: Buffer, type: number): SqlValue {
  switch (type) {
    case OID.bool:
      return bytes.readUInt8() !== 0
    case OID.int2:
      return bytes.readInt16BE()
    case OID.int4:
      return bytes.readInt32BE()
    case OID.oid:
      return bytes.readUInt32BE()
    case OID.int8: {
      const value = bytes.readBigInt64BE()
      return Number.isSafeInteger(Number(value)) ? Number(value) : value
    }
    case OID.float4:
      return bytes.readFloatBE()
    case OID.float8:
      return bytes.readDoubleBE()
    case OID.date:
      return dateTimeText(EPOCH_MS + bytes.readInt32BE() * DAY_MS).slice(0, 10)
    case OID.timestamp:
    case OID.timestamptz:
      return dateTimeText(EPOCH_MS + Number(bytes.readBigInt64BE() / 1000n))
    case OID.bytea:
      return Buffer.from(bytes)
    default:
      return toText(bytes)
  }
}
