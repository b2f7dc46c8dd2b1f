import type { DatabaseSession } from '../session.ts'
import type { SqlValue } from '../value.ts'

/** Text of `@@VERSION` has all that the server says of its build. */
export function buildOf({ setup }: DatabaseSession): { version: string; edition: string; level: string; update: string } {
  const [, level = 'RTM'] = /\(([A-Z0-9]+)[-)]/.exec(setup.version) ?? []
  const [, version = '15.0.2000.5'] = / - (\d+\.\d+\.\d+\.\d+)/.exec(setup.version) ?? []
  const [, edition = 'Standard Edition (64-bit)'] = /\t(\w+ Edition \(64-bit\))/.exec(setup.version) ?? []
  const [, update = ''] = /-(CU\d+)\)/.exec(setup.version) ?? []
  return { version, edition, level, update }
}

/** Machine name in capitals, as NetBIOS has it: what the server calls itself. */
export function serverName({ setup }: DatabaseSession): string {
  return setup.persona.hostname.toUpperCase().slice(0, 15)
}

/** Value of `@@name`. */
export function systemVariable(session: DatabaseSession, name: string): SqlValue | undefined {
  const { setup } = session
  switch (name.toLowerCase()) {
    case 'version':
      return setup.version
    case 'servername':
      return serverName(session)
    case 'servicename':
      return 'MSSQLSERVER'
    case 'spid':
      return setup.connectionId
    case 'rowcount':
      return session.rowCount
    case 'identity':
      return session.lastInsertId || null
    case 'trancount':
      return session.rollback ? 1 : 0
    case 'language':
      return 'us_english'
    case 'langid':
    case 'error':
    case 'nestlevel':
    case 'procid':
    case 'cursor_rows':
      return 0
    case 'fetch_status':
      return -1
    case 'max_connections':
      return 32_767
    case 'microsoftversion':
      return 0x0f00_07d0
    case 'textsize':
      return 2_147_483_647
    case 'datefirst':
      return 7
    case 'lock_timeout':
      return -1
    case 'options':
      return 5496
    case 'max_precision':
      return 38
    case 'connections':
      return setup.connectionId * 31
    case 'cpu_busy':
    case 'io_busy':
    case 'idle':
      return Math.floor((Date.now() - setup.startedAt) / 1000) % 100_000
    default:
      return undefined
  }
}

/** Number of a database, as DB_ID() gives it: 1 to 4 are the server's own, the others follow. Undefined when there is no such. */
export function databaseId({ catalog }: DatabaseSession, name: string): number | undefined {
  const database = catalog.database(name)
  return database && catalog.databases.indexOf(database) + 1
}
