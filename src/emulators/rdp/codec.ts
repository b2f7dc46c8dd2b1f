/** RDP up to the client's credentials (MS-RDPBCGR 2.2.1): X.224, MCS and GCC as bytes. */
import { BER, BerError, BerReader, element, encodeElement, encodeInteger, encodeOctets, sequence } from '../../sensor/ber.ts'
import { ByteReader, ShortMessage } from '../../sensor/byte-reader.ts'
import { ByteWriter } from '../../sensor/byte-writer.ts'

/** Not what a client of RDP sends. */
export class RdpError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'RdpError'
  }
}

/** requestedProtocols and selectedProtocol (2.2.1.1.1); 0 is RDP's own security. */
export const PROTOCOL = { rdp: 0, tls: 1, hybrid: 2, rdsTls: 4, hybridEx: 8 } as const
export const TPKT_HEAD = 4
export const MCS = {
  erectDomain: 1,
  disconnect: 8,
  attachUser: 10,
  attached: 11,
  joinChannel: 14,
  joined: 15,
  sendData: 25,
  indication: 26,
} as const

/** Runs a reader; what ends too early is malformed. @throws RdpError */
function reading<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof ShortMessage || error instanceof BerError) throw new RdpError(error.message)
    throw error
  }
}

export function encodeTpkt(body: Uint8Array): Buffer {
  return new ByteWriter()
    .u8(3)
    .u8(0)
    .u16be(body.length + TPKT_HEAD)
    .bytes(body)
    .done()
}

/** An MCS PDU in X.224's data TPDU. */
export function encodeData(pdu: Uint8Array): Buffer {
  return encodeTpkt(Buffer.concat([Buffer.of(2, 0xf0, 0x80), pdu]))
}

/** @param body of the TPKT @throws RdpError */
export function parseData(body: Buffer): Buffer {
  if (body.length < 3 || body[1] !== 0xf0) throw new RdpError('no data TPDU')
  return body.subarray(3)
}

export interface ConnectionRequest {
  /** What stands behind `Cookie: mstshash=`; a load balancer's token as it is. */
  cookie: Buffer | undefined
  /** Undefined with clients older than TLS. */
  protocols: number | undefined
}

/** X.224 Connection Request (2.2.1.1). @throws RdpError */
export function parseConnectionRequest(body: Buffer): ConnectionRequest {
  return reading(() => {
    const reader = new ByteReader(body)
    reader.u8()
    if ((reader.u8() & 0xf0) !== 0xe0) throw new RdpError('no connection request')
    reader.skip(5)
    let rest = reader.rest()
    let cookie: Buffer | undefined
    const end = rest.indexOf('\r\n')
    if (end >= 0) {
      const line = rest.subarray(0, end)
      const mark = 'Cookie: mstshash='
      cookie = line.toString('latin1').startsWith(mark) ? line.subarray(mark.length) : line
      rest = rest.subarray(end + 2)
    }
    const hasRequest = rest.length >= 8 && rest[0] === 1
    return { cookie, protocols: hasRequest ? rest.readUInt32LE(4) : undefined }
  })
}

/** X.224 Connection Confirm. @param negotiation undefined for clients that did not negotiate */
export function encodeConnectionConfirm(negotiation: { type: 2 | 3; flags: number; value: number } | undefined): Buffer {
  const body = new ByteWriter()
    .u8(negotiation ? 14 : 6)
    .u8(0xd0)
    .u16be(0)
    .u16be(0x1234)
    .u8(0)
  if (negotiation) body.u8(negotiation.type).u8(negotiation.flags).u16le(8).u32le(negotiation.value)
  return encodeTpkt(body.done())
}

/** What a client says of itself (2.2.1.3). */
export interface ClientData {
  version: number
  width: number
  height: number
  keyboardLayout: number
  build: number
  name: string
  /** Encryption methods of RDP's own security; 0 with TLS. */
  encryptionMethods: number
  channels: string[]
}

const MOST_CHANNELS = 31
const CS_CORE = 0xc001
const CS_SECURITY = 0xc002
const CS_NET = 0xc003

/** MCS Connect Initial. @throws RdpError */
export function parseConnectInitial(pdu: Buffer): ClientData {
  return reading(() => {
    if (pdu[0] !== 0x7f || pdu[1] !== 0x65) throw new RdpError('no Connect Initial')
    const reader = new BerReader(element(pdu, 1).content)
    reader.take(BER.octets)
    reader.take(BER.octets)
    reader.take(BER.boolean)
    for (let i = 0; i < 3; i++) reader.take(BER.sequence)
    return parseClientBlocks(reader.take(BER.octets))
  })
}

function parseClientBlocks(gcc: Buffer): ClientData {
  const key = gcc.indexOf('Duca')
  if (key < 0) throw new RdpError('no client data')
  const reader = new ByteReader(gcc, key + 4)
  perLength(reader)
  const data: ClientData = { version: 0, width: 0, height: 0, keyboardLayout: 0, build: 0, name: '', encryptionMethods: 0, channels: [] }
  while (reader.left >= 4) {
    const type = reader.u16le()
    const block = new ByteReader(reader.take(reader.u16le() - 4))
    if (type === CS_CORE) readCore(block, data)
    if (type === CS_SECURITY) data.encryptionMethods = block.u32le()
    if (type === CS_NET) {
      const count = Math.min(block.u32le(), MOST_CHANNELS)
      for (let i = 0; i < count; i++) data.channels.push(block.take(12).subarray(0, 8).toString('latin1').replace(/\0.*$/s, ''))
    }
  }
  return data
}

function readCore(block: ByteReader, data: ClientData): void {
  data.version = block.u32le()
  data.width = block.u16le()
  data.height = block.u16le()
  block.skip(4)
  data.keyboardLayout = block.u32le()
  data.build = block.u32le()
  data.name = block.take(32).toString('utf16le').replace(/\0.*$/s, '')
}

function perLength(reader: ByteReader): number {
  const first = reader.u8()
  return first & 0x80 ? ((first & 0x7f) << 8) | reader.u8() : first
}

export interface ServerData {
  requestedProtocols: number
  channels: number
  /** Of RDP's own security; undefined when TLS does it. */
  security: { method: number; random: Buffer; certificate: Buffer } | undefined
}

export const IO_CHANNEL = 1003

/** MCS Connect Response (2.2.1.4). */
export function encodeConnectResponse({ requestedProtocols, channels, security }: ServerData): Buffer {
  const block = (type: number, body: Buffer): Buffer =>
    new ByteWriter()
      .u16le(type)
      .u16le(body.length + 4)
      .bytes(body)
      .done()
  const core = new ByteWriter().u32le(0x0008_0004).u32le(requestedProtocols).done()
  const net = new ByteWriter().u16le(IO_CHANNEL).u16le(channels)
  for (let i = 0; i < channels; i++) net.u16le(IO_CHANNEL + 1 + i)
  if (channels % 2 === 1) net.u16le(0)
  const secure = new ByteWriter().u32le(security?.method ?? 0).u32le(security ? 2 : 0)
  if (security) secure.u32le(security.random.length).u32le(security.certificate.length).bytes(security.random).bytes(security.certificate)
  const blocks = Buffer.concat([block(0x0c01, core), block(0x0c03, net.done()), block(0x0c02, secure.done())])
  const length = blocks.length < 0x80 ? Buffer.of(blocks.length) : Buffer.of(0x80 | (blocks.length >> 8), blocks.length & 0xff)
  const gcc = Buffer.concat([Buffer.from('000500147c00012a14760a01010001c000', 'hex'), Buffer.from('McDn'), length, blocks])
  const parameters = sequence(...[34, 3, 0, 1, 0, 1, 0xfff8, 2].map((one) => encodeInteger(one)))
  const body = Buffer.concat([encodeInteger(0, BER.enumerated), encodeInteger(0), parameters, encodeOctets(gcc)])
  return Buffer.concat([Buffer.of(0x7f), encodeElement(0x66, body)])
}

export type DomainPdu =
  | { type: 'erect' | 'attach' | 'disconnect' }
  | { type: 'join'; user: number; channel: number }
  | { type: 'data'; channel: number; data: Buffer }

/** The PDUs of a client after Connect Response (T.125 §7). @throws RdpError */
export function parseDomainPdu(pdu: Buffer): DomainPdu {
  return reading(() => {
    const reader = new ByteReader(pdu)
    const kind = reader.u8() >> 2
    switch (kind) {
      case MCS.erectDomain:
        return { type: 'erect' }
      case MCS.attachUser:
        return { type: 'attach' }
      case MCS.disconnect:
        return { type: 'disconnect' }
      case MCS.joinChannel:
        return { type: 'join', user: reader.u16be(), channel: reader.u16be() }
      case MCS.sendData: {
        reader.skip(2)
        const channel = reader.u16be()
        reader.skip(1)
        return { type: 'data', channel, data: reader.take(perLength(reader)) }
      }
      default:
        throw new RdpError(`MCS PDU ${kind}`)
    }
  })
}

/** User channels are counted from 1001. */
const FIRST_USER = 1001

export function encodeAttachConfirm(user: number): Buffer {
  return new ByteWriter()
    .u8((MCS.attached << 2) | 2)
    .u8(0)
    .u16be(user - FIRST_USER)
    .done()
}

export function encodeJoinConfirm(user: number, channel: number): Buffer {
  return new ByteWriter()
    .u8((MCS.joined << 2) | 2)
    .u8(0)
    .u16be(user)
    .u16be(channel)
    .u16be(channel)
    .done()
}

export function encodeIndication(user: number, data: Buffer): Buffer {
  const head = new ByteWriter()
    .u8(MCS.indication << 2)
    .u16be(user - FIRST_USER)
    .u16be(IO_CHANNEL)
    .u8(0x70)
  return head
    .u8(0x80 | (data.length >> 8))
    .u8(data.length & 0xff)
    .bytes(data)
    .done()
}

/** Disconnect Provider Ultimatum, user requested. */
export const DISCONNECT = Buffer.of(0x21, 0x80)

export const SEC = { exchange: 0x0001, encrypt: 0x0008, info: 0x0040, license: 0x0080 } as const

/** What a client logs in with (2.2.1.11.1.1). */
export interface ClientInfo {
  domain: Buffer
  user: Buffer
  password: Buffer
  shell: Buffer
  directory: Buffer
  /** Address that the client believes it has. */
  address: Buffer
  autologon: boolean
}

/** @param bytes behind the security header @throws RdpError */
export function parseClientInfo(bytes: Buffer): ClientInfo {
  return reading(() => {
    const reader = new ByteReader(bytes)
    reader.u32le()
    const flags = reader.u32le()
    const isUnicode = (flags & 0x10) !== 0
    const lengths = Array.from({ length: 5 }, () => reader.u16le())
    const text = (raw: Buffer): Buffer => (isUnicode ? Buffer.from(raw.toString('utf16le').replace(/\0+$/, ''), 'utf8') : trimmed(raw))
    const [domain, user, password, shell, directory] = lengths.map((length) => {
      const raw = reader.take(length)
      reader.skip(isUnicode ? 2 : 1)
      return text(raw)
    }) as [Buffer, Buffer, Buffer, Buffer, Buffer]
    const hasMore = reader.left >= 4
    if (hasMore) reader.u16le()
    const address = hasMore ? text(reader.take(reader.u16le())) : Buffer.alloc(0)
    return { domain, user, password, shell, directory, address, autologon: (flags & 8) !== 0 }
  })
}

function trimmed(raw: Buffer): Buffer {
  const end = raw.indexOf(0)
  return end < 0 ? raw : raw.subarray(0, end)
}

/** The server's word that no licence is needed (2.2.1.12). */
export function encodeLicenceDone(): Buffer {
  return new ByteWriter().u16le(SEC.license).u16le(0).u8(0xff).u8(3).u16le(16).u32le(7).u32le(2).u16le(4).u16le(0).done()
}
