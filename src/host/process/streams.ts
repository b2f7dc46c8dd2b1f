import type { HostText, ProcessInput, ProcessOutput } from '../command.ts'
import { errno } from '../files/errno.ts'
import { toBytes, toText } from '../text.ts'
import type { Block, OpenFile } from './open-file.ts'

/** What streams need of the process that uses them. */
export interface StreamOwner {
  readonly block: Block
  /** Called before a read: a background process that reads its terminal is stopped (SIGTTIN). */
  beforeRead(file: OpenFile): Promise<void> | undefined
  /** Waits while the process is stopped; accounts for the bytes moved. */
  moved(bytes: number): Promise<void> | undefined
  hold(bytes: number): void
  release(bytes: number): void
}

const MOST_AT_ONCE = 65_536
/** What is smaller is not booked as memory: pipes bound it. */
const SMALL = 65_536
const DEFAULT_ALL = 16 * 1024 * 1024
/** A line without end is handed out in pieces of this size. */
const LONGEST_LINE = 8 * 1024 * 1024

export class InputStream implements ProcessInput {
  readonly #owner: StreamOwner
  readonly #file: () => OpenFile | undefined

  /** @param file found anew at each call: a redirection may have changed the descriptor. Closed, reading gives EBADF. */
  constructor(owner: StreamOwner, file: () => OpenFile | undefined) {
    this.#owner = owner
    this.#file = file
  }

  get isTerminal(): boolean {
    return this.#file()?.isTerminal ?? false
  }

  async read(max = MOST_AT_ONCE): Promise<Uint8Array | undefined> {
    const file = need(this.#file())
    const stop = file.isTerminal ? this.#owner.beforeRead(file) : undefined
    if (stop) await stop
    const bytes = await file.read(max, this.#owner.block)
    const wait = this.#owner.moved(bytes?.length ?? 0)
    if (wait) await wait
    return bytes
  }

  /** Books what it reads as memory of the process until its end. */
  async all(max = DEFAULT_ALL): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    let size = 0
    while (size < max) {
      const part = await this.read(Math.min(MOST_AT_ONCE, max - size))
      if (!part) break
      parts.push(part)
      size += part.length
      if (size > SMALL) this.#owner.hold(part.length)
    }
    return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts)
  }

  async line(): Promise<HostText | undefined> {
    const bytes = await this.lineBytes(0x0a)
    return bytes && toText(bytes)
  }

  /** Bytes up to and including `delimiter`, or to the end of file; what lies behind is left for the next reader. */
  async lineBytes(delimiter: number): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = []
    let size = 0
    let held = 0
    while (size < LONGEST_LINE) {
      const file = need(this.#file())
      const part = await this.read(4096)
      if (!part) break
      const end = part.indexOf(delimiter)
      if (end >= 0) {
        file.unread(part.subarray(end + 1))
        parts.push(part.subarray(0, end + 1))
        break
      }
      parts.push(part)
      size += part.length
      if (size <= SMALL) continue
      this.#owner.hold(part.length)
      held += part.length
    }
    this.#owner.release(held)
    return parts.length === 0 ? undefined : Buffer.concat(parts)
  }
}

export class OutputStream implements ProcessOutput {
  readonly #owner: StreamOwner
  readonly #file: () => OpenFile | undefined

  constructor(owner: StreamOwner, file: () => OpenFile | undefined) {
    this.#owner = owner
    this.#file = file
  }

  get isTerminal(): boolean {
    return this.#file()?.isTerminal ?? false
  }

  async write(data: Uint8Array | HostText): Promise<void> {
    const bytes = typeof data === 'string' ? toBytes(data) : data
    await need(this.#file()).write(bytes, this.#owner.block)
    const wait = this.#owner.moved(bytes.length)
    if (wait) await wait
  }
}

function need(file: OpenFile | undefined): OpenFile {
  if (!file) throw errno('EBADF')
  return file
}
