import { createServer, type Server } from 'node:net'
import type { SecureContext } from 'node:tls'
import type { PlannedPort } from '../config/ports.ts'
import { plainAddress } from './address.ts'
import type { Connection } from './connection.ts'
import type { Limits } from './limits.ts'
import { readProxyHeader } from './proxy-protocol.ts'
import type { RunningLure } from './running-lure.ts'
import { TcpVisit, type VisitEnd } from './tcp-visit.ts'
import { type Endpoint, LimitReached, VisitEnded } from './visit.ts'

/**
 * Connections that wait to be accepted. Node takes one a turn of its loop, so that a long queue on a starved machine would hold only clients
 * who have given up before their turn comes, for as long as others come after them.
 */
const BACKLOG = 128

/** One TCP port of a lure: accepts, counts, and plays each connection as a visit of its own. */
export class TcpListener {
  readonly #running: RunningLure
  readonly #port: PlannedPort
  readonly #server: Server
  readonly #limits: Limits
  readonly #visits = new Set<TcpVisit>()
  /** Every socket that is still there, those that wait for the peer's FIN after their visit included. */
  readonly #sockets = new Set<Connection>()
  /** Visits that have not ended, and whom to tell when the last one has. */
  #playing = 0
  #allPlayed: (() => void) | undefined
  readonly #secureContext: () => SecureContext
  #sweep: NodeJS.Timeout | undefined
  #stopping = false
  #refusedAt = 0

  constructor(running: RunningLure, port: PlannedPort) {
    this.#running = running
    this.#port = port
    this.#limits = { ...running.parts.settings.limits, ...running.lure.limits }
    this.#secureContext = () => running.secureContext()
    // Half-open is how nc and many bots end their input while they still read.
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => this.accept(socket))
  }

  /** Rejects with the listen error (EADDRINUSE, EACCES). Resolves to the port, which differs from the plan's when that is 0. */
  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ host: this.#port.host, port: this.#port.port, backlog: BACKLOG }, resolve)
    })
    this.#server.removeAllListeners('error')
    this.#server.on('error', (error) => this.#running.setup.log.error({ error: error.message }, 'listener trouble'))
    const every = Math.min(1000, Math.ceil(this.#limits.idleMs / 4))
    this.#sweep = setInterval(() => {
      const now = performance.now()
      for (const visit of this.#visits) visit.enforce(now)
    }, every)
    this.#sweep.unref()
    const address = this.#server.address()
    return typeof address === 'object' && address ? address.port : this.#port.port
  }

  async stop(): Promise<void> {
    this.#stopping = true
    clearInterval(this.#sweep)
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const socket of this.#sockets) socket.destroy()
    await closed
    if (this.#playing > 0) await new Promise<void>((resolve) => (this.#allPlayed = resolve))
  }

  get open(): number {
    return this.#visits.size
  }

  /** Plays a new connection, unless it is one too many of its source. */
  accept(socket: Connection): void {
    const source = { ip: plainAddress(socket.remoteAddress), port: socket.remotePort ?? 0 }
    if (!source.ip || this.#stopping) {
      socket.destroy()
      return
    }
    const refused = this.#running.bounds.connections.enter(source.ip)
    if (refused) {
      socket.destroy()
      this.#recordRefusal(source, refused)
      return
    }
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    this.#playing++
    void this.#play(socket, source)
  }

  async #play(socket: Connection, peer: Endpoint): Promise<void> {
    const running = this.#running
    // A PROXY header changes the source of the visit, not whose place it takes.
    const { ip } = peer
    const local = { ip: plainAddress(socket.localAddress), port: socket.localPort ?? 0 }
    const { listen } = running.parts.settings
    const isProxy = listen.trustedProxies.includes(peer.ip)
    const facts = running.facts('tcp', peer, local)
    const visit = new TcpVisit(facts, socket, this.#limits, this.#secureContext)
    this.#visits.add(visit)
    let end: VisitEnd = 'lure'
    try {
      if (isProxy) Object.assign(facts.source, (await readProxyHeader(visit)) ?? {})
      visit.record('session.open', {})
      const isPlain = this.#port.tls && running.lure.answersPlainOnTls && (await visit.beginsPlainly())
      if (this.#port.tls && !isPlain) await visit.startTls()
      await running.lure.serve?.(visit, running.context(this.#port, facts.source))
    } catch (error) {
      end = this.#classify(error, visit)
    } finally {
      if (visit.limitHit && end !== 'fault') end = 'limit'
      if (this.#stopping) end = 'shutdown'
      if (visit.limitHit) visit.limit(visit.limitHit.limit, visit.limitHit.allowed)
      visit.close()
      this.#visits.delete(visit)
      visit.record('session.close', {
        durationMs: Math.round(visit.durationMs),
        bytesIn: visit.bytesIn,
        bytesOut: visit.bytesOut,
        reason: end,
      })
      running.bounds.connections.leave(ip)
      if (--this.#playing === 0) this.#allPlayed?.()
    }
  }

  #classify(error: unknown, visit: TcpVisit): VisitEnd {
    if (error instanceof VisitEnded || visit.isGone) return 'attacker'
    if (error instanceof LimitReached) {
      if (!visit.limitHit) visit.limit(error.limit, error.allowed)
      return 'limit'
    }
    visit.fault(error, visit.lastBytes)
    this.#running.setup.log.warn({ error: error instanceof Error ? error.message : String(error), session: visit.session }, 'lure fault')
    return 'fault'
  }

  /** At most one event a second: refusing is what happens in a flood. */
  #recordRefusal(source: Endpoint, limit: string): void {
    const now = Date.now()
    if (now - this.#refusedAt < 1000) return
    this.#refusedAt = now
    const { bus } = this.#running.parts
    const { name, standsFor } = this.#running.lure
    bus.publish({ lure: name, standsFor: [...standsFor], srcIp: source.ip, srcPort: source.port, type: 'limit', data: { limit } })
  }
}
