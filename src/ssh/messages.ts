import { Message } from './transport/message-numbers.ts'
import { WireError, WireReader, WireWriter } from './transport/wire.ts'

/** What follows the method differs by its name and is left in the reader; the daemon reads it only for methods on offer. */
export interface UserAuthRequest {
  /** What an attacker may put any bytes into stays a Buffer; names that the protocol restricts to ASCII are strings. */
  user: Buffer
  service: string
  method: string
  reader: WireReader
}

/** SSH_MSG_USERAUTH_REQUEST, RFC 4252 §5. A style behind a colon belongs to the authentication, not to the name. @throws WireError */
export function readUserAuthRequest(payload: Buffer): UserAuthRequest {
  const reader = new WireReader(payload, 1)
  const name = reader.cstring()
  const colon = name.indexOf(':')
  return { user: colon < 0 ? name : name.subarray(0, colon), service: reader.name(), method: reader.name(), reader }
}

/** The rest of a `password` request; a change of it is asked for by a second one. @throws WireError */
export function readPassword(reader: WireReader): { password: Buffer; changes: boolean } {
  const changes = reader.boolean()
  const password = reader.cstring()
  if (changes) reader.cstring()
  reader.end()
  return { password, changes }
}

/** OpenSSH's variant of `publickey` that names the server's host key too (PROTOCOL §3.1). */
export const HOSTBOUND = 'publickey-hostbound-v00@openssh.com'

export interface OfferedKey {
  algorithm: string
  key: Buffer
  /** The host key that the client knows the server by, in the variant. */
  hostKey: Buffer | undefined
  isSigned: boolean
  /** What a signature, still in the reader, covers besides the session: all of the message before it (RFC 4252 §7). */
  covered: Buffer
}

/** What a `publickey` request offers, up to its signature. @throws WireError */
export function readOfferedKey({ method, reader }: UserAuthRequest, payload: Buffer): OfferedKey {
  const isSigned = reader.boolean()
  const algorithm = reader.name()
  const key = reader.string()
  const hostKey = method === HOSTBOUND ? reader.string() : undefined
  return { algorithm, key, hostKey, isSigned, covered: payload.subarray(0, payload.length - reader.left) }
}

/** The devices that a `keyboard-interactive` request wants, none for any, RFC 4256 §3.1. @throws WireError */
export function readDevices(reader: WireReader): string[] {
  reader.cstring()
  const devices = reader.nameList()
  reader.end()
  return devices
}

/** SSH_MSG_USERAUTH_INFO_RESPONSE to one question, RFC 4256 §3.4. @throws WireError when there is another number of answers */
export function readInfoResponse(payload: Buffer): Buffer {
  const reader = new WireReader(payload, 1)
  if (reader.uint32() !== 1) throw new WireError('one question, another number of answers')
  const answer = reader.cstring()
  reader.end()
  return answer
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
  const target = { host: text(reader), port: reader.uint32(), originHost: text(reader), originPort: reader.uint32() }
  reader.end()
  return target
}

/** Path of a `direct-streamlocal@openssh.com` channel (PROTOCOL §2.4). @throws WireError */
export function readStreamlocalPath(reader: WireReader): string {
  const path = text(reader)
  reader.cstring()
  reader.uint32()
  reader.end()
  return path
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
  const other = { ...head, type: 'other', name } as const
  // A signal that cannot be read is refused as one that is unknown; all other nonsense ends the connection (session.c).
  if (name === 'signal') return { ...head, ...readSignal(reader) }
  const content = readContent(name, reader)
  if (!content) return other
  reader.end()
  return { ...head, ...content }
}

type Content = ChannelRequest extends infer R ? (R extends ChannelRequest ? Omit<R, 'channel' | 'wantReply'> : never) : never

function readContent(name: string, reader: WireReader): Content | undefined {
  switch (name) {
    case 'pty-req': {
      const [term, columns, rows] = [text(reader), reader.uint32(), reader.uint32()]
      reader.take(8)
      reader.string()
      return { type: name, term, columns, rows }
    }
    case 'window-change': {
      const [columns, rows] = [reader.uint32(), reader.uint32()]
      reader.take(8)
      return { type: name, columns, rows }
    }
    case 'env':
      return { type: name, name: reader.cstring(), value: reader.cstring() }
    case 'exec':
      return { type: name, command: reader.cstring() }
    case 'subsystem':
      return { type: name, name: text(reader) }
    case 'break':
      reader.uint32()
      return { type: 'other', name }
    case 'x11-req':
      reader.boolean()
      reader.cstring()
      reader.cstring()
      reader.uint32()
      return { type: name }
    case 'shell':
    case 'auth-agent-req@openssh.com':
      return { type: name }
    default:
      return undefined
  }
}

function readSignal(reader: WireReader): Content {
  try {
    const name = reader.name()
    reader.end()
    return { type: 'signal', name }
  } catch (error) {
    if (error instanceof WireError) return { type: 'other', name: 'signal' }
    throw error
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
  return reader.cstring().toString('utf8')
}
