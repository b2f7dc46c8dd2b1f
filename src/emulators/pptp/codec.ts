/**
 * The control connection of PPTP (RFC 2637 §2).
 *
 *   length 2 · message type 2 · magic 1a2b3c4d · control type 2 · reserved 2 · body
 */

/** Not a control message of RFC 2637. */
export class PptpError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'PptpError'
  }
}

export const CONTROL = {
  START_REQUEST: 1,
  START_REPLY: 2,
  STOP_REQUEST: 3,
  STOP_REPLY: 4,
  ECHO_REQUEST: 5,
  ECHO_REPLY: 6,
  OUTGOING_REQUEST: 7,
  OUTGOING_REPLY: 8,
  CLEAR_REQUEST: 12,
  SET_LINK_INFO: 15,
} as const

export const HEADER_LENGTH = 12
/** The longest message, an Incoming-Call-Request, has 220 bytes. */
export const LARGEST_MESSAGE = 220
const MAGIC = 0x1a2b3c4d

export interface ControlMessage {
  type: number
  /** What follows the header. */
  body: Buffer
}

/** Length and control type of a message. @param header its first 12 bytes @throws PptpError */
export function parseHeader(header: Buffer): { length: number; type: number } {
  if (header.length < HEADER_LENGTH) throw new PptpError('no whole header')
  const length = header.readUInt16BE(0)
  if (header.readUInt16BE(2) !== 1) throw new PptpError(`message type ${header.readUInt16BE(2)}`)
  if (header.readUInt32BE(4) !== MAGIC) throw new PptpError('no magic cookie')
  if (length < HEADER_LENGTH || length > LARGEST_MESSAGE) throw new PptpError(`length ${length}`)
  return { length, type: header.readUInt16BE(8) }
}

export function encodeMessage({ type, body }: ControlMessage): Buffer {
  const header = Buffer.alloc(HEADER_LENGTH)
  header.writeUInt16BE(HEADER_LENGTH + body.length, 0)
  header.writeUInt16BE(1, 2)
  header.writeUInt32BE(MAGIC, 4)
  header.writeUInt16BE(type, 8)
  return Buffer.concat([header, body])
}

/** Start-Control-Connection-Request, or with a result its reply. Names are padded with zeros to 64 bytes. */
export interface StartMessage {
  version: number
  framing: number
  bearer: number
  channels: number
  firmware: number
  hostname: string
  vendor: string
}

/** @throws PptpError */
export function parseStart(body: Buffer): StartMessage {
  if (body.length < 144) throw new PptpError(`start of ${body.length} bytes`)
  return {
    version: body.readUInt16BE(0),
    framing: body.readUInt32BE(4),
    bearer: body.readUInt32BE(8),
    channels: body.readUInt16BE(12),
    firmware: body.readUInt16BE(14),
    hostname: padded(body.subarray(16, 80)),
    vendor: padded(body.subarray(80, 144)),
  }
}

/** @param result 0 in a request, 1 in a reply that grants it */
export function encodeStart(start: StartMessage, result: number): Buffer {
  const body = Buffer.alloc(144)
  body.writeUInt16BE(start.version, 0)
  body[2] = result
  body.writeUInt32BE(start.framing, 4)
  body.writeUInt32BE(start.bearer, 8)
  body.writeUInt16BE(start.channels, 12)
  body.writeUInt16BE(start.firmware, 14)
  body.write(start.hostname.slice(0, 64), 16, 'latin1')
  body.write(start.vendor.slice(0, 64), 80, 'latin1')
  return body
}

export interface OutgoingCall {
  callId: number
  serial: number
  maxBps: number
  window: number
  phone: string
}

/** @throws PptpError */
export function parseOutgoing(body: Buffer): OutgoingCall {
  if (body.length < 156) throw new PptpError(`call of ${body.length} bytes`)
  const phoneLength = Math.min(body.readUInt16BE(24), 64)
  return {
    callId: body.readUInt16BE(0),
    serial: body.readUInt16BE(2),
    maxBps: body.readUInt32BE(8),
    window: body.readUInt16BE(20),
    phone: body.toString('latin1', 28, 28 + phoneLength),
  }
}

/** Outgoing-Call-Reply that grants the call. */
export function encodeOutgoingReply(reply: { callId: number; peersCallId: number; speed: number; window: number }): Buffer {
  const body = Buffer.alloc(20)
  body.writeUInt16BE(reply.callId, 0)
  body.writeUInt16BE(reply.peersCallId, 2)
  body[4] = 1
  body.writeUInt32BE(reply.speed, 8)
  body.writeUInt16BE(reply.window, 12)
  return body
}

function padded(field: Buffer): string {
  const end = field.indexOf(0)
  return field.toString('latin1', 0, end < 0 ? field.length : end)
}
