/** Tokens of a response (MS-TDS 2.2.7): results, messages, changes of the environment. */
import type { ResultColumn, SqlResult } from '../../host/database/session.ts'
import { parseTemporal } from '../../host/database/temporal.ts'
import { bytesOf, Decimal, numberOf, type SqlType, type SqlValue, textOf } from '../../host/database/value.ts'
import { ByteWriter } from '../../sensor/byte-writer.ts'

const TOKEN = {
  returnStatus: 0x79,
  columns: 0x81,
  error: 0xaa,
  info: 0xab,
  loginAck: 0xad,
  row: 0xd1,
  environment: 0xe3,
  sspi: 0xed,
  done: 0xfd,
  doneProc: 0xfe,
  returnValue: 0xac,
} as const
/** SQL_Latin1_General_CP1_CI_AS */
const COLLATION = Buffer.of(0x09, 0x04, 0xd0, 0x00, 0x34)
export const DONE = { final: 0, more: 1, error: 2, count: 0x10, attention: 0x20 } as const
export const ENVIRONMENT = { database: 1, language: 2, packetSize: 4, collation: 7 } as const

/** What the version that was agreed on changes in tokens. */
export interface Dialogue {
  isVersion72: boolean
  isVersion73: boolean
}

const text16 = (text: string): Buffer => Buffer.from(text, 'utf16le')
/** Length in characters in one byte, then the text. */
const short = (writer: ByteWriter, text: string): ByteWriter => writer.u8(Math.min(255, text.length)).bytes(text16(text.slice(0, 255)))

export interface Message {
  code: number
  state: number
  severity: number
  text: string
  server: string
  line?: number
}

/** ERROR, or INFO when it is none (severity 10 and below). */
export function encodeMessage({ code, state, severity, text, server, line = 1 }: Message, { isVersion72 }: Dialogue): Buffer {
  const body = new ByteWriter().u32le(code).u8(state).u8(severity)
  body.u16le(Math.min(4000, text.length)).bytes(text16(text.slice(0, 4000)))
  short(short(body, server), '')
  if (isVersion72) body.u32le(line)
  else body.u16le(line)
  return sizedToken(severity > 10 ? TOKEN.error : TOKEN.info, body.done())
}

function sizedToken(token: number, body: Buffer): Buffer {
  return new ByteWriter().u8(token).u16le(body.length).bytes(body).done()
}

export function encodeEnvironment(type: number, now: string, before: string): Buffer {
  return sizedToken(TOKEN.environment, short(short(new ByteWriter().u8(type), now), before).done())
}

export function encodeCollation(): Buffer {
  return sizedToken(TOKEN.environment, new ByteWriter().u8(ENVIRONMENT.collation).u8(5).bytes(COLLATION).u8(0).done())
}

export function encodeLoginAck(tdsVersion: number, version: string): Buffer {
  const [major = 0, minor = 0, build = 0] = version.split('.').map(Number)
  const body = new ByteWriter().u8(1).u32be(tdsVersion)
  return sizedToken(TOKEN.loginAck, short(body, 'Microsoft SQL Server').u8(major).u8(minor).u16be(build).done())
}

export const encodeSspi = (message: Buffer): Buffer => sizedToken(TOKEN.sspi, message)

/** @param rows how many there were; undefined when the statement counts none */
export function encodeDone({ isVersion72 }: Dialogue, status: number, rows?: number, isProcedure = false, command = 0): Buffer {
  const writer = new ByteWriter().u8(isProcedure ? TOKEN.doneProc : TOKEN.done)
  writer.u16le(status | (rows === undefined ? 0 : DONE.count)).u16le(command)
  if (isVersion72) writer.u64le(rows ?? 0)
  else writer.u32le(rows ?? 0)
  return writer.done()
}

export const encodeReturnStatus = (status: number): Buffer => new ByteWriter().u8(TOKEN.returnStatus).u32le(status).done()

/** An output parameter of sp_prepare and its kin: a handle. */
export function encodeHandle(place: number, name: string, value: number, { isVersion72 }: Dialogue): Buffer {
  const writer = short(new ByteWriter().u8(TOKEN.returnValue).u16le(place), name ? `@${name}` : '').u8(1)
  if (isVersion72) writer.u32le(0)
  else writer.u16le(0)
  return writer.u16le(0).u8(0x26).u8(4).u8(4).u32le(value).done()
}

type Wire = 'bit' | 'int' | 'decimal' | 'float' | 'datetime' | 'date' | 'time' | 'nvarchar' | 'ntext' | 'varbinary' | 'image'

const LONGEST_SHORT = 4000
const LONGEST_BINARY = 8000
/** Characters of one value that are sent; more is cut as `textsize` would. */
const LONGEST_VALUE = 1024 * 1024

interface WireColumn {
  wire: Wire
  size: number
  scale: number
  isMax: boolean
}

/** How a column goes over the wire: as its type says, and long when one of its values is. */
function wireOf(type: SqlType, values: readonly SqlValue[], { isVersion72, isVersion73 }: Dialogue): WireColumn {
  const column = (wire: Wire, size = 0, scale = 0, isMax = false): WireColumn => ({ wire, size, scale, isMax })
  switch (type.kind) {
    case 'boolean':
      return column('bit', 1)
    case 'integer': {
      const isBig = values.some((value) => value !== null && Math.abs(numberOf(value)) >= 2 ** 31)
      const bytes = (type.bits ?? 32) / 8
      const fits = bytes >= 4 || values.every((value) => value === null || inBytes(numberOf(value), bytes))
      return column('int', isBig ? 8 : fits ? Math.min(8, bytes) : 4)
    }
    case 'decimal':
      return column(
        'decimal',
        17,
        Math.min(28, type.scale ?? Math.max(0, ...values.map((value) => (value instanceof Decimal ? value.scale : 0)))),
      )
    case 'double':
      return column('float', 8)
    case 'datetime':
      return values.every((value) => value === null || parseTemporal(textOf(value)) !== undefined)
        ? column('datetime', 8)
        : textColumn(values, isVersion72)
    case 'date':
      if (!isVersion73 || !values.every((value) => value === null || parseTemporal(textOf(value)) !== undefined))
        return textColumn(values, isVersion72)
      return column('date', 3)
    case 'binary': {
      const isMax = values.some((value) => value !== null && bytesOf(value).length > LONGEST_BINARY)
      if (isMax && !isVersion72) return column('image')
      return column('varbinary', Math.max(1, Math.min(LONGEST_BINARY, type.length ?? LONGEST_BINARY, LONGEST_BINARY)), 0, isMax)
    }
    default:
      return textColumn(values, isVersion72)
  }
}

/** One byte has no sign. */
function inBytes(value: number, bytes: number): boolean {
  return bytes === 1 ? value >= 0 && value < 256 : value >= -(2 ** 15) && value < 2 ** 15
}

function textColumn(values: readonly SqlValue[], isVersion72: boolean): WireColumn {
  const longest = values.reduce((most: number, value) => (value === null ? most : Math.max(most, textOf(value).length)), 1)
  const isMax = longest > LONGEST_SHORT
  return { wire: isMax && !isVersion72 ? 'ntext' : 'nvarchar', size: Math.min(LONGEST_SHORT, Math.max(longest, 1)) * 2, scale: 0, isMax }
}

function typeInfo(writer: ByteWriter, { wire, size, scale, isMax }: WireColumn): void {
  switch (wire) {
    case 'bit':
      writer.u8(0x68).u8(1)
      break
    case 'int':
      writer.u8(0x26).u8(size)
      break
    case 'decimal':
      writer.u8(0x6c).u8(17).u8(38).u8(scale)
      break
    case 'float':
      writer.u8(0x6d).u8(8)
      break
    case 'datetime':
      writer.u8(0x6f).u8(8)
      break
    case 'date':
      writer.u8(0x28)
      break
    case 'varbinary':
      writer.u8(0xa5).u16le(isMax ? 0xffff : size)
      break
    case 'image':
      writer.u8(0x22).u32le(0x7fff_ffff)
      break
    case 'ntext':
      writer.u8(0x63).u32le(0x7fff_fffe).bytes(COLLATION)
      break
    default:
      writer
        .u8(0xe7)
        .u16le(isMax ? 0xffff : size)
        .bytes(COLLATION)
  }
}

const NULLABLE = 1
const TEXT_POINTER = Buffer.alloc(16, 'd')

/** COLMETADATA and a ROW each. */
export function encodeRows({ columns, rows }: Extract<SqlResult, { kind: 'rows' }>, dialogue: Dialogue): Buffer[] {
  const wires = columns.map(({ type }, i) =>
    wireOf(
      type,
      rows.map((row) => row[i] ?? null),
      dialogue,
    ),
  )
  const head = new ByteWriter().u8(TOKEN.columns).u16le(columns.length)
  for (const [i, column] of columns.entries()) encodeColumn(head, column, wires[i] as WireColumn, dialogue)
  const out = [head.done()]
  for (const row of rows) {
    const writer = new ByteWriter().u8(TOKEN.row)
    for (const [i, wire] of wires.entries()) encodeValue(writer, wire, row[i] ?? null)
    out.push(writer.done())
  }
  return out
}

function encodeColumn(writer: ByteWriter, { name }: ResultColumn, wire: WireColumn, { isVersion72 }: Dialogue): void {
  if (isVersion72) writer.u32le(0)
  else writer.u16le(0)
  writer.u16le(NULLABLE)
  typeInfo(writer, wire)
  // The old long types say which table they are of.
  if (wire.wire === 'ntext' || wire.wire === 'image') writer.u16le(0)
  short(writer, name.slice(0, 128))
}

const DAY_MS = 86_400_000

function encodeValue(writer: ByteWriter, wire: WireColumn, value: SqlValue): void {
  switch (wire.wire) {
    case 'nvarchar':
    case 'varbinary': {
      const bytes = value === null ? undefined : wire.wire === 'varbinary' ? bytesOf(value) : text16(textOf(value))
      encodeSized(writer, wire.isMax, bytes?.subarray(0, LONGEST_VALUE))
      return
    }
    case 'ntext':
    case 'image': {
      if (value === null) {
        writer.u8(0)
        return
      }
      const bytes = (wire.wire === 'image' ? bytesOf(value) : text16(textOf(value))).subarray(0, LONGEST_VALUE)
      writer.u8(16).bytes(TEXT_POINTER).zeros(8).u32le(bytes.length).bytes(bytes)
      return
    }
    default:
      if (value === null) writer.u8(0)
      else encodeScalar(writer, wire, value)
  }
}

function encodeSized(writer: ByteWriter, isMax: boolean, bytes: Buffer | undefined): void {
  if (!isMax) {
    if (bytes) writer.u16le(bytes.length).bytes(bytes)
    else writer.u16le(0xffff)
    return
  }
  if (!bytes) writer.u64le(0xffff_ffff_ffff_ffffn)
  else if (bytes.length === 0) writer.u64le(0).u32le(0)
  else writer.u64le(bytes.length).u32le(bytes.length).bytes(bytes).u32le(0)
}

function encodeScalar(writer: ByteWriter, { wire, size, scale }: WireColumn, value: Exclude<SqlValue, null>): void {
  switch (wire) {
    case 'bit':
      writer.u8(1).u8(numberOf(value) ? 1 : 0)
      return
    case 'int':
      writer.u8(size).bytes(integerBytes(value, size))
      return
    case 'float':
      writer.u8(8).f64le(numberOf(value))
      return
    case 'decimal': {
      const scaled = BigInt(Math.round(numberOf(value) * 10 ** scale))
      const digits = Buffer.alloc(16)
      let rest = scaled < 0n ? -scaled : scaled
      for (let i = 0; i < 16; i++, rest >>= 8n) digits[i] = Number(rest & 0xffn)
      writer
        .u8(17)
        .u8(scaled < 0n ? 0 : 1)
        .bytes(digits)
      return
    }
    case 'datetime': {
      const since = (parseTemporal(textOf(value)) ?? 0) - Date.UTC(1900, 0, 1)
      const days = Math.floor(since / DAY_MS)
      writer
        .u8(8)
        .u32le(days)
        .u32le(Math.min(25_919_999, Math.round((since - days * DAY_MS) * 0.3)))
      return
    }
    default: {
      const days = Math.floor(((parseTemporal(textOf(value)) ?? 0) + 62_135_596_800_000) / DAY_MS)
      writer.u8(3).u24le(days)
    }
  }
}

function integerBytes(value: Exclude<SqlValue, null>, size: number): Buffer {
  const bytes = Buffer.alloc(size)
  const number = typeof value === 'bigint' ? value : BigInt(Math.trunc(numberOf(value)) || 0)
  let rest = BigInt.asUintN(size * 8, number)
  for (let i = 0; i < size; i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn)
  return bytes
}
