import type { Logger } from 'pino'
import type { z } from 'zod'
import type { Identity } from '../config/identity.ts'
import type { Persona } from '../config/persona.ts'
import type { PlannedPort, PortDeclaration } from '../config/ports.ts'
import type { EventSchemas } from '../events/schema.ts'
import type { Host } from '../host/contract.ts'
import type { Engine } from '../llm/question.ts'
import type { StateStore } from '../store/contract.ts'
import type { CertificateSubject } from './certificate.ts'
import type { Connection } from './connection.ts'
import type { Limits } from './limits.ts'
import type { Datagram, Visit } from './visit.ts'

/** The honeypots of T-Pot. Every lure says which of them it stands for. */
export const TPOT_SYSTEMS = [
  'Adbhoney',
  'Beelzebub',
  'Ciscoasa',
  'CitrixHoneypot',
  'Conpot',
  'Cowrie',
  'Ddospot',
  'Dicompot',
  'Dionaea',
  'ElasticPot',
  'Endlessh',
  'Galah',
  'Go-pot',
  'H0neytr4p',
  'Heralding',
  'Honeyaml',
  'Honeypots',
  'Ipphoney',
  'Log4pot',
  'Mailoney',
  'Medpot',
  'Miniprint',
  'Redishoneypot',
  'SentryPeer',
  'Snare/Tanner',
  'Wordpot',
] as const
export type TpotSystem = (typeof TPOT_SYSTEMS)[number]

/** Another lure's TCP port, entered from inside. */
export interface Door {
  /** Name of the lure. */
  lure: string
  /** Gives it a connection, which counts as any other of that source. */
  enter(connection: Connection): void
}

/** What a lure has for as long as it listens. */
export interface LureSetup<O> {
  options: O
  /** Current version of the persona; read it when a visit begins, a reload changes it for later visits. */
  readonly persona: Persona
  identity: Identity
  engine: Engine
  state: StateStore
  ports: readonly PlannedPort[]
  log: Logger
  /** Whether this use listens on loopback only: then logins may be generous, nobody but the operator can come. */
  loopback: boolean
  /** The lure of this sensor that plays a TCP port, for a tunnel that leads there: the persona's own before another's. */
  door(port: number): Door | undefined
  /** A folder of this name below the data folder, made when it is missing: for files that grow, such as recordings. */
  folder(name: string): string
}

/** What a lure has during one visit. */
export interface VisitContext<O, S> extends LureSetup<O> {
  /** The port that this visit came to. */
  port: PlannedPort
  /** The persona's machine as this source has left it. */
  readonly host: Host
  /** What `start` returned. */
  room: S
}

export interface LureDefinition<O extends z.ZodType, E extends EventSchemas, S> {
  name: string
  standsFor: readonly TpotSystem[]
  /** One line for the table of ports. */
  about: string
  ports: readonly PortDeclaration[]
  /** Ports that follow from its options, besides `ports`. An entry of such a lure may list any ports instead. @throws ConfigProblem */
  morePorts?(options: z.output<O>): readonly PortDeclaration[]
  /** Whom it plays unless its entry in `lures` says so: for a trade that only one kind of device has. */
  persona?: string
  /** Profiles besides `everything`, see PROFILES. */
  profiles: readonly string[]
  options: O
  /** The lure's own event types: `name.verb` → schema of the data. */
  events: E
  /** Bounds of this lure's visits where its trade needs others than `limits` in sundew.yaml. */
  limits?: Partial<Pick<Limits, 'visitMs' | 'idleMs' | 'bytesIn' | 'bytesOut'>>
  /** Visits may belong together: `serve` says with `visit.join` to which session, before it records anything. */
  joinsSessions?: boolean
  /** The certificate of its TLS ports where the persona's own would not do: an appliance names itself. */
  certificate?: (setup: LureSetup<z.output<O>>) => CertificateSubject
  /** `serve` is called for a client that speaks plainly on a TLS port too; `visit.tls` is undefined then. */
  answersPlainOnTls?: boolean
  /** Makes what all visits of this use share. `close` is called at the end. */
  start?: (setup: LureSetup<z.output<O>>) => S | Promise<S>
  close?: (room: S) => void | Promise<void>
  /** One call a TCP connection. Returning ends the visit. */
  serve?: (visit: Visit<E>, context: VisitContext<z.output<O>, S>) => Promise<void>
  /** One call a datagram. Each buffer returned is one datagram that the governor may let out. */
  answer?: (
    datagram: Datagram<E>,
    context: VisitContext<z.output<O>, S>,
  ) => Buffer | Buffer[] | undefined | Promise<Buffer | Buffer[] | undefined>
}

/** A lure whose types are known only to itself; what the sensor handles. */
export type Lure = LureDefinition<z.ZodType, EventSchemas, unknown>

/**
 * Declares a lure.
 *
 * @example
 * export default defineLure({
 *   name: 'daytime', standsFor: ['Honeypots'], about: 'RFC 867', profiles: ['mini'],
 *   ports: [{ transport: 'tcp', port: 13 }],
 *   options: z.strictObject({}),
 *   events: {},
 *   async serve(visit) { await visit.write(`${new Date().toUTCString()}\r\n`) },
 * })
 */
export function defineLure<O extends z.ZodType, E extends EventSchemas, S = undefined>(lure: LureDefinition<O, E, S>): Lure {
  for (const type of Object.keys(lure.events)) {
    if (!type.startsWith(`${lure.name}.`)) throw new Error(`lure ${lure.name}: event type "${type}" must begin with "${lure.name}."`)
  }
  const hasTcp = lure.morePorts !== undefined || lure.ports.some((p) => p.transport === 'tcp')
  const hasUdp = lure.ports.some((p) => p.transport === 'udp')
  if (hasTcp && !lure.serve) throw new Error(`lure ${lure.name} has a TCP port and no serve()`)
  if (hasUdp && !lure.answer) throw new Error(`lure ${lure.name} has a UDP port and no answer()`)
  return lure as unknown as Lure
}
