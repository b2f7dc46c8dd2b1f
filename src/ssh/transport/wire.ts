/** A message ended early or carried what its type does not allow. */
export class WireError extends Error {
  constructor(what: string) {
    super(what)
    this.name = 'WireError'
  }
}

/** Reads the data types of RFC 4251 §5 from a message. Throws {@link WireError} and nothing else. */
export class WireReader {
  readonly #bytes: Buffer
  #at: number

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes
    this.#at = at
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  byte(): number {
    return this.take(1)[0]!
  }

  boolean(): boolean {
    return this.byte() !== 0
  }

  uint32(): number {
    return this.take(4).readUInt32BE()
  }

  uint64(): bigint {
    return this.take(8).readBigUInt64BE()
  }

  string(): Buffer {
    return this.take(this.uint32())
  }

  /** A string that OpenSSH takes as one of C: a NUL may end it, but not stand inside (`sshbuf_get_cstring`). */
  cstring(): Buffer {
    const bytes = this.string()
    const nul = bytes.indexOf(0)
    if (nul < 0) return bytes
    if (nul < bytes.length - 1) throw new WireError('NUL inside a string')
    return bytes.subarray(0, nul)
  }

  /** A string whose bytes the protocol restricts to ASCII: names of methods, types, algorithms. */
  name(): string {
    return this.cstring().toString('latin1')
  }

  nameList(): string[] {
    const text = this.name()
    return text === '' ? [] : text.split(',')
  }

  /** A non-negative mpint as its magnitude without leading zeros. */
  mpint(): Buffer {
    const bytes = this.string()
    if (bytes.length && bytes[0]! & 0x80) throw new WireError('negative mpint')
    return magnitude(bytes)
  }

  take(n: number): Buffer {
    if (n > this.left) throw new WireError(`${n} bytes wanted, ${this.left} left`)
    this.#at += n
    return this.#bytes.subarray(this.#at - n, this.#at)
  }

  rest(): Buffer {
    return this.take(this.left)
  }

  /** The message must be over; OpenSSH calls trailing bytes a format error (`sshpkt_get_end`). */
  end(): void {
    if (this.left) throw new WireError(`${this.left} bytes too many`)
  }
}

/** Builds a message of the data types of RFC 4251 §5. */
export class WireWriter {
  readonly #parts: Buffer[] = []

  /** Starts with a message number, if given. */
  constructor(message?: number) {
    if (message !== undefined) this.byte(message)
  }

  byte(value: number): this {
    return this.raw(Buffer.of(value))
  }

  boolean(value: boolean): this {
    return this.byte(value ? 1 : 0)
  }

  uint32(value: number): this {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(value >>> 0)
    return this.raw(bytes)
  }

  uint64(value: bigint): this {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64BE(BigInt.asUintN(64, value))
    return this.raw(bytes)
  }

  /** Text is written as UTF-8. */
  string(value: Uint8Array | string): this {
    const bytes = Buffer.from(value as Uint8Array)
    return this.uint32(bytes.length).raw(bytes)
  }

  nameList(names: readonly string[]): this {
    return this.string(names.join(','))
  }

  mpint(value: Uint8Array): this {
    return this.string(signed(magnitude(value)))
  }

  raw(bytes: Uint8Array): this {
    this.#parts.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    return this
  }

  done(): Buffer {
    return Buffer.concat(this.#parts)
  }
}

function magnitude(bytes: Uint8Array): Buffer {
  let from = 0
  while (from < bytes.length && bytes[from] === 0) from++
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, bytes.byteLength - from)
}

/** RFC 4251 §5: an mpint whose top bit is set gets a zero byte in front, or it would be negative. */
function signed(value: Buffer): Buffer {
  return value.length && value[0]! & 0x80 ? Buffer.concat([Buffer.of(0), value]) : value
}
