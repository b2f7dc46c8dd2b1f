import { readFileSync } from 'node:fs'
import type { DatabaseSession } from '../session.ts'
import { dateTimeText } from '../temporal.ts'
import { type SqlValue, textOf } from '../value.ts'

/** SHOW VARIABLES of MariaDB 10.11.19 on Debian 12, without what is different on every machine. */
const RECORDED = readFacts('variables.json')
/** SHOW GLOBAL STATUS of the same server. */
const STATUS = readFacts('status.json')

function readFacts(file: string): Record<string, string> {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as Record<string, string>
}

/** Variables that cannot be set while the server runs. */
const READ_ONLY =
  /^(version|hostname|datadir|basedir|port|socket|pid_file|plugin_dir|secure_file_priv|server_uid|have_|innodb_version|license|tmpdir|skip_|lower_case|log_bin$|protocol_version|system_time_zone)/

/** All variables of the server with what this source and this session have set, in order of name. */
export function serverVariables(session: DatabaseSession): Map<string, string> {
  const { persona, identity, version, port, serverSettings } = session.setup
  const own: Record<string, string> = {
    version,
    version_comment: versionComment(session),
    version_ssl_library: 'OpenSSL 3.0.17 1 Jul 2025',
    hostname: persona.hostname,
    datadir: '/var/lib/mysql/',
    aria_log_dir_path: '/var/lib/mysql/',
    wsrep_data_home_dir: '/var/lib/mysql/',
    wsrep_node_name: persona.hostname,
    pid_file: '/run/mysqld/mysqld.pid',
    socket: '/run/mysqld/mysqld.sock',
    port: String(port),
    server_uid: identity.bytes('mysql/server-uid', 20).toString('base64'),
    general_log_file: `${persona.hostname}.log`,
    slow_query_log_file: `${persona.hostname}-slow.log`,
    log_error: '',
    pseudo_thread_id: String(session.setup.connectionId),
    last_insert_id: String(session.lastInsertId),
    timestamp: (Date.now() / 1000).toFixed(6),
  }
  const set = [...serverSettings, ...session.settings].map(([name, value]) => [name, value === null ? '' : textOf(value)] as const)
  return new Map([...Object.entries(RECORDED), ...Object.entries(own), ...set].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function versionComment({ setup: { version, persona } }: DatabaseSession): string {
  if (!version.includes('MariaDB')) return persona.os.id === 'ubuntu' ? '(Ubuntu)' : 'MySQL Community Server - GPL'
  return persona.os.id === 'ubuntu' ? `Ubuntu ${persona.os.version}` : `Debian ${persona.os.version}`
}

/** SHOW STATUS, with what must go on: uptime, connections, questions. */
export function serverStatus(session: DatabaseSession): Map<string, string> {
  const { startedAt, connectionId } = session.setup
  const uptime = Math.max(1, Math.floor((Date.now() - startedAt) / 1000))
  const own = {
    Uptime: String(uptime),
    Uptime_since_flush_status: String(uptime),
    Connections: String(connectionId + 1),
    Questions: String(connectionId * 9 + Math.floor(uptime / 11)),
    Queries: String(connectionId * 9 + Math.floor(uptime / 11)),
    Threads_connected: '1',
    Threads_running: '1',
  }
  return new Map(Object.entries({ ...STATUS, ...own }).sort(([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)))
}

/** `@@name`, `@@global.name`, `@@session.name`. */
export function systemVariable(session: DatabaseSession, name: string): SqlValue | undefined {
  const key = name.toLowerCase().replace(/^(global|session|local)\./, '')
  if (key === 'now') return dateTimeText(Date.now())
  const value = serverVariables(session).get(key)
  if (value === undefined) return undefined
  // Numbers are numbers, and switches 1 and 0, when they are selected.
  if (/^-?\d{1,15}$/.test(value)) return Number(value)
  if (value === 'ON' || value === 'OFF') return value === 'ON' ? 1 : 0
  return value
}

export function isReadOnly(name: string): boolean {
  return READ_ONLY.test(name)
}
