import { Duplex } from 'node:stream'
import type { Connection } from './connection.ts'
import type { Endpoint } from './visit.ts'

/** Where the bytes go that are written to an {@link InnerConnection}. */
export interface FarEnd {
  /** Resolves when there is room for more. */
  send(bytes: Buffer): Promise<void>
  /** Nothing more will be sent. */
  end(): void
  close(): void
}

/**
 * A connection inside the process: what an attacker sends through a tunnel of one lure reaches another lure as if it had
 * connected there. No network takes part.
 */
export class InnerConnection extends Duplex implements Connection {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  bytesRead = 0
  bytesWritten = 0
  readonly #far: FarEnd
  #room: (() => void)[] = []

  constructor(from: Endpoint, to: Endpoint, far: FarEnd) {
    super()
    this.remoteAddress = from.ip
    this.remotePort = from.port
    this.localAddress = to.ip
    this.localPort = to.port
    this.#far = far
    this.once('close', () => {
      this.#makeRoom()
      far.close()
    })
  }

  /** Bytes from the far end; a promise holds it back until they are read. */
  receive(bytes: Buffer): Promise<void> | undefined {
    if (this.destroyed || this.readableEnded) return undefined
    this.bytesRead += bytes.length
    if (this.push(bytes)) return undefined
    return new Promise((resolve) => this.#room.push(resolve))
  }

  /** The far end has said all. */
  receiveEnd(): void {
    if (!this.destroyed) this.push(null)
  }

  setNoDelay(): this {
    return this
  }

  resetAndDestroy(): this {
    return this.destroy()
  }

  override _read(): void {
    this.#makeRoom()
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.bytesWritten += bytes.length
    this.#far.send(bytes).then(() => done(), done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#far.end()
    done()
  }

  #makeRoom(): void {
    for (const resolve of this.#room.splice(0)) resolve()
  }
}
