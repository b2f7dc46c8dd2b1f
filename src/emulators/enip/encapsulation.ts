/**
 * EtherNet/IP encapsulation: header and common packet format (CIP Networks Library volume 2, chapter 2).
 */

/** The bytes are no encapsulated message. */
export class EncapsulationError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'EncapsulationError'
  }
}

export const COMMAND = {
  nop: 0x00,
  listServices: 0x04,
  listIdentity: 0x63,
  listInterfaces: 0x64,
  registerSession: 0x65,
  unregisterSession: 0x66,
  sendRRData: 0x6f,
  sendUnitData: 0x70,
} as const

export const STATUS = { ok: 0, command: 1, memory: 2, data: 3, session: 0x64, length: 0x65, version: 0x69 } as const

export const HEADER_BYTES = 24

export interface Encapsulation {
  command: number
  session: number
  status: number
  /** Eight bytes that come back as they were. */
  context: Buffer
  options: number
  data: Buffer
}

/** Bytes of data that follow a header. */
export function dataLength(header: Buffer): number {
  return header.readUInt16LE(2)
}

/** @throws EncapsulationError */
export function decodeEncapsulation(bytes: Buffer): Encapsulation {
  if (bytes.length < HEADER_BYTES) throw new EncapsulationError(`a header of ${bytes.length} bytes`)
  if (dataLength(bytes) !== bytes.length - HEADER_BYTES) throw new EncapsulationError(`${dataLength(bytes)} bytes said`)
  return {
    command: bytes.readUInt16LE(0),
    session: bytes.readUInt32LE(4),
    status: bytes.readUInt32LE(8),
    context: bytes.subarray(12, 20),
    options: bytes.readUInt32LE(20),
    data: bytes.subarray(HEADER_BYTES),
  }
}

export function encodeEncapsulation({ command, session, status, context, options, data }: Encapsulation): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt16LE(command, 0)
  header.writeUInt16LE(data.length, 2)
  header.writeUInt32LE(session, 4)
  header.writeUInt32LE(status, 8)
  context.copy(header, 12, 0, 8)
  header.writeUInt32LE(options, 20)
  return Buffer.concat([header, data])
}

export interface Item {
  type: number
  data: Buffer
}

export const ITEM = {
  nullAddress: 0x00,
  identity: 0x0c,
  connectedAddress: 0xa1,
  connectedData: 0xb1,
  unconnectedData: 0xb2,
  services: 0x100,
} as const
const MOST_ITEMS = 8

/** @throws EncapsulationError */
export function decodeItems(bytes: Buffer): Item[] {
  if (bytes.length < 2) throw new EncapsulationError('no item count')
  const count = bytes.readUInt16LE(0)
  if (count > MOST_ITEMS) throw new EncapsulationError(`${count} items`)
  const items: Item[] = []
  let at = 2
  for (let i = 0; i < count; i++) {
    if (at + 4 > bytes.length) throw new EncapsulationError('an item that is cut')
    const end = at + 4 + bytes.readUInt16LE(at + 2)
    if (end > bytes.length) throw new EncapsulationError('an item that is cut')
    items.push({ type: bytes.readUInt16LE(at), data: bytes.subarray(at + 4, end) })
    at = end
  }
  return items
}

export function encodeItems(items: readonly Item[]): Buffer {
  const parts = items.map(({ type, data }) => {
    const head = Buffer.alloc(4)
    head.writeUInt16LE(type, 0)
    head.writeUInt16LE(data.length, 2)
    return Buffer.concat([head, data])
  })
  return Buffer.concat([Buffer.from([items.length & 0xff, items.length >> 8]), ...parts])
}
