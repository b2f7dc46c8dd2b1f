import type { ByteReader } from '../../sensor/byte-reader.ts'
import { ByteWriter } from '../../sensor/byte-writer.ts'

/** Not what clause 20 of ASHRAE 135 allows at this place. */
export class BacnetError extends Error {}

export interface ObjectId {
  type: number
  instance: number
}

/** A primitive value with its application tag (clause 20.2.1.4). */
export type Value =
  | { kind: 'null' }
  | { kind: 'boolean'; value: boolean }
  | { kind: 'unsigned'; value: number }
  | { kind: 'signed'; value: number }
  | { kind: 'real'; value: number }
  | { kind: 'double'; value: number }
  | { kind: 'octets'; value: Buffer }
  | { kind: 'text'; value: string }
  | { kind: 'bits'; value: readonly boolean[] }
  | { kind: 'enumerated'; value: number }
  /** Year, month, day, day of week; 255 is any. */
  | { kind: 'date'; value: readonly number[] }
  | { kind: 'time'; value: readonly number[] }
  | { kind: 'object'; value: ObjectId }

const KINDS = ['null', 'boolean', 'unsigned', 'signed', 'real', 'double', 'octets', 'text', 'bits', 'enumerated', 'date', 'time', 'object']
const OPENING = 6
const CLOSING = 7

export interface Tag {
  number: number
  isContext: boolean
  /** Length of the content, or its value for a boolean of the application class. */
  length: number
  isOpening: boolean
  isClosing: boolean
}

/** @throws ShortMessage */
export function readTag(reader: ByteReader): Tag {
  const first = reader.u8()
  const isContext = (first & 8) !== 0
  const number = first >> 4 === 15 ? reader.u8() : first >> 4
  const short = first & 7
  const isOpening = isContext && short === OPENING
  const isClosing = isContext && short === CLOSING
  return { number, isContext, length: short === 5 ? readLength(reader) : short, isOpening, isClosing }
}

function readLength(reader: ByteReader): number {
  const length = reader.u8()
  return length < 254 ? length : length === 254 ? reader.u16be() : reader.u32be()
}

/** The next tag without taking it; undefined at the end. */
export function peekTag(reader: ByteReader): Tag | undefined {
  if (reader.left === 0) return undefined
  const at = reader.at
  const tag = readTag(reader)
  reader.at = at
  return tag
}

/** Content of the context tag of this number. @throws BacnetError when another comes */
export function context(reader: ByteReader, number: number): Buffer {
  const tag = readTag(reader)
  if (!tag.isContext || tag.number !== number || tag.isOpening || tag.isClosing) throw new BacnetError(`context tag ${number} expected`)
  return reader.take(tag.length)
}

/** As {@link context}, when it is there. */
export function optional(reader: ByteReader, number: number): Buffer | undefined {
  const tag = peekTag(reader)
  return tag?.isContext && tag.number === number && !tag.isOpening && !tag.isClosing ? context(reader, number) : undefined
}

/** @throws BacnetError unless the opening or closing tag of this number comes */
export function bracket(reader: ByteReader, number: number, which: 'opening' | 'closing'): void {
  const tag = readTag(reader)
  if (tag.number !== number || !(which === 'opening' ? tag.isOpening : tag.isClosing))
    throw new BacnetError(`${which} tag ${number} expected`)
}

/** @throws BacnetError, ShortMessage */
export function readValue(reader: ByteReader): Value {
  const tag = readTag(reader)
  if (tag.isContext) throw new BacnetError('an application tag expected')
  if (tag.number === 1) return { kind: 'boolean', value: tag.length === 1 }
  const content = reader.take(tag.length)
  switch (KINDS[tag.number]) {
    case 'null':
      return { kind: 'null' }
    case 'unsigned':
      return { kind: 'unsigned', value: unsigned(content) }
    case 'enumerated':
      return { kind: 'enumerated', value: unsigned(content) }
    case 'signed':
      return { kind: 'signed', value: sized(content, 1, 4).readIntBE(0, content.length) }
    case 'real':
      return { kind: 'real', value: sized(content, 4, 4).readFloatBE() }
    case 'double':
      return { kind: 'double', value: sized(content, 8, 8).readDoubleBE() }
    case 'octets':
      return { kind: 'octets', value: content }
    case 'text':
      return { kind: 'text', value: text(content) }
    case 'bits':
      return { kind: 'bits', value: bits(content) }
    case 'date':
      return { kind: 'date', value: [...sized(content, 4, 4)] }
    case 'time':
      return { kind: 'time', value: [...sized(content, 4, 4)] }
    case 'object':
      return { kind: 'object', value: objectId(content) }
    default:
      throw new BacnetError(`application tag ${tag.number}`)
  }
}

export function unsigned(content: Buffer): number {
  return sized(content, 1, 4).readUIntBE(0, content.length)
}

/** @throws BacnetError */
export function objectId(content: Buffer): ObjectId {
  const value = sized(content, 4, 4).readUInt32BE()
  return { type: value >>> 22, instance: value & 0x3fffff }
}

/** A character string: its first byte is the character set. */
export function text(content: Buffer): string {
  sized(content, 1, content.length)
  return content[0] === 4
    ? Buffer.from(content.subarray(1, content.length - ((content.length - 1) % 2)))
        .swap16()
        .toString('utf16le')
    : content.toString('utf8', 1)
}

function bits(content: Buffer): boolean[] {
  const unused = sized(content, 1, content.length)[0]!
  const count = Math.max(0, (content.length - 1) * 8 - unused)
  return Array.from({ length: count }, (_, i) => (content[1 + (i >> 3)]! & (0x80 >> (i & 7))) !== 0)
}

function sized(content: Buffer, least: number, most: number): Buffer {
  if (content.length < least || content.length > most) throw new BacnetError(`${content.length} bytes of content`)
  return content
}

export function writeTag(writer: ByteWriter, number: number, isContext: boolean, length: number): void {
  writer.u8((number << 4) | (isContext ? 8 : 0) | Math.min(length, 5))
  if (length < 5) return
  if (length < 254) writer.u8(length)
  else writer.u8(254).u16be(length)
}

export function writeBracket(writer: ByteWriter, number: number, which: 'opening' | 'closing'): void {
  writer.u8((number << 4) | 8 | (which === 'opening' ? OPENING : CLOSING))
}

export function writeContext(writer: ByteWriter, number: number, content: Buffer): void {
  writeTag(writer, number, true, content.length)
  writer.bytes(content)
}

export function writeValue(writer: ByteWriter, value: Value): void {
  const tag = KINDS.indexOf(value.kind)
  if (value.kind === 'boolean') {
    writer.u8((tag << 4) | Number(value.value))
    return
  }
  const content = contentOf(value)
  writeTag(writer, tag, false, content.length)
  writer.bytes(content)
}

function contentOf(value: Exclude<Value, { kind: 'boolean' }>): Buffer {
  switch (value.kind) {
    case 'null':
      return Buffer.alloc(0)
    case 'unsigned':
    case 'enumerated':
      return number(value.value)
    case 'signed':
      return new ByteWriter().i32be(value.value).done()
    case 'real': {
      const bytes = Buffer.alloc(4)
      bytes.writeFloatBE(value.value)
      return bytes
    }
    case 'double': {
      const bytes = Buffer.alloc(8)
      bytes.writeDoubleBE(value.value)
      return bytes
    }
    case 'octets':
      return value.value
    case 'text':
      return Buffer.concat([Buffer.of(0), Buffer.from(value.value, 'utf8')])
    case 'bits':
      return bitBytes(value.value)
    case 'date':
    case 'time':
      return Buffer.from(value.value)
    case 'object':
      return objectBytes(value.value)
  }
}

/** An unsigned number in as few bytes as it needs. */
export function number(value: number): Buffer {
  const bytes = new ByteWriter().u32be(value).done()
  const first = bytes.findIndex((byte) => byte !== 0)
  return bytes.subarray(first < 0 ? 3 : first)
}

export function objectBytes({ type, instance }: ObjectId): Buffer {
  return new ByteWriter().u32be(type * 2 ** 22 + instance).done()
}

function bitBytes(value: readonly boolean[]): Buffer {
  const bytes = Buffer.alloc(1 + Math.ceil(value.length / 8))
  bytes[0] = (bytes.length - 1) * 8 - value.length
  for (const [i, bit] of value.entries()) if (bit) bytes[1 + (i >> 3)]! |= 0x80 >> (i & 7)
  return bytes
}
