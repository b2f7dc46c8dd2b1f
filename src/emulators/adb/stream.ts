import { ByteQueue } from '../../sensor/byte-queue.ts'
import type { Packet } from './codec.ts'

/** The client closed the stream, or the link ended. */
export class StreamClosed extends Error {}

/** Bytes that may wait to be read; from then on a packet is not acknowledged, so that the client waits. */
const ROOM = 256 * 1024

export interface StreamLink {
  maxPayload: number
  send(packet: Packet): Promise<void>
}

/** One stream of a link. Each side sends one WRTE and waits for its OKAY. */
export class AdbStream {
  readonly localId: number
  readonly remoteId: number
  readonly #link: StreamLink
  readonly #unread = new ByteQueue()
  #closed = false
  #owed = 0
  #wakeReader: () => void = nothing
  #wakeWriter: () => void = nothing
  #acknowledged = true
  #writing: Promise<void> = Promise.resolve()
  /** Called once when the client closes the stream or the link ends. */
  onClose: () => void = nothing

  constructor(localId: number, remoteId: number, link: StreamLink) {
    this.localId = localId
    this.remoteId = remoteId
    this.#link = link
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** A WRTE has come. A client that does not wait for OKAY is cut off: false. */
  async received(payload: Buffer): Promise<boolean> {
    if (this.#closed) return true
    if (this.#unread.length > ROOM) return false
    this.#unread.push(payload)
    this.#owed++
    this.#wakeReader()
    await this.#acknowledge()
    return true
  }

  /** An OKAY has come. */
  acknowledge(): void {
    this.#acknowledged = true
    this.#wakeWriter()
  }

  /** A CLSE has come, or the link is gone. */
  closed(): void {
    if (this.#closed) return
    this.#closed = true
    this.#wakeReader()
    this.#wakeWriter()
    this.onClose()
  }

  /** Some bytes; undefined when the client has closed. */
  async read(): Promise<Buffer | undefined> {
    while (this.#unread.length === 0) {
      if (this.#closed) return undefined
      await this.#more()
    }
    const bytes = this.#unread.takeAll()
    await this.#acknowledge()
    return bytes
  }

  /** @throws StreamClosed */
  async exactly(n: number): Promise<Buffer> {
    while (this.#unread.length < n) {
      if (this.#closed) throw new StreamClosed()
      await this.#acknowledge(true)
      if (this.#unread.length < n) await this.#more()
    }
    const bytes = this.#unread.take(n)
    await this.#acknowledge()
    return bytes
  }

  /** Resolves when the client has taken all of it. Writers take turns. @throws StreamClosed */
  write(bytes: Uint8Array): Promise<void> {
    const turn = this.#writing.then(() => this.#writeAll(bytes))
    this.#writing = turn.catch(nothing)
    return turn
  }

  /** Ends the stream from our side, after what is being written. */
  async close(): Promise<void> {
    await this.#writing
    if (this.#closed) return
    this.#closed = true
    await this.#link.send(this.#packet('CLSE'))
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let at = 0; at < buffer.length; at += this.#link.maxPayload) {
      await this.#untilAcknowledged()
      this.#acknowledged = false
      await this.#link.send(this.#packet('WRTE', buffer.subarray(at, at + this.#link.maxPayload)))
    }
    await this.#untilAcknowledged()
  }

  async #untilAcknowledged(): Promise<void> {
    while (!this.#acknowledged && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wakeWriter = resolve
      })
    }
    if (this.#closed) throw new StreamClosed()
  }

  /** @param needed a reader needs more than the room */
  async #acknowledge(needed = false): Promise<void> {
    if (this.#closed || (this.#unread.length > ROOM && !needed)) return
    const owed = this.#owed
    this.#owed = 0
    for (let i = 0; i < owed; i++) await this.#link.send(this.#packet('OKAY'))
  }

  #packet(command: 'WRTE' | 'OKAY' | 'CLSE', payload: Buffer = Buffer.alloc(0)): Packet {
    return { command, arg0: this.localId, arg1: this.remoteId, payload }
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeReader = resolve
    })
  }
}

function nothing(): void {}
