import type { SundewEvent } from '../../../events/schema.ts'
import { textOf } from '../../event-text.ts'
import { type Line, type Look, type SystemMapping, spacedTime } from '../system.ts'

const AUTH_HEADER =
  'timestamp,auth_id,session_id,source_ip,source_port,destination_ip,destination_port,protocol,username,password,password_hash'
const SESSION_HEADER = 'timestamp,duration,session_id,source_ip,source_port,destination_ip,destination_port,protocol,num_auth_attempts'

/** Ports at which Heralding gives a protocol its name with TLS. */
const TLS_PORTS: Readonly<Record<string, number>> = { imap: 993, pop3: 995, smtp: 465, http: 443 }

/** Heralding writes credentials as CSV, which is what Logstash reads, and each session that had some as JSON and CSV. */
export const heralding: SystemMapping = {
  system: 'Heralding',
  folder: 'heralding',
  lines(event, look) {
    if (event.type === 'login') return [attempt(event)]
    return event.type === 'session.close' ? ended(event, look) : []
  },
}

function attempt(event: SundewEvent): Line {
  const { data } = event
  const hash = data.hash as { line?: string } | undefined
  const row = [...where(event, [event.id]), textOf(data.username) ?? '', textOf(data.password) ?? '', hash?.line ?? '']
  return { file: 'log/auth.csv', text: row.map(cell).join(','), header: AUTH_HEADER }
}

async function ended(event: SundewEvent, look: Look): Promise<Line[]> {
  const visit = event.session ? (await look.session(event.session)).filter(({ srcPort }) => srcPort === event.srcPort) : []
  const logins = visit.filter(({ type }) => type === 'login')
  if (logins.length === 0) return []
  const seconds = Math.round(Number(event.data.durationMs) / 1000)
  const [timestamp, session, ...ends] = where(event, [])
  const record = {
    timestamp,
    duration: seconds,
    session_id: session,
    source_ip: event.srcIp,
    source_port: event.srcPort,
    destination_ip: event.dstIp,
    destination_port: event.dstPort,
    protocol: protocolOf(event),
    num_auth_attempts: logins.length,
    auth_attempts: logins.map((login) => ({
      timestamp: spacedTime(login, 6),
      username: textOf(login.data.username),
      password: textOf(login.data.password) ?? null,
    })),
    session_ended: true,
    auxiliary_data: {},
  }
  return [
    { file: 'log/log_session.json', text: JSON.stringify(record) },
    {
      file: 'log/session.csv',
      text: [timestamp, seconds, session, ...ends, logins.length].map((one) => cell(String(one ?? ''))).join(','),
      header: SESSION_HEADER,
    },
  ]
}

function where(event: SundewEvent, ids: readonly string[]): string[] {
  const ends = [event.srcIp, event.srcPort, event.dstIp, event.dstPort].map((one) => String(one ?? ''))
  return [spacedTime(event, 6), ...ids, event.session ?? '', ...ends, protocolOf(event)]
}

function protocolOf({ lure = '', dstPort }: SundewEvent): string {
  return TLS_PORTS[lure] === dstPort ? `${lure}s` : lure
}

/** RFC 4180; what would end the line is written as an escape, because one line is one event to Logstash. */
function cell(text: string): string {
  const line = text.replaceAll('\r', '\\r').replaceAll('\n', '\\n')
  return /[",]/.test(line) ? `"${line.replaceAll('"', '""')}"` : line
}
