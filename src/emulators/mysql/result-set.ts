import type { ResultColumn, SqlResult } from '../../host/database/session.ts'
import { bytesOf, numberOf, type SqlType, type SqlValue } from '../../host/database/value.ts'
import { toBytes } from '../../host/text.ts'
import { ByteWriter } from '../../sensor/byte-writer.ts'
import { CLIENT, encodeEof, encodeOk, MARIADB, writeLenenc, writeLenencBytes } from './codec.ts'

export const STATUS = { autocommit: 2, moreResults: 8, inTransaction: 1 } as const

const TYPE = {
  tiny: 1,
  short: 2,
  long: 3,
  double: 5,
  null: 6,
  longlong: 8,
  date: 10,
  time: 11,
  datetime: 12,
  newDecimal: 246,
  blob: 252,
  varString: 253,
} as const
const FLAG = { notNull: 1, blob: 16, unsigned: 32, binary: 128, number: 32_768 } as const
const BINARY_CHARSET = 63
const UTF8MB4 = 45

/** What the client can take, and how. */
export interface Reception {
  capabilities: number
  extended: number
}

interface WireType {
  type: number
  length: number
  flags: number
  decimals: number
  isText: boolean
}

export function wireType(type: SqlType): WireType {
  const number = (code: number, length: number, decimals = 0): WireType => ({
    type: code,
    length,
    flags: FLAG.binary | (type.isUnsigned ? FLAG.unsigned : 0),
    decimals,
    isText: false,
  })
  switch (type.kind) {
    case 'integer':
      return type.bits === 8
        ? number(TYPE.tiny, 4)
        : type.bits === 16
          ? number(TYPE.short, 6)
          : type.bits === 64
            ? number(TYPE.longlong, 20)
            : number(TYPE.long, 11)
    case 'boolean':
      return number(TYPE.long, 1)
    case 'decimal':
      return number(TYPE.newDecimal, (type.precision ?? 10) + 2, type.scale ?? 0)
    case 'double':
      return number(TYPE.double, 23, 31)
    case 'date':
      return number(TYPE.date, 10)
    case 'time':
      return number(TYPE.time, 10)
    case 'datetime':
      return number(TYPE.datetime, 19)
    case 'null':
      return number(TYPE.null, 0)
    case 'binary':
      return {
        type: type.length === undefined ? TYPE.blob : TYPE.varString,
        length: type.length ?? 65_535,
        flags: FLAG.binary | (type.length === undefined ? FLAG.blob : 0),
        decimals: 0,
        isText: false,
      }
    case 'text':
      return type.length === undefined
        ? { type: TYPE.blob, length: 262_140, flags: FLAG.blob, decimals: 39, isText: true }
        : { type: TYPE.varString, length: type.length * 4, flags: 0, decimals: 39, isText: true }
  }
}

export function encodeColumn({ name, type, table = '', source = '' }: ResultColumn, database: string, reception: Reception): Buffer {
  const writer = new ByteWriter()
  const wire = wireType(type)
  for (const text of ['def', source ? database : '', table, source || table, name, source ? name : ''])
    writeLenencBytes(writer, toBytes(text))
  if (reception.extended & MARIADB.EXTENDED_METADATA) writer.u8(0)
  return writer
    .u8(12)
    .u16le(wire.isText ? UTF8MB4 : BINARY_CHARSET)
    .u32le(wire.length)
    .u8(wire.type)
    .u16le(wire.flags)
    .u8(wire.decimals)
    .u16le(0)
    .done()
}

/** A whole result as packets: columns, rows, and what ends them. */
export function encodeRows(
  result: Extract<SqlResult, { kind: 'rows' }>,
  database: string,
  status: number,
  reception: Reception,
  isBinary: boolean,
): Buffer[] {
  const { columns, rows } = result
  const hasEof = !(reception.capabilities & CLIENT.DEPRECATE_EOF)
  const packets = [encodeColumnCount(columns.length, reception), ...columns.map((column) => encodeColumn(column, database, reception))]
  if (hasEof) packets.push(encodeEof(status))
  const encode = isBinary ? encodeBinaryRow : encodeTextRow
  for (const row of rows) packets.push(encode(row, columns))
  packets.push(hasEof ? encodeEof(status) : encodeOk({ affected: 0, insertId: 0, status, warnings: 0, info: '' }, true))
  return packets
}

export function encodeColumnCount(count: number, reception: Reception): Buffer {
  const writer = new ByteWriter()
  writeLenenc(writer, count)
  // Whether the columns follow; a client that caches them is told that they do.
  if (reception.extended & MARIADB.CACHE_METADATA) writer.u8(1)
  return writer.done()
}

function encodeTextRow(row: readonly SqlValue[]): Buffer {
  const writer = new ByteWriter()
  for (const value of row) {
    if (value === null) writer.u8(0xfb)
    else writeLenencBytes(writer, bytesOf(value))
  }
  return writer.done()
}

function encodeBinaryRow(row: readonly SqlValue[], columns: readonly ResultColumn[]): Buffer {
  // Two bits are reserved in front of the map of NULLs.
  const nulls = Buffer.alloc((row.length + 9) >> 3)
  const writer = new ByteWriter()
  for (const [i, value] of row.entries()) {
    if (value === null || wireType((columns[i] as ResultColumn).type).type === TYPE.null) nulls[(i + 2) >> 3]! |= 1 << ((i + 2) & 7)
    else writeBinary(writer, value, (columns[i] as ResultColumn).type)
  }
  return new ByteWriter().u8(0).bytes(nulls).bytes(writer.done()).done()
}

function writeBinary(writer: ByteWriter, value: Exclude<SqlValue, null>, type: SqlType): void {
  switch (wireType(type).type) {
    case TYPE.tiny:
      writer.u8(numberOf(value))
      return
    case TYPE.short:
      writer.u16le(numberOf(value))
      return
    case TYPE.long:
      writer.u32le(numberOf(value))
      return
    case TYPE.longlong:
      writer.u64le(typeof value === 'bigint' ? value : BigInt(Math.trunc(numberOf(value)) || 0))
      return
    case TYPE.double:
      writer.f64le(numberOf(value))
      return
    case TYPE.date:
    case TYPE.datetime:
      writeDateTime(writer, bytesOf(value).toString('latin1'))
      return
    case TYPE.time:
      writeTime(writer, bytesOf(value).toString('latin1'))
      return
    default:
      writeLenencBytes(writer, bytesOf(value))
  }
}

function writeDateTime(writer: ByteWriter, text: string): void {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = (text.match(/\d{1,4}/g) ?? []).map(Number)
  const hasTime = hour + minute + second > 0
  writer
    .u8(hasTime ? 7 : 4)
    .u16le(year)
    .u8(month)
    .u8(day)
  if (hasTime) writer.u8(hour).u8(minute).u8(second)
}

function writeTime(writer: ByteWriter, text: string): void {
  const [hour = 0, minute = 0, second = 0] = (text.match(/\d{1,4}/g) ?? []).map(Number)
  if (hour + minute + second === 0) {
    writer.u8(0)
    return
  }
  writer
    .u8(8)
    .u8(text.startsWith('-') ? 1 : 0)
    .u32le(Math.floor(hour / 24))
    .u8(hour % 24)
    .u8(minute)
    .u8(second)
}
