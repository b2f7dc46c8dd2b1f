/** Builds a message from numbers, bytes and texts. */
export class ByteWriter {
  #parts: Buffer[] = []
  length = 0

  bytes(bytes: Uint8Array): this {
    const part = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#parts.push(part)
    this.length += part.length
    return this
  }

  text(text: string, encoding: BufferEncoding = 'utf8'): this {
    return this.bytes(Buffer.from(text, encoding))
  }

  /** A text with a NUL behind it. */
  nulText(text: string | Uint8Array): this {
    return (typeof text === 'string' ? this.text(text) : this.bytes(text)).u8(0)
  }

  zeros(n: number): this {
    return this.bytes(Buffer.alloc(n))
  }

  u8(value: number): this {
    return this.bytes(Buffer.of(value & 0xff))
  }

  u16le(value: number): this {
    const b = Buffer.allocUnsafe(2)
    b.writeUInt16LE(value & 0xffff)
    return this.bytes(b)
  }

  u24le(value: number): this {
    const b = Buffer.allocUnsafe(3)
    b.writeUIntLE(value & 0xffffff, 0, 3)
    return this.bytes(b)
  }

  u32le(value: number): this {
    const b = Buffer.allocUnsafe(4)
    b.writeUInt32LE(value >>> 0)
    return this.bytes(b)
  }

  u64le(value: bigint | number): this {
    const b = Buffer.allocUnsafe(8)
    b.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)))
    return this.bytes(b)
  }

  f64le(value: number): this {
    const b = Buffer.allocUnsafe(8)
    b.writeDoubleLE(value)
    return this.bytes(b)
  }

  u16be(value: number): this {
    const b = Buffer.allocUnsafe(2)
    b.writeUInt16BE(value & 0xffff)
    return this.bytes(b)
  }

  u32be(value: number): this {
    const b = Buffer.allocUnsafe(4)
    b.writeUInt32BE(value >>> 0)
    return this.bytes(b)
  }

  i32be(value: number): this {
    const b = Buffer.allocUnsafe(4)
    b.writeInt32BE(value | 0)
    return this.bytes(b)
  }

  done(): Buffer {
    return Buffer.concat(this.#parts, this.length)
  }
}
