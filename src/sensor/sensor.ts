import type { PlannedPort, PlannedUse } from '../config/ports.ts'
import { ConfigProblem } from '../config/problem.ts'
import { ArtifactQuota } from './artifact-quota.ts'
import { ConnectionCount } from './limits.ts'
import type { Lure } from './lure.ts'
import { ReplyGovernor } from './reply-governor.ts'
import { RunningLure, type SensorParts, type SharedBounds } from './running-lure.ts'
import { TcpListener } from './tcp-listener.ts'
import { UdpListener } from './udp-listener.ts'

/** One line of `sundew ports`. */
export interface PortRow {
  lure: string
  standsFor: readonly string[]
  transport: 'tcp' | 'udp'
  host: string
  port: number
  tls: boolean
  persona: string
  about: string
}

export function portRow(use: PlannedUse<Lure>, port: PlannedPort, bound = port.port): PortRow {
  const { name, standsFor, about } = use.lure
  return { lure: name, standsFor, transport: port.transport, host: port.host, port: bound, tls: port.tls, persona: use.persona, about }
}

/** Everything that listens. Lures start and stop together; what one of them throws stays with it. */
export class Sensor {
  readonly #uses: readonly PlannedUse<Lure>[]
  readonly #parts: SensorParts
  readonly #bounds: SharedBounds
  readonly #running: RunningLure[] = []
  readonly #listeners: (TcpListener | UdpListener)[] = []
  readonly #rows: PortRow[] = []

  constructor(uses: readonly PlannedUse<Lure>[], parts: SensorParts) {
    this.#uses = uses
    this.#parts = parts
    const { limits, udp } = parts.settings
    this.#bounds = {
      connections: new ConnectionCount(limits),
      governor: new ReplyGovernor(udp),
      artifacts: new ArtifactQuota(limits.artifactsPerSource),
      doors: [],
    }
    const declared = new Set<Lure>()
    for (const { lure } of uses) {
      if (!declared.has(lure)) parts.bus.register(lure.events)
      declared.add(lure)
    }
  }

  /**
   * Opens every port.
   * @throws ConfigProblem when a port cannot be opened; nothing stays open then
   */
  async start(): Promise<void> {
    try {
      for (const use of this.#uses) await this.#startUse(use)
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.#listeners.splice(0).map((l) => l.stop()))
    await Promise.allSettled(this.#running.splice(0).map((r) => r.close()))
  }

  ports(): PortRow[] {
    return [...this.#rows]
  }

  /** Figures for `sundew status`. */
  figures(): { connections: number; udpAnswered: number; udpWithheld: number } {
    const { connections, governor } = this.#bounds
    return { connections: connections.total, udpAnswered: governor.answered, udpWithheld: governor.withheld }
  }

  async #startUse(use: PlannedUse<Lure>): Promise<void> {
    const running = await RunningLure.start(use, this.#parts, this.#bounds)
    this.#running.push(running)
    for (const port of use.ports) {
      const listener = port.transport === 'tcp' ? new TcpListener(running, port) : new UdpListener(running, port)
      try {
        const bound = await listener.listen()
        this.#listeners.push(listener)
        this.#rows.push(portRow(use, port, bound))
        if (listener instanceof TcpListener && !port.declared.spare) this.#openDoor(use, port, listener)
      } catch (error) {
        // A spare port that another program has is that program's.
        if (port.declared.spare && (error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
          running.setup.log.info({ port: port.port }, 'spare port is in use')
          continue
        }
        throw explain(error as NodeJS.ErrnoException, use, port)
      }
    }
  }

  #openDoor({ lure, persona }: PlannedUse<Lure>, { declared }: PlannedPort, listener: TcpListener): void {
    this.#bounds.doors.push({ port: declared.port, persona, lure: lure.name, enter: (socket) => listener.accept(socket) })
  }
}

function explain(error: NodeJS.ErrnoException, use: PlannedUse<Lure>, port: PlannedPort): ConfigProblem {
  const where = `${port.transport} ${port.host}:${port.port}`
  const cures: Record<string, string> = {
    EADDRINUSE: `stop what listens there (ss -lnp shows it), or give the lure another port: - { lure: ${use.lure.name}, ports: [N] }`,
    EACCES: 'ports below 1024 need CAP_NET_BIND_SERVICE (README, "Low ports"), or keep listen.offset at 10000',
    EMFILE: `every port is a file descriptor: raise the bound (ulimit -n, LimitNOFILE= of systemd), or give the lure fewer ports`,
    EADDRNOTAVAIL: 'this machine has no such address; set listen.host to one it has',
  }
  return new ConfigProblem([
    {
      file: 'listen',
      key: `lure ${use.lure.name}`,
      what: `cannot open ${where}: ${error.message}`,
      cure: cures[error.code ?? ''] ?? 'see the message of the system',
    },
  ])
}
