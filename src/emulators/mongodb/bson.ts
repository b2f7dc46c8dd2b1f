/**
 * BSON 1.1 as bytes and as values. Integers of 32 bits are numbers, those of 64 bits bigints; doubles are wrapped, so that
 * `1` and `1.0` stay what they were.
 *
 * Source: https://bsonspec.org/spec.html
 */
import { toBytes, toText } from '../../host/text.ts'
import { ByteReader, ShortMessage } from '../../sensor/byte-reader.ts'
import { ByteWriter } from '../../sensor/byte-writer.ts'

/** Bytes that are no BSON. */
export class BsonError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'BsonError'
  }
}

export class Double {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }
}

export class ObjectId {
  readonly bytes: Buffer

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  get hex(): string {
    return this.bytes.toString('hex')
  }
}

/** UTC milliseconds. */
export class BsonDate {
  readonly ms: bigint

  constructor(ms: bigint | number) {
    this.ms = BigInt(ms)
  }
}

export class Binary {
  readonly subtype: number
  readonly bytes: Buffer

  constructor(subtype: number, bytes: Buffer) {
    this.subtype = subtype
    this.bytes = bytes
  }
}

export class BsonRegex {
  readonly pattern: string
  readonly options: string

  constructor(pattern: string, options: string) {
    this.pattern = pattern
    this.options = options
  }
}

/** Types that are carried and never looked into: code, timestamps, decimals, keys at the ends of the order … */
export class Opaque {
  readonly type: number
  readonly bytes: Buffer

  constructor(type: number, bytes: Buffer) {
    this.type = type
    this.bytes = bytes
  }
}

export type BsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Double
  | ObjectId
  | BsonDate
  | Binary
  | BsonRegex
  | Opaque
  | BsonDocument
  | BsonValue[]
export type BsonDocument = Map<string, BsonValue>

/** A document from plain pairs. */
export function doc(pairs: Record<string, BsonValue>): BsonDocument {
  return new Map(Object.entries(pairs))
}

const DEEPEST = 100
/** Fields of all documents of one message together. */
const MOST_FIELDS = 500_000

export const isDocument = (value: BsonValue | undefined): value is BsonDocument => value instanceof Map

class Decoder {
  #fields = 0

  document(reader: ByteReader, depth: number): BsonDocument {
    const document: BsonDocument = new Map()
    this.#each(reader, depth, (name, value) => document.set(name, value))
    return document
  }

  #each(reader: ByteReader, depth: number, keep: (name: string, value: BsonValue) => void): void {
    if (depth > DEEPEST) throw new BsonError('nested too deeply')
    const length = reader.i32le()
    if (length < 5) throw new BsonError(`length ${length}`)
    const body = new ByteReader(reader.take(length - 4))
    for (;;) {
      const type = body.u8()
      if (type === 0) break
      if (++this.#fields > MOST_FIELDS) throw new BsonError('too many fields')
      keep(toText(body.untilNul()), this.#value(body, type, depth))
    }
    if (body.left > 0) throw new BsonError(`${body.left} bytes after the end`)
  }

  #value(reader: ByteReader, type: number, depth: number): BsonValue {
    switch (type) {
      case 0x01:
        return new Double(reader.f64le())
      case 0x02:
        return this.#string(reader)
      case 0x03:
        return this.document(reader, depth + 1)
      case 0x04: {
        const items: BsonValue[] = []
        this.#each(reader, depth + 1, (_, value) => items.push(value))
        return items
      }
      case 0x05: {
        const length = reader.i32le()
        const subtype = reader.u8()
        return new Binary(subtype, reader.take(length))
      }
      case 0x06:
      case 0x0a:
        return null
      case 0x07:
        return new ObjectId(reader.take(12))
      case 0x08:
        return reader.u8() !== 0
      case 0x09:
        return new BsonDate(reader.i64le())
      case 0x0b:
        return new BsonRegex(toText(reader.untilNul()), toText(reader.untilNul()))
      case 0x10:
        return reader.i32le()
      case 0x12:
        return reader.i64le()
      default:
        return new Opaque(type, Buffer.from(this.#opaque(reader, type)))
    }
  }

  #string(reader: ByteReader): string {
    const length = reader.i32le()
    if (length < 1) throw new BsonError(`string of ${length} bytes`)
    return toText(reader.take(length).subarray(0, -1))
  }

  #opaque(reader: ByteReader, type: number): Buffer {
    const start = reader.at
    switch (type) {
      case 0x0c:
        reader.skip(reader.i32le() + 12)
        break
      case 0x0d:
      case 0x0e:
        reader.skip(reader.i32le())
        break
      case 0x0f: {
        const length = reader.i32le()
        reader.skip(length - 4)
        break
      }
      case 0x11:
        reader.skip(8)
        break
      case 0x13:
        reader.skip(16)
        break
      case 0x7f:
      case 0xff:
        break
      default:
        throw new BsonError(`type ${type}`)
    }
    return reader.bytes.subarray(start, reader.at)
  }
}

/** Reads the document that comes next. @throws BsonError */
export function readDocument(reader: ByteReader): BsonDocument {
  try {
    return new Decoder().document(reader, 0)
  } catch (error) {
    if (error instanceof ShortMessage) throw new BsonError(error.message)
    throw error
  }
}

export function decodeDocument(bytes: Buffer): BsonDocument {
  return readDocument(new ByteReader(bytes))
}

export function encodeDocument(document: BsonDocument): Buffer {
  const writer = new ByteWriter()
  for (const [name, value] of document) writeElement(writer, name, value)
  return new ByteWriter()
    .u32le(writer.length + 5)
    .bytes(writer.done())
    .u8(0)
    .done()
}

/** A value as the key of a JavaScript map or set. */
export function keyOf(value: BsonValue): string {
  return encodeDocument(new Map([['', value]])).toString('latin1')
}

function writeElement(writer: ByteWriter, name: string, value: BsonValue): void {
  const begin = (type: number): ByteWriter => writer.u8(type).nulText(toBytes(name.replaceAll('\0', '')))
  if (value === null) begin(0x0a)
  else if (typeof value === 'boolean') begin(0x08).u8(value ? 1 : 0)
  else if (typeof value === 'string') {
    const bytes = toBytes(value)
    begin(0x02)
      .u32le(bytes.length + 1)
      .bytes(bytes)
      .u8(0)
  } else if (typeof value === 'bigint') begin(0x12).u64le(value)
  else if (typeof value === 'number') writeNumber(begin, value)
  else if (Array.isArray(value)) begin(0x04).bytes(encodeDocument(new Map(value.map((item, i) => [String(i), item]))))
  else if (value instanceof Map) begin(0x03).bytes(encodeDocument(value))
  else if (value instanceof Double) begin(0x01).f64le(value.value)
  else if (value instanceof ObjectId) begin(0x07).bytes(value.bytes)
  else if (value instanceof BsonDate) begin(0x09).u64le(value.ms)
  else if (value instanceof Binary) begin(0x05).u32le(value.bytes.length).u8(value.subtype).bytes(value.bytes)
  else if (value instanceof BsonRegex) begin(0x0b).nulText(toBytes(value.pattern)).nulText(toBytes(value.options))
  else begin(value.type).bytes(value.bytes)
}

function writeNumber(begin: (type: number) => ByteWriter, value: number): void {
  if (Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31) begin(0x10).u32le(value)
  else if (Number.isSafeInteger(value)) begin(0x12).u64le(BigInt(value))
  else begin(0x01).f64le(value)
}

/** The number that a value is, undefined when it is none. */
export function numberOf(value: BsonValue | undefined): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  return value instanceof Double ? value.value : undefined
}

const LONGEST_JSON = 64 * 1024

/** A value as the shell prints it, for people; cut when long. */
export function shellText(value: BsonValue, room = { left: LONGEST_JSON }): string {
  const text = shellForm(value, room)
  room.left -= text.length
  return text
}

function shellForm(value: BsonValue, room: { left: number }): string {
  if (room.left <= 0) return '…'
  if (value === null) return 'null'
  if (typeof value === 'string') return JSON.stringify(value.length > room.left ? value.slice(0, room.left) : value)
  if (typeof value === 'bigint') return `NumberLong(${value})`
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value instanceof Double) return String(value.value)
  if (value instanceof ObjectId) return `ObjectId("${value.hex}")`
  if (value instanceof BsonDate) return `ISODate("${dateText(value)}")`
  if (value instanceof Binary) return `BinData(${value.subtype}, "${value.bytes.subarray(0, 1024).toString('base64')}")`
  if (value instanceof BsonRegex) return `/${value.pattern}/${value.options}`
  if (value instanceof Opaque) return `<type ${value.type}>`
  const parts: string[] = []
  const isList = Array.isArray(value)
  for (const [name, item] of isList ? value.entries() : value) {
    if (room.left <= 0) {
      parts.push('…')
      break
    }
    parts.push(
      isList ? shellText(item, room) : `${/^[A-Za-z_$][\w$]*$/.test(String(name)) ? name : JSON.stringify(name)}: ${shellText(item, room)}`,
    )
  }
  return isList ? `[${parts.join(', ')}]` : parts.length ? `{ ${parts.join(', ')} }` : '{}'
}

function dateText({ ms }: BsonDate): string {
  const number = Number(ms)
  return Math.abs(number) <= 8.64e15 ? new Date(number).toISOString() : String(ms)
}
