/** Descriptions of columns and rows, as answers carry them. */
import type { ResultColumn } from '../../host/database/session.ts'
import type { SqlType, SqlValue } from '../../host/database/value.ts'
import { ByteWriter } from '../../sensor/byte-writer.ts'
import { writeSized, writeUb } from './codec.ts'
import { encodeValue, TYPE, wireType } from './values.ts'

const DESCRIBE = 16
const ROW_HEADER = 6
const ROW_DATA = 7
const UTF8 = 873
/** Longest VARCHAR2. */
const LONGEST_TEXT = 4000
/** A number whose digits are not bounded. */
const ANY_SCALE = -127 & 0xff

function sizeOf(type: SqlType, wire: number): number {
  if (wire === TYPE.number) return 22
  if (wire === TYPE.date) return 7
  if (wire === TYPE.timestamp) return 11
  return Math.max(1, Math.min(LONGEST_TEXT, type.length ?? LONGEST_TEXT))
}

function precisionOf(type: SqlType): [precision: number, scale: number] {
  if (type.kind === 'decimal' && type.precision !== undefined) return [Math.min(38, type.precision), type.scale ?? 0]
  return [0, ANY_SCALE]
}

/** From it a column has a number. */
const VERSION_12_2 = 8

/** @param version the field version of both */
export function encodeDescribe(columns: readonly ResultColumn[], version: number, now = new Date()): Buffer {
  const writer = writeSized(new ByteWriter().u8(DESCRIBE), Buffer.alloc(16))
  const total = columns.reduce((sum, { type }) => sum + sizeOf(type, wireType(type)), 0)
  writeUb(writeUb(writer, total), columns.length)
  if (columns.length > 0) writer.u8(0)
  for (const [i, column] of columns.entries()) describeColumn(writer, column, { index: i, version })
  const date = Buffer.of(
    120,
    (now.getUTCFullYear() % 100) + 100,
    now.getUTCMonth() + 1,
    now.getUTCDate(),
    now.getUTCHours() + 1,
    now.getUTCMinutes() + 1,
    now.getUTCSeconds() + 1,
  )
  writeSized(writeUb(writer, date.length), date)
  for (let i = 0; i < 5; i++) writeUb(writer, 0)
  return writer.done()
}

function describeColumn(writer: ByteWriter, { name, type }: ResultColumn, { index, version }: { index: number; version: number }): void {
  const wire = wireType(type)
  const isText = wire === TYPE.varchar
  const [precision, scale] = precisionOf(type)
  const label = Buffer.from(name.slice(0, 128))
  writer
    .u8(wire)
    .u8(0x80)
    .u8(precision)
    .u8(wire === TYPE.timestamp ? 6 : scale)
  writeUb(writer, sizeOf(type, wire))
  // Elements of an array, flags, object id, version.
  for (let i = 0; i < 4; i++) writeUb(writer, 0)
  writeUb(writer, isText ? UTF8 : 0).u8(isText ? 1 : 0)
  writeUb(writer, isText ? sizeOf(type, wire) : 0)
  if (version >= VERSION_12_2) writeUb(writer, 0)
  writer.u8(1).u8(label.length)
  writeUb(writer, label.length)
  if (label.length) writeSized(writer, label)
  // Schema and type of an object.
  writeUb(writeUb(writer, 0), 0)
  writeUb(writeUb(writer, index + 1), 0)
}

export function encodeRowHeader(): Buffer {
  const writer = new ByteWriter().u8(ROW_HEADER).u8(2)
  writeUb(writer, 1)
  for (let i = 0; i < 5; i++) writeUb(writer, 0)
  return writer.done()
}

export function encodeRow(columns: readonly ResultColumn[], row: readonly SqlValue[]): Buffer {
  const writer = new ByteWriter().u8(ROW_DATA)
  for (const [i, { type }] of columns.entries()) {
    const wire = wireType(type)
    const bytes = encodeValue(row[i] ?? null, wire)
    const cut = bytes.subarray(0, wire === TYPE.varchar || wire === TYPE.raw ? sizeOf(type, wire) : bytes.length)
    if (cut.length === 0) writer.u8(0)
    else writeSized(writer, cut)
  }
  return writer.done()
}
