import type { HostText, Process, ProcessInput, ProcessOutput } from '../../command.ts'
import { toBytes, toText } from '../../text.ts'

/**
 * Content that tools work on is a byte string: one character U+0000…U+00FF a byte, as in the C locale that a login
 * without a generated locale has. It is cheap in V8 and loses nothing.
 */
export type ByteString = string

export function byteString(text: HostText): ByteString {
  return toBytes(text).toString('latin1')
}

export function hostText(bytes: ByteString): HostText {
  return toText(Buffer.from(bytes, 'latin1'))
}

export function rawBytes(text: ByteString): Buffer {
  return Buffer.from(text, 'latin1')
}

const LONGEST_LINE = 8 * 1024 * 1024

/** What a kept line takes of memory beside its text. */
export const LINE_BYTES = 64

/** A line in the making that is shorter is not booked as memory. */
const SHORT = 128 * 1024

/** Reads lines of a stream as they come, without their newline; accounts for the work. */
export class LineReader {
  readonly #input: ProcessInput
  readonly #process: Process
  readonly #separator: string
  #pending = ''
  #at = 0
  #ended = false
  #held = 0
  /** Whether the last line that {@link next} gave had its newline. */
  terminated = true

  constructor(process: Process, input: ProcessInput, separator = '\n') {
    this.#process = process
    this.#input = input
    this.#separator = separator
  }

  async next(): Promise<ByteString | undefined> {
    const pause = this.#process.spend(1)
    if (pause) await pause
    let searched = this.#at
    for (;;) {
      const end = this.#pending.indexOf(this.#separator, searched)
      if (end >= 0) {
        const line = this.#pending.slice(this.#at, end)
        this.#at = end + 1
        this.terminated = true
        return line
      }
      if (this.#ended || this.#pending.length - this.#at > LONGEST_LINE) return this.#rest()
      this.#pending = this.#pending.slice(this.#at)
      this.#at = 0
      searched = this.#pending.length
      const chunk = await this.#input.read()
      if (chunk === undefined) this.#ended = true
      else this.#pending += latin1(chunk)
      this.#book()
    }
  }

  /** A line that grows and grows is memory. */
  #book(): void {
    const bytes = this.#pending.length > SHORT ? this.#pending.length : 0
    if (bytes > this.#held) this.#process.hold(bytes - this.#held)
    else if (bytes < this.#held) this.#process.release(this.#held - bytes)
    this.#held = bytes
  }

  #rest(): ByteString | undefined {
    if (this.#at >= this.#pending.length) return undefined
    const line = this.#pending.slice(this.#at)
    this.#pending = ''
    this.#at = 0
    this.terminated = false
    return line
  }
}

export function latin1(chunk: Uint8Array): ByteString {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1')
}

/** Collects small writes and sends them on in larger ones; {@link flush} before waiting and at the end. */
export class Writer {
  readonly #output: ProcessOutput
  #parts = ''

  constructor(output: ProcessOutput) {
    this.#output = output
  }

  /** Adds bytes; resolves at once unless enough has gathered. */
  write(text: ByteString): Promise<void> | undefined {
    this.#parts += text
    return this.#parts.length >= 32 * 1024 || this.#output.isTerminal ? this.flush() : undefined
  }

  async flush(): Promise<void> {
    if (this.#parts === '') return
    const bytes = rawBytes(this.#parts)
    this.#parts = ''
    await this.#output.write(bytes)
  }
}
