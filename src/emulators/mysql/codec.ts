/**
 * Messages of the MySQL client/server protocol, without their packet headers (those are in packets.ts).
 *
 * Sources: https://mariadb.com/kb/en/clientserver-protocol/, https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html,
 * and the conversations of a MariaDB 10.11.19 with its own client.
 */
import { ByteReader, ShortMessage } from '../../sensor/byte-reader.ts'
import { ByteWriter } from '../../sensor/byte-writer.ts'

/** Bytes that are no message of this protocol. */
export class MysqlFormatError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'MysqlFormatError'
  }
}

export const CLIENT = {
  MYSQL: 1,
  FOUND_ROWS: 1 << 1,
  CONNECT_WITH_DB: 1 << 3,
  COMPRESS: 1 << 5,
  LOCAL_FILES: 1 << 7,
  PROTOCOL_41: 1 << 9,
  SSL: 1 << 11,
  SECURE_CONNECTION: 1 << 15,
  MULTI_STATEMENTS: 1 << 16,
  MULTI_RESULTS: 1 << 17,
  PLUGIN_AUTH: 1 << 19,
  CONNECT_ATTRS: 1 << 20,
  PLUGIN_AUTH_LENENC: 1 << 21,
  DEPRECATE_EOF: 1 << 24,
  QUERY_ATTRIBUTES: 1 << 27,
} as const

/** MariaDB's further capabilities, the upper half of 64 bits. */
export const MARIADB = { PROGRESS: 1, EXTENDED_METADATA: 1 << 3, CACHE_METADATA: 1 << 4 } as const

export interface Greeting {
  version: string
  connectionId: number
  /** 20 bytes, none of them 0. */
  scramble: Buffer
  capabilities: number
  /** MariaDB's; 0 for MySQL. */
  extended: number
  charset: number
  status: number
  plugin: string
}

export function encodeGreeting({ version, connectionId, scramble, capabilities, extended, charset, status, plugin }: Greeting): Buffer {
  return new ByteWriter()
    .u8(10)
    .nulText(version)
    .u32le(connectionId)
    .bytes(scramble.subarray(0, 8))
    .u8(0)
    .u16le(capabilities)
    .u8(charset)
    .u16le(status)
    .u16le(capabilities >>> 16)
    .u8(scramble.length + 1)
    .zeros(6)
    .u32le(extended)
    .nulText(scramble.subarray(8))
    .nulText(plugin)
    .done()
}

/** What the client answers to the greeting; only the first four are there when it asks for TLS first. */
export interface HandshakeResponse {
  capabilities: number
  extended: number
  maxPacket: number
  charset: number
  /** Absent in a request for TLS. */
  login?: LoginRequest
}

export interface LoginRequest {
  user: Buffer
  response: Buffer
  database: Buffer | undefined
  plugin: string | undefined
  /** `_client_name`, `program_name` … */
  attributes: [Buffer, Buffer][]
}

const MOST_ATTRIBUTES = 64

/** @throws MysqlFormatError */
export function decodeHandshakeResponse(bytes: Buffer): HandshakeResponse {
  return decoding(() => {
    const reader = new ByteReader(bytes)
    const low = reader.u16le()
    if (!(low & CLIENT.PROTOCOL_41)) return decodeOldResponse(reader, low)
    const capabilities = (low | (reader.u16le() << 16)) >>> 0
    const maxPacket = reader.u32le()
    const charset = reader.u8()
    reader.skip(19)
    const further = reader.u32le()
    const extended = capabilities & CLIENT.MYSQL ? 0 : further
    const head = { capabilities, extended, maxPacket, charset }
    return capabilities & CLIENT.SSL && reader.left === 0 ? head : { ...head, login: decodeLogin(reader, capabilities) }
  })
}

function decodeLogin(reader: ByteReader, capabilities: number): LoginRequest {
  const user = reader.untilNul()
  const response = decodeAuthResponse(reader, capabilities)
  const database = capabilities & CLIENT.CONNECT_WITH_DB && reader.left > 0 ? untilNulOrEnd(reader) : undefined
  const plugin = capabilities & CLIENT.PLUGIN_AUTH && reader.left > 0 ? untilNulOrEnd(reader).toString('latin1') : undefined
  const attributes = capabilities & CLIENT.CONNECT_ATTRS && reader.left > 0 ? decodeAttributes(reader) : []
  return { user, response, database, plugin, attributes }
}

function decodeAuthResponse(reader: ByteReader, capabilities: number): Buffer {
  if (capabilities & CLIENT.PLUGIN_AUTH_LENENC) return reader.take(Number(lenenc(reader)))
  if (capabilities & CLIENT.SECURE_CONNECTION) return reader.take(reader.u8())
  return reader.untilNul()
}

function untilNulOrEnd(reader: ByteReader): Buffer {
  const end = reader.bytes.indexOf(0, reader.at)
  return end < 0 ? reader.rest() : reader.untilNul()
}

function decodeAttributes(reader: ByteReader): [Buffer, Buffer][] {
  const inner = new ByteReader(reader.take(Number(lenenc(reader))))
  const attributes: [Buffer, Buffer][] = []
  while (inner.left > 0 && attributes.length < MOST_ATTRIBUTES) attributes.push([lenencBytes(inner), lenencBytes(inner)])
  return attributes
}

/** HandshakeResponse320, before MySQL 4.1. */
function decodeOldResponse(reader: ByteReader, capabilities: number): HandshakeResponse {
  const maxPacket = reader.u24le()
  const user = reader.untilNul()
  const response = untilNulOrEnd(reader)
  return {
    capabilities,
    extended: 0,
    maxPacket,
    charset: 8,
    login: { user, response, database: undefined, plugin: undefined, attributes: [] },
  }
}

/** The client's side, for tests. */
export function encodeHandshakeResponse({ capabilities, extended, maxPacket, charset, login }: HandshakeResponse): Buffer {
  const writer = new ByteWriter().u32le(capabilities).u32le(maxPacket).u8(charset).zeros(19)
  writer.u32le(capabilities & CLIENT.MYSQL ? 0 : extended)
  if (!login) return writer.done()
  writer.nulText(login.user)
  if (capabilities & CLIENT.PLUGIN_AUTH_LENENC) writeLenencBytes(writer, login.response)
  else writer.u8(login.response.length).bytes(login.response)
  if (login.database) writer.nulText(login.database)
  if (login.plugin !== undefined) writer.nulText(login.plugin)
  if (login.attributes.length) {
    const inner = new ByteWriter()
    for (const [name, value] of login.attributes) {
      writeLenencBytes(inner, name)
      writeLenencBytes(inner, value)
    }
    writeLenencBytes(writer, inner.done())
  }
  return writer.done()
}

/** Asks the client for the answer of another plugin. */
export function encodeAuthSwitch(plugin: string, scramble: Buffer): Buffer {
  return new ByteWriter().u8(0xfe).nulText(plugin).nulText(scramble).done()
}

/** More data of a plugin's exchange. */
export function encodeAuthMore(data: Uint8Array): Buffer {
  return new ByteWriter().u8(1).bytes(data).done()
}

export interface OkMessage {
  affected: number
  insertId: number
  status: number
  warnings: number
  info: string
}

/** @param asEof with 0xfe in front, where the protocol has no EOF any more */
export function encodeOk({ affected, insertId, status, warnings, info }: OkMessage, asEof = false): Buffer {
  const writer = new ByteWriter().u8(asEof ? 0xfe : 0)
  writeLenenc(writer, affected)
  writeLenenc(writer, insertId)
  writer.u16le(status).u16le(warnings)
  if (info) writeLenencBytes(writer, Buffer.from(info))
  return writer.done()
}

export function encodeError(code: number, state: string, message: string | Buffer): Buffer {
  const writer = new ByteWriter().u8(0xff).u16le(code)
  // An error before the handshake has no state: the client's protocol is not known yet.
  if (state) writer.text(`#${state}`)
  return (typeof message === 'string' ? writer.text(message) : writer.bytes(message)).done()
}

export function encodeEof(status: number, warnings = 0): Buffer {
  return new ByteWriter().u8(0xfe).u16le(warnings).u16le(status).done()
}

/** COM_STMT_PREPARE's first answer. */
export function encodePrepared(id: number, columns: number, parameters: number): Buffer {
  return new ByteWriter().u8(0).u32le(id).u16le(columns).u16le(parameters).u8(0).u16le(0).done()
}

/** @throws ShortMessage inside a codec; callers are inside {@link decoding} */
export function lenenc(reader: ByteReader): bigint {
  const first = reader.u8()
  if (first < 0xfb) return BigInt(first)
  if (first === 0xfc) return BigInt(reader.u16le())
  if (first === 0xfd) return BigInt(reader.u24le())
  if (first === 0xfe) return reader.u64le()
  throw new MysqlFormatError(`length byte ${first}`)
}

export function lenencBytes(reader: ByteReader): Buffer {
  const length = lenenc(reader)
  if (length > BigInt(reader.left)) throw new ShortMessage(Number(length), reader.left)
  return reader.take(Number(length))
}

export function writeLenenc(writer: ByteWriter, value: number): void {
  if (value < 0xfb) writer.u8(value)
  else if (value < 0x10000) writer.u8(0xfc).u16le(value)
  else if (value < 0x1000000) writer.u8(0xfd).u24le(value)
  else writer.u8(0xfe).u64le(value)
}

export function writeLenencBytes(writer: ByteWriter, bytes: Buffer): void {
  writeLenenc(writer, bytes.length)
  writer.bytes(bytes)
}

/** Turns a message that ends too soon into this protocol's own error. */
export function decoding<T>(decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (error instanceof ShortMessage) throw new MysqlFormatError(error.message)
    throw error
  }
}
