/** NDR 2.0 (C706 14): little-endian, everything aligned to its own size, what a pointer leads to behind the structure. */
import { ByteReader } from '../byte-reader.ts'
import { ByteWriter } from '../byte-writer.ts'
import { uuidBytes, uuidText } from './pdu.ts'

/** Longest string that is read from a stub, in UTF-16 units. */
const LONGEST_STRING = 65536

export class NdrReader {
  readonly #reader: ByteReader

  constructor(stub: Buffer) {
    this.#reader = new ByteReader(stub)
  }

  align(n: number): this {
    this.#reader.skip(-this.#reader.at & (n - 1))
    return this
  }

  get left(): number {
    return this.#reader.left
  }

  u8(): number {
    return this.#reader.u8()
  }

  u16(): number {
    return this.align(2).#reader.u16le()
  }

  u32(): number {
    return this.align(4).#reader.u32le()
  }

  u64(): bigint {
    return this.align(8).#reader.u64le()
  }

  bytes(n: number): Buffer {
    return this.#reader.take(n)
  }

  uuid(): string {
    return uuidText(this.align(4).bytes(16))
  }

  /** A context handle, as text for a map. */
  handle(): string {
    return this.align(4).bytes(20).toString('hex')
  }

  /** `[string] wchar_t *`: maximum, offset, actual count; without its NUL. */
  wideString(): string {
    this.skipU32(2)
    const units = this.u32()
    const bytes = this.bytes(Math.min(units, LONGEST_STRING) * 2)
    const text = bytes.toString('utf16le')
    const end = text.indexOf('\0')
    return end < 0 ? text : text.slice(0, end)
  }

  /** `[string] char *` */
  narrowString(): string {
    this.skipU32(2)
    const bytes = this.bytes(Math.min(this.u32(), LONGEST_STRING))
    const end = bytes.indexOf(0)
    return bytes.toString('latin1', 0, end < 0 ? bytes.length : end)
  }

  /** `[unique, string] wchar_t *` */
  uniqueString(): string | undefined {
    return this.u32() === 0 ? undefined : this.wideString()
  }

  /** The head of an RPC_UNICODE_STRING: whether a text follows behind. */
  unicodeStringHead(): boolean {
    this.align(4)
    this.u16()
    this.u16()
    return this.u32() !== 0
  }

  /** An array of RPC_UNICODE_STRING with its texts behind it. @param isVarying whether offset and actual count stand in front */
  unicodeStrings(count: number, isVarying: boolean): string[] {
    this.skipU32(isVarying ? 3 : 1)
    const present = Array.from({ length: count }, () => this.unicodeStringHead())
    return present.map((there) => (there ? this.wideString() : ''))
  }

  /** RPC_SID behind its pointer: `S-1-5-21-…`. */
  sid(): string {
    this.u32()
    const revision = this.u8()
    const count = this.u8()
    const authority = this.bytes(6).readUIntBE(0, 6)
    const parts = Array.from({ length: Math.min(count, 15) }, () => this.u32())
    return `S-${revision}-${authority}${parts.map((part) => `-${part}`).join('')}`
  }

  skipU32(n: number): this {
    for (let i = 0; i < n; i++) this.u32()
    return this
  }
}

export class NdrWriter {
  readonly #writer = new ByteWriter()
  #referents = 0
  /** What pointers of the structure being written lead to. */
  #deferred: (() => void)[] = []

  align(n: number): this {
    this.#writer.zeros(-this.#writer.length & (n - 1))
    return this
  }

  u8(value: number): this {
    this.#writer.u8(value)
    return this
  }

  u16(value: number): this {
    this.align(2).#writer.u16le(value)
    return this
  }

  u32(value: number): this {
    this.align(4).#writer.u32le(value)
    return this
  }

  u64(value: bigint): this {
    this.align(8).#writer.u64le(value)
    return this
  }

  bytes(bytes: Uint8Array): this {
    this.#writer.bytes(bytes)
    return this
  }

  uuid(text: string): this {
    return this.align(4).bytes(uuidBytes(text))
  }

  handle(hex: string): this {
    return this.align(4).bytes(Buffer.from(hex, 'hex'))
  }

  /** A pointer that is not null; write what it leads to at once, or with {@link defer}. */
  pointer(): this {
    return this.u32(0x20000 + 4 * this.#referents++)
  }

  /** A pointer whose target stands behind the structure, see {@link flush}. */
  defer(write: () => void): this {
    this.pointer()
    this.#deferred.push(write)
    return this
  }

  /** Writes what the pointers since the last flush lead to, in their order. */
  flush(): this {
    while (this.#deferred.length) {
      const pending = this.#deferred
      this.#deferred = []
      for (const write of pending) write()
    }
    return this
  }

  /** A conformant varying string of UTF-16 with its NUL. */
  wideString(text: string): this {
    const bytes = Buffer.from(`${text}\0`, 'utf16le')
    return this.u32(bytes.length / 2)
      .u32(0)
      .u32(bytes.length / 2)
      .bytes(bytes)
  }

  /** A deferred pointer to a {@link wideString}. */
  string(text: string): this {
    return this.defer(() => this.wideString(text))
  }

  /** RPC_UNICODE_STRING (MS-DTYP 2.3.10): no NUL; the text is deferred. @param room bytes more than the text that the maximum says */
  unicodeString(text: string, room = 0): this {
    const bytes = Buffer.from(text, 'utf16le')
    this.align(4)
      .u16(bytes.length)
      .u16(bytes.length + room)
    if (text === '' && room === 0) return this.u32(0)
    return this.defer(() =>
      this.u32((bytes.length + room) / 2)
        .u32(0)
        .u32(bytes.length / 2)
        .bytes(bytes),
    )
  }

  /** RPC_SID behind its pointer. */
  sid(text: string): this {
    const [, revision, authority, ...parts] = text.split('-').map(Number)
    const head = Buffer.alloc(8)
    head[0] = revision as number
    head[1] = parts.length
    head.writeUIntBE(authority as number, 2, 6)
    this.u32(parts.length).bytes(head)
    for (const part of parts) this.u32(part)
    return this
  }

  done(): Buffer {
    this.flush()
    return this.#writer.done()
  }
}
