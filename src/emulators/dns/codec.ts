/**
 * DNS messages, RFC 1035 §4.1 and RFC 6891. Reads questions only: the counts of an attacker's header are never allocated by.
 */
import { ByteWriter } from '../../sensor/byte-writer.ts'

/** The message has a header, but what follows cannot be read: FORMERR. */
export class DnsFormatError extends Error {}

export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  OPT: 41,
  DS: 43,
  RRSIG: 46,
  DNSKEY: 48,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
} as const
export const CLASS = { IN: 1, CH: 3, HS: 4, ANY: 255 } as const
export const OPCODE = { QUERY: 0, IQUERY: 1, STATUS: 2, NOTIFY: 4, UPDATE: 5 } as const
export const RCODE = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, NOTAUTH: 9, BADVERS: 16 } as const
export const FLAG = { QR: 0x8000, AA: 0x0400, TC: 0x0200, RD: 0x0100, RA: 0x0080, CD: 0x0010 } as const

export const HEADER_BYTES = 12
const LONGEST_NAME = 255

export interface Question {
  /** Labels as sent, joined by dots, without a dot at the end; the root is empty. */
  name: string
  type: number
  class: number
}

export interface Edns {
  /** Largest answer that the asker takes over UDP, bytes. */
  udpSize: number
  version: number
  dnssec: boolean
  options: { code: number; bytes: Buffer }[]
}

export interface Header {
  id: number
  flags: number
  opcode: number
  questions: number
}

export interface Query extends Header {
  question: Question | undefined
  edns: Edns | undefined
}

/** Undefined when there is no whole header: nobody answers that. */
export function decodeHeader(bytes: Buffer): Header | undefined {
  if (bytes.length < HEADER_BYTES) return undefined
  const flags = bytes.readUInt16BE(2)
  return { id: bytes.readUInt16BE(0), flags, opcode: (flags >> 11) & 0xf, questions: bytes.readUInt16BE(4) }
}

/** @throws DnsFormatError */
export function decodeQuery(bytes: Buffer): Query {
  const header = decodeHeader(bytes)
  if (!header) throw new DnsFormatError('no header')
  if (header.questions === 0) return { ...header, question: undefined, edns: undefined }
  if (header.questions > 1) throw new DnsFormatError('more than one question')
  const { name, end } = readName(bytes, HEADER_BYTES)
  if (end + 4 > bytes.length) throw new DnsFormatError('the question is cut')
  const question = { name, type: bytes.readUInt16BE(end), class: bytes.readUInt16BE(end + 2) }
  return { ...header, question, edns: readEdns(bytes, end + 4) }
}

/** In a question there is nothing before it that a pointer could point to. */
function readName(bytes: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = []
  let at = start
  for (;;) {
    const length = bytes[at]
    if (length === undefined) throw new DnsFormatError('the name is cut')
    if (length === 0) return { name: labels.join('.'), end: at + 1 }
    if (length > 63) throw new DnsFormatError('a pointer, or a label of unknown kind')
    const end = at + 1 + length
    if (end > bytes.length || end - start > LONGEST_NAME - 1) throw new DnsFormatError('the name is cut or too long')
    labels.push(bytes.toString('latin1', at + 1, end))
    at = end
  }
}

/** The OPT record where askers put it: the only record behind the question. */
function readEdns(bytes: Buffer, at: number): Edns | undefined {
  const records = bytes.readUInt16BE(6) + bytes.readUInt16BE(8)
  if (records > 0 || bytes.readUInt16BE(10) === 0) return undefined
  if (bytes.length < at + 11 || bytes[at] !== 0 || bytes.readUInt16BE(at + 1) !== TYPE.OPT) return undefined
  const end = at + 11 + bytes.readUInt16BE(at + 9)
  if (end > bytes.length) throw new DnsFormatError('the OPT record is cut')
  const options: Edns['options'] = []
  for (let next = at + 11; next < end; ) {
    if (next + 4 > end) throw new DnsFormatError('an option is cut')
    const length = bytes.readUInt16BE(next + 2)
    if (next + 4 + length > end) throw new DnsFormatError('an option is cut')
    options.push({ code: bytes.readUInt16BE(next), bytes: bytes.subarray(next + 4, next + 4 + length) })
    next += 4 + length
  }
  return { udpSize: bytes.readUInt16BE(at + 3), version: bytes[at + 6]!, dnssec: (bytes[at + 7]! & 0x80) > 0, options }
}

/** What a record holds. A text is one name; numbers and names of SOA and MX are in wire order. */
export type RecordData =
  | { type: 'A' | 'AAAA'; address: Buffer }
  | { type: 'NS' | 'CNAME' | 'PTR'; name: string }
  | { type: 'MX'; preference: number; name: string }
  | { type: 'TXT'; text: string }
  | { type: 'SOA'; primary: string; mailbox: string; numbers: readonly [number, number, number, number, number] }
  | { type: 'DNSKEY' | 'RRSIG' | 'DS'; bytes: Buffer }

export interface ResourceRecord {
  name: string
  class?: number
  /** Seconds. */
  ttl: number
  data: RecordData
}

export interface Response {
  id: number
  /** Without opcode and rcode. */
  flags: number
  opcode?: number
  rcode: number
  question?: Question | undefined
  answers?: readonly ResourceRecord[]
  authority?: readonly ResourceRecord[]
  additional?: readonly ResourceRecord[]
  /** Our OPT record: the size that we take, whether signatures are wanted, and its options. */
  edns?: Omit<Edns, 'version'> | undefined
}

/**
 * @param largest bytes that the message may have; records that do not fit are left out and TC is set
 * @example encodeResponse({ id: 7, flags: FLAG.QR, rcode: RCODE.REFUSED, question })
 */
export function encodeResponse(response: Response, largest = 65_535): Buffer {
  const { question, edns } = response
  const out = new MessageWriter()
  if (question) out.question(question)
  const optBytes = edns ? 11 + edns.options.reduce((sum, { bytes }) => sum + 4 + bytes.length, 0) : 0
  const room = largest - optBytes
  const counts: number[] = []
  let truncated = false
  for (const section of [response.answers ?? [], response.authority ?? []]) {
    const fitted = out.records(section, room)
    counts.push(fitted)
    truncated ||= fitted < section.length
  }
  // What is only additional may be missing without TC.
  let additional = out.records(response.additional ?? [], room)
  if (edns) {
    out.opt(edns, response.rcode >> 4)
    additional++
  }
  const flags = response.flags | ((response.opcode ?? 0) << 11) | (truncated ? FLAG.TC : 0) | (response.rcode & 0xf)
  const header = new ByteWriter()
    .u16be(response.id)
    .u16be(flags)
    .u16be(question ? 1 : 0)
  return header.u16be(counts[0]!).u16be(counts[1]!).u16be(additional).bytes(out.done()).done()
}

/** Writes what follows the header. Names that were written before are pointed to. */
class MessageWriter {
  #out = new ByteWriter()
  #seen = new Map<string, number>()

  question({ name, type, class: klass }: Question): void {
    this.#name(name)
    this.#out.u16be(type).u16be(klass)
  }

  /** @returns how many fitted into `room` bytes of message */
  records(records: readonly ResourceRecord[], room: number): number {
    let fitted = 0
    for (const record of records) {
      const before = { out: this.#out.done(), seen: new Map(this.#seen) }
      this.#record(record)
      if (HEADER_BYTES + this.#out.length > room) {
        this.#out = new ByteWriter().bytes(before.out)
        this.#seen = before.seen
        break
      }
      fitted++
    }
    return fitted
  }

  opt({ udpSize, dnssec, options }: Omit<Edns, 'version'>, extendedRcode: number): void {
    const data = new ByteWriter()
    for (const { code, bytes } of options) data.u16be(code).u16be(bytes.length).bytes(bytes)
    this.#out
      .u8(0)
      .u16be(TYPE.OPT)
      .u16be(udpSize)
      .u8(extendedRcode)
      .u8(0)
      .u16be(dnssec ? 0x8000 : 0)
      .u16be(data.length)
      .bytes(data.done())
  }

  done(): Buffer {
    return this.#out.done()
  }

  #record({ name, class: klass = CLASS.IN, ttl, data }: ResourceRecord): void {
    if (name === '') this.#root()
    else this.#name(name)
    this.#out.u16be(TYPE[data.type]).u16be(klass).u32be(ttl)
    const head = this.#out
    // Written behind a length that is not known yet.
    this.#out = new ByteWriter().bytes(head.done()).zeros(2)
    const start = this.#out.length
    this.#data(data)
    const written = this.#out.done()
    written.writeUInt16BE(written.length - start, start - 2)
    this.#out = new ByteWriter().bytes(written)
  }

  #data(data: RecordData): void {
    if ('address' in data) this.#out.bytes(data.address)
    else if ('bytes' in data) this.#out.bytes(data.bytes)
    else if (data.type === 'TXT') this.#out.u8(Buffer.byteLength(data.text)).text(data.text)
    else if (data.type === 'SOA') {
      this.#name(data.primary)
      this.#name(data.mailbox)
      for (const number of data.numbers) this.#out.u32be(number)
    } else {
      if (data.type === 'MX') this.#out.u16be(data.preference)
      this.#name(data.name)
    }
  }

  /** BIND points even to the root, though a pointer is longer; but not to the one in the question. */
  #root(): void {
    const known = this.#seen.get('')
    if (known !== undefined) {
      this.#out.u16be(0xc000 | known)
      return
    }
    this.#seen.set('', HEADER_BYTES + this.#out.length)
    this.#out.u8(0)
  }

  #name(name: string): void {
    const labels = name === '' ? [] : name.split('.')
    for (const [i, label] of labels.entries()) {
      const rest = labels.slice(i).join('.').toLowerCase()
      const known = this.#seen.get(rest)
      if (known !== undefined) {
        this.#out.u16be(0xc000 | known)
        return
      }
      const at = HEADER_BYTES + this.#out.length
      if (at < 0x4000) this.#seen.set(rest, at)
      this.#out.u8(label.length).text(label, 'latin1')
    }
    this.#out.u8(0)
  }
}
