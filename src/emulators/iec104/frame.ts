/** Not a frame of IEC 60870-5-104 §5, or an ASDU that is shorter than it says. */
export class Iec104Error extends Error {}

export const START = 0x68
export const HEADER_BYTES = 2
/** Length octet: the four control octets at least, 253 bytes at most. */
export const LENGTH = { min: 4, max: 253 } as const

/** Unnumbered functions by their first control octet. */
export const U = { startAct: 0x07, startCon: 0x0b, stopAct: 0x13, stopCon: 0x23, testAct: 0x43, testCon: 0x83 } as const

export type Frame =
  | { kind: 'I'; send: number; receive: number; asdu: Buffer }
  | { kind: 'S'; receive: number }
  | { kind: 'U'; function: number }

/** @param body what follows the length octet @throws Iec104Error */
export function decodeFrame(body: Buffer): Frame {
  if (body.length < LENGTH.min) throw new Iec104Error('too short')
  const [first = 0] = body
  if ((first & 1) === 0) return { kind: 'I', send: body.readUInt16LE(0) >> 1, receive: body.readUInt16LE(2) >> 1, asdu: body.subarray(4) }
  if (body.length !== LENGTH.min) throw new Iec104Error('a control frame with data')
  if ((first & 3) === 1) return { kind: 'S', receive: body.readUInt16LE(2) >> 1 }
  return { kind: 'U', function: first }
}

export function encodeFrame(frame: Frame): Buffer {
  const asdu = frame.kind === 'I' ? frame.asdu : Buffer.alloc(0)
  const head = Buffer.alloc(6)
  head[0] = START
  head[1] = LENGTH.min + asdu.length
  if (frame.kind === 'U') head[2] = frame.function
  else {
    if (frame.kind === 'I') head.writeUInt16LE(frame.send << 1, 2)
    else head[2] = 1
    head.writeUInt16LE(frame.receive << 1, 4)
  }
  return Buffer.concat([head, asdu])
}
