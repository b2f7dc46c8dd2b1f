import { ByteReader, ShortMessage } from './byte-reader.ts'

/** Not a token of RFC 4178. */
export class SpnegoError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SpnegoError'
  }
}

const SPNEGO_OID = Buffer.from('06062b0601050502', 'hex')
const NTLMSSP_OID = Buffer.from('060a2b06010401823702020a', 'hex')
const NTLMSSP = Buffer.from('NTLMSSP\0', 'latin1')

/** One DER element; `constructed` children are elements again. */
function der(tag: number, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  const length =
    body.length < 0x80
      ? Buffer.of(body.length)
      : body.length < 0x100
        ? Buffer.of(0x81, body.length)
        : Buffer.of(0x82, body.length >> 8, body.length & 0xff)
  return Buffer.concat([Buffer.of(tag), length, body])
}

/** What a server offers first: NTLMSSP, with the hint that Windows and Samba put beside it (MS-SPNG 2.2.1). */
export function encodeOffer(): Buffer {
  const mechanisms = der(0xa0, der(0x30, NTLMSSP_OID))
  const hints = der(0xa3, der(0x30, der(0xa0, der(0x1b, Buffer.from('not_defined_in_RFC4178@please_ignore', 'latin1')))))
  return der(0x60, SPNEGO_OID, der(0xa0, der(0x30, mechanisms, hints)))
}

/** The offer without the hint, as Windows 7 sends it. */
export function encodeBareOffer(): Buffer {
  return der(0x60, SPNEGO_OID, der(0xa0, der(0x30, der(0xa0, der(0x30, NTLMSSP_OID)))))
}

export interface SpnegoReply {
  state: 'accept-completed' | 'accept-incomplete' | 'reject' | 'request-mic'
  /** Whether the mechanism is named; only the first answer does. */
  namesMechanism?: boolean
  token?: Uint8Array
  mic?: Uint8Array
}

const STATES = { 'accept-completed': 0, 'accept-incomplete': 1, reject: 2, 'request-mic': 3 } as const

/** negTokenResp */
export function encodeReply({ state, namesMechanism = false, token, mic }: SpnegoReply): Buffer {
  return der(
    0xa1,
    der(
      0x30,
      der(0xa0, der(0x0a, Buffer.of(STATES[state]))),
      ...(namesMechanism ? [der(0xa1, NTLMSSP_OID)] : []),
      ...(token ? [der(0xa2, der(0x04, token))] : []),
      ...(mic ? [der(0xa3, der(0x04, mic))] : []),
    ),
  )
}

export interface SpnegoToken {
  /** Of the mechanism; absent when the client sent none, or one of another mechanism than NTLMSSP. */
  token?: Buffer
  /** The NTLMSSP message came as it is, without SPNEGO around it. */
  isRaw: boolean
  /** The client's mechanisms as they stand in its first token: what the final MIC covers. */
  mechanisms?: Buffer
  mic?: Buffer
}

/** Reads a client's token: negTokenInit, negTokenResp or NTLMSSP itself. @throws SpnegoError */
export function parseSpnego(bytes: Buffer): SpnegoToken {
  if (bytes.subarray(0, 8).equals(NTLMSSP)) return { token: bytes, isRaw: true }
  try {
    const outer = element(new ByteReader(bytes))
    if (outer.tag === 0x60) {
      const inner = new ByteReader(outer.content)
      if (element(inner).tag !== 0x06) throw new SpnegoError('no mechanism identifier')
      return parseSequence(element(inner).content, true)
    }
    if (outer.tag === 0xa1 || outer.tag === 0xa0) return parseSequence(outer.content, outer.tag === 0xa0)
    throw new SpnegoError(`tag ${outer.tag}`)
  } catch (error) {
    if (error instanceof ShortMessage) throw new SpnegoError(error.message)
    throw error
  }
}

function parseSequence(bytes: Buffer, isInit: boolean): SpnegoToken {
  const fields = new ByteReader(element(new ByteReader(bytes)).content)
  const result: SpnegoToken = { isRaw: false }
  while (fields.left > 0) {
    const { tag, content } = element(fields)
    if (tag === 0xa0 && isInit) result.mechanisms = content
    if (tag === 0xa2) {
      const token = element(new ByteReader(content)).content
      if (token.subarray(0, 8).equals(NTLMSSP)) result.token = token
    }
    if (tag === 0xa3 && !isInit) result.mic = element(new ByteReader(content)).content
  }
  return result
}

function element(reader: ByteReader): { tag: number; content: Buffer } {
  const tag = reader.u8()
  const first = reader.u8()
  if (first < 0x80) return { tag, content: reader.take(first) }
  const octets = first & 0x7f
  if (octets === 0 || octets > 3) throw new SpnegoError(`a length of ${octets} octets`)
  let length = 0
  for (let i = 0; i < octets; i++) length = length * 256 + reader.u8()
  return { tag, content: reader.take(length) }
}
