/** RFB 3.3 to 3.8 (RFC 6143) as bytes. */
import { ByteReader } from '../../sensor/byte-reader.ts'
import { ByteWriter } from '../../sensor/byte-writer.ts'

/** Not what a client of RFB sends. */
export class RfbError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'RfbError'
  }
}

export const SERVER_VERSION = 'RFB 003.008\n'
export const VERSION_BYTES = 12
export const SECURITY = { none: 1, vncAuth: 2 } as const
export const ENCODING = { raw: 0, zrle: 16 } as const

/** @throws RfbError */
export function parseVersion(bytes: Buffer): { major: number; minor: number } {
  const match = /^RFB (\d{3})\.(\d{3})\n$/.exec(bytes.toString('latin1'))
  if (!match) throw new RfbError('no protocol version')
  return { major: Number(match[1]), minor: Number(match[2]) }
}

/** Length and text, as reasons of refusal are sent. */
export function encodeReason(reason: string): Buffer {
  return new ByteWriter().u32be(reason.length).text(reason, 'latin1').done()
}

/** §7.4 */
export interface PixelFormat {
  bitsPerPixel: 8 | 16 | 32
  depth: number
  bigEndian: boolean
  trueColour: boolean
  max: readonly [number, number, number]
  shift: readonly [number, number, number]
}

/** What an X server of depth 24 has. */
export const NATIVE_FORMAT: PixelFormat = {
  bitsPerPixel: 32,
  depth: 24,
  bigEndian: false,
  trueColour: true,
  max: [255, 255, 255],
  shift: [16, 8, 0],
}
const FORMAT_BYTES = 16

export function encodePixelFormat({ bitsPerPixel, depth, bigEndian, trueColour, max, shift }: PixelFormat): Buffer {
  const writer = new ByteWriter()
    .u8(bitsPerPixel)
    .u8(depth)
    .u8(bigEndian ? 1 : 0)
    .u8(trueColour ? 1 : 0)
  for (const one of max) writer.u16be(one)
  for (const one of shift) writer.u8(one)
  return writer.zeros(3).done()
}

/** @param bytes sixteen of them @throws RfbError when it has pixels that nobody can send */
export function parsePixelFormat(bytes: Buffer): PixelFormat {
  const reader = new ByteReader(bytes)
  const bitsPerPixel = reader.u8()
  const depth = reader.u8()
  const bigEndian = reader.u8() !== 0
  const trueColour = reader.u8() !== 0
  const max = [reader.u16be(), reader.u16be(), reader.u16be()] as const
  const shift = [reader.u8(), reader.u8(), reader.u8()] as const
  if (bitsPerPixel !== 8 && bitsPerPixel !== 16 && bitsPerPixel !== 32) throw new RfbError(`${bitsPerPixel} bits a pixel`)
  if (trueColour && shift.some((one) => one >= bitsPerPixel)) throw new RfbError('a colour outside of its pixel')
  // Colours of a map are a byte each: the map that is sent has three bits of red and green and two of blue.
  if (!trueColour) return { bitsPerPixel, depth, bigEndian, trueColour, max: [7, 7, 3], shift: [0, 3, 6] }
  return { bitsPerPixel, depth, bigEndian, trueColour, max, shift }
}

export function encodeServerInit(width: number, height: number, name: string): Buffer {
  const bytes = Buffer.from(name)
  return new ByteWriter().u16be(width).u16be(height).bytes(encodePixelFormat(NATIVE_FORMAT)).u32be(bytes.length).bytes(bytes).done()
}

/** §7.6.2, for the map of {@link parsePixelFormat}. */
export function encodeColourMap(): Buffer {
  const writer = new ByteWriter().u8(1).u8(0).u16be(0).u16be(256)
  for (let i = 0; i < 256; i++) {
    for (const [shift, max] of [
      [0, 7],
      [3, 7],
      [6, 3],
    ] as const) {
      writer.u16be(Math.round((((i >> shift) & max) * 65535) / max))
    }
  }
  return writer.done()
}

export interface Rectangle {
  x: number
  y: number
  width: number
  height: number
}

export function encodeUpdateHead({ x, y, width, height }: Rectangle, encoding: number): Buffer {
  return new ByteWriter().u8(0).u8(0).u16be(1).u16be(x).u16be(y).u16be(width).u16be(height).u32be(encoding).done()
}

export type ClientMessage =
  | { type: 'format'; format: PixelFormat }
  | { type: 'encodings'; encodings: number[] }
  | { type: 'update'; incremental: boolean; area: Rectangle }
  | { type: 'key'; down: boolean; key: number }
  | { type: 'pointer'; buttons: number; x: number; y: number }
  | { type: 'clipboard'; text: Buffer }

const MOST_ENCODINGS = 1024
const LONGEST_CLIPBOARD = 256 * 1024

/** Where the bytes come from: exactly so many. */
export type Exactly = (n: number) => Promise<Buffer>

/** The next message of a client (§7.5). @throws RfbError */
export async function readMessage(exactly: Exactly): Promise<ClientMessage> {
  const [type] = await exactly(1)
  switch (type) {
    case 0:
      return { type: 'format', format: parsePixelFormat((await exactly(3 + FORMAT_BYTES)).subarray(3)) }
    case 2: {
      const count = (await exactly(3)).readUInt16BE(1)
      if (count > MOST_ENCODINGS) throw new RfbError(`${count} encodings`)
      const bytes = await exactly(count * 4)
      return { type: 'encodings', encodings: Array.from({ length: count }, (_, i) => bytes.readInt32BE(i * 4)) }
    }
    case 3: {
      const reader = new ByteReader(await exactly(9))
      const incremental = reader.u8() !== 0
      return { type: 'update', incremental, area: { x: reader.u16be(), y: reader.u16be(), width: reader.u16be(), height: reader.u16be() } }
    }
    case 4: {
      const bytes = await exactly(7)
      return { type: 'key', down: bytes[0] !== 0, key: bytes.readUInt32BE(3) }
    }
    case 5: {
      const reader = new ByteReader(await exactly(5))
      return { type: 'pointer', buttons: reader.u8(), x: reader.u16be(), y: reader.u16be() }
    }
    case 6: {
      const length = (await exactly(7)).readUInt32BE(3)
      if (length > LONGEST_CLIPBOARD) throw new RfbError(`a clipboard of ${length} bytes`)
      return { type: 'clipboard', text: await exactly(length) }
    }
    default:
      throw new RfbError(`message type ${type}`)
  }
}
