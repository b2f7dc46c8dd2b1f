import { type ByteSink, type ByteSource, HostError } from './contract.ts'
import type { Block, OpenFile } from './process/open-file.ts'
import type { Pty } from './terminal/pty.ts'

/** Waiting of front ends, which no signal ends. */
export const patiently: Block = (start) => new Promise((resolve) => void start(resolve))

/** The writing end of a process's stdin, for a front end. */
export class FileSink implements ByteSink {
  readonly #file: OpenFile
  #last: Promise<void> = Promise.resolve()
  #ended = false

  constructor(file: OpenFile) {
    this.#file = file
  }

  write(bytes: Uint8Array): void {
    if (this.#ended) return
    const copy = Uint8Array.from(bytes)
    this.#last = this.#last.then(() => this.#file.write(copy, patiently)).catch(nobodyReads)
  }

  drained(): Promise<void> {
    return this.#last
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    void this.#last.then(() => this.#file.release())
  }
}

/** Bytes for a process that has ended, or closed its stdin, go nowhere. */
function nobodyReads(error: unknown): void {
  if (!(error instanceof HostError)) throw error
}

/** The keyboard of a terminal. */
export class TerminalSink implements ByteSink {
  readonly #pty: Pty

  constructor(pty: Pty) {
    this.#pty = pty
  }

  write(bytes: Uint8Array): void {
    this.#pty.input(bytes)
  }

  /** A front end that closes its input of a terminal says no more than that nothing comes. */
  end(): void {}
}

/** The reading end of a process's output, for a front end. */
export class FileSource implements ByteSource {
  readonly #file: OpenFile
  readonly #seen: ((bytes: Uint8Array) => void) | undefined
  #closed = false

  constructor(file: OpenFile, seen?: (bytes: Uint8Array) => void) {
    this.#file = file
    this.#seen = seen
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      while (!this.#closed) {
        const bytes = await this.#file.read(65_536, patiently)
        if (!bytes) return
        this.#seen?.(bytes)
        yield bytes
      }
    } finally {
      this.close()
    }
  }

  /** Nobody will read any more: writers get EPIPE. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#file.release()
  }
}

/** A source that is at its end already. */
export const nothing: ByteSource = {
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {},
}
