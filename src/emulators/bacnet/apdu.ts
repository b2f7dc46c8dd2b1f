import { ByteReader, ShortMessage } from '../../sensor/byte-reader.ts'
import { ByteWriter } from '../../sensor/byte-writer.ts'
import { BacnetError } from './tags.ts'

const BACNET_IP = 0x81

/** Functions of the BACnet virtual link layer (annex J.2). */
export const BVLC = {
  result: 0x00,
  writeTable: 0x01,
  readTable: 0x02,
  forwarded: 0x04,
  registerForeign: 0x05,
  readForeign: 0x06,
  deleteForeign: 0x07,
  distribute: 0x09,
  unicast: 0x0a,
  broadcast: 0x0b,
} as const

/** Where a routed request came from, to be told in the answer. */
export interface Origin {
  network: number
  address: Buffer
}

export interface Frame {
  function: number
  /** Absent in a frame that the link layer answers itself. */
  npdu?: Npdu
}

export interface Npdu {
  /** A message of the network layer by its type, or an APDU. */
  networkMessage?: number
  /** False when it is meant for another network. */
  isForUs: boolean
  origin?: Origin
  apdu: Buffer
}

/** Kinds of APDU (clause 20.1.2). */
export const PDU = { confirmed: 0, unconfirmed: 1, simpleAck: 2, complexAck: 3, segmentAck: 4, error: 5, reject: 6, abort: 7 } as const

export type Apdu =
  | { kind: 'confirmed'; invoke: number; service: number; isSegmented: boolean; largest: number; body: Buffer }
  | { kind: 'unconfirmed'; service: number; body: Buffer }
  | { kind: 'answer'; type: number }

const SIZES = [50, 128, 206, 480, 1024, 1476]
const GLOBAL = 0xffff

/** @throws BacnetError */
export function decodeFrame(bytes: Buffer): Frame {
  return reading(() => {
    const reader = new ByteReader(bytes)
    if (reader.u8() !== BACNET_IP) throw new BacnetError('not BACnet/IP')
    const kind = reader.u8()
    if (reader.u16be() !== bytes.length) throw new BacnetError('length of the frame')
    switch (kind) {
      case BVLC.forwarded:
        reader.skip(6)
        return { function: kind, npdu: decodeNpdu(reader) }
      case BVLC.unicast:
      case BVLC.broadcast:
      case BVLC.distribute:
        return { function: kind, npdu: decodeNpdu(reader) }
      default:
        return { function: kind }
    }
  })
}

function decodeNpdu(reader: ByteReader): Npdu {
  if (reader.u8() !== 1) throw new BacnetError('version of the network layer')
  const control = reader.u8()
  let isForUs = true
  if (control & 0x20) {
    isForUs = reader.u16be() === GLOBAL
    reader.skip(reader.u8())
  }
  let origin: Origin | undefined
  if (control & 0x08) origin = { network: reader.u16be(), address: Buffer.from(reader.take(reader.u8())) }
  if (control & 0x20) reader.skip(1)
  const message = control & 0x80 ? { networkMessage: reader.u8() } : {}
  return { ...message, isForUs, ...(origin ? { origin } : {}), apdu: reader.rest() }
}

/** @throws BacnetError */
export function decodeApdu(bytes: Buffer): Apdu {
  return reading(() => {
    const reader = new ByteReader(bytes)
    const first = reader.u8()
    const type = first >> 4
    if (type === PDU.unconfirmed) return { kind: 'unconfirmed', service: reader.u8(), body: reader.rest() }
    if (type !== PDU.confirmed) return { kind: 'answer', type }
    const sizes = reader.u8()
    const invoke = reader.u8()
    const isSegmented = (first & 8) !== 0
    if (isSegmented) reader.skip(2)
    const service = reader.u8()
    return { kind: 'confirmed', invoke, service, isSegmented, largest: SIZES[sizes & 15] ?? SIZES[0]!, body: reader.rest() }
  })
}

/** Runs a read and turns an end that came too soon into the codec's own error. */
export function reading<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof ShortMessage) throw new BacnetError(error.message)
    throw error
  }
}

/** An APDU in a unicast frame, back to the network that it came from. */
export function encodeFrame(apdu: Buffer, origin?: Origin): Buffer {
  const writer = new ByteWriter().u8(1)
  if (origin) writer.u8(0x20).u16be(origin.network).u8(origin.address.length).bytes(origin.address).u8(255)
  else writer.u8(0)
  const npdu = writer.bytes(apdu).done()
  return new ByteWriter()
    .u8(BACNET_IP)
    .u8(BVLC.unicast)
    .u16be(npdu.length + 4)
    .bytes(npdu)
    .done()
}

/** What the link layer says itself: 0 is success. */
export function encodeResult(code: number): Buffer {
  return new ByteWriter().u8(BACNET_IP).u8(BVLC.result).u16be(6).u16be(code).done()
}

export function simpleAck(invoke: number, service: number): Buffer {
  return Buffer.of(PDU.simpleAck << 4, invoke, service)
}

export function complexAck(invoke: number, service: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.of(PDU.complexAck << 4, invoke, service), body])
}

export function rejection(invoke: number, reason: number): Buffer {
  return Buffer.of(PDU.reject << 4, invoke, reason)
}

export function abortion(invoke: number, reason: number): Buffer {
  return Buffer.of((PDU.abort << 4) | 1, invoke, reason)
}

export function unconfirmed(service: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.of(PDU.unconfirmed << 4, service), body])
}
