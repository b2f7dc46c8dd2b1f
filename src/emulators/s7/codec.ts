/**
 * S7 communication: header, and the parameters of variable access. There is no published specification; the layouts are
 * those of Wireshark's dissector notes and of recorded S7-300 traffic.
 */

/** The bytes are no S7 message. */
export class S7FormatError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'S7FormatError'
  }
}

export const ROSCTR = { job: 1, ack: 2, ackData: 3, userData: 7 } as const

export interface S7Message {
  rosctr: number
  reference: number
  /** Error class and code of an acknowledgement. */
  error: number
  parameters: Buffer
  data: Buffer
}

const PROTOCOL = 0x32

/** @throws S7FormatError */
export function decodeS7(bytes: Buffer): S7Message {
  if (bytes.length < 10 || bytes[0] !== PROTOCOL) throw new S7FormatError('no S7 header')
  const rosctr = bytes[1]!
  const hasError = rosctr === ROSCTR.ack || rosctr === ROSCTR.ackData
  const header = hasError ? 12 : 10
  const parameterEnd = header + bytes.readUInt16BE(6)
  const end = parameterEnd + bytes.readUInt16BE(8)
  if (end > bytes.length) throw new S7FormatError(`${end} bytes said, ${bytes.length} came`)
  return {
    rosctr,
    reference: bytes.readUInt16BE(4),
    error: hasError ? bytes.readUInt16BE(10) : 0,
    parameters: bytes.subarray(header, parameterEnd),
    data: bytes.subarray(parameterEnd, end),
  }
}

export function encodeS7({ rosctr, reference, error, parameters, data }: S7Message): Buffer {
  const hasError = rosctr === ROSCTR.ack || rosctr === ROSCTR.ackData
  const header = Buffer.alloc(hasError ? 12 : 10)
  header[0] = PROTOCOL
  header[1] = rosctr
  header.writeUInt16BE(reference, 4)
  header.writeUInt16BE(parameters.length, 6)
  header.writeUInt16BE(data.length, 8)
  if (hasError) header.writeUInt16BE(error, 10)
  return Buffer.concat([header, parameters, data])
}

/** One variable of a read or write, addressed as `S7ANY`. */
export interface Variable {
  /** Transport size: 1 bit, 2 byte, 3 char, 4 word, 5 int, 6 dword, 7 dint, 8 real, 0x1c counter, 0x1d timer. */
  transport: number
  count: number
  db: number
  area: number
  /** Bit address; of counters and timers their number. */
  address: number
}

export const AREA = { inputs: 0x81, outputs: 0x82, flags: 0x83, db: 0x84, counters: 0x1c, timers: 0x1d } as const
const ITEM_BYTES = 12

/** Bytes of one element. Undefined for a transport size that is not there. */
export function sizeOf(transport: number): number | undefined {
  return ({ 1: 1, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 4, 8: 4, 28: 2, 29: 2 } as Record<number, number>)[transport]
}

/** The items of a read or write request; undefined for one that is not addressed as S7ANY. @throws S7FormatError */
export function decodeVariables(parameters: Buffer): (Variable | undefined)[] {
  const count = parameters[1] ?? 0
  const variables: (Variable | undefined)[] = []
  let at = 2
  for (let i = 0; i < count; i++) {
    const length = parameters[at + 1]
    if (parameters[at] !== 0x12 || length === undefined || at + 2 + length > parameters.length)
      throw new S7FormatError('an item that is cut')
    variables.push(length === ITEM_BYTES - 2 && parameters[at + 2] === 0x10 ? variableAt(parameters, at) : undefined)
    // Items begin at even addresses.
    at += 2 + length + (length & 1)
  }
  return variables
}

function variableAt(parameters: Buffer, at: number): Variable {
  return {
    transport: parameters[at + 3]!,
    count: parameters.readUInt16BE(at + 4),
    db: parameters.readUInt16BE(at + 6),
    area: parameters[at + 8]!,
    address: parameters.readUIntBE(at + 9, 3),
  }
}

export function encodeVariables(fn: number, variables: readonly Variable[]): Buffer {
  const items = variables.map(({ transport, count, db, area, address }) => {
    const item = Buffer.alloc(ITEM_BYTES)
    item.set([0x12, ITEM_BYTES - 2, 0x10, transport])
    item.writeUInt16BE(count, 4)
    item.writeUInt16BE(db, 6)
    item[8] = area
    item.writeUIntBE(address, 9, 3)
    return item
  })
  return Buffer.concat([Buffer.from([fn, variables.length]), ...items])
}

/** Codes of one item's outcome. */
export const RETURN = { ok: 0xff, address: 0x05, type: 0x06, size: 0x07, missing: 0x0a } as const

export interface DataItem {
  code: number
  /** 3 bit, 4 byte and word (length in bits), 5 int (bits), 7 real, 9 octets (bytes). */
  transport: number
  data: Buffer
}

const IN_BITS = new Set([3, 4, 5])

/** The values that follow a write request. @throws S7FormatError */
export function decodeDataItems(data: Buffer, count: number): DataItem[] {
  const items: DataItem[] = []
  let at = 0
  for (let i = 0; i < count; i++) {
    if (at + 4 > data.length) throw new S7FormatError('a value that is cut')
    const transport = data[at + 1]!
    const said = data.readUInt16BE(at + 2)
    const bytes = IN_BITS.has(transport) ? Math.ceil(said / 8) : said
    const end = at + 4 + bytes
    if (end > data.length) throw new S7FormatError('a value that is cut')
    items.push({ code: data[at]!, transport, data: data.subarray(at + 4, end) })
    at = end + (bytes & 1)
  }
  return items
}

/** Values as they are answered; all but the last are padded to an even length. */
export function encodeDataItems(items: readonly DataItem[]): Buffer {
  const parts = items.map(({ code, transport, data }, i) => {
    const head = Buffer.from([code, transport, 0, 0])
    const length = transport === 3 ? data.length : IN_BITS.has(transport) ? data.length * 8 : data.length
    head.writeUInt16BE(length, 2)
    const padding = i < items.length - 1 && data.length & 1 ? 1 : 0
    return Buffer.concat([head, data, Buffer.alloc(padding)])
  })
  return Buffer.concat(parts)
}

/** BCD date and time of S7: year to second, then milliseconds and weekday. `at` in UTC milliseconds, shown as local time of the plant. */
export function dateAndTime(at: number): Buffer {
  const date = new Date(at)
  const bcd = (n: number): number => (Math.floor(n / 10) << 4) | (n % 10)
  const ms = date.getUTCMilliseconds()
  return Buffer.from([
    ...[date.getUTCFullYear() % 100, date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours()].map(bcd),
    ...[date.getUTCMinutes(), date.getUTCSeconds(), Math.floor(ms / 10)].map(bcd),
    ((ms % 10) << 4) | (date.getUTCDay() + 1),
  ])
}
