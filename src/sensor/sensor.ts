import type { PlannedPort, PlannedUse } from '../config/ports.ts'
import { ConfigProblem, type Problem } from '../config/problem.ts'
import { ArtifactQuota } from './artifact-quota.ts'
import { Attacks } from './attacks.ts'
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

/** A port of the plan that could not be opened. It is tried again every second. */
export interface ClosedPort extends PortRow {
  what: string
  cure: string
  since: number
}

const RETRY_MS = 1_000
/** As Linux has it unless `net.ipv4.ip_local_port_range` says otherwise: connections of any program take these for themselves. */
const EPHEMERAL = { first: 32_768, last: 60_999 }
/** Of many equal troubles so many are told. */
const TOLD = 5

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
  readonly #closed: { running: RunningLure; port: PlannedPort; row: ClosedPort }[] = []
  #retry: NodeJS.Timeout | undefined

  constructor(uses: readonly PlannedUse<Lure>[], parts: SensorParts) {
    this.#uses = uses
    this.#parts = parts
    const { limits, udp } = parts.settings
    this.#bounds = {
      connections: new ConnectionCount(limits),
      governor: new ReplyGovernor(udp),
      attacks: new Attacks(),
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
   * Opens every port. One that cannot be opened just now does not keep the others closed: it is told in {@link closed} and tried again.
   * @throws ConfigProblem when a port may not be opened, or none can; nothing stays open then
   */
  async start(): Promise<void> {
    try {
      for (const use of this.#uses) await this.#startUse(use)
      if (this.#rows.length === 0 && this.#closed.length > 0)
        throw new ConfigProblem(this.#closed.slice(0, TOLD).map(({ row }) => problemOf(row)))
      this.#retry = setInterval(() => void this.#openClosed(), RETRY_MS)
      this.#retry.unref()
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#retry)
    this.#closed.length = 0
    await Promise.allSettled(this.#listeners.splice(0).map((l) => l.stop()))
    await Promise.allSettled(this.#running.splice(0).map((r) => r.close()))
  }

  ports(): PortRow[] {
    return [...this.#rows]
  }

  closed(): ClosedPort[] {
    return this.#closed.map(({ row }) => row)
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
      const error = await this.#open(running, port)
      if (!error) continue
      // A spare port that another program has is that program's.
      if (port.declared.spare && error.code === 'EADDRINUSE') running.setup.log.info({ port: port.port }, 'spare port is in use')
      else {
        const row = { ...portRow(use, port), ...explain(error, use, port), since: Date.now() }
        // Time opens no port that this process has no right to.
        if (error.code === 'EACCES') throw new ConfigProblem([problemOf(row)])
        running.setup.log.error({ cure: row.cure }, row.what)
        this.#closed.push({ running, port, row })
      }
    }
  }

  /** @returns why not */
  async #open(running: RunningLure, port: PlannedPort): Promise<NodeJS.ErrnoException | undefined> {
    const listener = port.transport === 'tcp' ? new TcpListener(running, port) : new UdpListener(running, port)
    try {
      const bound = await listener.listen()
      this.#listeners.push(listener)
      this.#rows.push(portRow(running.use, port, bound))
      if (listener instanceof TcpListener && !port.declared.spare) this.#openDoor(running.use, port, listener)
      return undefined
    } catch (error) {
      await listener.stop()
      return error as NodeJS.ErrnoException
    }
  }

  async #openClosed(): Promise<void> {
    for (const closed of [...this.#closed]) {
      if (await this.#open(closed.running, closed.port)) continue
      this.#closed.splice(this.#closed.indexOf(closed), 1)
      closed.running.setup.log.info({ port: closed.port.port }, 'port opened after all')
    }
  }

  #openDoor({ lure, persona }: PlannedUse<Lure>, { declared }: PlannedPort, listener: TcpListener): void {
    this.#bounds.doors.push({ port: declared.port, persona, lure: lure.name, enter: (socket) => listener.accept(socket) })
  }
}

function explain(error: NodeJS.ErrnoException, use: PlannedUse<Lure>, port: PlannedPort): Pick<ClosedPort, 'what' | 'cure'> {
  const name = use.lure.name
  const isEphemeral = port.port >= EPHEMERAL.first && port.port <= EPHEMERAL.last
  const borrowed = `a connection of another program may have it for a while; sysctl -w net.ipv4.ip_local_reserved_ports=${port.port} keeps it free`
  const cures: Record<string, string> = {
    EADDRINUSE: `stop what listens there (ss -lnp shows it), or give the lure another port: - { lure: ${name}, ports: [N] }${isEphemeral ? `; ${borrowed}` : ''}`,
    EACCES: 'ports below 1024 need CAP_NET_BIND_SERVICE (README, "Low ports"), or keep listen.offset at 10000',
    EMFILE: `every port is a file descriptor: raise the bound (ulimit -n, LimitNOFILE= of systemd), or give the lure fewer ports`,
    EADDRNOTAVAIL: 'this machine has no such address; set listen.host to one it has',
  }
  return {
    what: `lure ${name} cannot open ${port.transport} ${port.host}:${port.port}: ${error.message}`,
    cure: cures[error.code ?? ''] ?? 'see the message of the system',
  }
}

function problemOf({ lure, what, cure }: ClosedPort): Problem {
  return { file: 'listen', key: `lure ${lure}`, what, cure }
}
