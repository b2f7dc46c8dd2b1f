/** RFC 1350 and the options of RFC 2347 as bytes. */

export const OPCODE = { RRQ: 1, WRQ: 2, DATA: 3, ACK: 4, ERROR: 5, OACK: 6 } as const

/** Error codes of RFC 1350 §5 and RFC 2347. */
export const ERROR = { undefined: 0, notFound: 1, access: 2, full: 3, illegal: 4, unknownTid: 5, exists: 6, noUser: 7, options: 8 } as const

export type TftpPacket =
  | { op: 'RRQ' | 'WRQ'; filename: Buffer; mode: string; options: [name: string, value: string][] }
  | { op: 'DATA'; block: number; data: Buffer }
  | { op: 'ACK'; block: number }
  | { op: 'ERROR'; code: number; message: string }
  | { op: 'OACK'; options: [name: string, value: string][] }

/** A packet that is none; `reply` is what tftpd-hpa says to it, if it says anything. */
export class TftpFormatError extends Error {
  readonly reply: string | undefined

  constructor(message: string, reply?: string) {
    super(message)
    this.name = 'TftpFormatError'
    this.reply = reply
  }
}

const MOST_OPTIONS = 20

/** @throws TftpFormatError */
export function decodeTftp(bytes: Buffer): TftpPacket {
  if (bytes.length < 2) throw new TftpFormatError('too short')
  const opcode = bytes.readUInt16BE(0)
  switch (opcode) {
    case OPCODE.RRQ:
    case OPCODE.WRQ:
      return decodeRequest(opcode === OPCODE.RRQ ? 'RRQ' : 'WRQ', bytes.subarray(2))
    case OPCODE.DATA:
      if (bytes.length < 4) throw new TftpFormatError('DATA without a block number')
      return { op: 'DATA', block: bytes.readUInt16BE(2), data: bytes.subarray(4) }
    case OPCODE.ACK:
      if (bytes.length < 4) throw new TftpFormatError('ACK without a block number')
      return { op: 'ACK', block: bytes.readUInt16BE(2) }
    case OPCODE.ERROR:
      if (bytes.length < 4) throw new TftpFormatError('ERROR without a code')
      return { op: 'ERROR', code: bytes.readUInt16BE(2), message: bytes.toString('latin1', 4).replace(/\0.*$/s, '') }
    case OPCODE.OACK:
      return { op: 'OACK', options: pairs(strings(bytes.subarray(2))) }
    default:
      throw new TftpFormatError(`opcode ${opcode}`)
  }
}

function decodeRequest(op: 'RRQ' | 'WRQ', body: Buffer): TftpPacket {
  if (body.length === 0) throw new TftpFormatError('empty request', 'Missing mode')
  if (body.at(-1) !== 0) throw new TftpFormatError('request without its end', 'Request not null-terminated')
  const [filename = Buffer.alloc(0), mode, ...options] = strings(body)
  if (filename.length === 0 || mode === undefined) throw new TftpFormatError('request without a mode', 'Missing mode')
  return { op, filename, mode: mode.toString('latin1').toLowerCase(), options: pairs(options) }
}

/** The strings of a body that ends with NUL. */
function strings(body: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (let at = 0; at < body.length && found.length < MOST_OPTIONS * 2 + 2; ) {
    const end = body.indexOf(0, at)
    if (end < 0) break
    found.push(body.subarray(at, end))
    at = end + 1
  }
  return found
}

/** An option without a value is none. */
function pairs(texts: readonly Buffer[]): [string, string][] {
  const options: [string, string][] = []
  for (let i = 0; i + 1 < texts.length; i += 2) {
    options.push([(texts[i] as Buffer).toString('latin1').toLowerCase(), (texts[i + 1] as Buffer).toString('latin1')])
  }
  return options
}

export function encodeTftp(packet: TftpPacket): Buffer {
  const head = Buffer.alloc(packet.op === 'DATA' || packet.op === 'ACK' || packet.op === 'ERROR' ? 4 : 2)
  head.writeUInt16BE(OPCODE[packet.op], 0)
  switch (packet.op) {
    case 'RRQ':
    case 'WRQ':
      return Buffer.concat([head, packet.filename, Buffer.from(`\0${packet.mode}\0${joined(packet.options)}`, 'latin1')])
    case 'DATA':
      head.writeUInt16BE(packet.block, 2)
      return Buffer.concat([head, packet.data])
    case 'ACK':
      head.writeUInt16BE(packet.block, 2)
      return head
    case 'ERROR':
      head.writeUInt16BE(packet.code, 2)
      return Buffer.concat([head, Buffer.from(`${packet.message}\0`, 'latin1')])
    case 'OACK':
      return Buffer.concat([head, Buffer.from(joined(packet.options), 'latin1')])
  }
}

const joined = (options: readonly [string, string][]): string => options.map(([name, value]) => `${name}\0${value}\0`).join('')

/** Netascii, RFC 764: lines end with CRLF, a CR by itself is CR NUL. */
export function toNetascii(bytes: Buffer): Buffer {
  return Buffer.from(
    bytes.toString('latin1').replace(/[\r\n]/g, (c) => (c === '\n' ? '\r\n' : '\r\0')),
    'latin1',
  )
}

export function fromNetascii(bytes: Buffer): Buffer {
  return Buffer.from(
    bytes.toString('latin1').replace(/\r([\n\0])/g, (_, c: string) => (c === '\n' ? '\n' : '\r')),
    'latin1',
  )
}
