import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { SecureContext } from 'node:tls'
import type { Logger } from 'pino'
import type { Identity } from '../config/identity.ts'
import type { Persona } from '../config/persona.ts'
import type { PlannedPort, PlannedUse } from '../config/ports.ts'
import type { Settings } from '../config/schema.ts'
import type { EventBus } from '../events/bus.ts'
import type { Host, Hosts } from '../host/contract.ts'
import type { Engine } from '../llm/question.ts'
import type { ArtifactStore, StateStore } from '../store/contract.ts'
import { isLoopbackAddress } from './address.ts'
import type { ArtifactQuota } from './artifact-quota.ts'
import type { Attacks } from './attacks.ts'
import { certificateOf, secureContextOf } from './certificate.ts'
import type { ConnectionCount } from './limits.ts'
import type { Door, Lure, LureSetup, VisitContext } from './lure.ts'
import type { ReplyGovernor } from './reply-governor.ts'
import type { Endpoint } from './visit.ts'
import type { SessionFacts } from './witness.ts'

/** What the sensor gives to every lure. */
export interface SensorParts {
  settings: Settings
  identity: Identity
  bus: EventBus
  artifacts: ArtifactStore
  state: StateStore
  engine: Engine
  hosts: Hosts
  /** Current version of a persona, and with the prompts that a source gets; changes when its folder is reloaded or a label moves. */
  persona: (name: string, sourceIp?: string) => Persona
  log: Logger
}

/** What listeners share over all lures. */
export interface SharedBounds {
  connections: ConnectionCount
  governor: ReplyGovernor
  attacks: Attacks
  artifacts: ArtifactQuota
  /** TCP ports that are open, as lures declare them: a tunnel asks for port 80, wherever that listens. */
  doors: (Door & { port: number; persona: string })[]
}

/** One use of a lure while it listens: its setup, its room, and the facts of each visit. */
export class RunningLure {
  readonly lure: Lure
  readonly use: PlannedUse<Lure>
  readonly parts: SensorParts
  readonly bounds: SharedBounds
  readonly setup: LureSetup<unknown>
  #room: unknown
  #secureContext: SecureContext | undefined

  private constructor(use: PlannedUse<Lure>, parts: SensorParts, bounds: SharedBounds) {
    this.use = use
    this.lure = use.lure
    this.parts = parts
    this.bounds = bounds
    const { persona: byName } = parts
    this.setup = {
      options: use.options,
      get persona() {
        return byName(use.persona)
      },
      identity: parts.identity,
      engine: parts.engine,
      state: parts.state,
      ports: use.ports,
      log: parts.log.child({ lure: use.lure.name }),
      loopback: use.ports.every((p) => isLoopbackAddress(p.host)),
      door(port) {
        const doors = bounds.doors.filter((door) => door.port === port)
        return doors.find((door) => door.persona === use.persona) ?? doors[0]
      },
      folder(name) {
        const folder = join(parts.settings.data, name)
        mkdirSync(folder, { recursive: true, mode: 0o700 })
        return folder
      },
    }
  }

  static async start(use: PlannedUse<Lure>, parts: SensorParts, bounds: SharedBounds): Promise<RunningLure> {
    const running = new RunningLure(use, parts, bounds)
    const { hostname, domain, name } = running.setup.persona
    const fqdn = `${hostname}.${domain}`
    const subject = use.lure.certificate?.(running.setup) ?? {
      name,
      subject: `CN=${fqdn}`,
      alternativeNames: [fqdn, hostname].map((value) => ({ type: 'dns' as const, value })),
    }
    const certificate = await certificateOf(parts.identity, subject)
    running.#secureContext = secureContextOf(certificate)
    running.#room = await use.lure.start?.(running.setup)
    return running
  }

  async close(): Promise<void> {
    await this.lure.close?.(this.#room)
  }

  secureContext(): SecureContext {
    return this.#secureContext as SecureContext
  }

  facts(transport: 'tcp' | 'udp', source: Endpoint, local: Endpoint): SessionFacts {
    return {
      bus: this.parts.bus,
      artifacts: this.parts.artifacts,
      lure: this.lure.name,
      standsFor: this.lure.standsFor,
      persona: this.use.persona,
      transport,
      source,
      local,
      quota: this.bounds.artifacts.of(source.ip),
      joins: this.lure.joinsSessions ?? false,
    }
  }

  context(port: PlannedPort, source: Endpoint): VisitContext<unknown, unknown> {
    return new Scene(this, port, source, this.#room)
  }
}

/** The context of one visit. A class and not a literal with a getter: it exists once a connection, a literal's costs a kilobyte. */
class Scene implements VisitContext<unknown, unknown> {
  readonly persona: Persona
  readonly port: PlannedPort
  readonly room: unknown
  readonly #running: RunningLure
  readonly #source: Endpoint
  #host: Host | undefined

  constructor(running: RunningLure, port: PlannedPort, source: Endpoint, room: unknown) {
    this.#running = running
    this.#source = source
    this.port = port
    this.room = room
    // The persona is read once: a reload in the middle of a visit must not change the machine under an attacker's hands.
    this.persona = running.parts.persona(running.use.persona, source.ip)
  }

  get host(): Host {
    this.#host ??= this.#running.parts.hosts.of(this.persona, this.#source.ip)
    return this.#host
  }

  get options(): unknown {
    return this.#running.setup.options
  }

  get identity(): Identity {
    return this.#running.setup.identity
  }

  get engine(): Engine {
    return this.#running.setup.engine
  }

  get state(): StateStore {
    return this.#running.setup.state
  }

  get ports(): readonly PlannedPort[] {
    return this.#running.setup.ports
  }

  get log(): Logger {
    return this.#running.setup.log
  }

  get loopback(): boolean {
    return this.#running.setup.loopback
  }

  door(port: number): Door | undefined {
    return this.#running.setup.door(port)
  }

  folder(name: string): string {
    return this.#running.setup.folder(name)
  }
}
