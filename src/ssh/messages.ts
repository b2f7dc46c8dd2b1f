import { Message } from './transport/message-numbers.ts'
import { WireReader, WireWriter } from './transport/wire.ts'

/** What an attacker may put any bytes into stays a Buffer; names that the protocol restricts to ASCII are strings. */
export type UserAuthRequest = { user: Buffer; service: string } & UserAuthMethod

export type UserAuthMethod =
  | { method: 'none' }
  | { method: 'password'; password: Buffer; newPassword?: Buffer }
  | { method: 'publickey'; algorithm: string; key: Buffer; signed?: SignedPart }
  | { method: 'keyboard-interactive' }
  | { method: 'other'; name: string }

/** A signature and the bytes of the message that it covers, those before the signature (RFC 4252 §7). */
export interface SignedPart {
  signature: Buffer
  covered: Buffer
}

/** OpenSSH's variant of `publickey` that names the server's host key too (PROTOCOL §3.1). */
const HOSTBOUND = 'publickey-hostbound-v00@openssh.com'

/** SSH_MSG_USERAUTH_REQUEST, RFC 4252 §5. @throws WireError */
export function readUserAuthRequest(payload: Buffer): UserAuthRequest {
  const reader = new WireReader(payload, 1)
  const user = reader.string()
  const service = reader.name()
  const name = reader.name()
  return { user, service, ...readMethod(name, reader, payload) }
}

function readMethod(name: string, reader: WireReader, payload: Buffer): UserAuthMethod {
  switch (name) {
    case 'none':
      return { method: 'none' }
    case 'password': {
      const changes = reader.boolean()
      const password = reader.string()
      if (!changes) return { method: 'password', password }
      return { method: 'password', password, newPassword: reader.string() }
    }
    case 'publickey':
    case HOSTBOUND: {
      const isSigned = reader.boolean()
      const algorithm = reader.name()
      const key = reader.string()
      if (name === HOSTBOUND) reader.string()
      if (!isSigned) return { method: 'publickey', algorithm, key }
      const covered = payload.subarray(0, payload.length - reader.left)
      return { method: 'publickey', algorithm, key, signed: { covered, signature: reader.string() } }
    }
    case 'keyboard-interactive':
      return { method: 'keyboard-interactive' }
    default:
      return { method: 'other', name }
  }
}

/** SSH_MSG_USERAUTH_INFO_RESPONSE, RFC 4256 §3.4. @throws WireError */
export function readInfoResponse(payload: Buffer): Buffer[] {
  const reader = new WireReader(payload, 1)
  const count = reader.uint32()
  const responses: Buffer[] = []
  while (responses.length < count) responses.push(reader.string())
  return responses
}

export interface GlobalRequest {
  name: string
  wantReply: boolean
  reader: WireReader
}

/** SSH_MSG_GLOBAL_REQUEST, RFC 4254 §4. What follows differs by name and is left in the reader. @throws WireError */
export function readGlobalRequest(payload: Buffer): GlobalRequest {
  const reader = new WireReader(payload, 1)
  return { name: reader.name(), wantReply: reader.boolean(), reader }
}

export interface ChannelOpen {
  type: string
  sender: number
  window: number
  packet: number
  reader: WireReader
}

/** SSH_MSG_CHANNEL_OPEN, RFC 4254 §5.1. @throws WireError */
export function readChannelOpen(payload: Buffer): ChannelOpen {
  const reader = new WireReader(payload, 1)
  return { type: reader.name(), sender: reader.uint32(), window: reader.uint32(), packet: reader.uint32(), reader }
}

/** Where a `direct-tcpip` channel shall lead, RFC 4254 §7.2. */
export interface ForwardTarget {
  host: string
  port: number
  originHost: string
  originPort: number
}

/** @throws WireError */
export function readForwardTarget(reader: WireReader): ForwardTarget {
  return { host: text(reader), port: reader.uint32(), originHost: text(reader), originPort: reader.uint32() }
}

export type ChannelRequest = { channel: number; wantReply: boolean } & (
  | { type: 'pty-req'; term: string; columns: number; rows: number }
  | { type: 'window-change'; columns: number; rows: number }
  | { type: 'env'; name: Buffer; value: Buffer }
  | { type: 'shell' }
  | { type: 'exec'; command: Buffer }
  | { type: 'subsystem'; name: string }
  | { type: 'signal'; name: string }
  | { type: 'x11-req' }
  | { type: 'auth-agent-req@openssh.com' }
  | { type: 'other'; name: string }
)

/** SSH_MSG_CHANNEL_REQUEST, RFC 4254 §6. @throws WireError */
export function readChannelRequest(payload: Buffer): ChannelRequest {
  const reader = new WireReader(payload, 1)
  const channel = reader.uint32()
  const name = reader.name()
  const head = { channel, wantReply: reader.boolean() }
  switch (name) {
    case 'pty-req': {
      const [term, columns, rows] = [text(reader), reader.uint32(), reader.uint32()]
      return { ...head, type: name, term, columns, rows }
    }
    case 'window-change':
      return { ...head, type: name, columns: reader.uint32(), rows: reader.uint32() }
    case 'env':
      return { ...head, type: name, name: reader.string(), value: reader.string() }
    case 'exec':
      return { ...head, type: name, command: reader.string() }
    case 'subsystem':
      return { ...head, type: name, name: text(reader) }
    case 'signal':
      return { ...head, type: name, name: reader.name() }
    case 'shell':
    case 'x11-req':
    case 'auth-agent-req@openssh.com':
      return { ...head, type: name }
    default:
      return { ...head, type: 'other', name }
  }
}

/** SSH_MSG_CHANNEL_DATA and, with its data type, SSH_MSG_CHANNEL_EXTENDED_DATA, RFC 4254 §5.2. */
export function channelData(recipient: number, data: Buffer, extendedType?: number): Buffer {
  const writer = new WireWriter(extendedType === undefined ? Message.CHANNEL_DATA : Message.CHANNEL_EXTENDED_DATA).uint32(recipient)
  if (extendedType !== undefined) writer.uint32(extendedType)
  return writer.string(data).done()
}

/** A channel request without reply, as servers send them: `exit-status`, `exit-signal`, `eow@openssh.com`. */
export function channelNotice(recipient: number, name: string, rest: Buffer = Buffer.alloc(0)): Buffer {
  return new WireWriter(Message.CHANNEL_REQUEST).uint32(recipient).string(name).boolean(false).raw(rest).done()
}

/** Text that an attacker chose and that we use as text: bytes outside UTF-8 are replaced, the event keeps the message's own. */
function text(reader: WireReader): string {
  return reader.string().toString('utf8')
}
