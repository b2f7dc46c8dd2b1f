import { errno } from '../../files/errno.ts'
import { toBytes } from '../../text.ts'
import type { Machine } from './machine.ts'
import { raise, valueError } from './types.ts'
import { type PyClass, PyObject } from './value.ts'

/** io.DEFAULT_BUFFER_SIZE */
const BUFFER = 8192
const CHUNK = 65_536
/** A file that is read whole, or changed in memory, is no larger. */
const LARGEST = 32 * 1024 * 1024

/** Where bytes come from and go to. */
export interface Backing {
  /** Undefined at the end. */
  read(max: number): Promise<Uint8Array | undefined>
  write(bytes: Uint8Array): Promise<void>
  close(): void
  readonly isTerminal: boolean
  readonly fd: number | undefined
  /** The whole content, for files that can be gone about in. */
  content?(): Buffer
  /** Puts changed content in its place. */
  replace?(content: Buffer): void
}

/** A file object of Python: text or binary, buffered as CPython does it, so that its output mixes with a child's as there. */
export class PyFile extends PyObject {
  readonly name: string
  readonly mode: string
  readonly isText: boolean
  isClosed = false
  /** `strict`, `ignore`, `replace`, `surrogateescape` */
  errors = 'strict'
  encoding = 'utf-8'
  newline: string | null = null
  /** Flushed at each newline (terminals), or at each write (`-u`, stderr). */
  buffering: 'full' | 'line' | 'none' = 'full'
  readonly #machine: Machine
  readonly #backing: Backing | undefined
  /** Content of files that are in memory: io.BytesIO and those opened with `+` or sought in. */
  #memory: Buffer | undefined
  #position = 0
  #isDirty = false
  #input: Buffer = Buffer.alloc(0)
  #atEnd = false
  #output: Buffer[] = []
  #outputBytes = 0
  #written = 0

  constructor(m: Machine, cls: PyClass, facts: { name: string; mode: string; backing?: Backing; memory?: Buffer }) {
    super(cls)
    this.#machine = m
    this.name = facts.name
    this.mode = facts.mode
    this.isText = !facts.mode.includes('b')
    this.#backing = facts.backing
    this.#memory = facts.memory
    if (facts.mode.includes('a') && facts.memory) this.#position = facts.memory.length
    this.attributes = new Map()
  }

  get fd(): number | undefined {
    return this.#backing?.fd
  }

  get isTerminal(): boolean {
    return this.#backing?.isTerminal ?? false
  }

  get canRead(): boolean {
    return /[r+]/.test(this.mode) || !this.#backing
  }

  get canWrite(): boolean {
    return /[wax+]/.test(this.mode) || !this.#backing
  }

  get canSeek(): boolean {
    return this.#memory !== undefined || this.#backing?.content !== undefined
  }

  /** @throws Raised ValueError */
  demandOpen(): void {
    if (this.isClosed) throw valueError('I/O operation on closed file.')
  }

  #demandReadable(): void {
    this.demandOpen()
    if (!this.canRead) throw raise(this.#machine.unsupportedOperation(), this.isText ? 'not readable' : 'read')
  }

  #demandWritable(): void {
    this.demandOpen()
    if (!this.canWrite) throw raise(this.#machine.unsupportedOperation(), this.isText ? 'not writable' : 'write')
  }

  /** Bytes up to a count, or to the end. */
  async readBytes(count = -1): Promise<Buffer> {
    this.#demandReadable()
    if (this.#memory) {
      const end = count < 0 ? this.#memory.length : Math.min(this.#memory.length, this.#position + count)
      const part = this.#memory.subarray(this.#position, Math.max(end, this.#position))
      this.#position = Math.max(end, this.#position)
      return Buffer.from(part)
    }
    const parts: Buffer[] = [this.#input]
    let size = this.#input.length
    while (!this.#atEnd && (count < 0 || size < count)) {
      const part = await this.#backing?.read(CHUNK)
      if (!part) {
        this.#atEnd = !this.isTerminal
        break
      }
      parts.push(Buffer.from(part))
      size += part.length
      if (size > 65_536) this.#machine.allocate(part.length)
      if (size > LARGEST) throw raise('MemoryError')
    }
    const all = Buffer.concat(parts)
    const taken = count < 0 ? all : all.subarray(0, count)
    this.#input = all.subarray(taken.length)
    this.#position += taken.length
    return taken
  }

  /** A line with its newline; empty at the end. */
  async readLineBytes(): Promise<Buffer> {
    this.#demandReadable()
    if (this.#memory) {
      const newline = this.#memory.indexOf(10, this.#position)
      return this.readBytes(newline < 0 ? -1 : newline + 1 - this.#position)
    }
    let searched = 0
    const parts: Buffer[] = [this.#input]
    let last = this.#input
    let size = 0
    for (;;) {
      const newline = last.indexOf(10)
      if (newline >= 0 || this.#atEnd) {
        const all = Buffer.concat(parts)
        const end = newline < 0 ? all.length : searched + newline + 1
        this.#input = all.subarray(end)
        this.#position += end
        return all.subarray(0, end)
      }
      searched += last.length
      const part = await this.#backing?.read(CHUNK)
      if (!part) {
        this.#atEnd = true
        last = Buffer.alloc(0)
        continue
      }
      last = Buffer.from(part)
      parts.push(last)
      size += part.length
      if (size > 65_536) this.#machine.allocate(part.length)
      if (size > LARGEST) throw raise('MemoryError')
    }
  }

  decode(bytes: Buffer): string {
    const text = this.#machine.decode(bytes, this.encoding, this.errors)
    return this.newline === null ? text.replaceAll('\r\n', '\n').replaceAll('\r', '\n') : text
  }

  async readText(count = -1): Promise<string> {
    if (count < 0) return this.decode(await this.readBytes())
    let text = ''
    while (text.length < count) {
      const bytes = await this.readBytes(count - text.length)
      if (bytes.length === 0) break
      // A character that is cut is read to its end.
      let whole = bytes
      while (whole.length > 0 && !isWhole(whole)) {
        const more = await this.readBytes(1)
        if (more.length === 0) break
        whole = Buffer.concat([whole, more])
      }
      text += this.decode(whole)
    }
    return text
  }

  async readLine(): Promise<string> {
    return this.decode(await this.readLineBytes())
  }

  /** Takes output; a full buffer goes on. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#demandWritable()
    if (this.#memory) {
      this.#writeMemory(bytes)
      return
    }
    this.#output.push(Buffer.from(bytes))
    this.#outputBytes += bytes.length
    this.#written += bytes.length
    if (this.buffering === 'none' || this.#outputBytes >= BUFFER || (this.buffering === 'line' && bytes.includes(10))) await this.flush()
  }

  writeText(text: string): Promise<void> {
    const shown = this.newline === '\r\n' ? text.replaceAll('\n', '\r\n') : text
    return this.write(this.encoding === 'utf-8' ? toBytes(shown) : this.#machine.encode(shown, this.encoding, this.errors))
  }

  #writeMemory(bytes: Uint8Array): void {
    const memory = this.#memory as Buffer
    if (this.mode.includes('a')) this.#position = memory.length
    const end = this.#position + bytes.length
    if (end > LARGEST) throw raise('MemoryError')
    if (end > memory.length) {
      const grown = Buffer.alloc(end)
      memory.copy(grown)
      this.#memory = grown
      this.#machine.allocate(bytes.length)
    }
    ;(this.#memory as Buffer).set(bytes, this.#position)
    this.#position = end
    this.#isDirty = true
  }

  async flush(): Promise<void> {
    if (this.#memory) {
      if (this.#isDirty) this.#backing?.replace?.(this.#memory)
      this.#isDirty = false
      return
    }
    if (this.#outputBytes === 0) return
    const bytes = Buffer.concat(this.#output)
    this.#output = []
    this.#outputBytes = 0
    if (!this.#backing) throw errno('EBADF')
    this.hasWritten = true
    await this.#backing.write(bytes)
  }

  /** Forgets what was not written, as when a process is replaced. */
  discard(): void {
    this.#output = []
    this.#outputBytes = 0
  }

  /** Whether some output has gone where it cannot be taken back from. */
  hasWritten = false

  async close(): Promise<void> {
    if (this.isClosed) return
    try {
      await this.flush()
    } finally {
      this.isClosed = true
      this.#backing?.close()
    }
  }

  /** The content of an io.BytesIO or StringIO. */
  get value(): Buffer {
    return this.#memory ?? Buffer.alloc(0)
  }

  tell(): number {
    this.demandOpen()
    return this.#memory || this.canRead ? this.#position : this.#written
  }

  async seek(offset: number, whence: number): Promise<number> {
    this.demandOpen()
    if (!this.#memory) {
      if (!this.#backing?.content) throw raise(this.#machine.unsupportedOperation(), 'underlying stream is not seekable')
      await this.flush()
      const at = this.tell()
      this.#memory = Buffer.from(this.#backing.content())
      this.#position = at
    }
    const base = whence === 0 ? 0 : whence === 1 ? this.#position : this.#memory.length
    if (base + offset < 0) throw valueError(`negative seek position ${base + offset}`)
    this.#position = base + offset
    return this.#position
  }

  truncate(size: number): void {
    const memory = this.#memory ?? Buffer.from(this.#backing?.content?.() ?? Buffer.alloc(0))
    if (size > LARGEST) throw raise('MemoryError')
    const cut = Buffer.alloc(size)
    memory.copy(cut)
    this.#memory = cut
    this.#isDirty = true
  }
}

/** Whether the last UTF-8 sequence is complete. */
function isWhole(bytes: Buffer): boolean {
  for (let back = 1; back <= Math.min(4, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number
    if (byte < 0x80) return true
    if (byte >= 0xc0) return back >= (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2)
  }
  return true
}
