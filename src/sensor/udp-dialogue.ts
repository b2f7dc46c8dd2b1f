import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { plainAddress } from './address.ts'
import { type Dialogue, type Endpoint, LimitReached, VisitEnded } from './visit.ts'

/** Datagrams that wait for a reader; more are lost, as UDP may lose them anyway. */
const QUEUED = 32
/** A dialogue ends after this long, whatever it does. */
const DIALOGUE_MS = 10 * 60_000

export interface DialogueSetup {
  /** Address of the port that the first datagram came to. */
  host: string
  source: Endpoint
  /** Size of the request that began it. */
  requestBytes: number
  /** Asks the governor about an answer; the reason when it must not leave. */
  refuse: (requestBytes: number, answerBytes: number) => string | undefined
  received: (bytes: number) => void
  sent: (bytes: number) => void
  proven: () => void
}

/** The {@link Dialogue} over a UDP port of its own. Datagrams of anybody else are not even looked at. */
export class UdpDialogue implements Dialogue {
  readonly port: number
  readonly #socket: Socket
  readonly #setup: DialogueSetup
  readonly #waiting: Buffer[] = []
  readonly #endsAt = Date.now() + DIALOGUE_MS
  /** Bytes that came since the last answer: what an answer is measured against. */
  #unanswered: number
  /** Datagrams handed to the socket and not yet sent. */
  #sending = 0
  #closed = false
  #wake: (() => void) | undefined

  private constructor(socket: Socket, setup: DialogueSetup) {
    this.#socket = socket
    this.#setup = setup
    this.#unanswered = setup.requestBytes
    this.port = socket.address().port
    socket.on('message', (bytes, from) => this.#arrived(bytes, from))
    socket.on('error', () => this.close())
  }

  /** @throws the error of the system when no port can be had */
  static async open(setup: DialogueSetup): Promise<UdpDialogue> {
    const socket = createSocket({ type: isIPv6(setup.host) ? 'udp6' : 'udp4' })
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.bind({ address: setup.host, port: 0 }, resolve)
    })
    socket.removeAllListeners('error')
    return new UdpDialogue(socket, setup)
  }

  send(bytes: Buffer): string | undefined {
    if (this.#closed) throw new VisitEnded()
    const reason = this.#setup.refuse(this.#unanswered, bytes.length)
    if (reason) return reason
    this.#unanswered = 0
    const { source, sent } = this.#setup
    this.#sending++
    this.#socket.send(bytes, source.port, source.ip, () => {
      if (--this.#sending === 0 && this.#closed) this.#socket.close()
    })
    sent(bytes.length)
    return undefined
  }

  async receive(within: number): Promise<Buffer | undefined> {
    const left = this.#endsAt - Date.now()
    if (left <= 0) throw new LimitReached('dialogue-length', DIALOGUE_MS)
    if (this.#waiting.length === 0 && !this.#closed) await this.#next(Math.min(within, left))
    const bytes = this.#waiting.shift()
    if (!bytes && this.#closed) throw new VisitEnded()
    return bytes
  }

  sourceIsProven(): void {
    this.#setup.proven()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    // A socket that is closed at once would take the last datagram with it.
    if (this.#sending === 0) this.#socket.close()
    this.#wake?.()
  }

  #next(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #arrived(bytes: Buffer, from: RemoteInfo): void {
    const { source, received } = this.#setup
    if (from.port !== source.port || plainAddress(from.address) !== source.ip) return
    received(bytes.length)
    this.#unanswered += bytes.length
    if (this.#waiting.length < QUEUED) this.#waiting.push(bytes)
    this.#wake?.()
  }
}
