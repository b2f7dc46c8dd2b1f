/**
 * Tabular Data Stream, what a server reads: packets, PRELOGIN, LOGIN7, the login of TDS 4.2, RPC requests.
 *
 * Source: MS-TDS, https://learn.microsoft.com/openspecs/windows_protocols/ms-tds
 */
import { ByteReader, ShortMessage } from '../../sensor/byte-reader.ts'
import { ByteWriter } from '../../sensor/byte-writer.ts'

/** Bytes that are not TDS. */
export class TdsFormatError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'TdsFormatError'
  }
}

/** MS-TDS 2.2.3.1.1 */
export const PACKET = {
  batch: 1,
  oldLogin: 2,
  rpc: 3,
  response: 4,
  attention: 6,
  bulk: 7,
  transaction: 14,
  login7: 16,
  sspi: 17,
  prelogin: 18,
} as const
export const HEADER_BYTES = 8
const END_OF_MESSAGE = 1

export interface PacketHeader {
  type: number
  isLast: boolean
  /** With the header. */
  length: number
}

/** @throws TdsFormatError */
export function decodeHeader(bytes: Buffer): PacketHeader {
  const [type = 0, status = 0] = bytes
  const length = bytes.readUInt16BE(2)
  if (!Object.values<number>(PACKET).includes(type)) throw new TdsFormatError(`packet type ${type}`)
  if (length < HEADER_BYTES) throw new TdsFormatError(`packet of ${length} bytes`)
  return { type, length, isLast: (status & END_OF_MESSAGE) !== 0 }
}

/** A message in packets of the size that was agreed on. @param size with the header */
export function encodePackets(type: number, message: Buffer, size: number, spid = 0): Buffer {
  const room = size - HEADER_BYTES
  const packets: Buffer[] = []
  for (let at = 0, id = 1; at < message.length || id === 1; at += room, id++) {
    const part = message.subarray(at, at + room)
    const isLast = at + room >= message.length
    packets.push(
      new ByteWriter()
        .u8(type)
        .u8(isLast ? END_OF_MESSAGE : 0)
        .u16be(part.length + HEADER_BYTES)
        .u16be(spid)
        .u8(id & 0xff)
        .u8(0)
        .bytes(part)
        .done(),
    )
  }
  return Buffer.concat(packets)
}

export const ENCRYPTION = { off: 0, on: 1, notSupported: 2, required: 3 } as const

export interface Prelogin {
  /** `15.0.2000` of the client's library, as it says it. */
  version: string
  encryption: number
  instance: string
  /** Whether the option stands there, whatever it says. */
  isMarsAsked: boolean
}

/** MS-TDS 2.2.6.5. @throws TdsFormatError */
export function decodePrelogin(bytes: Buffer): Prelogin {
  return read(() => {
    const prelogin: Prelogin = { version: '', encryption: ENCRYPTION.notSupported, instance: '', isMarsAsked: false }
    const reader = new ByteReader(bytes)
    for (let token = reader.u8(), count = 0; token !== 0xff; token = reader.u8()) {
      if (++count > 20) throw new TdsFormatError('too many options')
      const [offset, length] = [reader.u16be(), reader.u16be()]
      if (offset + length > bytes.length) throw new TdsFormatError('an option reaches past the end')
      const data = bytes.subarray(offset, offset + length)
      if (token === 0 && length >= 4) prelogin.version = `${data[0]}.${data[1]}.${data.readUInt16BE(2)}`
      else if (token === 1 && length >= 1) prelogin.encryption = data[0] as number
      else if (token === 2) prelogin.instance = data.toString('latin1').replace(/\0.*$/s, '').slice(0, 64)
      else if (token === 4 && length >= 1) prelogin.isMarsAsked = true
    }
    return prelogin
  })
}

export interface PreloginReply {
  /** `15.0.2000.5` */
  version: string
  encryption: number
  /** Then the answer says that there are no multiple active results. */
  isMarsAsked: boolean
}

/** VERSION, ENCRYPTION, INSTOPT, THREADID and, to who asks, MARS: in the order and with the lengths of SQL Server. */
export function encodePrelogin({ version, encryption, isMarsAsked }: PreloginReply): Buffer {
  const [major = 0, minor = 0, build = 0] = version.split('.').map(Number)
  const options: [token: number, data: Buffer][] = [
    [0, new ByteWriter().u8(major).u8(minor).u16be(build).u16be(0).done()],
    [1, Buffer.of(encryption)],
    [2, Buffer.of(0)],
    [3, Buffer.alloc(0)],
    ...(isMarsAsked ? [[4, Buffer.of(0)] as [number, Buffer]] : []),
  ]
  const head = new ByteWriter()
  let offset = options.length * 5 + 1
  for (const [token, data] of options) {
    head.u8(token).u16be(offset).u16be(data.length)
    offset += data.length
  }
  return head
    .u8(0xff)
    .bytes(Buffer.concat(options.map(([, data]) => data)))
    .done()
}

export interface Login {
  /** As LOGIN7 has it, e.g. 0x74000004; 0x04020000 for the login of TDS 4.2. */
  tdsVersion: number
  packetSize: number
  host: string
  user: Buffer
  /** In clear: the protocol only disguises it. */
  password: Buffer
  application: string
  server: string
  library: string
  database: string
  clientPid: number
  clientMac: string
  sspi: Buffer | undefined
  changesPassword: boolean
}

const INTEGRATED = 0x80

/** MS-TDS 2.2.6.4. Texts are UTF-16; user and password are given as UTF-8. @throws TdsFormatError */
export function decodeLogin7(bytes: Buffer): Login {
  return read(() => {
    if (bytes.length < 86) throw new TdsFormatError('LOGIN7 too short')
    const field = (at: number, unit = 2): Buffer => {
      const [offset, length] = [bytes.readUInt16LE(at), bytes.readUInt16LE(at + 2) * unit]
      if (length === 0) return Buffer.alloc(0)
      if (offset + length > bytes.length) throw new TdsFormatError('a field reaches past the end')
      return bytes.subarray(offset, offset + length)
    }
    const text = (at: number): string => field(at).toString('utf16le').slice(0, 128)
    const flags = bytes[25] as number
    return {
      tdsVersion: bytes.readUInt32LE(4),
      packetSize: bytes.readUInt32LE(8),
      clientPid: bytes.readUInt32LE(16),
      host: text(36),
      user: Buffer.from(field(40).toString('utf16le')),
      password: Buffer.from(revealed(field(44)).toString('utf16le')),
      application: text(48),
      server: text(52),
      library: text(60),
      database: text(68),
      clientMac: bytes.subarray(72, 78).toString('hex'),
      sspi: flags & INTEGRATED ? field(78, 1) : undefined,
      changesPassword: ((bytes[27] as number) & 1) !== 0,
    }
  })
}

/** The password's disguise: nibbles swapped, then XOR 0xA5 (MS-TDS 2.2.6.4). */
export function revealed(bytes: Buffer): Buffer {
  return Buffer.from(
    bytes.map((byte) => {
      const plain = byte ^ 0xa5
      return ((plain & 0x0f) << 4) | (plain >> 4)
    }),
  )
}

export function disguised(bytes: Buffer): Buffer {
  return Buffer.from(bytes.map((byte) => (((byte & 0x0f) << 4) | (byte >> 4)) ^ 0xa5))
}

/** The login record of TDS 4.2 and 5, which guessers still send: fields of 30 bytes, each with its length behind. @throws TdsFormatError */
export function decodeOldLogin(bytes: Buffer): Login {
  const field = (at: number, room = 30): Buffer => {
    if (bytes.length <= at + room) return Buffer.alloc(0)
    return bytes.subarray(at, at + Math.min(room, bytes[at + room] as number))
  }
  if (bytes.length < 100) throw new TdsFormatError('login too short')
  const text = (at: number): string => field(at).toString('latin1')
  return {
    tdsVersion: 0x04020000,
    packetSize: 512,
    host: text(0),
    user: Buffer.from(field(31)),
    password: Buffer.from(field(62)),
    application: text(140),
    server: text(171),
    library: '',
    database: '',
    clientPid: 0,
    clientMac: '',
    sspi: undefined,
    changesPassword: false,
  }
}

/** What a batch or an RPC begins with since TDS 7.2: transaction descriptor and notifications. @throws TdsFormatError */
export function withoutHeaders(bytes: Buffer): Buffer {
  if (bytes.length < 4) throw new TdsFormatError('no headers')
  const length = bytes.readUInt32LE(0)
  if (length < 4 || length > bytes.length) throw new TdsFormatError(`headers of ${length} bytes`)
  return bytes.subarray(length)
}

/** The client's side, for tests and the fuzzer. */
export function encodeLogin7(login: {
  user: string
  password: string
  database?: string
  host?: string
  application?: string
  sspi?: Buffer
}): Buffer {
  const texts = [login.host ?? 'WS1', login.user, login.password, login.application ?? 'app', 'srv', '', 'lib', '', login.database ?? '']
  const data: Buffer[] = []
  let offset = 94
  const head = new ByteWriter()
  for (const [i, text] of texts.entries()) {
    const bytes = Buffer.from(text, 'utf16le')
    head.u16le(offset).u16le(text.length)
    data.push(i === 2 ? disguised(bytes) : bytes)
    offset += bytes.length
  }
  head
    .zeros(6)
    .u16le(offset)
    .u16le(login.sspi?.length ?? 0)
    .zeros(12)
  const body = Buffer.concat([head.done(), ...data, login.sspi ?? Buffer.alloc(0)])
  return new ByteWriter()
    .u32le(36 + body.length)
    .u32le(0x74000004)
    .u32le(4096)
    .u32le(7)
    .u32le(100)
    .u32le(0)
    .u8(0xe0)
    .u8(login.sspi ? 0x83 : 3)
    .u8(0)
    .u8(0)
    .u32le(0)
    .u32le(0x409)
    .bytes(body)
    .done()
}

export function read<T>(decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (error instanceof ShortMessage) throw new TdsFormatError(error.message)
    throw error
  }
}
