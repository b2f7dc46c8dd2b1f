import { ByteReader, ShortMessage } from '../../sensor/byte-reader.ts'
import { ByteWriter } from '../../sensor/byte-writer.ts'

/** Not a packet of RMCP (ASF 2.0 §3.2.2), IPMI 1.5 or RMCP+ (IPMI 2.0 §13). */
export class IpmiError extends Error {}

const RMCP_VERSION = 6
const NO_ACK = 0xff
const CLASS_ASF = 6
const CLASS_IPMI = 7
const ASF_IANA = 4542
const ASF_PING = 0x80
const ASF_PONG = 0x40
const RMCP_PLUS = 6

/** Kinds of authentication of IPMI 1.5. */
export const AUTH_TYPE = { none: 0, md2: 1, md5: 2, password: 4 } as const

/** Payload types of RMCP+ (table 13-16). */
export const PAYLOAD = {
  ipmi: 0,
  sol: 1,
  openSessionRequest: 0x10,
  openSessionResponse: 0x11,
  rakp1: 0x12,
  rakp2: 0x13,
  rakp3: 0x14,
  rakp4: 0x15,
} as const

export interface Ping {
  kind: 'ping'
  tag: number
}

/** A packet of IPMI 1.5: `payload` is one IPMI message. */
export interface Packet15 {
  kind: '1.5'
  authType: number
  sequence: number
  session: number
  /** 16 bytes when `authType` is not `none`. */
  code?: Buffer
  payload: Buffer
}

/** A packet of RMCP+. */
export interface Packet20 {
  kind: '2.0'
  payloadType: number
  encrypted: boolean
  authenticated: boolean
  session: number
  sequence: number
  payload: Buffer
  /** The whole packet from its authentication type on, which is what the integrity code at its end covers. */
  covered: Buffer
}

export type Packet = Ping | Packet15 | Packet20

/** @throws IpmiError */
export function decodePacket(bytes: Buffer): Packet {
  return reading(() => {
    const reader = new ByteReader(bytes)
    if (reader.u8() !== RMCP_VERSION) throw new IpmiError('not RMCP')
    reader.skip(2)
    const kind = reader.u8()
    if (kind === CLASS_ASF) return decodePing(reader)
    if (kind !== CLASS_IPMI) throw new IpmiError(`class ${kind} of RMCP`)
    const covered = bytes.subarray(reader.at)
    const authType = reader.u8()
    return authType === RMCP_PLUS ? decode20(reader, covered) : decode15(reader, authType)
  })
}

function decodePing(reader: ByteReader): Ping {
  const iana = reader.u32be()
  const type = reader.u8()
  if (iana !== ASF_IANA || type !== ASF_PING) throw new IpmiError(`ASF message ${type}`)
  return { kind: 'ping', tag: reader.u8() }
}

function decode15(reader: ByteReader, authType: number): Packet15 {
  const sequence = reader.u32le()
  const session = reader.u32le()
  const code = authType === AUTH_TYPE.none ? {} : { code: reader.take(16) }
  return { kind: '1.5', authType, sequence, session, ...code, payload: reader.take(reader.u8()) }
}

function decode20(reader: ByteReader, covered: Buffer): Packet20 {
  const type = reader.u8()
  const session = reader.u32le()
  const sequence = reader.u32le()
  const payload = reader.take(reader.u16le())
  return {
    kind: '2.0',
    payloadType: type & 0x3f,
    encrypted: (type & 0x80) !== 0,
    authenticated: (type & 0x40) !== 0,
    session,
    sequence,
    payload,
    covered,
  }
}

/** The answer to a presence ping: IPMI is spoken here (ASF 2.0 §3.2.4.3). */
export function encodePong(tag: number): Buffer {
  const header = rmcp(CLASS_ASF).u32be(ASF_IANA).u8(ASF_PONG).u8(tag).u8(0).u8(16)
  return header.u32be(ASF_IANA).u32be(0).u8(0x81).zeros(7).done()
}

export function encode15({ authType, sequence, session, code, payload }: Omit<Packet15, 'kind'>): Buffer {
  const writer = rmcp(CLASS_IPMI).u8(authType).u32le(sequence).u32le(session)
  if (code) writer.bytes(code)
  return writer.u8(payload.length).bytes(payload).done()
}

export interface Sealing {
  /** Encrypts the payload. */
  encrypt?: (plain: Buffer) => Buffer
  /** Computes the integrity code over a packet from its authentication type on. */
  sign?: (covered: Buffer) => Buffer
}

/** A packet of RMCP+, encrypted and signed as far as the session has it. */
export function encode20(
  { payloadType, session, sequence, payload }: Pick<Packet20, 'payloadType' | 'session' | 'sequence' | 'payload'>,
  { encrypt, sign }: Sealing = {},
): Buffer {
  const body = encrypt ? encrypt(payload) : payload
  const type = payloadType | (encrypt ? 0x80 : 0) | (sign ? 0x40 : 0)
  const writer = new ByteWriter().u8(RMCP_PLUS).u8(type).u32le(session).u32le(sequence).u16le(body.length).bytes(body)
  if (sign) {
    const pad = (4 - ((writer.length + 2) % 4)) % 4
    writer.bytes(Buffer.alloc(pad, 0xff)).u8(pad).u8(7)
  }
  const covered = writer.done()
  return Buffer.concat([rmcp(CLASS_IPMI).done(), covered, ...(sign ? [sign(covered)] : [])])
}

/** One IPMI message over a LAN (table 13-8). */
export interface Message {
  responder: number
  netFn: number
  lun: number
  requester: number
  sequence: number
  requesterLun: number
  command: number
  data: Buffer
}

/** @throws IpmiError for a message that is too short or whose checksum is wrong */
export function decodeMessage(bytes: Buffer): Message {
  return reading(() => {
    const reader = new ByteReader(bytes)
    const responder = reader.u8()
    const netFn = reader.u8()
    if (reader.u8() !== checksum(bytes.subarray(0, 2))) throw new IpmiError('checksum of the header')
    const requester = reader.u8()
    const sequence = reader.u8()
    const command = reader.u8()
    const data = reader.take(reader.left - 1)
    if (reader.u8() !== checksum(bytes.subarray(3, -1))) throw new IpmiError('checksum of the data')
    return {
      responder,
      netFn: netFn >> 2,
      lun: netFn & 3,
      requester,
      sequence: sequence >> 2,
      requesterLun: sequence & 3,
      command,
      data,
    }
  })
}

/** The response to a message: network function one higher, completion code first. */
export function encodeResponse(request: Message, completion: number, data: Uint8Array): Buffer {
  const head = Buffer.from([request.requester, ((request.netFn | 1) << 2) | request.requesterLun])
  const body = Buffer.concat([Buffer.from([request.responder, (request.sequence << 2) | request.lun, request.command, completion]), data])
  return Buffer.concat([head, Buffer.from([checksum(head)]), body, Buffer.from([checksum(body)])])
}

/** Two's complement of the sum. */
export function checksum(bytes: Uint8Array): number {
  return -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff
}

function rmcp(kind: number): ByteWriter {
  return new ByteWriter().u8(RMCP_VERSION).u8(0).u8(NO_ACK).u8(kind)
}

function reading<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof ShortMessage) throw new IpmiError(error.message)
    throw error
  }
}
