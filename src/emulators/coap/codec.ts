/** CoAP messages, RFC 7252 §3. */
import { ByteWriter } from '../../sensor/byte-writer.ts'

export const KIND = { CON: 0, NON: 1, ACK: 2, RST: 3 } as const
export const METHOD = { GET: 1, POST: 2, PUT: 3, DELETE: 4 } as const
/** Class and detail of a response in one byte: 2.05 is `2 << 5 | 5`. */
export const CODE = {
  EMPTY: 0,
  CREATED: 0x41,
  DELETED: 0x42,
  CHANGED: 0x44,
  CONTENT: 0x45,
  BAD_OPTION: 0x82,
  NOT_FOUND: 0x84,
  METHOD_NOT_ALLOWED: 0x85,
  PROXYING_NOT_SUPPORTED: 0xa5,
} as const
export const OPTION = {
  IF_MATCH: 1,
  URI_HOST: 3,
  ETAG: 4,
  IF_NONE_MATCH: 5,
  OBSERVE: 6,
  URI_PORT: 7,
  URI_PATH: 11,
  CONTENT_FORMAT: 12,
  MAX_AGE: 14,
  URI_QUERY: 15,
  ACCEPT: 17,
  BLOCK2: 23,
  BLOCK1: 27,
  SIZE2: 28,
  PROXY_URI: 35,
  PROXY_SCHEME: 39,
} as const

const HEADER_BYTES = 4
const VERSION = 1
const MARKER = 0xff

/** A message that is answered with RST; `id` is what the RST repeats. */
export class CoapFormatError extends Error {
  readonly id: number

  constructor(message: string, id: number) {
    super(message)
    this.id = id
  }
}

export interface CoapOption {
  number: number
  value: Buffer
}

export interface CoapMessage {
  kind: number
  code: number
  id: number
  token: Buffer
  /** In the order of their numbers. */
  options: readonly CoapOption[]
  payload: Buffer
}

/**
 * Undefined for less than a header.
 * @throws CoapFormatError
 */
export function decodeCoap(bytes: Buffer): CoapMessage | undefined {
  if (bytes.length < HEADER_BYTES) return undefined
  const first = bytes[0]!
  // libcoap does not look further than the version.
  if (first >> 6 !== VERSION) throw new CoapFormatError('unknown version', 0)
  const id = bytes.readUInt16BE(2)
  const tokenLength = first & 0xf
  if (tokenLength > 8 || HEADER_BYTES + tokenLength > bytes.length) throw new CoapFormatError('bad token length', id)
  const start = HEADER_BYTES + tokenLength
  const { options, end } = decodeOptions(bytes, start, id)
  if (end < bytes.length && end + 1 === bytes.length) throw new CoapFormatError('a marker without a payload', id)
  const payload = bytes.subarray(Math.min(end + 1, bytes.length))
  return { kind: (first >> 4) & 3, code: bytes[1]!, id, token: bytes.subarray(HEADER_BYTES, start), options, payload }
}

function decodeOptions(bytes: Buffer, start: number, id: number): { options: CoapOption[]; end: number } {
  const options: CoapOption[] = []
  let number = 0
  let at = start
  const extended = (nibble: number): number => {
    if (nibble < 13) return nibble
    const size = nibble - 12
    if (nibble === 15 || at + size > bytes.length) throw new CoapFormatError('bad option', id)
    at += size
    return size === 1 ? 13 + bytes[at - 1]! : 269 + bytes.readUInt16BE(at - 2)
  }
  while (at < bytes.length && bytes[at] !== MARKER) {
    const head = bytes[at++]!
    number += extended(head >> 4)
    const length = extended(head & 0xf)
    if (at + length > bytes.length || number > 0xffff) throw new CoapFormatError('bad option', id)
    options.push({ number, value: bytes.subarray(at, at + length) })
    at += length
  }
  return { options, end: at }
}

export function encodeCoap({ kind, code, id, token, options, payload }: CoapMessage): Buffer {
  const out = new ByteWriter()
    .u8((VERSION << 6) | (kind << 4) | token.length)
    .u8(code)
    .u16be(id)
    .bytes(token)
  let last = 0
  for (const { number, value } of options) {
    const [delta, deltaMore] = nibble(number - last)
    const [length, lengthMore] = nibble(value.length)
    out
      .u8((delta << 4) | length)
      .bytes(deltaMore)
      .bytes(lengthMore)
      .bytes(value)
    last = number
  }
  if (payload.length) out.u8(MARKER).bytes(payload)
  return out.done()
}

function nibble(value: number): [number, Buffer] {
  if (value < 13) return [value, Buffer.alloc(0)]
  if (value < 269) return [13, Buffer.of(value - 13)]
  const more = Buffer.alloc(2)
  more.writeUInt16BE(value - 269)
  return [14, more]
}

/** A number as options hold it: in as few bytes as it needs. */
export function uint(value: number): Buffer {
  const bytes: number[] = []
  for (let left = value; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256)
  return Buffer.from(bytes)
}

/** The block that a Block2 option asks for: its number, and its size in bytes (RFC 7959 §2.2). */
export function blockOf(value: Buffer): { number: number; size: number; exponent: number } {
  const all = value.length && value.length <= 3 ? value.readUIntBE(0, value.length) : 0
  const exponent = Math.min(all & 7, 6)
  return { number: all >> 4, size: 16 << exponent, exponent }
}
