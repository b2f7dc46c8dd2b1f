import type { SundewEvent } from '../events/schema.ts'

/** One line of an old log, as an event that has no ids yet. */
export interface Found extends Pick<SundewEvent, 'type' | 'data'> {
  /** UTC milliseconds. */
  time: number
  /** What the old log knows the session by; lines with the same key and reader belong together. */
  session: string
  lure: string
  /** System of T-Pot that wrote the log. */
  system: string
  srcIp?: string
  srcPort?: number
  dstIp?: string
  dstPort?: number
  /** A captured file that the event is about, by SHA-256, where the honeypot kept it beside its log. */
  file?: string
}

/** Reads the records of one kind of log. An empty list for a record that says nothing. */
export type LogReader = (record: Readonly<Record<string, unknown>>) => Found[]

/** For what a reader has no word for: kept whole, so that nothing is lost. */
export function keptWhole(system: string, record: unknown): Pick<Found, 'type' | 'data'> {
  return { type: 'import.record', data: { system, record } }
}

export function string(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

/** The first of some fields that is there. */
export function firstOf(record: Readonly<Record<string, unknown>>, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = string(record[name])
    if (value !== undefined && value !== '') return value
  }
  return undefined
}

export function portOf(value: unknown): number | undefined {
  const port = Number(value)
  return value !== undefined && value !== '' && Number.isInteger(port) && port >= 0 && port < 65536 ? port : undefined
}

/** The last time that a Date can say, ms. */
const END_OF_TIME = 8.64e15

/** UTC milliseconds of the times that honeypots write; those without a zone are UTC. */
export function timeOf(value: unknown): number | undefined {
  if (typeof value === 'number') {
    const time = Math.round(value < 1e11 ? value * 1000 : value)
    return time >= 0 && time <= END_OF_TIME ? time : undefined
  }
  if (typeof value !== 'string') return undefined
  const text = value
    .slice(0, 40)
    .replace(' ', 'T')
    .replace(',', '.')
    .replace('+00:00Z', 'Z')
    .replace(/(\.\d{3})\d+/, '$1')
  const time = Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`)
  return Number.isNaN(time) ? undefined : time
}

/** Addresses and ports by the names that honeypots give them. */
export function endsOf(record: Readonly<Record<string, unknown>>): Pick<Found, 'srcIp' | 'srcPort' | 'dstIp' | 'dstPort'> {
  const srcIp = firstOf(record, 'src_ip', 'source_ip', 'srcIP', 'SourceIp', 'IP', 'client')?.replace(/^::ffff:/, '')
  const srcPort = portOf(record.src_port ?? record.source_port ?? record.srcPort ?? record.SourcePort ?? record.Port)
  const dstIp = firstOf(record, 'dest_ip', 'dst_ip', 'destination_ip')?.replace(/^::ffff:/, '')
  const dstPort = portOf(record.dest_port ?? record.dst_port ?? record.destination_port ?? record.server_port ?? record.port)
  return {
    ...(srcIp === undefined ? {} : { srcIp }),
    ...(srcPort === undefined ? {} : { srcPort }),
    ...(dstIp === undefined ? {} : { dstIp }),
    ...(dstPort === undefined ? {} : { dstPort }),
  }
}

export function loginOf(username: unknown, password: unknown, accepted: boolean): Pick<Found, 'type' | 'data'> {
  return { type: 'login', data: { method: 'password', username: string(username) ?? '', password: string(password) ?? '', accepted } }
}

/** A turn of a shell or another conversation; old logs seldom have the answer. */
export function turnOf(
  input: string,
  output = '',
  source: 'static' | 'llm' | 'cache' = 'static',
  durationMs = 0,
): Pick<Found, 'type' | 'data'> {
  return { type: 'turn', data: { kind: 'shell', input, output, source, durationMs } }
}
