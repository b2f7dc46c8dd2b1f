/** The part of BER (X.690) that LDAP and SNMP share: definite lengths, integers, octet strings and sequences. */

/** The bytes are no BER. */
export class BerError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'BerError'
  }
}

/** Universal types. */
export const BER = {
  boolean: 0x01,
  integer: 0x02,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  sequence: 0x30,
  set: 0x31,
} as const

/** One element: its tag, its content, and where the next begins. @throws BerError */
export function element(bytes: Buffer, at: number): { tag: number; content: Buffer; end: number } {
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined) throw new BerError('an element that is cut')
  let start = at + 2
  let length = first
  if (first & 0x80) {
    const count = first & 0x7f
    if (count === 0 || count > 4 || start + count > bytes.length) throw new BerError('a length that is none')
    length = bytes.readUIntBE(start, count)
    start += count
  }
  if (start + length > bytes.length) throw new BerError('an element that is cut')
  return { tag, content: bytes.subarray(start, start + length), end: start + length }
}

/** Reads the elements of a sequence one after the other. */
export class BerReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  /** The next element's content. @throws BerError when its tag is another */
  take(tag: number): Buffer {
    const found = this.any()
    if (found.tag !== tag) throw new BerError(`tag ${found.tag} instead of ${tag}`)
    return found.content
  }

  any(): { tag: number; content: Buffer } {
    const { tag, content, end } = element(this.#bytes, this.#at)
    this.#at = end
    return { tag, content }
  }

  integer(): number {
    return integerOf(this.take(BER.integer))
  }
}

/** @throws BerError */
export function integerOf(content: Buffer): number {
  if (content.length < 1 || content.length > 5) throw new BerError(`an integer of ${content.length} bytes`)
  return content.readIntBE(0, content.length)
}

export function encodeElement(tag: number, content: Uint8Array): Buffer {
  const { length } = content
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content])
  const head =
    length < 0x100
      ? [tag, 0x81, length]
      : length < 0x10000
        ? [tag, 0x82, length >> 8, length & 0xff]
        : [tag, 0x83, length >> 16, (length >> 8) & 0xff, length & 0xff]
  return Buffer.concat([Buffer.from(head), content])
}

export function sequence(...parts: Uint8Array[]): Buffer {
  return encodeElement(BER.sequence, Buffer.concat(parts))
}

export function encodeInteger(value: number, tag: number = BER.integer): Buffer {
  const bytes = Buffer.alloc(6)
  bytes.writeIntBE(value, 0, 6)
  let start = 0
  // As short as it can be: the first nine bits are not all alike (X.690 §8.3.2).
  while (start < 5 && ((bytes[start] === 0 && bytes[start + 1]! < 0x80) || (bytes[start] === 0xff && bytes[start + 1]! >= 0x80))) start++
  return encodeElement(tag, bytes.subarray(start))
}

export function encodeOctets(value: Uint8Array | string): Buffer {
  return encodeElement(BER.octets, Buffer.from(value as Uint8Array))
}
