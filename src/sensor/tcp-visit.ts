import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type SecureContext, TLSSocket } from 'node:tls'
import { plainAddress } from './address.ts'
import { ByteQueue } from './byte-queue.ts'
import { ja4, parseClientHello, tlsRecordLength } from './client-hello.ts'
import type { Connection } from './connection.ts'
import type { Limits } from './limits.ts'
import { PassivePort } from './passive-port.ts'
import { type Endpoint, LimitReached, type PortRange, type ReadOptions, type Visit, VisitEnded } from './visit.ts'
import { type SessionFacts, SessionWitness } from './witness.ts'

/** Unread bytes above which the socket is paused, so that a sender who is not read meets a full window, not our memory. */
const HIGH_WATER = 64 * 1024
/** How long a client may take to say hello. */
const HELLO_MS = 10_000
/** How long a client may take from there to the end of the handshake. */
const HANDSHAKE_MS = 20_000
/** How long a peer may leave our bytes unread before the visit ends. */
const WRITE_STALL_MS = 60_000
/** The same for one that has ended already: a reset within TLS shows as an end, and what is written then is never taken nor refused. */
const ENDED_STALL_MS = 3_000

export type VisitEnd = 'attacker' | 'lure' | 'limit' | 'fault' | 'shutdown'

/** The {@link Visit} of a TCP connection. */
export class TcpVisit extends SessionWitness implements Visit {
  readonly source: Endpoint
  readonly local: Endpoint
  readonly #limits: Limits
  readonly #secureContext: () => SecureContext
  /** Made when somebody asks for it: thousands of held connections do without. */
  #abort: AbortController | undefined
  #gone = false
  readonly #openedAt = performance.now()
  readonly #raw: Connection
  #socket: Connection
  readonly #unread = new ByteQueue()
  #ended = false
  #handedOver = false
  #wake: (() => void) | undefined
  #limitHit: LimitReached | undefined
  readonly #facts: SessionFacts
  #passive: PassivePort<TcpVisit> | undefined
  #channel: TcpVisit | undefined
  /** Bytes of channels that are closed. */
  #channelBytes = { in: 0, out: 0 }
  #lastActivity = performance.now()
  /** The latest bytes read, for `lure.fault`. */
  lastBytes: Buffer = NOTHING

  constructor(facts: SessionFacts, socket: Connection, limits: Limits, secureContext: () => SecureContext) {
    super(facts)
    this.#facts = facts
    this.source = facts.source
    this.local = facts.local
    this.#limits = limits
    this.#secureContext = secureContext
    this.#raw = socket
    this.#socket = socket
    socket.setNoDelay(true)
    this.#listen(socket)
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.#gone) this.#abort.abort()
    return this.#abort.signal
  }

  get hasEnded(): boolean {
    return this.#ended
  }

  /** Whether the connection is gone, ended by a limit or by the sensor. */
  get isGone(): boolean {
    return this.#gone
  }

  #abandon(): void {
    this.#gone = true
    this.#abort?.abort()
  }

  get tls(): Visit['tls'] {
    if (!(this.#socket instanceof TLSSocket)) return undefined
    const socket = this.#socket
    const serverName = (socket as TLSSocket & { servername?: string | false }).servername
    return {
      alpn: socket.alpnProtocol || undefined,
      serverName: serverName || undefined,
      version: socket.getProtocol() ?? undefined,
    }
  }

  get bytesIn(): number {
    return this.#raw.bytesRead + this.#channelBytes.in + (this.#channel?.bytesIn ?? 0)
  }

  get bytesOut(): number {
    return this.#raw.bytesWritten + this.#channelBytes.out + (this.#channel?.bytesOut ?? 0)
  }

  get durationMs(): number {
    return performance.now() - this.#openedAt
  }

  /** Ends the visit when one of the bounds that need no reader is passed. Called by the listener's sweep. */
  enforce(now = performance.now()): void {
    this.#channel?.enforce(now)
    const bytes = this.bytesIn + this.bytesOut
    if (bytes !== this.#sweptBytes) {
      this.#sweptBytes = bytes
      this.#lastActivity = now
    }
    if (now - this.#openedAt > this.#limits.visitMs) this.#hitLimit('visit-length', this.#limits.visitMs)
    else if (now - this.#lastActivity > this.#limits.idleMs) this.#hitLimit('idle', this.#limits.idleMs)
    else if (this.bytesIn > this.#limits.bytesIn) this.#hitLimit('bytes-in', this.#limits.bytesIn)
    else if (this.bytesOut > this.#limits.bytesOut) this.#hitLimit('bytes-out', this.#limits.bytesOut)
  }
  #sweptBytes = -1

  async read(options: ReadOptions = {}): Promise<Buffer | undefined> {
    if (!(await this.#until(() => this.#unread.length > 0, options))) return undefined
    return this.#consume(this.#unread.length)
  }

  async exactly(n: number, options: ReadOptions = {}): Promise<Buffer> {
    if (n === 0) return Buffer.alloc(0)
    if (n > this.#limits.bytesIn) throw new LimitReached('bytes-in', this.#limits.bytesIn)
    if (!(await this.#until(() => this.#unread.length >= n, options, n))) throw new VisitEnded()
    return this.#consume(n)
  }

  async line(max: number, options: ReadOptions = {}): Promise<Buffer> {
    const withMark = await this.#throughMark(LF, max + 2, 'line', max, options)
    const end = withMark.at(-2) === 0x0d ? -2 : -1
    return withMark.subarray(0, withMark.length + end)
  }

  async until(mark: Uint8Array, max: number, options: ReadOptions = {}): Promise<Buffer> {
    return this.#throughMark(mark, max, 'until', max, options)
  }

  async peek(n: number, options: ReadOptions = {}): Promise<Buffer> {
    try {
      await this.#until(() => this.#unread.length >= n, options, n)
    } catch (error) {
      // A peek that ran out of its own time answers with what there is; other limits are real.
      if (!(error instanceof LimitReached) || error.limit !== 'read-deadline') throw error
    }
    return this.#unread.peek(n)
  }

  unread(bytes: Uint8Array): void {
    this.#unread.unshift(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  }

  async write(bytes: Uint8Array | string): Promise<void> {
    if (this.#limitHit) throw this.#limitHit
    const socket = this.#socket
    if (this.#gone || socket.destroyed || socket.writableEnded) throw new VisitEnded()
    if (socket.write(bytes)) return
    await new Promise<void>((resolve, reject) => {
      const stall = setTimeout(() => settle(() => reject(new LimitReached('write-stall', WRITE_STALL_MS))), WRITE_STALL_MS)
      const onDrain = (): void => settle(resolve)
      const onGone = (): void => settle(() => reject(this.#limitHit ?? new VisitEnded()))
      const settle = (then: () => void): void => {
        clearTimeout(stall)
        socket.off('drain', onDrain)
        socket.off('close', onGone)
        then()
      }
      socket.once('drain', onDrain)
      socket.once('close', onGone)
    })
  }

  async end(): Promise<void> {
    const socket = this.#socket
    if (socket.destroyed || socket.writableEnded) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(stall)
        resolve()
      }
      let stall = setTimeout(done, this.#ended ? ENDED_STALL_MS : WRITE_STALL_MS)
      socket.once('end', () => {
        clearTimeout(stall)
        stall = setTimeout(done, ENDED_STALL_MS)
      })
      socket.once('close', done)
      socket.end(done)
    })
  }

  reset(): void {
    this.#raw.resetAndDestroy()
  }

  async pause(ms: number): Promise<void> {
    if (this.#gone) throw this.#limitHit ?? new VisitEnded()
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        clearTimeout(timer)
        reject(this.#limitHit ?? new VisitEnded())
      }
      const timer = setTimeout(() => {
        this.signal.removeEventListener('abort', onAbort)
        resolve()
      }, ms)
      this.signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** Whether the first byte belongs to no TLS record; SSL 2.0 began with the highest bit set. */
  async beginsPlainly(): Promise<boolean> {
    const [first = 0x80] = await this.peek(1)
    return first !== 0x16 && first < 0x80
  }

  async startTls(): Promise<void> {
    await this.#recordClientHello()
    // The end that was seen here is not seen again by the TLS library, which would wait for it for ever.
    const plain = this.#socket
    if (this.#ended || plain.destroyed) throw new VisitEnded()
    plain.removeAllListeners('data')
    plain.removeAllListeners('end')
    plain.pause()
    // What is unread already belongs to the handshake: TLSSocket takes it from the socket's own buffer.
    if (this.#unread.length) plain.unshift(this.#unread.takeAll())
    // The type asks for a Socket; any Duplex does (Node's documentation).
    const secure = new TLSSocket(plain as Socket, { isServer: true, secureContext: this.#secureContext() })
    this.#socket = secure
    // Somebody must read, or an end in the middle of the handshake goes unseen.
    this.#listen(secure)
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new LimitReached('tls-handshake', HANDSHAKE_MS)), HANDSHAKE_MS)
      const onGone = (): void => {
        clearTimeout(late)
        reject(this.#limitHit ?? new VisitEnded())
      }
      secure.once('end', onGone)
      secure.once('error', onGone)
      secure.once('close', onGone)
      secure.once('secure', () => {
        clearTimeout(late)
        secure.off('end', onGone)
        secure.off('error', onGone)
        secure.off('close', onGone)
        resolve()
      })
    })
  }

  /** Fingerprints the client before its hello disappears into the TLS library. */
  async #recordClientHello(): Promise<void> {
    const length = tlsRecordLength(await this.peek(5, { within: HELLO_MS }))
    const hello = length > 0 ? parseClientHello(await this.peek(length, { within: HELLO_MS })) : undefined
    if (hello) this.record('fingerprint', { kind: 'ja4', ...ja4(hello) })
  }

  async passive(ports?: PortRange): Promise<PassivePort<TcpVisit>> {
    this.#passive?.close()
    this.#closeChannel()
    this.#passive = await PassivePort.open<TcpVisit>({
      address: this.#raw.localAddress ?? this.local.ip,
      peers: [this.source.ip, plainAddress(this.#raw.remoteAddress)],
      ports,
      signal: this.signal,
      adopt: (socket) => this.#adopt(socket),
      refused: (ip) => this.record('limit', { limit: `passive-source ${ip}` }),
    })
    if (this.#ended) this.#passive.close()
    return this.#passive
  }

  #adopt(socket: Socket): TcpVisit {
    const { session, source, local } = this
    this.#channel = new TcpVisit({ ...this.#facts, joins: false, session, source, local }, socket, this.#limits, this.#secureContext)
    return this.#channel
  }

  #closeChannel(): void {
    const channel = this.#channel
    this.#channel = undefined
    if (!channel) return
    this.#channelBytes.in += channel.bytesIn
    this.#channelBytes.out += channel.bytesOut
    channel.close()
  }

  duplex(): Duplex {
    this.#handedOver = true
    const socket = this.#socket
    socket.removeAllListeners('data')
    socket.removeAllListeners('end')
    socket.pause()
    if (this.#unread.length) socket.unshift(this.#unread.takeAll())
    return socket
  }

  /** Closes whatever is left. */
  close(): void {
    this.#abandon()
    this.#passive?.close()
    this.#closeChannel()
    if (!this.#raw.destroyed) {
      if (!this.#socket.writableEnded) this.#socket.end()
      // A peer that does not answer our FIN must not keep the socket.
      setTimeout(() => this.#raw.destroy(), 2_000).unref()
    }
  }

  #listen(socket: Connection): void {
    socket.on('data', (chunk: Buffer) => {
      this.lastBytes = chunk
      this.#unread.push(chunk)
      if (this.#unread.length > Math.max(HIGH_WATER, this.#wanted)) socket.pause()
      this.#notify()
    })
    socket.on('end', () => {
      this.#ended = true
      // Who says nothing more here will not come for a second connection either.
      this.#passive?.close()
      this.#notify()
    })
    socket.on('error', () => {
      // ECONNRESET and its kin: 'close' follows and says what a lure needs to know.
    })
    socket.on('close', () => {
      this.#ended = true
      this.#abandon()
      this.#notify()
    })
  }

  #notify(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  #wanted = 0

  /** Waits until `ready`; false when the attacker closed before. */
  async #until(ready: () => boolean, options: ReadOptions, wanted = 1): Promise<boolean> {
    if (this.#handedOver) throw new Error('this visit was handed over as a stream')
    this.#wanted = wanted
    const deadline = options.within === undefined ? undefined : performance.now() + options.within
    while (!ready()) {
      if (this.#limitHit) throw this.#limitHit
      if (this.#ended || this.#gone) return false
      if (this.#socket.isPaused()) this.#socket.resume()
      const left = deadline === undefined ? undefined : deadline - performance.now()
      if (left !== undefined && left <= 0) throw new LimitReached('read-deadline', options.within)
      await this.#nextBytes(left)
    }
    return true
  }

  #nextBytes(ms: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(() => this.#notify(), ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async #throughMark(mark: Uint8Array, room: number, limit: string, allowed: number, options: ReadOptions): Promise<Buffer> {
    let searched = 0
    let at = -1
    const found = (): boolean => {
      at = this.#unread.indexOf(mark, searched)
      searched = Math.max(0, this.#unread.length - mark.length + 1)
      return at >= 0 || this.#unread.length > room
    }
    if (!(await this.#until(found, options, room))) throw new VisitEnded()
    if (at < 0 || at + mark.length > room) throw new LimitReached(limit, allowed)
    return this.#consume(at + mark.length)
  }

  #consume(n: number): Buffer {
    const bytes = this.#unread.take(n)
    if (this.#unread.length <= HIGH_WATER && this.#socket.isPaused() && !this.#ended) this.#socket.resume()
    return bytes
  }

  #hitLimit(limit: string, allowed: number): void {
    if (this.#limitHit) return
    this.#limitHit = new LimitReached(limit, allowed)
    this.#abandon()
    this.#notify()
    // A lure that holds the stream itself is not reading through us: end it from here.
    if (this.#handedOver) this.#raw.destroy()
  }

  get limitHit(): LimitReached | undefined {
    return this.#limitHit
  }
}

const LF = Buffer.from('\n')
const NOTHING = Buffer.alloc(0)
