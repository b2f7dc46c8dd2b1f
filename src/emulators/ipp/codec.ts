/**
 * IPP messages (RFC 8010): a header of eight bytes, groups of attributes, and the document behind the end tag.
 *
 *   version 2 | operation or status 2 | request id 4 | { group tag | { value tag, name, value }* }* | 03 | data
 *
 * A value without a name is a further value of the attribute before it; a collection is begCollection, members, endCollection.
 */

/** Delimiter tags (RFC 8010 §3.5.1). */
export const GROUP = { operation: 1, job: 2, end: 3, printer: 4, unsupported: 5, subscription: 6, event: 7 } as const

/** Value tags (RFC 8010 §3.5.2). */
export const TAG = {
  unsupported: 0x10,
  unknown: 0x12,
  noValue: 0x13,
  integer: 0x21,
  boolean: 0x22,
  enum: 0x23,
  octets: 0x30,
  dateTime: 0x31,
  resolution: 0x32,
  range: 0x33,
  begCollection: 0x34,
  textLanguage: 0x35,
  nameLanguage: 0x36,
  endCollection: 0x37,
  text: 0x41,
  name: 0x42,
  keyword: 0x44,
  uri: 0x45,
  uriScheme: 0x46,
  charset: 0x47,
  language: 0x48,
  mimeType: 0x49,
  memberName: 0x4a,
} as const

/** A value as its bytes, or a collection as its members. */
export type IppValue = { tag: number; bytes: Buffer } | { tag: typeof TAG.begCollection; members: IppAttribute[] }

export interface IppAttribute {
  name: string
  values: IppValue[]
}

export interface IppGroup {
  tag: number
  attributes: IppAttribute[]
}

export interface IppMessage {
  version: { major: number; minor: number }
  /** Operation of a request, status of a response. */
  code: number
  requestId: number
  groups: IppGroup[]
  data: Buffer
}

/** A message that ends too soon or says what no message may. */
export class IppFormatError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'IppFormatError'
  }
}

export const HEADER_BYTES = 8
const DEEPEST = 8
const MOST_VALUES = 10_000

/** The header alone: what can be answered even when the rest is wrong. */
export function decodeHeader(bytes: Buffer): Pick<IppMessage, 'version' | 'code' | 'requestId'> | undefined {
  if (bytes.length < HEADER_BYTES) return undefined
  return { version: { major: bytes.readUInt8(0), minor: bytes.readUInt8(1) }, code: bytes.readUInt16BE(2), requestId: bytes.readInt32BE(4) }
}

/** @throws IppFormatError */
export function decodeMessage(bytes: Buffer): IppMessage {
  const header = decodeHeader(bytes)
  if (!header) throw new IppFormatError('a message has eight bytes at least')
  const reader = new Reader(bytes.subarray(HEADER_BYTES))
  return { ...header, groups: reader.groups(), data: reader.rest() }
}

class Reader {
  readonly #bytes: Buffer
  #at = 0
  #values = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  groups(): IppGroup[] {
    const groups: IppGroup[] = []
    for (;;) {
      const tag = this.#byte()
      if (tag === GROUP.end) return groups
      const isDelimiter = tag < 0x10
      if (isDelimiter) {
        groups.push({ tag, attributes: [] })
        continue
      }
      const group = groups.at(-1)
      if (!group) throw new IppFormatError('an attribute stands before any group')
      this.#attribute(tag, group.attributes)
    }
  }

  rest(): Buffer {
    return this.#bytes.subarray(this.#at)
  }

  #attribute(tag: number, attributes: IppAttribute[]): void {
    const name = this.#field().toString('latin1')
    const value = this.#value(tag, 0)
    if (name !== '') {
      attributes.push({ name, values: [value] })
      return
    }
    const last = attributes.at(-1)
    if (!last) throw new IppFormatError('a further value stands before any attribute')
    last.values.push(value)
  }

  #value(tag: number, depth: number): IppValue {
    if (++this.#values > MOST_VALUES) throw new IppFormatError('too many values')
    const bytes = this.#field()
    if (tag !== TAG.begCollection) return { tag, bytes }
    if (depth >= DEEPEST) throw new IppFormatError('collections are nested too deeply')
    return { tag, members: this.#members(depth + 1) }
  }

  #members(depth: number): IppAttribute[] {
    const members: IppAttribute[] = []
    for (;;) {
      const tag = this.#byte()
      if (this.#field().length > 0) throw new IppFormatError('a member has a name of its own')
      if (tag === TAG.endCollection) {
        this.#field()
        return members
      }
      if (tag === TAG.memberName) {
        members.push({ name: this.#field().toString('latin1'), values: [] })
        continue
      }
      const member = members.at(-1)
      if (!member) throw new IppFormatError('a member value stands before its name')
      member.values.push(this.#value(tag, depth))
    }
  }

  #byte(): number {
    if (this.#at >= this.#bytes.length) throw new IppFormatError('the message ends within its attributes')
    return this.#bytes.readUInt8(this.#at++)
  }

  #field(): Buffer {
    if (this.#at + 2 > this.#bytes.length) throw new IppFormatError('the message ends within a length')
    const length = this.#bytes.readUInt16BE(this.#at)
    const start = this.#at + 2
    if (start + length > this.#bytes.length) throw new IppFormatError('the message ends within a value')
    this.#at = start + length
    return this.#bytes.subarray(start, this.#at)
  }
}

export function encodeMessage({ version, code, requestId, groups, data }: IppMessage): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt8(version.major, 0)
  header.writeUInt8(version.minor, 1)
  header.writeUInt16BE(code, 2)
  header.writeInt32BE(requestId, 4)
  const parts: Buffer[] = [header]
  for (const { tag, attributes } of groups) {
    parts.push(Buffer.from([tag]))
    for (const attribute of attributes) writeAttribute(parts, attribute)
  }
  return Buffer.concat([...parts, Buffer.from([GROUP.end]), data])
}

function writeAttribute(parts: Buffer[], { name, values }: IppAttribute): void {
  for (const [n, value] of values.entries()) writeValue(parts, n === 0 ? name : '', value)
}

function writeValue(parts: Buffer[], name: string, value: IppValue): void {
  parts.push(Buffer.from([value.tag]), field(Buffer.from(name, 'latin1')))
  if ('bytes' in value) {
    parts.push(field(value.bytes))
    return
  }
  parts.push(field(EMPTY))
  for (const member of value.members) {
    parts.push(Buffer.from([TAG.memberName]), field(EMPTY), field(Buffer.from(member.name, 'latin1')))
    for (const inner of member.values) writeValue(parts, '', inner)
  }
  parts.push(Buffer.from([TAG.endCollection]), field(EMPTY), field(EMPTY))
}

const EMPTY = Buffer.alloc(0)

function field(bytes: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}
