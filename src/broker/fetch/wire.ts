import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { ByteQueue } from '../../sensor/byte-queue.ts'
import type { Meter } from '../meter.ts'
import { Failure } from '../refusal.ts'
import type { Route } from '../route.ts'

export interface WireSettings {
  meter: Meter
  signal: AbortSignal
  /** Speak TLS, and name this host in it. Any certificate will do: those of attackers are their own. */
  tls?: { servername: string | undefined }
}

/** A connection to an address that was judged, read in bounded pieces. */
export class Wire {
  readonly #socket: Socket
  readonly #chunks: AsyncIterator<Buffer>
  readonly #queue = new ByteQueue()
  readonly #meter: Meter
  readonly #stop: () => void

  private constructor(socket: Socket, { meter, signal }: WireSettings) {
    this.#socket = socket
    this.#meter = meter
    this.#chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>
    const abort = (): void => {
      socket.destroy(new Failure('given up'))
    }
    signal.addEventListener('abort', abort, { once: true })
    this.#stop = () => signal.removeEventListener('abort', abort)
  }

  static async open({ address, port }: Route, settings: WireSettings): Promise<Wire> {
    const { tls, signal } = settings
    signal.throwIfAborted()
    const socket = tls
      ? connectTls({ host: address, port, rejectUnauthorized: false, ...(tls.servername ? { servername: tls.servername } : {}) })
      : connect({ host: address, port })
    // Iterators hear of errors only while somebody waits at them.
    socket.on('error', () => undefined)
    const wire = new Wire(socket, settings)
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once(tls ? 'secureConnect' : 'connect', resolve)
        socket.once('error', reject)
        socket.once('close', () => reject(new Failure('hung up')))
      })
    } catch (error) {
      wire.close()
      throw error
    }
    return wire
  }

  write(bytes: Uint8Array | string): void {
    this.#socket.write(bytes)
  }

  /** The first `n` bytes, which stay. @throws {Failure} when the far end hangs up before */
  async peek(n: number): Promise<Buffer> {
    while (this.#queue.length < n) await this.#demand()
    return this.#queue.peek(n)
  }

  async take(n: number): Promise<Buffer> {
    while (this.#queue.length < n) await this.#demand()
    return this.#queue.take(n)
  }

  /** One line without its end. @throws {Failure} when it is longer than `most` bytes */
  async line(most: number): Promise<string> {
    for (;;) {
      const end = this.#queue.indexOf(0x0a)
      if (end > most || (end < 0 && this.#queue.length > most)) throw new Failure('a line that is too long')
      if (end >= 0)
        return this.#queue
          .take(end + 1)
          .toString('latin1')
          .replace(/\r?\n$/, '')
      await this.#demand()
    }
  }

  /** All until the far end closes. */
  async rest(): Promise<Buffer> {
    while (await this.#pull());
    return this.#queue.takeAll()
  }

  close(): void {
    this.#stop()
    this.#socket.destroy()
  }

  async #demand(): Promise<void> {
    if (!(await this.#pull())) throw new Failure('hung up before the end of its answer')
  }

  async #pull(): Promise<boolean> {
    const { done, value } = await this.#chunks.next()
    if (done) return false
    this.#meter.take(value.length)
    this.#queue.push(value)
    return true
  }
}
