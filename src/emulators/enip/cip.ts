/**
 * CIP explicit messages: service, path, data (CIP Networks Library volume 1, chapter 2 and appendix C).
 */

/** The bytes are no CIP request. */
export class CipFormatError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'CipFormatError'
  }
}

/** General status codes, appendix B. */
export const GENERAL = {
  ok: 0x00,
  connection: 0x01,
  path: 0x04,
  destination: 0x05,
  partial: 0x06,
  service: 0x08,
  attributeValue: 0x09,
  notSettable: 0x0e,
  tooLarge: 0x11,
  tooLittle: 0x13,
  attribute: 0x14,
  embedded: 0x1e,
  vendor: 0xff,
} as const

export interface Path {
  /** Symbols with dots: `Program:Main.Level`. */
  symbol: string
  class?: number
  instance?: number
  attribute?: number
  /** Index into an array. */
  member?: number
}

export interface CipRequest {
  service: number
  path: Path
  data: Buffer
}

/** @throws CipFormatError */
export function decodeCip(bytes: Buffer): CipRequest {
  const words = bytes[1]
  if (words === undefined || bytes.length < 2 + words * 2) throw new CipFormatError('a request that is cut')
  if (bytes[0]! & 0x80) throw new CipFormatError('a response')
  const end = 2 + words * 2
  return { service: bytes[0]!, path: decodePath(bytes.subarray(2, end)), data: bytes.subarray(end) }
}

const KINDS = ['class', 'instance', 'member', undefined, 'attribute'] as const

/** @throws CipFormatError for segments that are cut or are neither logical nor symbolic */
export function decodePath(bytes: Buffer): Path {
  const path: Path = { symbol: '' }
  for (let at = 0; at < bytes.length; ) {
    const segment = bytes[at]!
    if (segment === 0x91) {
      const length = bytes[at + 1] ?? 0
      if (at + 2 + length > bytes.length) throw new CipFormatError('a symbol that is cut')
      path.symbol += `${path.symbol && '.'}${bytes.toString('latin1', at + 2, at + 2 + length)}`
      at += 2 + length + (length & 1)
      continue
    }
    const kind = KINDS[(segment >> 2) & 7]
    if (segment >> 5 !== 1 || !kind || (segment & 3) === 3) throw new CipFormatError(`segment ${segment}`)
    const size = 1 << (segment & 3)
    // Longer values are aligned to words.
    const start = size === 1 ? at + 1 : at + 2
    if (start + size > bytes.length) throw new CipFormatError('a segment that is cut')
    path[kind] = bytes.readUIntLE(start, size)
    at = start + size
  }
  return path
}

export function encodePath(path: Path): Buffer {
  const parts: Buffer[] = path.symbol ? path.symbol.split('.').map(symbolSegment) : []
  for (const [i, kind] of KINDS.entries()) {
    const value = kind && path[kind]
    if (value === undefined) continue
    const segment = Buffer.alloc(value < 0x100 ? 2 : value < 0x1_0000 ? 4 : 6)
    segment[0] = 0x20 | (i << 2) | (segment.length / 2 - 1)
    segment.writeUIntLE(value, segment.length === 2 ? 1 : 2, segment.length === 2 ? 1 : segment.length - 2)
    parts.push(segment)
  }
  return Buffer.concat(parts)
}

function symbolSegment(name: string): Buffer {
  const text = Buffer.from(name, 'latin1')
  return Buffer.concat([Buffer.from([0x91, text.length]), text, Buffer.alloc(text.length & 1)])
}

export function encodeCip({ service, path, data }: CipRequest): Buffer {
  const encoded = encodePath(path)
  return Buffer.concat([Buffer.from([service, encoded.length / 2]), encoded, data])
}

export interface CipAnswer {
  status: number
  /** Additional status words. */
  more?: number[]
  data?: Buffer
}

export function encodeAnswer(service: number, { status, more = [], data = Buffer.alloc(0) }: CipAnswer): Buffer {
  const words = Buffer.alloc(more.length * 2)
  for (const [i, word] of more.entries()) words.writeUInt16LE(word, i * 2)
  return Buffer.concat([Buffer.from([service | 0x80, 0, status, more.length]), words, data])
}
