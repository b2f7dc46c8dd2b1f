/**
 * The three forms of the memcached protocol: lines of text, packets of 24 bytes and more, and the frame that UDP puts
 * before either.
 *
 * Sources: doc/protocol.txt and doc/protocol-binary.txt of memcached, and a recorded memcached 1.6.18.
 */
import { ByteReader, ShortMessage } from '../../sensor/byte-reader.ts'

/** Bytes that are no packet or frame. */
export class MemcachedFormatError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'MemcachedFormatError'
  }
}

export const REQUEST_MAGIC = 0x80
const RESPONSE_MAGIC = 0x81
export const HEADER_BYTES = 24
export const KEY_BYTES = 250

export interface BinaryHeader {
  opcode: number
  keyLength: number
  extrasLength: number
  /** Bytes of extras, key and value together. */
  bodyLength: number
  /** Comes back in the answer. */
  opaque: number
  cas: bigint
}

export interface BinaryRequest extends BinaryHeader {
  extras: Buffer
  key: Buffer
  value: Buffer
}

/** @throws MemcachedFormatError */
export function decodeHeader(bytes: Buffer): BinaryHeader {
  if (bytes.length < HEADER_BYTES) throw new MemcachedFormatError('short header')
  if (bytes[0] !== REQUEST_MAGIC) throw new MemcachedFormatError(`magic ${bytes[0]}`)
  const header = {
    opcode: bytes.readUInt8(1),
    keyLength: bytes.readUInt16BE(2),
    extrasLength: bytes.readUInt8(4),
    bodyLength: bytes.readUInt32BE(8),
    opaque: bytes.readUInt32BE(12),
    cas: bytes.readBigUInt64BE(16),
  }
  if (header.keyLength + header.extrasLength > header.bodyLength) throw new MemcachedFormatError('key and extras longer than the body')
  return header
}

export function splitBody(header: BinaryHeader, body: Buffer): BinaryRequest {
  const { extrasLength, keyLength } = header
  return {
    ...header,
    extras: body.subarray(0, extrasLength),
    key: body.subarray(extrasLength, extrasLength + keyLength),
    value: body.subarray(extrasLength + keyLength),
  }
}

export interface BinaryResponse {
  opcode: number
  status: number
  opaque: number
  cas?: bigint
  extras?: Buffer
  key?: Buffer
  value?: Buffer
}

const NOTHING = Buffer.alloc(0)

export function encodeResponse({
  opcode,
  status,
  opaque,
  cas = 0n,
  extras = NOTHING,
  key = NOTHING,
  value = NOTHING,
}: BinaryResponse): Buffer {
  return encode(RESPONSE_MAGIC, { opcode, status, opaque, cas, extras, key, value })
}

/** The client's side, for tests. */
export function encodeRequest({
  opcode,
  opaque,
  cas,
  extras,
  key,
  value,
}: Omit<BinaryRequest, 'keyLength' | 'extrasLength' | 'bodyLength'>): Buffer {
  return encode(REQUEST_MAGIC, { opcode, status: 0, opaque, cas, extras, key, value })
}

function encode(magic: number, { opcode, status, opaque, cas, extras, key, value }: Required<BinaryResponse>): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header[0] = magic
  header[1] = opcode
  header.writeUInt16BE(key.length, 2)
  header[4] = extras.length
  header.writeUInt16BE(status, 6)
  header.writeUInt32BE(extras.length + key.length + value.length, 8)
  header.writeUInt32BE(opaque, 12)
  header.writeBigUInt64BE(cas, 16)
  return Buffer.concat([header, extras, key, value])
}

/** What stands before a request over UDP: eight bytes. */
export interface UdpFrame {
  requestId: number
  sequence: number
  datagrams: number
  payload: Buffer
}

/** @throws MemcachedFormatError */
export function decodeUdp(bytes: Buffer): UdpFrame {
  try {
    const reader = new ByteReader(bytes)
    const frame = { requestId: reader.u16be(), sequence: reader.u16be(), datagrams: reader.u16be() }
    reader.skip(2)
    return { ...frame, payload: reader.rest() }
  } catch (error) {
    if (error instanceof ShortMessage) throw new MemcachedFormatError(error.message)
    throw error
  }
}

export function encodeUdp({ requestId, sequence, datagrams, payload }: UdpFrame): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt16BE(requestId, 0)
  header.writeUInt16BE(sequence, 2)
  header.writeUInt16BE(datagrams, 4)
  return Buffer.concat([header, payload])
}

/** Where requests come from: a connection, or the one datagram that holds them all. */
export interface RequestSource {
  /** The next line without its end; undefined when there is none. */
  line(): Promise<Buffer | undefined>
  /** @throws when the client has gone */
  exactly(n: number): Promise<Buffer>
}

/** The requests of one datagram. */
export class BufferSource implements RequestSource {
  #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length
  }

  async line(): Promise<Buffer | undefined> {
    const end = this.#bytes.indexOf(0x0a)
    if (end < 0) return undefined
    const line = this.#bytes.subarray(0, this.#bytes[end - 1] === 0x0d ? end - 1 : end)
    this.#bytes = this.#bytes.subarray(end + 1)
    return line
  }

  async exactly(n: number): Promise<Buffer> {
    if (n > this.#bytes.length) throw new MemcachedFormatError('the datagram ends before the data')
    const bytes = this.#bytes.subarray(0, n)
    this.#bytes = this.#bytes.subarray(n)
    return bytes
  }
}
