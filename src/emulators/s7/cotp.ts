/**
 * TPKT (RFC 1006 §6) and the TPDUs of ISO 8073 class 0 that S7 uses: connect, confirm, disconnect, data.
 */

/** The bytes are no TPKT, or no TPDU of class 0. */
export class CotpFormatError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'CotpFormatError'
  }
}

export const TPKT_BYTES = 4
const LARGEST_TPKT = 4096

/** Bytes of the packet after its header. @throws CotpFormatError */
export function decodeTpkt(header: Buffer): number {
  const length = header.readUInt16BE(2)
  if (header[0] !== 3) throw new CotpFormatError(`TPKT version ${header[0]}`)
  if (length < TPKT_BYTES + 2 || length > LARGEST_TPKT) throw new CotpFormatError(`a TPKT of ${length} bytes`)
  return length - TPKT_BYTES
}

export type Tpdu =
  | { kind: 'connect'; source: number; sizeCode: number | undefined; calling: Buffer; called: Buffer }
  | { kind: 'data'; isLast: boolean; data: Buffer }
  | { kind: 'disconnect' }

const CODE = { connect: 0xe0, confirm: 0xd0, disconnect: 0x80, data: 0xf0 }
const PARAMETER = { size: 0xc0, calling: 0xc1, called: 0xc2 }

/** @throws CotpFormatError */
export function decodeTpdu(bytes: Buffer): Tpdu {
  const header = bytes.subarray(1, 1 + (bytes[0] ?? 0))
  if (header.length === 0 || header.length !== bytes[0]) throw new CotpFormatError('a TPDU header that is cut')
  const code = header[0]! & 0xf0
  if (code === CODE.data) {
    if (header.length < 2) throw new CotpFormatError('a DT TPDU without number')
    return { kind: 'data', isLast: (header[1]! & 0x80) !== 0, data: bytes.subarray(1 + header.length) }
  }
  if (code === CODE.disconnect) return { kind: 'disconnect' }
  if (code !== CODE.connect) throw new CotpFormatError(`TPDU ${code.toString(16)}`)
  if (header.length < 6) throw new CotpFormatError('a CR TPDU that is cut')
  const parameters = decodeParameters(header.subarray(6))
  const size = parameters.get(PARAMETER.size)
  return {
    kind: 'connect',
    source: header.readUInt16BE(3),
    sizeCode: size?.[0],
    calling: parameters.get(PARAMETER.calling) ?? Buffer.alloc(0),
    called: parameters.get(PARAMETER.called) ?? Buffer.alloc(0),
  }
}

function decodeParameters(bytes: Buffer): Map<number, Buffer> {
  const parameters = new Map<number, Buffer>()
  for (let at = 0; at + 2 <= bytes.length; ) {
    const end = at + 2 + bytes[at + 1]!
    if (end > bytes.length) throw new CotpFormatError('a parameter that is cut')
    parameters.set(bytes[at]!, bytes.subarray(at + 2, end))
    at = end
  }
  return parameters
}

/** Largest TPDU that we take: 2¹⁰ bytes. */
const SIZE_CODE = 0x0a

/** The confirmation of a connection request, with our own reference. */
export function encodeConfirm(request: Extract<Tpdu, { kind: 'connect' }>, reference: number): Buffer {
  const size = Math.min(request.sizeCode ?? SIZE_CODE, SIZE_CODE)
  const parameters = [
    ...(request.sizeCode === undefined ? [] : [PARAMETER.size, 1, size]),
    ...[PARAMETER.calling, request.calling.length, ...request.calling],
    ...[PARAMETER.called, request.called.length, ...request.called],
  ]
  const header = [CODE.confirm, request.source >> 8, request.source & 0xff, reference >> 8, reference & 0xff, 0, ...parameters]
  return encodeTpkt(Buffer.from([header.length, ...header]))
}

/** Reason 0x03: no such session at that TSAP. */
export function encodeRefusal(source: number): Buffer {
  return encodeTpkt(Buffer.from([6, CODE.disconnect, source >> 8, source & 0xff, 0, 0, 0x03]))
}

export function encodeData(data: Uint8Array): Buffer {
  return encodeTpkt(Buffer.concat([Buffer.from([2, CODE.data, 0x80]), data]))
}

function encodeTpkt(payload: Buffer): Buffer {
  const header = Buffer.from([3, 0, 0, 0])
  header.writeUInt16BE(payload.length + TPKT_BYTES, 2)
  return Buffer.concat([header, payload])
}
