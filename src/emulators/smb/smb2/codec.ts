/** Messages of SMB2 (MS-SMB2 2.2): headers, compounds and the bodies that are more than some numbers. */
import { ByteReader, ShortMessage } from '../../../sensor/byte-reader.ts'
import { ByteWriter } from '../../../sensor/byte-writer.ts'
import { SmbFormatError } from '../status.ts'
import { HEADER_BYTES } from './crypto.ts'

export const COMMAND = {
  NEGOTIATE: 0,
  SESSION_SETUP: 1,
  LOGOFF: 2,
  TREE_CONNECT: 3,
  TREE_DISCONNECT: 4,
  CREATE: 5,
  CLOSE: 6,
  FLUSH: 7,
  READ: 8,
  WRITE: 9,
  LOCK: 10,
  IOCTL: 11,
  CANCEL: 12,
  ECHO: 13,
  QUERY_DIRECTORY: 14,
  CHANGE_NOTIFY: 15,
  QUERY_INFO: 16,
  SET_INFO: 17,
  OPLOCK_BREAK: 18,
} as const

export const FLAG = { RESPONSE: 1, ASYNC: 2, RELATED: 4, SIGNED: 8 } as const

const MAGIC = Buffer.from('\xfeSMB', 'latin1')
/** Messages in one compound. */
const COMPOUND = 32

export interface Smb2Message {
  /** From its header to the next one: offsets in the body count from here. */
  bytes: Buffer
  command: number
  creditCharge: number
  credits: number
  flags: number
  messageId: bigint
  processId: number
  treeId: number
  sessionId: bigint
}

/** The messages of one packet. @throws SmbFormatError */
export function parseCompound(packet: Buffer): Smb2Message[] {
  const messages: Smb2Message[] = []
  for (let at = 0; ; ) {
    if (packet.length - at < HEADER_BYTES || !packet.subarray(at, at + 4).equals(MAGIC)) throw new SmbFormatError('no SMB2 header')
    if (messages.length === COMPOUND) throw new SmbFormatError('too many messages in one')
    const next = packet.readUInt32LE(at + 20)
    if (next !== 0 && (next < HEADER_BYTES || next & 7)) throw new SmbFormatError('NextCommand')
    messages.push(parseMessage(next === 0 ? packet.subarray(at) : packet.subarray(at, at + next)))
    if (next === 0) return messages
    at += next
  }
}

function parseMessage(bytes: Buffer): Smb2Message {
  return {
    bytes,
    creditCharge: bytes.readUInt16LE(6),
    command: bytes.readUInt16LE(12),
    credits: bytes.readUInt16LE(14),
    flags: bytes.readUInt32LE(16),
    messageId: bytes.readBigUInt64LE(24),
    processId: bytes.readUInt32LE(32),
    treeId: bytes.readUInt32LE(36),
    sessionId: bytes.readBigUInt64LE(40),
  }
}

/** The body of a message of fixed size. @throws SmbFormatError when it is shorter */
export function bodyOf({ bytes }: Smb2Message, size: number): ByteReader {
  if (bytes.length < HEADER_BYTES + size) throw new SmbFormatError('body too short')
  return new ByteReader(bytes, HEADER_BYTES)
}

/** Bytes that a message says to be at an offset from its header. @throws SmbFormatError */
export function buffer({ bytes }: Smb2Message, offset: number, length: number): Buffer {
  if (length === 0) return Buffer.alloc(0)
  if (offset < HEADER_BYTES || offset + length > bytes.length) throw new SmbFormatError('a buffer reaches past the end')
  return bytes.subarray(offset, offset + length)
}

export interface Smb2Answer {
  status: number
  body: Buffer
  treeId?: number
  sessionId?: bigint
  /** Handle that related messages of the same compound go on with. */
  handle?: number
}

/** Body of an error (MS-SMB2 2.2.2). */
export const ERROR_BODY = Buffer.from([9, 0, 0, 0, 0, 0, 0, 0, 0])

/** A response; `ids` as the request had them where the answer does not say otherwise. */
export function encodeResponse(request: Smb2Message, answer: Smb2Answer, ids: { treeId: number; sessionId: bigint }): Buffer {
  return new ByteWriter()
    .bytes(MAGIC)
    .u16le(64)
    .u16le(request.creditCharge)
    .u32le(answer.status)
    .u16le(request.command)
    .u16le(Math.min(Math.max(request.credits, 1), 512))
    .u32le(FLAG.RESPONSE | (request.flags & FLAG.RELATED))
    .u32le(0)
    .u64le(request.messageId)
    .u32le(request.processId)
    .u32le(answer.treeId ?? ids.treeId)
    .u64le(answer.sessionId ?? ids.sessionId)
    .zeros(16)
    .bytes(answer.body)
    .done()
}

export interface Negotiate {
  dialects: number[]
  securityMode: number
  capabilities: number
  clientGuid: Buffer
  /** Negotiate contexts of 3.1.1 by type. */
  contexts: Map<number, Buffer>
}

/** @throws SmbFormatError */
export function parseNegotiate(message: Smb2Message): Negotiate {
  try {
    const body = bodyOf(message, 36)
    body.skip(2)
    const count = body.u16le()
    const securityMode = body.u16le()
    body.skip(2)
    const capabilities = body.u32le()
    const clientGuid = body.take(16)
    const contextOffset = body.u32le()
    const contextCount = body.u16le()
    body.skip(2)
    const dialects: number[] = []
    for (let i = 0; i < count; i++) dialects.push(body.u16le())
    const contexts = dialects.includes(0x311) ? parseContexts(message, contextOffset, contextCount) : new Map<number, Buffer>()
    return { dialects, securityMode, capabilities, clientGuid, contexts }
  } catch (error) {
    if (error instanceof ShortMessage) throw new SmbFormatError(error.message)
    throw error
  }
}

function parseContexts({ bytes }: Smb2Message, offset: number, count: number): Map<number, Buffer> {
  const contexts = new Map<number, Buffer>()
  const reader = new ByteReader(bytes, offset)
  if (offset > bytes.length) throw new SmbFormatError('negotiate contexts')
  for (let i = 0; i < Math.min(count, 32) && reader.left >= 8; i++) {
    const type = reader.u16le()
    const length = reader.u16le()
    reader.skip(4)
    contexts.set(type, reader.take(length))
    reader.skip(Math.min(-length & 7, reader.left))
  }
  return contexts
}

export interface NegotiateAnswer {
  dialect: number
  guid: Buffer
  capabilities: number
  maxSize: number
  now: Buffer
  bootedAt: Buffer
  blob: Buffer
  contexts: readonly { type: number; data: Buffer }[]
}

export function encodeNegotiate({ dialect, guid, capabilities, maxSize, now, bootedAt, blob, contexts }: NegotiateAnswer): Buffer {
  const blobAt = HEADER_BYTES + 64
  const contextsAt = contexts.length ? (blobAt + blob.length + 7) & ~7 : 0
  const writer = new ByteWriter()
    .u16le(65)
    .u16le(1)
    .u16le(dialect)
    .u16le(contexts.length)
    .bytes(guid)
    .u32le(capabilities)
    .u32le(maxSize)
    .u32le(maxSize)
    .u32le(maxSize)
    .bytes(now)
    .bytes(bootedAt)
    .u16le(blobAt)
    .u16le(blob.length)
    .u32le(contextsAt)
    .bytes(blob)
  for (const { type, data } of contexts) {
    writer
      .zeros(-writer.length & 7)
      .u16le(type)
      .u16le(data.length)
      .u32le(0)
      .bytes(data)
  }
  return writer.done()
}

/** StructureSize 9: an offset, a length, and the bytes; QUERY_DIRECTORY, QUERY_INFO and SESSION_SETUP have it. */
export function encodeBuffer(bytes: Buffer, flags?: number): Buffer {
  const writer = new ByteWriter().u16le(9)
  if (flags === undefined) return writer.u16le(72).u32le(bytes.length).bytes(bytes).done()
  return writer.u16le(flags).u16le(72).u16le(bytes.length).bytes(bytes).done()
}
