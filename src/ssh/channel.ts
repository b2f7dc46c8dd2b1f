import { channelData, channelNotice } from './messages.ts'
import { Message } from './transport/message-numbers.ts'
import type { Transport } from './transport/transport.ts'
import { WireError, WireWriter } from './transport/wire.ts'

/** What happens on a channel after it was opened. */
export interface ChannelOwner {
  /** A promise holds the client back until it resolves. */
  data(bytes: Buffer): Promise<void> | undefined
  eof(): void
  /** The client closed its side, or the connection is gone. */
  closed(): void
  /** Resolves when all is said that the client is told even after it has closed: how the program ended. */
  readonly ended?: Promise<void>
}

export interface ChannelSetup {
  transport: Transport
  local: number
  /** Number, window and packet size that the client gave. */
  remote: number
  remoteWindow: number
  remotePacket: number
  /** Bytes that the client may send before it is given more, and in one message. */
  window: number
  packet: number
}

const STDERR = 1

/** One channel of a connection, RFC 4254 §5: windows both ways, end of file, closing. */
export class Channel {
  readonly #setup: ChannelSetup
  /** Bytes that the client may still send, the most that this ever was, and those taken that it has not got back yet. */
  #receivable: number
  #largestWindow: number
  #consumed = 0
  /** Bytes that we may still send, and those who wait for more. */
  #sendable: number
  #waiting: (() => void)[] = []
  #sentEof = false
  #sentClose = false
  #clientClosed = false
  #gone = false
  owner: ChannelOwner | undefined

  constructor(setup: ChannelSetup) {
    this.#setup = setup
    this.#receivable = setup.window
    this.#largestWindow = setup.window
    this.#sendable = setup.remoteWindow
  }

  get local(): number {
    return this.#setup.local
  }

  get remote(): number {
    return this.#setup.remote
  }

  get isOpen(): boolean {
    return !this.#sentClose && !this.#gone
  }

  get isClosedByClient(): boolean {
    return this.#clientClosed
  }

  /** Sends all of `bytes`, as the client's window and the connection allow. Resolves early when the channel is no more. */
  async send(bytes: Uint8Array, stream: 'stdout' | 'stderr' = 'stdout'): Promise<void> {
    const { transport, remote, remotePacket } = this.#setup
    // A packet of size 0 would never get anything across.
    const most = Math.max(1, Math.min(remotePacket, 32 * 1024))
    for (let at = 0; at < bytes.length; ) {
      while (this.#sendable === 0 && this.isOpen && !this.#clientClosed) await new Promise<void>((resolve) => this.#waiting.push(resolve))
      await transport.drained()
      if (!this.isOpen || this.#sentEof || this.#clientClosed || transport.ended) return
      const slice = Buffer.from(bytes.subarray(at, at + Math.min(most, this.#sendable)))
      this.#sendable -= slice.length
      at += slice.length
      transport.send(stream === 'stderr' ? channelData(remote, slice, STDERR) : channelData(remote, slice))
    }
  }

  notice(name: string, rest?: Buffer): void {
    if (this.isOpen) this.#setup.transport.send(channelNotice(this.remote, name, rest))
  }

  reply(succeeded: boolean): void {
    if (!this.isOpen) return
    const type = succeeded ? Message.CHANNEL_SUCCESS : Message.CHANNEL_FAILURE
    this.#setup.transport.send(new WireWriter(type).uint32(this.remote).done())
  }

  eof(): void {
    if (!this.isOpen || this.#sentEof || this.#clientClosed) return
    this.#sentEof = true
    this.#setup.transport.send(new WireWriter(Message.CHANNEL_EOF).uint32(this.remote).done())
  }

  close(): void {
    if (!this.isOpen) return
    this.#sentClose = true
    this.#setup.transport.send(new WireWriter(Message.CHANNEL_CLOSE).uint32(this.remote).done())
    this.#wakeUp()
  }

  /** Opens the window further, as OpenSSH does when a program begins to read. */
  widen(bytes: number): void {
    this.#largestWindow += bytes
    this.#grant(bytes)
  }

  /**
   * Bytes from the client; the window comes back when the owner has taken them. OpenSSH 9.2 drops what comes before a
   * program runs, and what packet size or window do not allow (channels.c, channel_input_data).
   */
  received(bytes: Buffer): void {
    if (!this.owner || !this.isOpen || bytes.length > this.#setup.packet || bytes.length > this.#receivable) return
    this.#receivable -= bytes.length
    const taken = this.owner.data(bytes)
    if (taken) void taken.then(() => this.#took(bytes.length))
    else this.#took(bytes.length)
  }

  #took(bytes: number): void {
    this.#consumed += bytes
    const used = this.#largestWindow - this.#receivable
    // OpenSSH, channel_check_window: not before three packets or half of the window are used up.
    if (used <= 3 * 32 * 1024 && this.#receivable >= this.#largestWindow / 2) return
    this.#grant(this.#consumed)
    this.#consumed = 0
  }

  #grant(bytes: number): void {
    if (bytes === 0 || !this.isOpen) return
    this.#receivable += bytes
    this.#setup.transport.send(new WireWriter(Message.CHANNEL_WINDOW_ADJUST).uint32(this.remote).uint32(bytes).done())
  }

  /** @throws WireError when the window grows beyond 32 bits, which OpenSSH takes for an attack */
  adjusted(bytes: number): void {
    if (this.#sendable + bytes >= 2 ** 32) throw new WireError('window beyond 32 bits')
    this.#sendable += bytes
    this.#wakeUp()
  }

  /** The client has closed. OpenSSH closes a session too when its program has ended, and says how before (chan_is_dead). */
  async clientClosed(): Promise<void> {
    this.#clientClosed = true
    this.#wakeUp()
    this.owner?.closed()
    await this.owner?.ended
    this.close()
    this.#gone = true
  }

  /** The connection is gone. */
  end(): void {
    if (this.#gone) return
    this.#sentClose = true
    this.#gone = true
    this.#wakeUp()
    if (!this.#clientClosed) this.owner?.closed()
  }

  #wakeUp(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
