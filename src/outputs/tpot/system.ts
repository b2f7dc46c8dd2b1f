import type { SundewEvent } from '../../events/schema.ts'
import type { TpotSystem } from '../../sensor/lure.ts'
import { inputOf, readable, textOf } from '../event-text.ts'

/** One line of a log; `file` is below the system's folder. */
export interface Line {
  file: string
  text: string
  /** Written first when the file is new. */
  header?: string
}

/** A captured file that the original keeps in a folder of its own. */
export interface Keepsake {
  /** SHA-256 of an artifact, or the path of a recording below the data folder. */
  from: { artifact: string } | { recording: string }
  /** Below the system's folder. */
  to: string
}

/** What a mapping may ask besides the event itself. */
export interface Look {
  /** The events of a session so far, oldest first. */
  session(id: string): Promise<readonly SundewEvent[]>
  /** The address that attackers see; T-Pot's MY_EXTIP. */
  externalIp: string
}

/** How the events of the lures that stand for a system become the lines that T-Pot's Logstash reads of it. */
export interface SystemMapping {
  system: TpotSystem
  /** Below T-Pot's /data. */
  folder: string
  lines(event: SundewEvent, look: Look): readonly Line[] | Promise<readonly Line[]>
  keepsakes?(event: SundewEvent): readonly Keepsake[]
}

export type Fields = Record<string, unknown>
export type FieldMap = (event: SundewEvent) => Fields | readonly Fields[] | undefined

/** What the sensor tells itself; no honeypot logs it. */
const OWN: ReadonlySet<string> = new Set(['lure.fault'])

export interface JsonSystem {
  system: TpotSystem
  folder: string
  file: string | ((event: SundewEvent) => string)
  /** Fields of every line. */
  base(event: SundewEvent): Fields
  /** Fields by event type; `*.request` stands for every lure's, `turn.web` for a turn of that kind. Undefined leaves the event out. */
  events: Readonly<Record<string, FieldMap>>
  /** Fields of all other events. */
  rest: FieldMap
  keepsakes?(event: SundewEvent): readonly Keepsake[]
}

/** A system whose log is one JSON object a line. */
export function jsonSystem({ system, folder, file, base, events, rest, keepsakes }: JsonSystem): SystemMapping {
  return {
    system,
    folder,
    ...(keepsakes ? { keepsakes } : {}),
    lines(event) {
      if (OWN.has(event.type)) return []
      const map = mapFor(events, event) ?? rest
      const fields = map(event)
      if (fields === undefined) return []
      const all = Array.isArray(fields) ? (fields as readonly Fields[]) : [fields as Fields]
      const name = typeof file === 'string' ? file : file(event)
      return all.map((one) => ({ file: name, text: JSON.stringify({ ...base(event), ...one }) }))
    },
  }
}

function mapFor(events: Readonly<Record<string, FieldMap>>, { type, data }: SundewEvent): FieldMap | undefined {
  const names = [
    type === 'turn' && typeof data.kind === 'string' ? `turn.${data.kind}` : type,
    type,
    `*${type.slice(type.lastIndexOf('.'))}`,
  ]
  for (const name of names) if (Object.hasOwn(events, name)) return events[name]
  return undefined
}

/** For events that a system has no word for: their type, and their data as one string so that no index grows by it. */
export function unnamed(event: SundewEvent): Fields {
  return { sundew_type: event.type, sundew_data: JSON.stringify(readable(event.data)) }
}

/** The four names that T-Pot's boards and map key on. */
export function ends(event: SundewEvent): Fields {
  return { src_ip: event.srcIp, src_port: event.srcPort, dest_ip: event.dstIp, dest_port: event.dstPort }
}

/** The same before Logstash renames them. */
export function dstEnds(event: SundewEvent): Fields {
  return { src_ip: event.srcIp, src_port: event.srcPort, dst_ip: event.dstIp, dst_port: event.dstPort }
}

/** `2026-01-02T03:04:05.678000Z` */
export function isoTime(event: Pick<SundewEvent, 'time'>): string {
  return `${new Date(event.time).toISOString().slice(0, -1)}000Z`
}

/** `2026-01-02 03:04:05` and so many digits of a second, UTC. */
export function spacedTime(event: Pick<SundewEvent, 'time'>, digits: number): string {
  const [date, clock] = new Date(event.time).toISOString().slice(0, -1).split('T') as [string, string]
  return digits === 0 ? `${date} ${clock.slice(0, 8)}` : `${date} ${clock.padEnd(9 + digits, '0')}`
}

/** Twelve hex digits, as Cowrie and its kin name sessions. */
export function shortSession(event: SundewEvent): string {
  return (event.session ?? event.id).replaceAll('-', '').slice(-12)
}

export function credentials({ data }: SundewEvent): Fields {
  return { username: textOf(data.username), password: textOf(data.password) ?? '' }
}

/** What was typed, for boards that list inputs. */
export function typed(event: SundewEvent): Fields {
  const input = inputOf(event)
  return input === undefined ? {} : { input }
}
