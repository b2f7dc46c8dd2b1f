import { randomInt } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { plainAddress } from './address.ts'
import { LimitReached, type Passive, type PortRange, type ReadOptions, VisitEnded } from './visit.ts'

/** How often a random port of a range is tried before the range counts as full. */
const TRIES = 32
const ACCEPT_MS = 60_000

export interface PassiveSetup<C> {
  /** Address that the attacker reached; the port listens there and nowhere else. */
  address: string
  /** Addresses that may connect: the attacker's, and that of a proxy which speaks for it. */
  peers: readonly string[]
  ports: PortRange | undefined
  signal: AbortSignal
  /** Makes the connection a part of the visit. */
  adopt: (socket: Socket) => C
  /** Somebody else knocked. */
  refused: (ip: string) => void
}

/**
 * A port that waits for one more connection of the same attacker: FTP's data connection. It lives as long as the visit at
 * most, takes one connection, and only from the address that the visit came from (RFC 2577 §4).
 */
export class PassivePort<C> implements Passive<C> {
  readonly port: number
  readonly #server: Server
  readonly #setup: PassiveSetup<C>
  #channel: C | undefined
  #closed = false
  #wake: (() => void) | undefined

  private constructor(server: Server, port: number, setup: PassiveSetup<C>) {
    this.#server = server
    this.port = port
    this.#setup = setup
    server.on('connection', (socket: Socket) => this.#arrived(socket))
    server.on('error', () => this.close())
    setup.signal.addEventListener('abort', () => this.close(), { once: true })
  }

  /** @throws LimitReached `passive-ports` when the range has no free port */
  static async open<C>(setup: PassiveSetup<C>): Promise<PassivePort<C>> {
    const { address, ports } = setup
    for (let tried = 0; tried < (ports ? TRIES : 1); tried++) {
      // A range is walked at random: which port comes next must not be foreseen by who would steal the connection.
      const server = await listen(address, ports ? randomInt(ports.min, ports.max + 1) : 0)
      const bound = server?.address()
      if (server && bound && typeof bound === 'object') return new PassivePort(server, bound.port, setup)
    }
    throw new LimitReached('passive-ports')
  }

  async accept({ within = ACCEPT_MS }: ReadOptions = {}): Promise<C> {
    const deadline = performance.now() + within
    while (!this.#channel) {
      if (this.#closed) throw new VisitEnded()
      const left = deadline - performance.now()
      if (left <= 0) throw new LimitReached('passive', within)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    return this.#channel
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#server.close()
    this.#wake?.()
  }

  #arrived(socket: Socket): void {
    const ip = plainAddress(socket.remoteAddress)
    if (this.#channel || !this.#setup.peers.includes(ip)) {
      socket.resetAndDestroy()
      if (ip && !this.#channel) this.#setup.refused(ip)
      return
    }
    this.#channel = this.#setup.adopt(socket)
    this.#server.close()
    this.#wake?.()
  }
}

/** Undefined when the port is taken. */
function listen(host: string, port: number): Promise<Server | undefined> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true })
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined))
    server.listen({ host, port, backlog: 4 }, () => resolve(server))
  })
}
