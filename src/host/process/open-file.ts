import { errno } from '../files/errno.ts'

/**
 * Waits for an event on behalf of a process. `start` registers for it and returns how to stop waiting; the promise
 * rejects when a signal ends the process first.
 */
export type Block = <T>(start: (done: (value: T) => void) => () => void) => Promise<T>

/** An open file description: what file descriptors of one or more processes share, offset included. */
export abstract class OpenFile {
  #references = 1
  #unread: Uint8Array | undefined

  /** As the link in /proc/PID/fd shows it: `/dev/pts/0`, `pipe:[48213]`. */
  abstract readonly name: string
  readonly isTerminal: boolean = false
  /** Its other end is the network: nobody knows whether more will come. */
  get isRemote(): boolean {
    return false
  }

  retain(): this {
    this.#references++
    return this
  }

  release(): void {
    if (--this.#references === 0) this.closed()
  }

  /** Some bytes, at most `max`; undefined at end of file. */
  async read(max: number, block: Block): Promise<Uint8Array | undefined> {
    const kept = this.#unread
    if (!kept) return this.take(max, block)
    this.#unread = kept.length > max ? kept.subarray(max) : undefined
    return kept.length > max ? kept.subarray(0, max) : kept
  }

  /** Puts bytes back, for readers that stop at a newline. */
  unread(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#unread = this.#unread ? Buffer.concat([bytes, this.#unread]) : bytes
  }

  /** Whether a read would return at once. */
  get ready(): boolean {
    return this.#unread !== undefined || this.hasInput
  }

  protected get hasInput(): boolean {
    return true
  }

  protected async take(_max: number, _block: Block): Promise<Uint8Array | undefined> {
    throw errno('EBADF')
  }

  async write(_bytes: Uint8Array, _block: Block): Promise<void> {
    throw errno('EBADF')
  }

  protected closed(): void {}
}

/** Bytes that are all there, as stdin of a command that was given its input. */
export class MemoryFile extends OpenFile {
  readonly name: string
  readonly #onClose: (() => void) | undefined
  #bytes: Uint8Array

  constructor(bytes: Uint8Array, name = '/tmp/sh-thd', onClose?: () => void) {
    super()
    this.name = name
    this.#bytes = bytes
    this.#onClose = onClose
  }

  protected override closed(): void {
    this.#onClose?.()
  }

  protected override async take(max: number): Promise<Uint8Array | undefined> {
    if (this.#bytes.length === 0) return undefined
    const part = this.#bytes.subarray(0, max)
    this.#bytes = this.#bytes.subarray(max)
    return part
  }
}

/** Hands what is written to a function. */
export class WriteFile extends OpenFile {
  readonly name: string
  override readonly isTerminal: boolean
  readonly #write: (bytes: Uint8Array) => Promise<void> | void
  readonly #close: (() => void) | undefined

  constructor(name: string, write: (bytes: Uint8Array) => Promise<void> | void, close?: () => void, isTerminal = false) {
    super()
    this.name = name
    this.isTerminal = isTerminal
    this.#write = write
    this.#close = close
  }

  override async write(bytes: Uint8Array): Promise<void> {
    await this.#write(bytes)
  }

  protected override closed(): void {
    this.#close?.()
  }
}
