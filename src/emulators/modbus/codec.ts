/**
 * Modbus over TCP as bytes: the MBAP header and the PDUs of every public function code, and of Schneider's function 90.
 *
 * Sources: MODBUS Application Protocol Specification V1.1b3 (chapter 6, figures and exception rules), MODBUS Messaging on
 * TCP/IP Implementation Guide V1.0b (§3.1.3).
 */

/** Exception codes of V1.1b3 chapter 7. */
export const EXCEPTION = {
  illegalFunction: 1,
  illegalAddress: 2,
  illegalValue: 3,
  deviceFailure: 4,
  gatewayTarget: 0x0b,
} as const

/** The request gets an exception response with this code. */
export class ModbusException extends Error {
  readonly code: number

  constructor(code: number) {
    super(`exception ${code}`)
    this.name = 'ModbusException'
    this.code = code
  }
}

export interface Mbap {
  transaction: number
  protocol: number
  /** Bytes after this field: the unit and the PDU. */
  length: number
  unit: number
}

export const MBAP_BYTES = 7
/** A PDU has 1 to 253 bytes. */
export const LENGTH = { min: 2, max: 254 }

export function decodeMbap(bytes: Buffer): Mbap {
  return { transaction: bytes.readUInt16BE(0), protocol: bytes.readUInt16BE(2), length: bytes.readUInt16BE(4), unit: bytes[6]! }
}

/** A whole ADU. */
export function encodeAdu(transaction: number, unit: number, pdu: Uint8Array): Buffer {
  const header = Buffer.alloc(MBAP_BYTES)
  header.writeUInt16BE(transaction, 0)
  header.writeUInt16BE(pdu.length + 1, 4)
  header[6] = unit
  return Buffer.concat([header, pdu])
}

/** A piece of a file: function codes 20 and 21. */
export interface FileRecord {
  file: number
  record: number
  length: number
  values: number[]
}

export type ModbusRequest =
  | { kind: 'read-bits'; function: 1 | 2; address: number; quantity: number }
  | { kind: 'read-registers'; function: 3 | 4; address: number; quantity: number }
  | { kind: 'write-coils'; function: 5 | 15; address: number; bits: boolean[] }
  | { kind: 'write-registers'; function: 6 | 16; address: number; values: number[] }
  | { kind: 'plain'; function: 7 | 11 | 12 | 17 }
  | { kind: 'diagnostics'; function: 8; subFunction: number; data: Buffer }
  | { kind: 'read-file'; function: 20; records: FileRecord[] }
  | { kind: 'write-file'; function: 21; records: FileRecord[] }
  | { kind: 'mask-write'; function: 22; address: number; and: number; or: number }
  | { kind: 'read-write'; function: 23; address: number; quantity: number; writeAddress: number; values: number[] }
  | { kind: 'read-fifo'; function: 24; address: number }
  | { kind: 'identification'; function: 43; code: number; object: number }
  | { kind: 'umas'; function: 90; session: number; service: number; data: Buffer }

/** Reads a request PDU. @throws ModbusException as the flow charts of chapter 6 give it */
export function decodeRequest(pdu: Buffer): ModbusRequest {
  const code = pdu[0] ?? 0
  switch (code) {
    case 1:
    case 2:
      return { kind: 'read-bits', function: code, ...span(pdu, 1, 2000) }
    case 3:
    case 4:
      return { kind: 'read-registers', function: code, ...span(pdu, 1, 125) }
    case 5:
      return { kind: 'write-coils', function: 5, address: word(pdu, 1), bits: [coilValue(exactly(pdu, 5).readUInt16BE(3))] }
    case 6:
      return { kind: 'write-registers', function: 6, address: word(pdu, 1), values: [exactly(pdu, 5).readUInt16BE(3)] }
    case 7:
    case 11:
    case 12:
    case 17:
      exactly(pdu, 1)
      return { kind: 'plain', function: code }
    case 8:
      return { kind: 'diagnostics', function: 8, subFunction: word(pdu, 1), data: pdu.subarray(3) }
    case 15:
      return writeCoils(pdu)
    case 16:
      return writeRegisters(pdu)
    case 20:
      return { kind: 'read-file', function: 20, records: readRecords(pdu) }
    case 21:
      return { kind: 'write-file', function: 21, records: writtenRecords(pdu) }
    case 22:
      exactly(pdu, 7)
      return { kind: 'mask-write', function: 22, address: word(pdu, 1), and: word(pdu, 3), or: word(pdu, 5) }
    case 23:
      return readWrite(pdu)
    case 24:
      return { kind: 'read-fifo', function: 24, address: word(exactly(pdu, 3), 1) }
    case 43:
      return identification(pdu)
    case 90:
      if (pdu.length < 3) throw new ModbusException(EXCEPTION.illegalValue)
      return { kind: 'umas', function: 90, session: pdu[1]!, service: pdu[2]!, data: pdu.subarray(3) }
    default:
      throw new ModbusException(EXCEPTION.illegalFunction)
  }
}

function word(pdu: Buffer, at: number): number {
  if (pdu.length < at + 2) throw new ModbusException(EXCEPTION.illegalValue)
  return pdu.readUInt16BE(at)
}

function exactly(pdu: Buffer, length: number): Buffer {
  if (pdu.length !== length) throw new ModbusException(EXCEPTION.illegalValue)
  return pdu
}

function quantityOf(pdu: Buffer, at: number, most: number): number {
  const quantity = word(pdu, at)
  if (quantity < 1 || quantity > most) throw new ModbusException(EXCEPTION.illegalValue)
  return quantity
}

function span(pdu: Buffer, at: number, most: number): { address: number; quantity: number } {
  exactly(pdu, 5)
  return { address: word(pdu, at), quantity: quantityOf(pdu, at + 2, most) }
}

function coilValue(value: number): boolean {
  if (value !== 0 && value !== 0xff00) throw new ModbusException(EXCEPTION.illegalValue)
  return value !== 0
}

function writeCoils(pdu: Buffer): ModbusRequest {
  const quantity = quantityOf(pdu, 3, 1968)
  const bytes = Math.ceil(quantity / 8)
  if (pdu[5] !== bytes) throw new ModbusException(EXCEPTION.illegalValue)
  exactly(pdu, 6 + bytes)
  const bits = Array.from({ length: quantity }, (_, i) => ((pdu[6 + (i >> 3)]! >> (i & 7)) & 1) === 1)
  return { kind: 'write-coils', function: 15, address: word(pdu, 1), bits }
}

function writeRegisters(pdu: Buffer): ModbusRequest {
  const quantity = quantityOf(pdu, 3, 123)
  if (pdu[5] !== quantity * 2) throw new ModbusException(EXCEPTION.illegalValue)
  exactly(pdu, 6 + quantity * 2)
  return { kind: 'write-registers', function: 16, address: word(pdu, 1), values: words(pdu.subarray(6)) }
}

function readWrite(pdu: Buffer): ModbusRequest {
  const quantity = quantityOf(pdu, 3, 125)
  const written = quantityOf(pdu, 7, 121)
  if (pdu[9] !== written * 2) throw new ModbusException(EXCEPTION.illegalValue)
  exactly(pdu, 10 + written * 2)
  const [address, writeAddress] = [word(pdu, 1), word(pdu, 5)]
  return { kind: 'read-write', function: 23, address, quantity, writeAddress, values: words(pdu.subarray(10)) }
}

/** Reference type of every sub-request (§6.14). */
const FILE_REFERENCE = 6

function readRecords(pdu: Buffer): FileRecord[] {
  const count = pdu[1] ?? 0
  if (count < 7 || count > 0xf5 || count % 7 !== 0) throw new ModbusException(EXCEPTION.illegalValue)
  exactly(pdu, 2 + count)
  return Array.from({ length: count / 7 }, (_, i) => ({ ...recordAt(pdu, 2 + i * 7), values: [] }))
}

function writtenRecords(pdu: Buffer): FileRecord[] {
  const count = pdu[1] ?? 0
  if (count < 9 || count > 0xfb) throw new ModbusException(EXCEPTION.illegalValue)
  exactly(pdu, 2 + count)
  const records: FileRecord[] = []
  for (let at = 2; at < pdu.length; ) {
    if (pdu.length < at + 7) throw new ModbusException(EXCEPTION.illegalValue)
    const record = recordAt(pdu, at)
    const end = at + 7 + record.length * 2
    if (end > pdu.length) throw new ModbusException(EXCEPTION.illegalValue)
    records.push({ ...record, values: words(pdu.subarray(at + 7, end)) })
    at = end
  }
  return records
}

function recordAt(pdu: Buffer, at: number): Omit<FileRecord, 'values'> {
  if (pdu[at] !== FILE_REFERENCE) throw new ModbusException(EXCEPTION.illegalAddress)
  return { file: pdu.readUInt16BE(at + 1), record: pdu.readUInt16BE(at + 3), length: pdu.readUInt16BE(at + 5) }
}

const READ_DEVICE_IDENTIFICATION = 0x0e

function identification(pdu: Buffer): ModbusRequest {
  // The other MEI type, CANopen (13), is a function that this device does not have.
  if (pdu[1] !== READ_DEVICE_IDENTIFICATION) throw new ModbusException(EXCEPTION.illegalFunction)
  exactly(pdu, 4)
  const code = pdu[2]!
  if (code < 1 || code > 4) throw new ModbusException(EXCEPTION.illegalValue)
  return { kind: 'identification', function: 43, code, object: pdu[3]! }
}

export function words(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readUInt16BE(i * 2))
}

export function fromWords(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2)
  for (const [i, value] of values.entries()) bytes.writeUInt16BE(value & 0xffff, i * 2)
  return bytes
}

/** Bits, the first in the lowest place of the first byte. */
export function fromBits(bits: readonly boolean[]): Buffer {
  const bytes = Buffer.alloc(Math.ceil(bits.length / 8))
  for (const [i, bit] of bits.entries()) if (bit) bytes[i >> 3]! |= 1 << (i & 7)
  return bytes
}

/** A request as a client sends it. */
export function encodeRequest(request: ModbusRequest): Buffer {
  const head = Buffer.from([request.function])
  const join = (...parts: (Buffer | number[])[]): Buffer =>
    Buffer.concat([head, ...parts.map((part) => (Buffer.isBuffer(part) ? part : Buffer.from(part)))])
  switch (request.kind) {
    case 'read-bits':
    case 'read-registers':
      return join(fromWords([request.address, request.quantity]))
    case 'write-coils': {
      if (request.function === 5) return join(fromWords([request.address, request.bits[0] ? 0xff00 : 0]))
      const bits = fromBits(request.bits)
      return join(fromWords([request.address, request.bits.length]), [bits.length], bits)
    }
    case 'write-registers':
      if (request.function === 6) return join(fromWords([request.address, ...request.values]))
      return join(fromWords([request.address, request.values.length]), [request.values.length * 2], fromWords(request.values))
    case 'plain':
      return head
    case 'diagnostics':
      return join(fromWords([request.subFunction]), request.data)
    case 'read-file':
      return join([request.records.length * 7], ...request.records.map(encodeRecord))
    case 'write-file': {
      const body = Buffer.concat(request.records.map((record) => Buffer.concat([encodeRecord(record), fromWords(record.values)])))
      return join([body.length], body)
    }
    case 'mask-write':
      return join(fromWords([request.address, request.and, request.or]))
    case 'read-write': {
      const { address, quantity, writeAddress, values } = request
      return join(fromWords([address, quantity, writeAddress, values.length]), [values.length * 2], fromWords(values))
    }
    case 'read-fifo':
      return join(fromWords([request.address]))
    case 'identification':
      return join([READ_DEVICE_IDENTIFICATION, request.code, request.object])
    case 'umas':
      return join([request.session, request.service], request.data)
  }
}

function encodeRecord({ file, record, length }: FileRecord): Buffer {
  return Buffer.concat([Buffer.from([FILE_REFERENCE]), fromWords([file, record, length])])
}
