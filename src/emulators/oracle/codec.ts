/**
 * Packets of Oracle Net (TNS): CONNECT and the listener's answers, DATA with the messages inside.
 *
 * Source: the Oracle Net parts of the open node-oracledb thin driver, and Wireshark's dissector of TNS.
 */
import { type ByteReader, ShortMessage } from '../../sensor/byte-reader.ts'
import { ByteWriter } from '../../sensor/byte-writer.ts'

/** Bytes that are not TNS. */
export class TnsFormatError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'TnsFormatError'
  }
}

/** A message that goes on in the next packet. */
export class TnsShort extends TnsFormatError {
  constructor(message: string) {
    super(message)
    this.name = 'TnsShort'
  }
}

export const PACKET = {
  connect: 1,
  accept: 2,
  refuse: 4,
  redirect: 5,
  data: 6,
  abort: 9,
  resend: 11,
  marker: 12,
  attention: 13,
  control: 14,
} as const
export const HEADER_BYTES = 8
/** From it lengths have four bytes. */
const LARGE_SDU = 315

export interface PacketHeader {
  type: number
  /** With the header. */
  length: number
}

/** @param isLarge whether the version that was agreed on has lengths of four bytes. @throws TnsFormatError */
export function decodeHeader(bytes: Buffer, isLarge: boolean): PacketHeader {
  const length = isLarge ? bytes.readUInt32BE(0) : bytes.readUInt16BE(0)
  const type = bytes[4] as number
  if (!Object.values<number>(PACKET).includes(type)) throw new TnsFormatError(`packet type ${type}`)
  if (length < HEADER_BYTES) throw new TnsFormatError(`packet of ${length} bytes`)
  return { type, length }
}

export function encodePacket(type: number, body: Buffer, isLarge = false): Buffer {
  const length = HEADER_BYTES + body.length
  const writer = new ByteWriter()
  if (isLarge) writer.u32be(length)
  else writer.u16be(length).u16be(0)
  return writer.u8(type).u8(0).u16be(0).bytes(body).done()
}

export interface Connect {
  version: number
  lowestVersion: number
  sdu: number
  /** Bytes of connect data; when it does not lie in the packet a DATA packet brings it. */
  dataLength: number
  data: string
}

const LONGEST_CONNECT_DATA = 4096

/** @param body what follows the header. @throws TnsFormatError */
export function decodeConnect(body: Buffer): Connect {
  if (body.length < 26) throw new TnsFormatError('CONNECT too short')
  const dataLength = body.readUInt16BE(16)
  const offset = body.readUInt16BE(18) - HEADER_BYTES
  const data = offset >= 0 && offset < body.length ? connectText(body.subarray(offset, offset + dataLength)) : ''
  return { version: body.readUInt16BE(0), lowestVersion: body.readUInt16BE(2), sdu: body.readUInt16BE(6), dataLength, data }
}

export function connectText(bytes: Buffer): string {
  return bytes.subarray(0, LONGEST_CONNECT_DATA).toString('latin1').replace(/\0+$/, '')
}

/** Values of a connect descriptor by their keys in capitals; of a key that comes again the first, in what the client says of itself before others. */
export function descriptorValues(text: string): Map<string, string> {
  const values = new Map<string, string>()
  const whole = text.slice(0, LONGEST_CONNECT_DATA)
  const client = whole.toUpperCase().indexOf('(CID=')
  for (const part of client < 0 ? [whole] : [whole.slice(client), whole]) {
    for (const [, key = '', value = ''] of part.matchAll(/\(([A-Za-z_]{1,40}) ?=([^()]{0,1000})\)/g)) {
      const name = key.toUpperCase()
      if (!values.has(name)) values.set(name, value.trim())
    }
  }
  return values
}

const NATIVE_SERVICES_DISABLED = 0x04
const FLAGS = 0x41 | NATIVE_SERVICES_DISABLED

/** ACCEPT. @param version the one that both speak */
export function encodeAccept(version: number, sdu: number): Buffer {
  const writer = new ByteWriter().u16be(version).u16be(0).u16be(Math.min(sdu, 0xffff)).u16be(0xffff).u16be(0x0100).u16be(0)
  const isLarge = version >= LARGE_SDU
  writer
    .u16be(isLarge ? 45 : 32)
    .u8(FLAGS)
    .u8(FLAGS)
    .zeros(8)
  if (isLarge) writer.u32be(sdu).u32be(sdu).u8(0).u32be(0)
  return encodePacket(PACKET.accept, writer.done())
}

export const isLargeVersion = (version: number): boolean => version >= LARGE_SDU

/** The user's reason is 0x22 for what the listener itself says. */
export function encodeRefuse(text: string): Buffer {
  return encodePacket(PACKET.refuse, new ByteWriter().u8(0x22).u8(0).u16be(text.length).text(text, 'latin1').done())
}

/** The client's side, for tests and the fuzzer. */
export function encodeConnect(data: string, version = 319): Buffer {
  const body = new ByteWriter()
    .u16be(version)
    .u16be(300)
    .u16be(0)
    .u16be(8192)
    .u16be(0xffff)
    .u16be(0x4f98)
    .u16be(0)
    .u16be(1)
    .u16be(data.length)
    .u16be(34)
    .u32be(0)
    .u8(4)
    .u8(4)
    .text(data, 'latin1')
  return encodePacket(PACKET.connect, body.done())
}

export function read<T>(decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (error instanceof ShortMessage) throw new TnsShort(error.message)
    throw error
  }
}

/** An integer as TTC has it: how many bytes, then these. */
export function ub(reader: ByteReader): number {
  const size = reader.u8() & 0x7f
  if (size > 8) throw new TnsFormatError(`integer of ${size} bytes`)
  let value = 0
  for (const byte of reader.take(size)) value = value * 256 + byte
  return value
}

const CHUNKED = 0xfe
const NULL = 0xff

/** Bytes with their length before them, or in chunks. */
export function sizedBytes(reader: ByteReader): Buffer {
  const size = reader.u8()
  if (size === 0 || size === NULL) return Buffer.alloc(0)
  if (size !== CHUNKED) return reader.take(size)
  const parts: Buffer[] = []
  for (let length = ub(reader); length > 0; length = ub(reader)) parts.push(reader.take(length))
  return Buffer.concat(parts)
}

export function writeUb(writer: ByteWriter, value: number): ByteWriter {
  if (value === 0) return writer.u8(0)
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  const plain = bytes.subarray(bytes.findIndex((byte) => byte !== 0))
  return writer.u8(plain.length).bytes(plain)
}

export function writeSized(writer: ByteWriter, bytes: Buffer): ByteWriter {
  if (bytes.length < CHUNKED - 1) return writer.u8(bytes.length).bytes(bytes)
  writer.u8(CHUNKED)
  for (let at = 0; at < bytes.length; at += 32_767) {
    const part = bytes.subarray(at, at + 32_767)
    writeUb(writer, part.length).bytes(part)
  }
  return writeUb(writer, 0)
}
