/** The NetBIOS name service (RFC 1002 §4.2) as far as a node that only answers needs it. */
import { ByteWriter } from '../../sensor/byte-writer.ts'

/** Not a packet of RFC 1002 §4.2. */
export class NetbiosError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'NetbiosError'
  }
}

export const NB = 0x20
export const NBSTAT = 0x21
const ENCODED_BYTES = 32

export interface NameQuery {
  id: number
  /** 0 query, 5 registration, 6 release, 8 refresh. */
  opcode: number
  isBroadcast: boolean
  /** Fifteen bytes without their padding, and the suffix that says what it is a name of. */
  name: string
  suffix: number
  type: number
  /** Whether a datagram is a response: those are answered by nobody. */
  isResponse: boolean
}

/** @throws NetbiosError */
export function parseQuery(bytes: Buffer): NameQuery {
  if (bytes.length < 12 + 1 + ENCODED_BYTES + 1 + 4) throw new NetbiosError('too short')
  const flags = bytes.readUInt16BE(2)
  if (bytes.readUInt16BE(4) !== 1) throw new NetbiosError('not one question')
  if (bytes[12] !== ENCODED_BYTES) throw new NetbiosError('not a NetBIOS name')
  const name = decodeName(bytes.subarray(13, 13 + ENCODED_BYTES))
  const end = bytes.indexOf(0, 13 + ENCODED_BYTES)
  if (end < 0 || end + 5 > bytes.length) throw new NetbiosError('question')
  return {
    id: bytes.readUInt16BE(0),
    opcode: (flags >> 11) & 15,
    isBroadcast: (flags & 0x10) !== 0,
    name: name
      .subarray(0, 15)
      .toString('latin1')
      .replace(/[ \0]+$/, ''),
    suffix: name[15] as number,
    type: bytes.readUInt16BE(end + 1),
    isResponse: (flags & 0x8000) !== 0,
  }
}

/** Half-bytes as letters from `A` (RFC 1001 §14.1). @throws NetbiosError */
function decodeName(encoded: Buffer): Buffer {
  const name = Buffer.alloc(16)
  for (let i = 0; i < 16; i++) {
    const high = (encoded[2 * i] as number) - 0x41
    const low = (encoded[2 * i + 1] as number) - 0x41
    if (high < 0 || high > 15 || low < 0 || low > 15) throw new NetbiosError('name encoding')
    name[i] = high * 16 + low
  }
  return name
}

function nameBytes(name: string, suffix: number): Buffer {
  const bytes = Buffer.alloc(16, name === '*' ? 0 : 0x20)
  bytes.write(name.slice(0, 15), 'latin1')
  bytes[15] = suffix
  return bytes
}

/** First-level encoding behind its length, with the root label. */
export function encodeName(name: string, suffix: number): Buffer {
  const encoded = Buffer.alloc(ENCODED_BYTES + 2)
  encoded[0] = ENCODED_BYTES
  for (const [i, byte] of nameBytes(name, suffix).entries()) {
    encoded[1 + 2 * i] = 0x41 + (byte >> 4)
    encoded[2 + 2 * i] = 0x41 + (byte & 15)
  }
  return encoded
}

export interface RegisteredName {
  name: string
  suffix: number
  isGroup: boolean
}

const ACTIVE = 0x400
const GROUP = 0x8000

/** NODE STATUS RESPONSE (RFC 1002 §4.2.18). @param mac six bytes @param flags what nodes of this kind set besides */
export function encodeNodeStatus({ id, name, suffix }: NameQuery, names: readonly RegisteredName[], mac: Buffer): Buffer {
  const data = new ByteWriter().u8(names.length)
  for (const one of names) data.bytes(nameBytes(one.name, one.suffix)).u16be(ACTIVE | (one.isGroup ? GROUP : 0))
  // Statistics: the unit, then counters that nobody fills.
  data.bytes(mac).zeros(40)
  return answer(id, encodeName(name, suffix), NBSTAT, 0, data.done())
}

/** POSITIVE NAME QUERY RESPONSE (RFC 1002 §4.2.13). */
export function encodeAddress({ id, name, suffix }: NameQuery, address: string, isGroup: boolean): Buffer {
  const data = new ByteWriter()
    .u16be(isGroup ? GROUP : 0)
    .bytes(Buffer.from(address.split('.').map(Number)))
    .done()
  return answer(id, encodeName(name, suffix), NB, 300_000, data)
}

function answer(id: number, name: Buffer, type: number, ttl: number, data: Buffer): Buffer {
  const flags = type === NBSTAT ? 0x8400 : 0x8500
  return new ByteWriter()
    .u16be(id)
    .u16be(flags)
    .u16be(0)
    .u16be(1)
    .u16be(0)
    .u16be(0)
    .bytes(name)
    .u16be(type)
    .u16be(1)
    .u32be(ttl)
    .u16be(data.length)
    .bytes(data)
    .done()
}

export function encodeQuery({ id, name, suffix, type }: Pick<NameQuery, 'id' | 'name' | 'suffix' | 'type'>): Buffer {
  return new ByteWriter().u16be(id).u16be(0).u16be(1).zeros(6).bytes(encodeName(name, suffix)).u16be(type).u16be(1).done()
}
