import { Duplex } from 'node:stream'
import { type SecureContext, TLSSocket } from 'node:tls'
import { ByteQueue } from '../../sensor/byte-queue.ts'
import { ja4, parseClientHello, tlsRecordLength } from '../../sensor/client-hello.ts'
import { LimitReached, type Visit, VisitEnded } from '../../sensor/visit.ts'
import { decodeHeader, encodePackets, HEADER_BYTES, PACKET, TdsFormatError } from './codec.ts'
import type { MssqlEvents } from './events.ts'

const HANDSHAKE_MS = 20_000

export interface Message {
  type: number
  bytes: Buffer
}

/**
 * Messages over one connection. The TLS handshake travels in PRELOGIN packets; what comes after it is TLS on the socket itself,
 * for the whole connection or for the login alone (MS-TDS 2.2.6.5, 3.2.5.2).
 */
export class Transport {
  readonly #visit: Visit<MssqlEvents>
  packetSize = 4096
  /** Bytes of the socket that are in nobody's hands. */
  readonly #arrived = new ByteQueue()
  /** Bytes of TDS. */
  readonly #clear = new ByteQueue()
  #reading: Promise<void> | undefined
  #failure: unknown
  #secure: TLSSocket | undefined
  #wire: Duplex | undefined
  #isHandshaking = false
  #wake = Promise.withResolvers<void>()

  constructor(visit: Visit<MssqlEvents>) {
    this.#visit = visit
  }

  get isSecure(): boolean {
    return this.#secure !== undefined
  }

  /** One message of all its packets. @throws TdsFormatError, LimitReached `message` */
  async read(most: number): Promise<Message> {
    const parts: Buffer[] = []
    let size = 0
    for (;;) {
      const header = decodeHeader(await this.#take(HEADER_BYTES))
      size += header.length - HEADER_BYTES
      if (size > most) throw new LimitReached('message', most)
      parts.push(Buffer.from(await this.#take(header.length - HEADER_BYTES)))
      if (header.isLast) return { type: header.type, bytes: Buffer.concat(parts) }
    }
  }

  async write(type: number, message: Buffer, spid = 0): Promise<void> {
    const packets = encodePackets(type, message, this.packetSize, spid)
    const secure = this.#secure
    if (!secure) return this.#visit.write(packets)
    await new Promise<void>((resolve, reject) => secure.write(packets, (error) => (error ? reject(error) : resolve())))
  }

  /** The server's side of the handshake. @throws TdsFormatError when it fails */
  async startTls(secureContext: SecureContext): Promise<void> {
    this.#isHandshaking = true
    const wire = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        if (this.#wire !== wire) return done()
        const bytes = this.#isHandshaking ? encodePackets(PACKET.prelogin, chunk, this.packetSize) : chunk
        this.#visit.write(bytes).then(() => done(), done)
      },
    })
    this.#wire = wire
    const secure = new TLSSocket(wire, { isServer: true, secureContext })
    const wake = (): void => {
      this.#wake.resolve()
      this.#wake = Promise.withResolvers()
    }
    let isReady = false
    secure.once('secure', () => {
      isReady = true
      wake()
    })
    secure.on('readable', wake)
    secure.on('error', (error) => {
      this.#failure ??= new TdsFormatError(`TLS: ${error.message}`)
      wake()
    })
    secure.on('close', () => {
      this.#failure ??= new VisitEnded()
      wake()
    })
    wire.on('error', () => undefined)
    this.#arrived.unshift(this.#clear.takeAll())
    const deadline = performance.now() + HANDSHAKE_MS
    let isFirst = true
    while (!isReady) {
      if (this.#failure) throw this.#failure
      if (performance.now() > deadline) throw new LimitReached('read-deadline', HANDSHAKE_MS)
      const record = this.#handshakePacket()
      if (record && isFirst) this.#fingerprint(record)
      isFirst &&= record === undefined
      if (record) wire.push(record)
      // What is at hand is worked off before more is waited for.
      await new Promise((resolve) => setImmediate(resolve))
      if (!record && !isReady) await Promise.race([this.#more(), this.#wake.promise])
    }
    this.#isHandshaking = false
    this.#secure = secure
  }

  /** TLS was for the login alone: what follows is plain. */
  stopTls(): void {
    this.#wire = undefined
    this.#secure?.removeAllListeners('close')
    this.#secure?.destroy()
    this.#secure = undefined
  }

  #fingerprint(record: Buffer): void {
    const hello = tlsRecordLength(record) <= record.length ? parseClientHello(record) : undefined
    if (hello) this.#visit.record('fingerprint', { kind: 'ja4', ...ja4(hello) })
  }

  /** TLS bytes of the next PRELOGIN packet, when all of it is there. */
  #handshakePacket(): Buffer | undefined {
    if (this.#arrived.length < HEADER_BYTES) return undefined
    const header = decodeHeader(this.#arrived.peek(HEADER_BYTES))
    if (header.type !== PACKET.prelogin) throw new TdsFormatError(`packet type ${header.type} in a handshake`)
    if (this.#arrived.length < header.length) return undefined
    return Buffer.from(this.#arrived.take(header.length).subarray(HEADER_BYTES))
  }

  async #take(n: number): Promise<Buffer> {
    while (this.#clear.length < n) await this.#fill()
    return this.#clear.take(n)
  }

  /** Brings some bytes of TDS, or waits for what may bring them. */
  async #fill(): Promise<void> {
    const secure = this.#secure
    if (!secure) {
      if (this.#arrived.length === 0) await this.#more()
      this.#clear.push(this.#arrived.takeAll())
      return
    }
    if (this.#arrived.length) this.#wire?.push(this.#arrived.takeAll())
    const bytes = secure.read() as Buffer | null
    if (bytes) return this.#clear.push(bytes)
    if (this.#failure) throw this.#failure
    await Promise.race([this.#more(), this.#wake.promise])
  }

  /** Waits for bytes of the socket; a read that is under way is waited for again. */
  async #more(): Promise<void> {
    this.#reading ??= this.#visit.read().then(
      (chunk) => {
        this.#reading = undefined
        if (chunk) this.#arrived.push(chunk)
        else this.#failure ??= new VisitEnded()
      },
      (error: unknown) => {
        this.#reading = undefined
        this.#failure ??= error
      },
    )
    await this.#reading
    if (this.#failure && this.#arrived.length === 0) throw this.#failure
  }
}
