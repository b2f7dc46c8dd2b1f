/**
 * ISAKMP messages: header and chain of payloads, the same in IKEv1 (RFC 2408 §3) and IKEv2 (RFC 7296 §3); and the security
 * association of IKEv1 (RFC 2408 §3.4, RFC 2409 appendix A) and of IKEv2 (RFC 7296 §3.3).
 */
import { ByteReader, ShortMessage } from '../../../sensor/byte-reader.ts'
import { ByteWriter } from '../../../sensor/byte-writer.ts'

/** Not a message of ISAKMP, or one that is longer than is looked at. */
export class IkeFormatError extends Error {}

export const PAYLOAD = {
  sa: 1,
  ke: 4,
  id: 5,
  hash: 8,
  nonce: 10,
  notify: 11,
  delete: 12,
  vendorId: 13,
  sa2: 33,
  ke2: 34,
  nonce2: 40,
  notify2: 41,
  vendorId2: 43,
  /** Cisco's own fragments of a message, before RFC 7383. */
  ciscoFragment: 132,
} as const

export const EXCHANGE = { main: 2, aggressive: 4, informational: 5, saInit: 34, auth: 35 } as const
export const FLAG = { encrypted: 0x01, response: 0x20, initiator: 0x08 } as const

const HEADER = 28
/** Payloads, proposals, transforms and attributes of one message: more are none of a client. */
const MOST_PAYLOADS = 40
const MOST_PROPOSALS = 32
const MOST_TRANSFORMS = 128
const MOST_ATTRIBUTES = 24

export interface Payload {
  type: number
  body: Buffer
}

export interface IkeMessage {
  /** Cookies of IKEv1, SPIs of IKEv2; eight bytes each. */
  initiator: Buffer
  responder: Buffer
  /** 1 or 2. */
  major: number
  exchange: number
  flags: number
  id: number
  /** Type of the first payload; of an encrypted message nothing more is known. */
  next: number
  payloads: Payload[]
  /** Length that the header announces, when the message has another. */
  announced?: number
  /** Payload that announces more than the message has. */
  overlong?: { type: number; announced: number; left: number }
}

/** @throws IkeFormatError */
export function decodeIke(bytes: Buffer): IkeMessage {
  if (bytes.length < HEADER) throw new IkeFormatError('shorter than a header')
  const version = bytes[17] as number
  const major = version >> 4
  if (major !== 1 && major !== 2) throw new IkeFormatError(`version ${major}`)
  const length = bytes.readUInt32BE(24)
  const message: IkeMessage = {
    initiator: bytes.subarray(0, 8),
    responder: bytes.subarray(8, 16),
    major,
    exchange: bytes[18] as number,
    flags: bytes[19] as number,
    id: bytes.readUInt32BE(20),
    next: bytes[16] as number,
    payloads: [],
    ...(length === bytes.length ? {} : { announced: length }),
  }
  const isEncrypted = major === 1 && (message.flags & FLAG.encrypted) !== 0
  if (!isEncrypted) readPayloads(message, new ByteReader(bytes, HEADER))
  return message
}

function readPayloads(message: IkeMessage, reader: ByteReader): void {
  let type = message.next
  while (type !== 0 && reader.left >= 4) {
    if (message.payloads.length >= MOST_PAYLOADS) throw new IkeFormatError('too many payloads')
    const next = reader.u8()
    reader.skip(1)
    const length = reader.u16be()
    if (length < 4 || length - 4 > reader.left) {
      message.overlong = { type, announced: length, left: reader.left }
      message.payloads.push({ type, body: reader.rest() })
      return
    }
    message.payloads.push({ type, body: reader.take(length - 4) })
    // What stands in an encrypted payload names its first inner one, RFC 7296 §3.14.
    if (message.major === 2 && (type === 46 || type === 53)) return
    type = next
  }
}

export function encodeIke(message: Omit<IkeMessage, 'next' | 'announced' | 'overlong'>): Buffer {
  const { payloads } = message
  const body = new ByteWriter()
  for (const [at, { body: content }] of payloads.entries()) {
    body
      .u8(payloads[at + 1]?.type ?? 0)
      .u8(0)
      .u16be(content.length + 4)
      .bytes(content)
  }
  return new ByteWriter()
    .bytes(message.initiator)
    .bytes(message.responder)
    .u8(payloads[0]?.type ?? 0)
    .u8(message.major << 4)
    .u8(message.exchange)
    .u8(message.flags)
    .u32be(message.id)
    .u32be(HEADER + body.length)
    .bytes(body.done())
    .done()
}

/** Attributes of an IKEv1 transform by their class, RFC 2409 appendix A; longer ones by their last four bytes. */
export interface Transform {
  number: number
  id: number
  attributes: ReadonlyMap<number, number>
  /** As it came, from its number on: what an answer repeats. */
  body: Buffer
}

export interface Proposal {
  number: number
  protocol: number
  spi: Buffer
  transforms: Transform[]
}

export const ATTRIBUTE = { encryption: 1, hash: 2, authentication: 3, group: 4, keyLength: 14 } as const

/** The body of an IKEv1 SA payload. @throws IkeFormatError */
export function decodeSa(body: Buffer): { doi: number; situation: number; proposals: Proposal[] } {
  return bounded(() => {
    const reader = new ByteReader(body)
    const doi = reader.u32be()
    const situation = reader.u32be()
    const proposals: Proposal[] = []
    for (const part of chain(reader, MOST_PROPOSALS)) {
      const inner = new ByteReader(part)
      const number = inner.u8()
      const protocol = inner.u8()
      const spiBytes = inner.u8()
      inner.skip(1)
      const spi = inner.take(spiBytes)
      const transforms = [...chain(inner, MOST_TRANSFORMS)].map(decodeTransform)
      proposals.push({ number, protocol, spi, transforms })
    }
    return { doi, situation, proposals }
  })
}

function decodeTransform(body: Buffer): Transform {
  const reader = new ByteReader(body)
  const number = reader.u8()
  const id = reader.u8()
  reader.skip(2)
  return { number, id, attributes: decodeAttributes(reader), body }
}

/** RFC 2408 §3.3: the first bit says that the value stands where the length would. */
function decodeAttributes(reader: ByteReader): Map<number, number> {
  const attributes = new Map<number, number>()
  for (let n = 0; reader.left >= 4; n++) {
    if (n >= MOST_ATTRIBUTES) throw new IkeFormatError('too many attributes')
    const type = reader.u16be()
    const value = reader.u16be()
    if (type & 0x8000) attributes.set(type & 0x7fff, value)
    else {
      const bytes = reader.take(value)
      attributes.set(type, bytes.length >= 4 ? bytes.readUInt32BE(bytes.length - 4) : bytes.reduce((sum, byte) => sum * 256 + byte, 0))
    }
  }
  return attributes
}

/** An SA with one proposal of one transform, as a responder chooses it (RFC 2408 §4.2). */
export function encodeSa(doi: number, situation: number, proposal: Proposal, transform: Transform): Buffer {
  const inner = new ByteWriter()
    .u8(proposal.number)
    .u8(proposal.protocol)
    .u8(proposal.spi.length)
    .u8(1)
    .bytes(proposal.spi)
    .bytes(link(0, transform.body))
    .done()
  return new ByteWriter().u32be(doi).u32be(situation).bytes(link(0, inner)).done()
}

/** One transform of IKEv2: 1 encryption, 2 PRF, 3 integrity, 4 group. */
export interface Transform2 {
  type: number
  id: number
  keyLength?: number
}

export interface Proposal2 {
  number: number
  protocol: number
  transforms: Transform2[]
}

/** The body of an IKEv2 SA payload. @throws IkeFormatError */
export function decodeSa2(body: Buffer): Proposal2[] {
  return bounded(() =>
    [...chain(new ByteReader(body), MOST_PROPOSALS)].map((part) => {
      const inner = new ByteReader(part)
      const number = inner.u8()
      const protocol = inner.u8()
      const spiBytes = inner.u8()
      inner.skip(1 + spiBytes)
      const transforms = [...chain(inner, MOST_TRANSFORMS)].map((one): Transform2 => {
        const reader = new ByteReader(one)
        const type = reader.u8()
        reader.skip(1)
        const id = reader.u16be()
        const keyLength = decodeAttributes(reader).get(ATTRIBUTE.keyLength)
        return { type, id, ...(keyLength === undefined ? {} : { keyLength }) }
      })
      return { number, protocol, transforms }
    }),
  )
}

export function encodeSa2({ number, protocol, transforms }: Proposal2): Buffer {
  const inner = new ByteWriter().u8(number).u8(protocol).u8(0).u8(transforms.length)
  for (const [at, { type, id, keyLength }] of transforms.entries()) {
    const body = new ByteWriter().u8(type).u8(0).u16be(id)
    if (keyLength !== undefined) body.u16be(0x8000 | ATTRIBUTE.keyLength).u16be(keyLength)
    inner.bytes(link(at + 1 < transforms.length ? 3 : 0, body.done()))
  }
  return link(0, inner.done())
}

/** The elements of a chain of proposals or transforms, each with its own header of four bytes. */
function* chain(reader: ByteReader, most: number): Iterable<Buffer> {
  for (let n = 0; reader.left >= 4; n++) {
    if (n >= most) throw new IkeFormatError('too long a chain')
    const next = reader.u8()
    reader.skip(1)
    const length = reader.u16be()
    if (length < 4) throw new IkeFormatError('an element shorter than its header')
    yield reader.take(length - 4)
    if (next === 0) return
  }
}

function link(next: number, body: Buffer): Buffer {
  return new ByteWriter()
    .u8(next)
    .u8(0)
    .u16be(body.length + 4)
    .bytes(body)
    .done()
}

function bounded<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof ShortMessage) throw new IkeFormatError(error.message)
    throw error
  }
}
