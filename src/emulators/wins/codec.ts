/** Messages of WINS replication over TCP 42 (MS-WINSRA 2.2). Numbers are big-endian. */
import { ByteReader, ShortMessage } from '../../sensor/byte-reader.ts'
import { ByteWriter } from '../../sensor/byte-writer.ts'

/** Not a message of MS-WINSRA 2.2. */
export class WinsError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'WinsError'
  }
}

export const TYPE = { START_REQUEST: 0, START_RESPONSE: 1, STOP: 2, REPLICATION: 3 } as const
export const OPCODE = { MAP_REQUEST: 0, MAP_RESPONSE: 1, RECORDS_REQUEST: 2, RECORDS_RESPONSE: 3 } as const
const OPCODE_NAMES: Readonly<Record<number, string>> = {
  0: 'owner-version-map-request',
  1: 'owner-version-map-response',
  2: 'name-records-request',
  3: 'name-records-response',
  4: 'update-notification',
  5: 'update-notification-propagate',
  8: 'update-notification-persistent',
  9: 'update-notification-persistent-propagate',
}
/** Marks every message; bit 11 of the flags and what Windows sets besides. */
const RESERVED = 0x7800
const HEADER_BYTES = 12

export interface WinsMessage {
  /** Association of the receiver, as it named it. */
  association: number
  type: number
  body: Buffer
}

/** A message behind its length. @throws WinsError */
export function parseMessage(bytes: Buffer): WinsMessage {
  try {
    const reader = new ByteReader(bytes)
    if ((reader.u32be() & RESERVED) !== RESERVED) throw new WinsError('opcode')
    return { association: reader.u32be(), type: reader.u32be(), body: reader.rest() }
  } catch (error) {
    if (error instanceof ShortMessage) throw new WinsError(error.message)
    throw error
  }
}

/** A message with its length in front. */
export function encodeMessage({ association, type, body }: WinsMessage): Buffer {
  return new ByteWriter()
    .u32be(HEADER_BYTES + body.length)
    .u32be(RESERVED)
    .u32be(association)
    .u32be(type)
    .bytes(body)
    .done()
}

export interface Start {
  association: number
  major: number
  minor: number
}

/** Body of an association start. @throws WinsError */
export function parseStart(body: Buffer): Start {
  if (body.length < 8) throw new WinsError('association start too short')
  return { association: body.readUInt32BE(0), major: body.readUInt16BE(4), minor: body.readUInt16BE(6) }
}

/** With the 21 reserved bytes that Windows sends too. */
export function encodeStart({ association, major, minor }: Start): Buffer {
  return new ByteWriter().u32be(association).u16be(major).u16be(minor).zeros(21).done()
}

/** Opcode of a replication message. @throws WinsError */
export function opcodeOf(body: Buffer): number {
  if (body.length < 4) throw new WinsError('replication message without opcode')
  return body.readUInt32BE(0)
}

export function opcodeName(opcode: number): string {
  return OPCODE_NAMES[opcode] ?? `opcode ${opcode}`
}

/** The map of a server that owns records of its own and has no partners. @param address IPv4 */
export function encodeOwnerMap(address: string, highest: bigint): Buffer {
  return new ByteWriter()
    .u32be(OPCODE.MAP_RESPONSE)
    .u32be(1)
    .bytes(Buffer.from(address.split('.').map(Number)))
    .u32be(Number(highest >> 32n))
    .u32be(Number(highest & 0xffffffffn))
    .u32be(0)
    .u32be(1)
    .u32be(1)
    .zeros(4)
    .done()
}

/** No records in the range that was asked for. */
export function encodeNoRecords(): Buffer {
  return new ByteWriter().u32be(OPCODE.RECORDS_RESPONSE).u32be(0).done()
}
