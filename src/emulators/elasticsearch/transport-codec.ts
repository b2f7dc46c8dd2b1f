/**
 * Frames of Elasticsearch's transport protocol (port 9300), as TcpHeader and InboundDecoder of the releases read them:
 * `ES`, length, request id, status, version; since 7.6 the length of a variable header, then what the request says.
 */

export interface TransportFrame {
  requestId: bigint
  status: number
  version: number
  /** Everything behind the fixed header. */
  payload: Buffer
}

/** Bits of `status`. */
export const STATUS = { response: 1, error: 2, compressed: 4, handshake: 8 } as const

export class TransportFormatError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'TransportFormatError'
  }
}

const MARK = 0x4553
const FIXED = 13
/** Far above any handshake or stranger's request. */
const LONGEST = 1024 * 1024
/** Version 7.6.0, the first with a variable header. */
const VARIABLE_HEADER = 7_060_099

/** Bytes in front of the length, and the length itself. */
export const PREFIX_BYTES = 6

/** Length of the frame behind the prefix; -1 is a ping. @throws TransportFormatError */
export function frameLength(prefix: Buffer): number {
  if (prefix.length < PREFIX_BYTES || prefix.readUInt16BE(0) !== MARK)
    throw new TransportFormatError('invalid internal transport message format')
  const length = prefix.readInt32BE(2)
  if (length === -1) return -1
  if (length < FIXED || length > LONGEST) throw new TransportFormatError(`invalid data length: ${length}`)
  return length
}

/** A frame from the bytes behind its prefix. @throws TransportFormatError */
export function decodeFrame(bytes: Buffer): TransportFrame {
  if (bytes.length < FIXED) throw new TransportFormatError('frame is too short')
  return { requestId: bytes.readBigInt64BE(0), status: bytes.readUInt8(8), version: bytes.readInt32BE(9), payload: bytes.subarray(FIXED) }
}

export function encodeFrame({ requestId, status, version, payload }: TransportFrame): Buffer {
  const head = Buffer.alloc(PREFIX_BYTES + FIXED)
  head.writeUInt16BE(MARK, 0)
  head.writeInt32BE(FIXED + payload.length, 2)
  head.writeBigInt64BE(requestId, 6)
  head.writeUInt8(status, 14)
  head.writeInt32BE(version, 15)
  return Buffer.concat([head, payload])
}

/** The answer to `internal:tcp/handshake`: an empty thread context, and our version. */
export function handshakeAnswer(request: TransportFrame, wireId: number): Buffer {
  const context = Buffer.from([0, 0])
  const header = request.version >= VARIABLE_HEADER ? Buffer.concat([int32(context.length), context]) : context
  return encodeFrame({
    requestId: request.requestId,
    status: STATUS.response | STATUS.handshake,
    version: request.version,
    payload: Buffer.concat([header, variableInt(wireId)]),
  })
}

/** Base 128, low groups first. */
export function variableInt(value: number): Buffer {
  const bytes: number[] = []
  let rest = value >>> 0
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  bytes.push(rest)
  return Buffer.from(bytes)
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

/** The name of the action that a request asks for: the longest text in it that looks like one. */
export function actionOf({ payload }: TransportFrame): string | undefined {
  const names =
    payload
      .subarray(0, 4096)
      .toString('latin1')
      .match(/[a-z]{2,20}(?::|\/)[A-Za-z0-9:/_[\]*-]{3,120}/g) ?? []
  return names.sort((a, b) => b.length - a.length)[0]
}
