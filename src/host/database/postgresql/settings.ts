import { readFileSync } from 'node:fs'
import type { DatabaseSession } from '../session.ts'
import type { SystemRow } from '../system-rows.ts'
import { textOf } from '../value.ts'

/** pg_settings of PostgreSQL 15.18 on Debian 12, without what is different on every machine. */
const RECORDED = JSON.parse(readFileSync(new URL('settings.json', import.meta.url), 'utf8')) as {
  columns: string[]
  rows: (string | null)[][]
}

/** `150018` for `15.18`. */
export function versionNumber(version: string): string {
  const [major = '15', minor = '0'] = version.split(' ')[0]?.split('.') ?? []
  return String(Number(major) * 10_000 + Number(minor))
}

/** VERSION(). */
export function fullVersion(version: string): string {
  return `PostgreSQL ${version} on x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14+deb12u1) 12.2.0, 64-bit`
}

function ownSettings(session: DatabaseSession): Record<string, string> {
  const { version, port, persona } = session.setup
  const major = version.split('.')[0]
  return {
    application_name: '',
    client_encoding: 'UTF8',
    config_file: `/etc/postgresql/${major}/main/postgresql.conf`,
    data_directory: `/var/lib/postgresql/${major}/main`,
    external_pid_file: `/var/run/postgresql/${major}-main.pid`,
    hba_file: `/etc/postgresql/${major}/main/pg_hba.conf`,
    ident_file: `/etc/postgresql/${major}/main/pg_ident.conf`,
    is_superuser: 'on',
    listen_addresses: '*',
    lc_messages: persona.locale,
    lc_monetary: persona.locale,
    lc_numeric: persona.locale,
    lc_time: persona.locale,
    log_timezone: persona.timezone,
    port: String(port),
    server_version: version,
    server_version_num: versionNumber(version),
    session_authorization: session.setup.user,
    TimeZone: persona.timezone === 'UTC' ? 'Etc/UTC' : persona.timezone,
    unix_socket_directories: '/var/run/postgresql',
  }
}

/** Rows of pg_settings, with what this source and this session have set. */
export function settingRows(session: DatabaseSession): SystemRow[] {
  const { columns, rows } = RECORDED
  const own = ownSettings(session)
  const recorded = rows.map((row): SystemRow => Object.fromEntries(columns.map((column, i) => [column, row[i]])))
  const known = new Set(recorded.map((row) => row.name))
  const all = [
    ...recorded,
    ...Object.entries(own)
      .filter(([name]) => !known.has(name))
      .map(
        ([name, setting]): SystemRow => ({
          name,
          setting,
          category: 'Preset Options',
          short_desc: '',
          context: 'internal',
          vartype: 'string',
        }),
      ),
  ]
  return all
    .map((row): SystemRow => {
      const name = String(row.name)
      const set = session.settings.get(name.toLowerCase()) ?? session.setup.serverSettings.get(name.toLowerCase())
      const setting = set !== undefined && set !== null ? textOf(set) : (own[name] ?? row.setting)
      return { ...row, setting, source: set === undefined ? 'default' : 'session', pending_restart: false, enumvals: null }
    })
    .sort((a, b) => (String(a.name).toLowerCase() < String(b.name).toLowerCase() ? -1 : 1))
}

/** One setting with its unit, as SHOW prints it; undefined when there is none of this name. */
export function showSetting(session: DatabaseSession, name: string): string | undefined {
  const wanted = name.toLowerCase()
  const row = settingRows(session).find((one) => String(one.name).toLowerCase() === wanted)
  if (row) return withUnit(String(row.setting ?? ''), row.unit === null || row.unit === undefined ? '' : String(row.unit))
  // Names with a dot may be set to anything.
  const set = session.settings.get(wanted)
  return set === undefined || set === null ? undefined : textOf(set)
}

function withUnit(setting: string, unit: string): string {
  const number = Number(setting)
  if (!unit || !Number.isFinite(number) || number <= 0) return setting
  if (unit === 'kB' || unit === '8kB') {
    const kilobytes = unit === '8kB' ? number * 8 : number
    if (kilobytes % 1_048_576 === 0) return `${kilobytes / 1_048_576}GB`
    return kilobytes % 1024 === 0 ? `${kilobytes / 1024}MB` : `${kilobytes}kB`
  }
  if (unit === 'ms' || unit === 's') {
    const seconds = unit === 'ms' ? number / 1000 : number
    if (seconds < 1) return `${number}ms`
    if (seconds % 86_400 === 0) return `${seconds / 86_400}d`
    if (seconds % 3600 === 0) return `${seconds / 3600}h`
    return seconds % 60 === 0 ? `${seconds / 60}min` : `${seconds}s`
  }
  return `${setting}${unit}`
}
