/** The PDUs of connection-oriented DCE/RPC (C706 12.6, MS-RPCE 2.2.2) that a server reads and sends. */
import { ByteReader, ShortMessage } from '../byte-reader.ts'
import { ByteWriter } from '../byte-writer.ts'

/** Not a PDU of C706 12.6. */
export class DcerpcError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'DcerpcError'
  }
}

export const PTYPE = {
  REQUEST: 0,
  RESPONSE: 2,
  FAULT: 3,
  BIND: 11,
  BIND_ACK: 12,
  BIND_NAK: 13,
  ALTER_CONTEXT: 14,
  ALTER_CONTEXT_RESPONSE: 15,
  AUTH3: 16,
  SHUTDOWN: 17,
  CANCEL: 18,
  ORPHANED: 19,
} as const

export const PFC = { FIRST: 1, LAST: 2, OBJECT: 0x80 } as const

export const HEADER_BYTES = 16
/** Largest fragment that we take and send, as Windows and Samba say in bind_ack. */
export const MAX_FRAGMENT = 4280

export interface Header {
  minor: number
  type: number
  flags: number
  isBigEndian: boolean
  length: number
  authLength: number
  callId: number
}

/** @throws DcerpcError for anything but version 5 in little-endian, or a length that cannot be */
export function parseHeader(bytes: Buffer): Header {
  if (bytes.length < HEADER_BYTES) throw new DcerpcError('header too short')
  const header = {
    minor: bytes.readUInt8(1),
    type: bytes.readUInt8(2),
    flags: bytes.readUInt8(3),
    isBigEndian: (bytes.readUInt8(4) & 0xf0) === 0,
    length: bytes.readUInt16LE(8),
    authLength: bytes.readUInt16LE(10),
    callId: bytes.readUInt32LE(12),
  }
  if (bytes.readUInt8(0) !== 5) throw new DcerpcError(`version ${bytes.readUInt8(0)}`)
  if (header.isBigEndian) throw new DcerpcError('big-endian')
  if (header.length < HEADER_BYTES) throw new DcerpcError(`fragment length ${header.length}`)
  return header
}

export interface Syntax {
  /** Lower case, as it is written. */
  uuid: string
  major: number
  minor: number
}

export interface PresentationContext {
  id: number
  abstract: Syntax
  transfer: Syntax[]
}

export interface AuthVerifier {
  /** 9 SPNEGO, 10 NTLMSSP, 16 Kerberos, 68 Netlogon. */
  type: number
  level: number
  contextId: number
  token: Buffer
}

export interface Bind {
  maxTransmit: number
  maxReceive: number
  groupId: number
  contexts: PresentationContext[]
}

export interface Request {
  contextId: number
  opnum: number
  object?: string
  stub: Buffer
}

/** Everything of one PDU behind its header: body and verifier. @throws DcerpcError */
export function splitAuth(pdu: Buffer, { authLength }: Header): { body: Buffer; auth?: AuthVerifier } {
  if (authLength === 0) return { body: pdu.subarray(HEADER_BYTES) }
  const at = pdu.length - authLength - 8
  if (at < HEADER_BYTES) throw new DcerpcError('a verifier longer than its PDU')
  const padding = pdu.readUInt8(at + 2)
  if (at - padding < HEADER_BYTES) throw new DcerpcError('more padding than body')
  const auth = {
    type: pdu.readUInt8(at),
    level: pdu.readUInt8(at + 1),
    contextId: pdu.readUInt32LE(at + 4),
    token: pdu.subarray(at + 8),
  }
  return { body: pdu.subarray(HEADER_BYTES, at - padding), auth }
}

/** Body of a bind or alter_context. @throws DcerpcError */
export function parseBind(body: Buffer): Bind {
  return guarded(() => {
    const reader = new ByteReader(body)
    const maxTransmit = reader.u16le()
    const maxReceive = reader.u16le()
    const groupId = reader.u32le()
    const count = reader.u8()
    reader.skip(3)
    const contexts: PresentationContext[] = []
    for (let i = 0; i < count; i++) {
      const id = reader.u16le()
      const transfers = reader.u8()
      reader.skip(1)
      const abstract = readSyntax(reader)
      const transfer: Syntax[] = []
      for (let t = 0; t < transfers; t++) transfer.push(readSyntax(reader))
      contexts.push({ id, abstract, transfer })
    }
    return { maxTransmit, maxReceive, groupId, contexts }
  })
}

/** Body of a request. @throws DcerpcError */
export function parseRequest(body: Buffer, { flags }: Header): Request {
  return guarded(() => {
    const reader = new ByteReader(body)
    reader.skip(4)
    const contextId = reader.u16le()
    const opnum = reader.u16le()
    const object = flags & PFC.OBJECT ? uuidText(reader.take(16)) : undefined
    return { contextId, opnum, ...(object !== undefined && { object }), stub: reader.rest() }
  })
}

function guarded<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof ShortMessage) throw new DcerpcError(error.message)
    throw error
  }
}

function readSyntax(reader: ByteReader): Syntax {
  return { uuid: uuidText(reader.take(16)), major: reader.u16le(), minor: reader.u16le() }
}

/** A UUID as Windows stores it (the first three parts little-endian). */
export function uuidText(bytes: Buffer): string {
  const tail = bytes.toString('hex', 8, 16)
  const part = (at: number, length: number): string =>
    Buffer.from(bytes.subarray(at, at + length))
      .reverse()
      .toString('hex')
  return `${part(0, 4)}-${part(4, 2)}-${part(6, 2)}-${tail.slice(0, 4)}-${tail.slice(4)}`
}

export function uuidBytes(text: string): Buffer {
  const hex = Buffer.from(text.replaceAll('-', ''), 'hex')
  return Buffer.concat([
    Buffer.from(hex.subarray(0, 4)).reverse(),
    Buffer.from(hex.subarray(4, 6)).reverse(),
    Buffer.from(hex.subarray(6, 8)).reverse(),
    hex.subarray(8),
  ])
}

/** One PDU; the length is filled in. */
export function encodePdu(type: number, callId: number, body: Uint8Array, more: { flags?: number; auth?: AuthVerifier } = {}): Buffer {
  const { flags = PFC.FIRST | PFC.LAST, auth } = more
  const padding = auth ? -body.length & 3 : 0
  const writer = new ByteWriter()
    .u8(5)
    .u8(0)
    .u8(type)
    .u8(flags)
    .u32le(0x10)
    .u16le(HEADER_BYTES + body.length + (auth ? padding + 8 + auth.token.length : 0))
    .u16le(auth?.token.length ?? 0)
    .u32le(callId)
    .bytes(body)
  if (auth) writer.zeros(padding).u8(auth.type).u8(auth.level).u8(padding).u8(0).u32le(auth.contextId).bytes(auth.token)
  return writer.done()
}

export interface ContextResult {
  /** 0 acceptance, 2 provider rejection, 3 negotiate_ack (MS-RPCE 2.2.2.4). */
  result: number
  reason: number
  transfer?: Syntax
}

/** Body of bind_ack and alter_context_response. @param address secondary address, e.g. `\PIPE\srvsvc` or `135` */
export function encodeBindAck({ groupId, address, results }: { groupId: number; address: string; results: ContextResult[] }): Buffer {
  const writer = new ByteWriter().u16le(MAX_FRAGMENT).u16le(MAX_FRAGMENT).u32le(groupId)
  if (address === '') writer.u16le(0)
  else writer.u16le(address.length + 1).nulText(address)
  writer
    .zeros(-writer.length & 3)
    .u8(results.length)
    .zeros(3)
  for (const { result, reason, transfer } of results) {
    writer.u16le(result).u16le(reason)
    if (transfer) writer.bytes(uuidBytes(transfer.uuid)).u16le(transfer.major).u16le(transfer.minor)
    else writer.zeros(20)
  }
  return writer.done()
}

/** bind_nak with the versions that we do speak. @param reason 4 protocol version not supported, 8 authentication type not recognized */
export function encodeBindNak(callId: number, reason: number): Buffer {
  return encodePdu(PTYPE.BIND_NAK, callId, Buffer.from([reason, 0, 1, 5, 0, 0, 0, 0]))
}

export function encodeFault(callId: number, contextId: number, status: number): Buffer {
  const body = new ByteWriter().u32le(32).u16le(contextId).u16le(0).u32le(status).u32le(0).done()
  // "Did not execute": the client may try again (C706 12.6.4.7).
  return encodePdu(PTYPE.FAULT, callId, body, { flags: PFC.FIRST | PFC.LAST | 0x20 })
}

/** A response in as many fragments as it takes. */
export function encodeResponse(callId: number, contextId: number, stub: Buffer, maxFragment = MAX_FRAGMENT): Buffer {
  // Fragments carry a multiple of eight bytes.
  const room = Math.max(8, (maxFragment - HEADER_BYTES - 8) & ~7)
  const parts: Buffer[] = []
  for (let at = 0; at === 0 || at < stub.length; at += room) {
    const piece = stub.subarray(at, at + room)
    const flags = (at === 0 ? PFC.FIRST : 0) | (at + room >= stub.length ? PFC.LAST : 0)
    const body = new ByteWriter()
      .u32le(stub.length - at)
      .u16le(contextId)
      .u16le(0)
      .bytes(piece)
      .done()
    parts.push(encodePdu(PTYPE.RESPONSE, callId, body, { flags }))
  }
  return Buffer.concat(parts)
}
