import { type Dirent, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readCowrie } from './cowrie.ts'
import { endsOf, type Found, firstOf, keptWhole, type LogReader, loginOf, string, timeOf, turnOf } from './found.ts'
import { readBeelzebub, readGalah } from './llm-honeypots.ts'

/** A log of T-Pot's data folder and how it is read. */
export interface LogFile {
  path: string
  system: string
  read: LogReader
  /** Column names when it is no JSON. */
  columns?: readonly string[]
}

interface Known {
  system: string
  lure: string
  file: RegExp
  read?: LogReader
  columns?: readonly string[]
}

const AUTH = [
  'timestamp',
  'auth_id',
  'session_id',
  'src_ip',
  'src_port',
  'dest_ip',
  'dest_port',
  'proto',
  'username',
  'password',
  'password_hash',
]

/** Folder below T-Pot's /data → what wrote there. */
const FOLDERS: Readonly<Record<string, Known>> = {
  adbhoney: { system: 'Adbhoney', lure: 'adb', file: /^adbhoney\.json/ },
  beelzebub: { system: 'Beelzebub', lure: 'ssh', file: /^beelzebub\.json/, read: readBeelzebub },
  conpot: { system: 'Conpot', lure: 's7', file: /^conpot.*\.json/ },
  cowrie: { system: 'Cowrie', lure: 'ssh', file: /^cowrie\.json/, read: readCowrie },
  ddospot: { system: 'Ddospot', lure: 'dns', file: /^\w+pot\.log/ },
  dicompot: { system: 'Dicompot', lure: 'dicom', file: /^dicompot\.log/ },
  dionaea: { system: 'Dionaea', lure: 'smb', file: /^dionaea\.json/ },
  elasticpot: { system: 'ElasticPot', lure: 'elasticsearch', file: /^elasticpot\.json/ },
  galah: { system: 'Galah', lure: 'http', file: /^galah\.json/, read: readGalah },
  'go-pot': { system: 'Go-pot', lure: 'http', file: /^go-pot\.json/ },
  h0neytr4p: { system: 'H0neytr4p', lure: 'traps', file: /^log\.json/ },
  heralding: { system: 'Heralding', lure: 'ftp', file: /^auth\.csv/, columns: AUTH },
  honeyaml: { system: 'Honeyaml', lure: 'http', file: /^honeyaml\.log/ },
  honeypots: { system: 'Honeypots', lure: 'http', file: /\.log/ },
  ipphoney: { system: 'Ipphoney', lure: 'ipp', file: /^ipphoney\.json/ },
  log4pot: { system: 'Log4pot', lure: 'log4shell', file: /^log4pot\.log/ },
  mailoney: { system: 'Mailoney', lure: 'smtp', file: /^commands\.log/ },
  medpot: { system: 'Medpot', lure: 'hl7', file: /^medpot\.log/ },
  miniprint: { system: 'Miniprint', lure: 'jetdirect', file: /^miniprint\.json/ },
  redishoneypot: { system: 'Redishoneypot', lure: 'redis', file: /^redishoneypot\.log/ },
  sentrypeer: { system: 'SentryPeer', lure: 'sip', file: /^sentrypeer\.json/ },
  tanner: { system: 'Snare/Tanner', lure: 'http', file: /^tanner_report\.json/ },
  wordpot: { system: 'Wordpot', lure: 'wordpress', file: /^wordpot\.log/ },
}

/** The logs below T-Pot's data folder that can be read, rotated and packed ones too, the oldest of a kind first. */
export function tpotLogs(folder: string): LogFile[] {
  return Object.entries(FOLDERS).flatMap(([name, { system, lure, file, read, columns }]) =>
    entriesOf(join(folder, name, 'log'))
      .filter((entry) => entry.isFile() && file.test(entry.name) && !/\.(zip|tgz|tar\.gz)$/.test(entry.name))
      .map((entry) => entry.name)
      .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
      .map((one) => ({
        path: join(folder, name, 'log', one),
        system,
        read: read ?? generic(system, lure),
        ...(columns ? { columns } : {}),
      })),
  )
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

const INPUTS = ['input', 'command', 'action', 'data', 'payload', 'request_uri', 'url', 'path', 'sip_message', 'request'] as const

/** Lures by the protocol that a record names: one log of these systems has several. */
const PROTOCOLS: Readonly<Record<string, string>> = {
  smbd: 'smb',
  epmapper: 'epmap',
  ftpd: 'ftp',
  mysqld: 'mysql',
  mssqld: 'mssql',
  mongod: 'mongodb',
  mqttd: 'mqtt',
  upnpd: 'upnp',
  Memcache: 'memcached',
  SipSession: 'sip',
  s7comm: 's7',
  postgres: 'postgresql',
  elastic: 'elasticsearch',
}

/** A record of any honeypot: credentials make a login, an input makes a turn, and everything is kept. */
function generic(system: string, lure: string): LogReader {
  return (record) => {
    const time = timeOf(record.timestamp ?? record.time ?? record.event_timestamp ?? record.asctime)
    if (time === undefined) return []
    const ends = { ...endsOf(record), ...splitAddress(record) }
    const session =
      firstOf(record, 'session', 'session_id', 'correlation_id', 'id', 'ID') ??
      `${ends.srcIp}:${ends.srcPort ?? new Date(time).toISOString().slice(0, 13)}`
    const protocol = protocolOf(record)
    const common = { ...ends, time, session, lure: protocol === undefined ? lure : (PROTOCOLS[protocol] ?? protocol), system }
    return [...credentialsOf(record), ...inputOf(record), keptWhole(system, record)].map((fact) => ({ ...fact, ...common }))
  }
}

function protocolOf(record: Readonly<Record<string, unknown>>): string | undefined {
  const connection = record.connection as { protocol?: unknown } | undefined
  const name = string(connection?.protocol) ?? firstOf(record, 'proto', 'data_type')
  return name !== undefined && /^[A-Za-z0-9_-]{1,32}$/.test(name) ? name : undefined
}

/** `addr` and `source_ip` as `ip:port`, and Tanner's peer. */
function splitAddress(record: Readonly<Record<string, unknown>>): Pick<Found, 'srcIp' | 'srcPort'> {
  const peer = record.peer as { ip?: unknown; port?: unknown } | undefined
  if (string(peer?.ip)) return { srcIp: string(peer?.ip) ?? '', srcPort: Number(peer?.port) || 0 }
  const found = /^(\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})$/.exec(firstOf(record, 'addr', 'source_ip') ?? '')
  return found ? { srcIp: found[1] as string, srcPort: Number(found[2]) } : {}
}

function credentialsOf(record: Readonly<Record<string, unknown>>): Pick<Found, 'type' | 'data'>[] {
  const pairs = record.credentials as { username?: unknown; password?: unknown } | undefined
  if (Array.isArray(pairs?.username)) {
    const passwords = Array.isArray(pairs.password) ? pairs.password : []
    return pairs.username.slice(0, 1000).map((username, i) => loginOf(username, passwords[i], false))
  }
  const username = firstOf(record, 'username')
  const password = firstOf(record, 'password')
  return username === undefined && password === undefined ? [] : [loginOf(username, password, record.status === 'success')]
}

function inputOf(record: Readonly<Record<string, unknown>>): Pick<Found, 'type' | 'data'>[] {
  const input = firstOf(record, ...INPUTS)
  return input === undefined ? [] : [turnOf(input, firstOf(record, 'output', 'response') ?? '')]
}
