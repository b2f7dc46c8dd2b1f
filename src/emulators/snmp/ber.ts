/** The types of RFC 2578 §7.1 and RFC 3416 §3, in BER. */
import { BerError, encodeElement, encodeInteger, integerOf } from '../../sensor/ber.ts'

export const TAG = {
  integer: 0x02,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  sequence: 0x30,
  ip: 0x40,
  counter32: 0x41,
  gauge32: 0x42,
  ticks: 0x43,
  opaque: 0x44,
  counter64: 0x46,
  noSuchObject: 0x80,
  noSuchInstance: 0x81,
  endOfMibView: 0x82,
} as const

/** An object identifier by its parts. */
export type Oid = readonly number[]

export type Value =
  | { type: 'integer' | 'counter32' | 'gauge32' | 'ticks'; value: number }
  | { type: 'octets' | 'ip' | 'opaque'; value: Buffer }
  | { type: 'oid'; value: Oid }
  | { type: 'counter64'; value: bigint }
  | { type: 'null' | 'noSuchObject' | 'noSuchInstance' | 'endOfMibView' }

const MOST_PARTS = 128

function unsignedOf(content: Buffer): number {
  const value = integerOf(content)
  return value < 0 ? value + 2 ** (8 * content.length) : value
}

export function oidOf(content: Buffer): Oid {
  const parts: number[] = []
  let part = 0
  for (const [i, byte] of content.entries()) {
    part = part * 128 + (byte & 0x7f)
    if (part > 0xffff_ffff) throw new BerError('a part of an OID above 32 bits')
    if (byte & 0x80) {
      if (i === content.length - 1) throw new BerError('an OID that is cut')
      continue
    }
    if (parts.length === 0) parts.push(Math.min(2, Math.floor(part / 40)), part - Math.min(2, Math.floor(part / 40)) * 40)
    else parts.push(part)
    part = 0
  }
  if (parts.length < 2 || parts.length > MOST_PARTS) throw new BerError(`an OID of ${parts.length} parts`)
  return parts
}

/** @throws BerError */
export function valueIn({ tag, content }: { tag: number; content: Buffer }): Value {
  switch (tag) {
    case TAG.integer:
      return { type: 'integer', value: integerOf(content) }
    case TAG.counter32:
      return { type: 'counter32', value: unsignedOf(content) }
    case TAG.gauge32:
      return { type: 'gauge32', value: unsignedOf(content) }
    case TAG.ticks:
      return { type: 'ticks', value: unsignedOf(content) }
    case TAG.octets:
      return { type: 'octets', value: content }
    case TAG.opaque:
      return { type: 'opaque', value: content }
    case TAG.ip:
      if (content.length !== 4) throw new BerError('an address that is none')
      return { type: 'ip', value: content }
    case TAG.oid:
      return { type: 'oid', value: oidOf(content) }
    case TAG.counter64:
      if (content.length < 1 || content.length > 9) throw new BerError('a Counter64 that is none')
      return { type: 'counter64', value: BigInt(`0x${content.toString('hex')}`) }
    case TAG.null:
      return { type: 'null' }
    case TAG.noSuchObject:
      return { type: 'noSuchObject' }
    case TAG.noSuchInstance:
      return { type: 'noSuchInstance' }
    case TAG.endOfMibView:
      return { type: 'endOfMibView' }
    default:
      throw new BerError(`tag ${tag}`)
  }
}

export function encodeOid(oid: Oid): Buffer {
  const [first = 0, second = 0, ...rest] = oid
  const bytes = [first * 40 + second, ...rest].flatMap((part) => {
    const digits = [part % 128]
    for (let left = Math.floor(part / 128); left > 0; left = Math.floor(left / 128)) digits.unshift((left % 128) | 0x80)
    return digits
  })
  return encodeElement(TAG.oid, Buffer.from(bytes))
}

export function encodeValue(value: Value): Buffer {
  switch (value.type) {
    case 'integer':
    case 'counter32':
    case 'gauge32':
    case 'ticks':
      return encodeInteger(value.value, TAG[value.type])
    case 'octets':
    case 'ip':
    case 'opaque':
      return encodeElement(TAG[value.type], value.value)
    case 'oid':
      return encodeOid(value.value)
    case 'counter64': {
      const hex = value.value.toString(16)
      const even = hex.padStart(hex.length + (hex.length & 1), '0')
      return encodeElement(TAG.counter64, Buffer.from(Number.parseInt(even.slice(0, 2), 16) & 0x80 ? `00${even}` : even, 'hex'))
    }
    default:
      return encodeElement(TAG[value.type], Buffer.alloc(0))
  }
}

/** Negative, zero or positive as `a` stands before, at or behind `b` in a walk. */
export function compareOids(a: Oid, b: Oid): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return a.length - b.length
}
