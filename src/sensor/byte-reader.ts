/** A message that ends before what it announces. Codecs turn it into their own error. */
export class ShortMessage extends Error {
  constructor(wanted: number, left: number) {
    super(`${wanted} bytes announced, ${left} there`)
    this.name = 'ShortMessage'
  }
}

/** Reads numbers, bytes and texts from a message, and never past its end. */
export class ByteReader {
  readonly bytes: Buffer
  at: number

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes
    this.at = at
  }

  get left(): number {
    return this.bytes.length - this.at
  }

  take(n: number): Buffer {
    if (n < 0 || n > this.left) throw new ShortMessage(n, this.left)
    this.at += n
    return this.bytes.subarray(this.at - n, this.at)
  }

  skip(n: number): void {
    this.take(n)
  }

  rest(): Buffer {
    return this.take(this.left)
  }

  u8(): number {
    return this.take(1).readUInt8()
  }

  u16le(): number {
    return this.take(2).readUInt16LE()
  }

  u24le(): number {
    return this.take(3).readUIntLE(0, 3)
  }

  u32le(): number {
    return this.take(4).readUInt32LE()
  }

  i32le(): number {
    return this.take(4).readInt32LE()
  }

  u64le(): bigint {
    return this.take(8).readBigUInt64LE()
  }

  i64le(): bigint {
    return this.take(8).readBigInt64LE()
  }

  f64le(): number {
    return this.take(8).readDoubleLE()
  }

  u16be(): number {
    return this.take(2).readUInt16BE()
  }

  i16be(): number {
    return this.take(2).readInt16BE()
  }

  u32be(): number {
    return this.take(4).readUInt32BE()
  }

  i32be(): number {
    return this.take(4).readInt32BE()
  }

  /** Bytes up to a NUL, which is taken too. */
  untilNul(): Buffer {
    const end = this.bytes.indexOf(0, this.at)
    if (end < 0) throw new ShortMessage(this.left + 1, this.left)
    const bytes = this.take(end - this.at)
    this.at++
    return bytes
  }
}
