/**
 * NTP as datagrams: time (modes 1 to 5), control (mode 6) and ntpd's private mode 7.
 *
 * Sources: RFC 5905 §7.3 (time), RFC 9327 §2 (control, as RFC 1305 appendix B defined it), ntp_request.h of ntpd 4.2.6
 * (private; no RFC) and the packets of a real ntpd in test/emulators/ntp/ntpd-4.2.8p15.json.
 */

/** The datagram is no NTP request that anybody would answer. */
export class NtpFormatError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'NtpFormatError'
  }
}

/** Seconds from 1900 to 1970 (RFC 5905 §6). */
const EPOCH_1900 = 2_208_988_800

export interface TimePacket {
  kind: 'time'
  leap: number
  version: number
  mode: number
  stratum: number
  poll: number
  precision: number
  /** Seconds. */
  rootDelay: number
  rootDispersion: number
  /** Four bytes: an IPv4 address or a name. */
  referenceId: Buffer
  /** Timestamps of 64 bits: seconds since 1900 and their fraction. */
  reference: bigint
  origin: bigint
  receive: bigint
  transmit: bigint
  /** Bytes after the header: key id and digest, or extension fields. */
  trailer: Buffer
}

export interface ControlPacket {
  kind: 'control'
  leap: number
  version: number
  isResponse: boolean
  isError: boolean
  hasMore: boolean
  opcode: number
  sequence: number
  status: number
  association: number
  offset: number
  data: Buffer
  /** Whether the header counts more data than came. */
  isCut: boolean
}

export interface PrivatePacket {
  kind: 'private'
  isResponse: boolean
  hasMore: boolean
  version: number
  sequence: number
  implementation: number
  request: number
  error: number
  items: Buffer[]
}

export type NtpPacket = TimePacket | ControlPacket | PrivatePacket

const TIME_BYTES = 48
const CONTROL_BYTES = 12
const PRIVATE_BYTES = 8
/** Most data in one control packet; more is sent in fragments. */
const CONTROL_DATA = 468

/** Reads any NTP datagram. @throws NtpFormatError */
export function decodeNtp(bytes: Buffer): NtpPacket {
  if (bytes.length < PRIVATE_BYTES) throw new NtpFormatError(`${bytes.length} bytes`)
  const mode = bytes[0]! & 7
  if (mode === 6) return decodeControl(bytes)
  if (mode === 7) return decodePrivate(bytes)
  return decodeTime(bytes)
}

function decodeTime(bytes: Buffer): TimePacket {
  if (bytes.length < TIME_BYTES) throw new NtpFormatError(`a time packet of ${bytes.length} bytes`)
  return {
    kind: 'time',
    leap: bytes[0]! >> 6,
    version: (bytes[0]! >> 3) & 7,
    mode: bytes[0]! & 7,
    stratum: bytes[1]!,
    poll: bytes.readInt8(2),
    precision: bytes.readInt8(3),
    rootDelay: bytes.readInt32BE(4) / 65_536,
    rootDispersion: bytes.readUInt32BE(8) / 65_536,
    referenceId: bytes.subarray(12, 16),
    reference: bytes.readBigUInt64BE(16),
    origin: bytes.readBigUInt64BE(24),
    receive: bytes.readBigUInt64BE(32),
    transmit: bytes.readBigUInt64BE(40),
    trailer: bytes.subarray(TIME_BYTES),
  }
}

export function encodeTime(packet: Omit<TimePacket, 'kind'>): Buffer {
  const bytes = Buffer.alloc(TIME_BYTES)
  bytes[0] = (packet.leap << 6) | (packet.version << 3) | packet.mode
  bytes[1] = packet.stratum
  bytes.writeInt8(packet.poll, 2)
  bytes.writeInt8(packet.precision, 3)
  bytes.writeInt32BE(Math.round(packet.rootDelay * 65_536), 4)
  bytes.writeUInt32BE(Math.round(packet.rootDispersion * 65_536), 8)
  packet.referenceId.copy(bytes, 12, 0, 4)
  bytes.writeBigUInt64BE(packet.reference, 16)
  bytes.writeBigUInt64BE(packet.origin, 24)
  bytes.writeBigUInt64BE(packet.receive, 32)
  bytes.writeBigUInt64BE(packet.transmit, 40)
  return Buffer.concat([bytes, packet.trailer])
}

function decodeControl(bytes: Buffer): ControlPacket {
  if (bytes.length < CONTROL_BYTES) throw new NtpFormatError(`a control packet of ${bytes.length} bytes`)
  const count = bytes.readUInt16BE(10)
  return {
    kind: 'control',
    leap: bytes[0]! >> 6,
    version: (bytes[0]! >> 3) & 7,
    isResponse: (bytes[1]! & 0x80) !== 0,
    isError: (bytes[1]! & 0x40) !== 0,
    hasMore: (bytes[1]! & 0x20) !== 0,
    opcode: bytes[1]! & 0x1f,
    sequence: bytes.readUInt16BE(2),
    status: bytes.readUInt16BE(4),
    association: bytes.readUInt16BE(6),
    offset: bytes.readUInt16BE(8),
    data: bytes.subarray(CONTROL_BYTES, CONTROL_BYTES + count),
    isCut: count > bytes.length - CONTROL_BYTES,
  }
}

export function encodeControl(packet: Omit<ControlPacket, 'kind' | 'isCut'>): Buffer {
  const header = Buffer.alloc(CONTROL_BYTES)
  const flags = (packet.isResponse ? 0x80 : 0) | (packet.isError ? 0x40 : 0) | (packet.hasMore ? 0x20 : 0)
  header[0] = (packet.leap << 6) | (packet.version << 3) | 6
  header[1] = flags | packet.opcode
  header.writeUInt16BE(packet.sequence, 2)
  header.writeUInt16BE(packet.status, 4)
  header.writeUInt16BE(packet.association, 6)
  header.writeUInt16BE(packet.offset, 8)
  header.writeUInt16BE(packet.data.length, 10)
  // Padded to whole words, which the count does not tell.
  const padding = Buffer.alloc((4 - (packet.data.length % 4)) % 4)
  return Buffer.concat([header, packet.data, padding])
}

/** A control answer in as many packets as it takes. */
export function encodeFragments(answer: Omit<ControlPacket, 'kind' | 'isCut' | 'hasMore' | 'offset' | 'isResponse' | 'isError'>): Buffer[] {
  const fragments: Buffer[] = []
  for (let offset = 0; offset === 0 || offset < answer.data.length; offset += CONTROL_DATA) {
    const data = answer.data.subarray(offset, offset + CONTROL_DATA)
    const hasMore = offset + CONTROL_DATA < answer.data.length
    fragments.push(encodeControl({ ...answer, isResponse: true, isError: false, hasMore, offset, data }))
  }
  return fragments
}

function decodePrivate(bytes: Buffer): PrivatePacket {
  const count = bytes.readUInt16BE(4) & 0xfff
  const size = bytes.readUInt16BE(6) & 0xfff
  if (count * size > bytes.length - PRIVATE_BYTES) throw new NtpFormatError(`${count} items of ${size} bytes said`)
  return {
    kind: 'private',
    isResponse: (bytes[0]! & 0x80) !== 0,
    hasMore: (bytes[0]! & 0x40) !== 0,
    version: (bytes[0]! >> 3) & 7,
    sequence: bytes[1]! & 0x7f,
    implementation: bytes[2]!,
    request: bytes[3]!,
    error: bytes.readUInt16BE(4) >> 12,
    // Items of no size hold nothing, however many there are said to be.
    items:
      size === 0 ? [] : Array.from({ length: count }, (_, i) => bytes.subarray(PRIVATE_BYTES + i * size, PRIVATE_BYTES + (i + 1) * size)),
  }
}

export function encodePrivate(packet: Omit<PrivatePacket, 'kind'>): Buffer {
  const header = Buffer.alloc(PRIVATE_BYTES)
  header[0] = (packet.isResponse ? 0x80 : 0) | (packet.hasMore ? 0x40 : 0) | (packet.version << 3) | 7
  header[1] = packet.sequence
  header[2] = packet.implementation
  header[3] = packet.request
  header.writeUInt16BE((packet.error << 12) | packet.items.length, 4)
  header.writeUInt16BE(packet.items[0]?.length ?? 0, 6)
  return Buffer.concat([header, ...packet.items])
}

/** UTC milliseconds, with fractions, as a timestamp. Era 1 begins in 2036: seconds count modulo 2³². */
export function toTimestamp(milliseconds: number): bigint {
  const seconds = Math.floor(milliseconds / 1000)
  const fraction = Math.floor((milliseconds / 1000 - seconds) * 2 ** 32)
  return (BigInt((seconds + EPOCH_1900) % 2 ** 32) << 32n) | BigInt(fraction)
}

/** As ntpq shows timestamps: `0xeb5c2a11.8f5c28f5`. */
export function timestampText(timestamp: bigint): string {
  const hex = timestamp.toString(16).padStart(16, '0')
  return `0x${hex.slice(0, 8)}.${hex.slice(8)}`
}
