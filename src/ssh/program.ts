import type { ByteSource, ExitStatus, HostProcess } from '../host/contract.ts'
import { ByteQueue } from '../sensor/byte-queue.ts'

/** The client closed its side in the middle of something. */
export class InputEnded extends Error {
  constructor() {
    super('end of input')
    this.name = 'InputEnded'
  }
}

/** Input of a program of the daemon itself, with bounded reads. */
export interface ProgramInput {
  /** @throws InputEnded */
  exactly(n: number): Promise<Buffer>
  /** At least one byte and `n` at most. @throws InputEnded */
  atMost(n: number): Promise<Buffer>
  /** Up to and including LF. @throws InputEnded, RangeError when no LF comes within `max` bytes */
  line(max: number): Promise<Buffer>
  /** Some bytes; undefined at the end. */
  some(): Promise<Buffer | undefined>
  /** True when no more bytes will come. */
  atEnd(): Promise<boolean>
}

export interface ProgramIo {
  input: ProgramInput
  /** Resolves when the client has room. */
  write(bytes: Uint8Array): Promise<void>
  error(text: string): Promise<void>
}

/** How much may lie unread before the client is held back. */
const ROOM = 256 * 1024

/**
 * A program that this front end plays itself on a channel (sftp-server, scp, rsync's server side), in the shape of a
 * process of the host, so that a session runs both alike. It exits with what `main` returns; 1 when the input ends early.
 */
export function program(main: (io: ProgramIo) => Promise<number>): HostProcess {
  const stdin = new Pipe()
  const stdout = new Pipe()
  const stderr = new Pipe()
  const io: ProgramIo = {
    input: stdin,
    write: (bytes) => stdout.put(bytes),
    error: (text) => stderr.put(Buffer.from(text)),
  }
  const run = async (): Promise<ExitStatus> => {
    try {
      return { code: await main(io) }
    } catch (error) {
      if (error instanceof InputEnded || error instanceof RangeError) return { code: 1 }
      throw error
    } finally {
      stdout.end()
      stderr.end()
    }
  }
  return {
    stdin,
    stdout,
    stderr,
    exited: run(),
    resize: () => undefined,
    signal: () => stdin.end(),
    hangup: () => {
      stdin.end()
      stdout.end()
      stderr.end()
    },
  }
}

class Pipe implements ByteSource, ProgramInput {
  readonly #bytes = new ByteQueue()
  #ended = false
  #readers: (() => void)[] = []
  #writers: (() => void)[] = []

  write(bytes: Uint8Array): void {
    if (this.#ended) return
    this.#bytes.push(Buffer.from(bytes))
    wakeAll(this.#readers)
  }

  async put(bytes: Uint8Array): Promise<void> {
    this.write(bytes)
    await this.drained()
  }

  async drained(): Promise<void> {
    while (this.#bytes.length > ROOM && !this.#ended) await new Promise<void>((resolve) => this.#writers.push(resolve))
  }

  end(): void {
    this.#ended = true
    wakeAll(this.#readers)
    wakeAll(this.#writers)
  }

  async exactly(n: number): Promise<Buffer> {
    while (this.#bytes.length < n) await this.#more()
    return this.#take(n)
  }

  async atMost(n: number): Promise<Buffer> {
    while (this.#bytes.length === 0) await this.#more()
    return this.#take(Math.min(n, this.#bytes.length))
  }

  async line(max: number): Promise<Buffer> {
    for (let searched = 0; ; ) {
      const at = this.#bytes.indexOf(0x0a, searched)
      if (at >= 0 && at < max) return this.#take(at + 1)
      if (at >= max || this.#bytes.length >= max) throw new RangeError(`a line longer than ${max} bytes`)
      searched = this.#bytes.length
      await this.#more()
    }
  }

  async some(): Promise<Buffer | undefined> {
    return (await this.atEnd()) ? undefined : this.#take(this.#bytes.length)
  }

  async atEnd(): Promise<boolean> {
    while (this.#bytes.length === 0) {
      if (this.#ended) return true
      await new Promise<void>((resolve) => this.#readers.push(resolve))
    }
    return false
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (let bytes = await this.some(); bytes; bytes = await this.some()) yield bytes
  }

  async #more(): Promise<void> {
    if (this.#ended) throw new InputEnded()
    // A reader that needs more than the room gets it: its own bounds are what limits it.
    wakeAll(this.#writers)
    await new Promise<void>((resolve) => this.#readers.push(resolve))
  }

  #take(n: number): Buffer {
    const bytes = this.#bytes.take(n)
    wakeAll(this.#writers)
    return bytes
  }
}

function wakeAll(waiting: (() => void)[]): void {
  for (const wake of waiting.splice(0)) wake()
}
