import { Iec104Error } from './frame.ts'

/** Type identifications (IEC 60870-5-101 §7.2.1.1). */
export const TYPE = {
  single: 1,
  double: 3,
  float: 13,
  counter: 15,
  singleTime: 30,
  doubleTime: 31,
  floatTime: 36,
  singleCommand: 45,
  doubleCommand: 46,
  normalizedSetpoint: 48,
  scaledSetpoint: 49,
  floatSetpoint: 50,
  singleCommandTime: 58,
  doubleCommandTime: 59,
  normalizedSetpointTime: 61,
  scaledSetpointTime: 62,
  floatSetpointTime: 63,
  endOfInitialization: 70,
  interrogation: 100,
  counterInterrogation: 101,
  read: 102,
  clock: 103,
  test: 104,
  reset: 105,
  testTime: 107,
} as const

/** Causes of transmission (§7.2.3). */
export const CAUSE = {
  spontaneous: 3,
  initialized: 4,
  request: 5,
  activation: 6,
  confirmation: 7,
  deactivation: 8,
  deactivationConfirmation: 9,
  termination: 10,
  remoteCommand: 11,
  interrogated: 20,
  counterInterrogated: 37,
  unknownType: 44,
  unknownCause: 45,
  unknownAddress: 46,
  unknownObject: 47,
} as const

const HEAD_BYTES = 6
const ADDRESS_BYTES = 3
/** Bytes of an ASDU that fit into one frame. */
const MOST_BYTES = 249
export const BROADCAST = 0xffff

export interface Asdu {
  type: number
  cause: number
  negative: boolean
  test: boolean
  originator: number
  commonAddress: number
  /** Objects that the header counts. */
  count: number
  /** Address of the first object, and what follows it. */
  address: number
  body: Buffer
}

/** @throws Iec104Error */
export function decodeAsdu(bytes: Buffer): Asdu {
  if (bytes.length < HEAD_BYTES + ADDRESS_BYTES) throw new Iec104Error('an ASDU without an object')
  const cause = bytes[2]!
  return {
    type: bytes[0]!,
    count: bytes[1]! & 0x7f,
    cause: cause & 0x3f,
    negative: (cause & 0x40) !== 0,
    test: (cause & 0x80) !== 0,
    originator: bytes[3]!,
    commonAddress: bytes.readUInt16LE(4),
    address: bytes.readUIntLE(HEAD_BYTES, ADDRESS_BYTES),
    body: bytes.subarray(HEAD_BYTES + ADDRESS_BYTES),
  }
}

/** The same ASDU back, with another cause: how every command is confirmed or refused. */
export function mirrored(
  bytes: Buffer,
  cause: number,
  { negative = false, commonAddress }: { negative?: boolean; commonAddress?: number } = {},
): Buffer {
  const answer = Buffer.from(bytes)
  answer[2] = (bytes[2]! & 0x80) | (negative ? 0x40 : 0) | cause
  if (commonAddress !== undefined) answer.writeUInt16LE(commonAddress, 4)
  return answer
}

export interface Information {
  address: number
  /** Information elements, as the type has them. */
  elements: Buffer
}

/** Objects of one type in as few ASDUs as they need. */
export function encodeAsdus(type: number, cause: number, commonAddress: number, objects: readonly Information[], originator = 0): Buffer[] {
  const asdus: Buffer[] = []
  let parts: Buffer[] = []
  const flush = (): void => {
    if (parts.length === 0) return
    const head = Buffer.from([type, parts.length, cause, originator, 0, 0])
    head.writeUInt16LE(commonAddress, 4)
    asdus.push(Buffer.concat([head, ...parts]))
    parts = []
  }
  let size = HEAD_BYTES
  for (const { address, elements } of objects) {
    const part = Buffer.alloc(ADDRESS_BYTES + elements.length)
    part.writeUIntLE(address, 0, ADDRESS_BYTES)
    elements.copy(part, ADDRESS_BYTES)
    if (size + part.length > MOST_BYTES) {
      flush()
      size = HEAD_BYTES
    }
    parts.push(part)
    size += part.length
  }
  flush()
  return asdus
}

/** CP56Time2a of a moment, milliseconds as if its local time were UTC. */
export function encodeTime(at: number): Buffer {
  const time = new Date(at)
  const bytes = Buffer.alloc(7)
  bytes.writeUInt16LE(time.getUTCSeconds() * 1000 + time.getUTCMilliseconds(), 0)
  bytes[2] = time.getUTCMinutes()
  bytes[3] = time.getUTCHours()
  bytes[4] = time.getUTCDate() | ((time.getUTCDay() || 7) << 5)
  bytes[5] = time.getUTCMonth() + 1
  bytes[6] = time.getUTCFullYear() % 100
  return bytes
}

/** The moment of a CP56Time2a, milliseconds as if its local time were UTC; undefined when it is none. */
export function decodeTime(bytes: Buffer): number | undefined {
  if (bytes.length < 7) return undefined
  const [, , minute = 0, hour = 0, day = 0, month = 0, year = 0] = bytes
  const at = Date.UTC(2000 + (year & 0x7f), (month & 15) - 1, day & 31, hour & 31, minute & 63, 0, bytes.readUInt16LE(0))
  return Number.isNaN(at) ? undefined : at
}
