/** Not a frame of the Kamstrup Meter Protocol. */
export class KmpError extends Error {}

export const START = { request: 0x80, response: 0x40 } as const
export const STOP = 0x0d
const ESCAPE = 0x1b
const ESCAPED = new Set([0x06, STOP, ESCAPE, START.response, START.request])
const LEAST = 4

export interface Frame {
  address: number
  command: number
  data: Buffer
}

/** @param bytes a whole frame, from its start byte to its stop byte @throws KmpError */
export function decodeFrame(bytes: Buffer): Frame {
  const body = unstuffed(bytes.subarray(1, -1))
  if (bytes.at(-1) !== STOP || body.length < LEAST) throw new KmpError('too short')
  if (crc16(body) !== 0) throw new KmpError('checksum')
  return { address: body[0]!, command: body[1]!, data: body.subarray(2, -2) }
}

export function encodeFrame(start: number, { address, command, data }: Frame): Buffer {
  const body = Buffer.concat([Buffer.of(address, command), data, Buffer.alloc(2)])
  body.writeUInt16BE(crc16(body), body.length - 2)
  return Buffer.concat([Buffer.of(start), stuffed(body), Buffer.of(STOP)])
}

/** CRC-16 with polynomial 0x1021 from 0; over a body with its checksum it is 0. Over one that ends in two zero bytes it is the checksum. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const carry = crc & 0x8000
      crc = ((crc << 1) | ((byte >> bit) & 1)) & 0xffff
      if (carry) crc ^= 0x1021
    }
  }
  return crc
}

/** A register's value: unit, length, sign and exponent, number (KMP's floating point format). */
export function encodeValue(unit: number, bytes: number, decimals: number, value: number): Buffer {
  const number = Math.round(value * 10 ** decimals)
  const limit = 2 ** (8 * bytes)
  const content = Buffer.alloc(bytes)
  content.writeUIntBE(Math.abs(number) % limit, 0, bytes)
  const sign = (number < 0 ? 0x80 : 0) | (decimals > 0 ? 0x40 : 0) | decimals
  return Buffer.concat([Buffer.of(unit, bytes, sign), content])
}

/** The number of a value as {@link encodeValue} writes it; undefined when it is cut or has more digits than can be told. */
export function decodeValue(bytes: Buffer): number | undefined {
  const [, length = 0, sign = 0] = bytes
  if (length < 1 || length > 4 || bytes.length !== 3 + length) return undefined
  const power = (sign & 0x3f) * (sign & 0x40 ? -1 : 1)
  const value = bytes.readUIntBE(3, length) * 10 ** power * (sign & 0x80 ? -1 : 1)
  return Number.isSafeInteger(Math.round(value)) ? value : undefined
}

/** What the meter says to a command that has no data to answer, without a frame around it. */
export const ACKNOWLEDGE = Buffer.of(0x06)

function stuffed(body: Buffer): Buffer {
  return Buffer.from([...body].flatMap((byte) => (ESCAPED.has(byte) ? [ESCAPE, byte ^ 0xff] : [byte])))
}

function unstuffed(body: Buffer): Buffer {
  const plain: number[] = []
  for (let i = 0; i < body.length; i++) {
    if (body[i] !== ESCAPE) plain.push(body[i]!)
    else {
      const escaped = body[++i]
      if (escaped === undefined) throw new KmpError('ends in an escape')
      plain.push(escaped ^ 0xff)
    }
  }
  return Buffer.from(plain)
}
