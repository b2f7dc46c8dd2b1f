import type { VisitContext } from '../../sensor/lure.ts'
import type { Visit } from '../../sensor/visit.ts'
import { encodeReply, type Protocol, type Reply } from './codec.ts'
import type { Database } from './database.ts'
import type { RedisEvents } from './events.ts'
import type { Instance } from './instance.ts'
import type { Profile } from './profiles.ts'

export type RedisVisit = Visit<RedisEvents>
export type HostOf = Pick<VisitContext<unknown, unknown>, 'host'>

/** Bytes that may wait for a subscriber that does not read; then it is dropped, as `client-output-buffer-limit` does. */
const PENDING_BYTES = 4 * 1024 * 1024
/** What a waiting message costs besides its bytes. */
const MESSAGE_COST = 1024

/** One connection, with the state that Redis keeps for it. */
export class RedisClient {
  readonly id: number
  readonly visit: RedisVisit
  readonly server: Instance
  readonly openedAt = Date.now()
  readonly channels = new Set<string>()
  readonly patterns = new Set<string>()
  readonly shardChannels = new Set<string>()
  /** Keys of WATCH with their versions, by database. */
  readonly watched: { db: Database; key: string; version: number }[] = []
  readonly #host: HostOf
  protocol: Protocol = 2
  database = 0
  name = ''
  user = 'default'
  authenticated: boolean
  failedLogins = 0
  /** Commands since MULTI; broken when one of them was refused. */
  transaction: { queue: string[][]; bytes: number; broken: boolean } | undefined
  isMonitor = false
  isReplica = false
  /** `REPLCONF capa eof`: takes a dump whose length is not said before. */
  takesStream = false
  isTracking = false
  replies: 'on' | 'off' | 'skip' | 'skip-next' = 'on'
  lastActivity = Date.now()
  lastCommand = 'NULL'
  /** Set by QUIT: the connection ends after the reply. */
  isClosing = false
  /** Set by the cross-protocol guard: the connection ends, replies still unsent are lost. */
  isDropped = false
  #pending = 0

  constructor(id: number, visit: RedisVisit, server: Instance, host: HostOf) {
    this.id = id
    this.visit = visit
    this.server = server
    this.#host = host
    this.authenticated = server.config.get('requirepass') === ''
    server.clients.add(this)
    server.connections++
  }

  get db(): Database {
    return this.server.databases[this.database] as Database
  }

  get profile(): Profile {
    return this.server.facts.profile
  }

  /** The simulated machine under this server. */
  get host(): HostOf['host'] {
    return this.#host.host
  }

  get subscriptions(): number {
    return this.channels.size + this.patterns.size
  }

  get address(): string {
    const { ip, port } = this.visit.source
    return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
  }

  get localAddress(): string {
    const { ip, port } = this.visit.local
    return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
  }

  /** Sends what the client did not ask for just now: a message, a line of MONITOR. */
  push(reply: Reply): void {
    const bytes = encodeReply(reply, this.protocol)
    this.#pending += bytes.length + MESSAGE_COST
    if (this.#pending > PENDING_BYTES) {
      this.visit.reset()
      return
    }
    this.visit.write(bytes).then(
      () => {
        this.#pending -= bytes.length + MESSAGE_COST
      },
      // A subscriber that has gone gets nothing more; its own visit notices.
      () => this.leave(),
    )
  }

  leave(): void {
    this.server.clients.delete(this)
  }

  forgetTransaction(): void {
    this.transaction = undefined
    this.watched.length = 0
  }

  /** What RESET does. */
  reset(): void {
    this.forgetTransaction()
    this.channels.clear()
    this.patterns.clear()
    this.shardChannels.clear()
    this.isMonitor = false
    this.isTracking = false
    this.protocol = 2
    this.database = 0
    this.name = ''
    this.user = 'default'
    this.replies = 'on'
    this.authenticated = this.server.config.get('requirepass') === ''
  }
}
