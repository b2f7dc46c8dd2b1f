import { Identity } from '../../../src/config/identity.ts'
import { loadPersona } from '../../../src/config/personas.ts'
import type { Dialect } from '../../../src/host/database/dialect.ts'
import { runSql } from '../../../src/host/database/engine.ts'
import { typeOid } from '../../../src/host/database/postgresql/type-name.ts'
import { DatabaseServers } from '../../../src/host/database/servers.ts'
import { DatabaseSession, type SqlEffect, type SqlResult } from '../../../src/host/database/session.ts'
import { SqlError, type SqlWording } from '../../../src/host/database/sql-error.ts'
import { type SqlValue, textOf } from '../../../src/host/database/value.ts'

const identity = new Identity(Buffer.alloc(32, 7))
const persona = loadPersona('test/fixtures/prompts', 'plain', identity)

export interface Opened {
  session: DatabaseSession
  effects: SqlEffect[]
  files: Map<string, Buffer>
  /** Runs statements; the last one's rows as text, or the server's error. */
  ask(sql: string, parameters?: readonly SqlValue[]): Promise<Asked>
}

export interface Asked {
  columns?: string[]
  /** Numbers of PostgreSQL's types. */
  types?: number[]
  rows?: (string | null)[][]
  done?: string
  affected?: number
  error?: SqlWording
}

/** A session of a server without a lure, with a host of a few files whose commands print themselves. */
export function open(
  dialect: Dialect,
  database = 'shop',
  systemDatabases: { name: string; id: number }[] = [{ name: 'mysql', id: 1 }],
): Opened {
  const effects: SqlEffect[] = []
  const files = new Map<string, Buffer>([['/etc/passwd', Buffer.from('root:x:0:0:root:/root:/bin/bash\n')]])
  const servers = new DatabaseServers({ dialect, identity, systemDatabases, firstId: 16_384 })
  const { catalog, settings, libraries } = servers.of(persona, '192.0.2.1')
  const session = new DatabaseSession({
    dialect,
    catalog,
    identity,
    persona,
    host: {
      readFile: (path) => files.get(path),
      list: (path) => (path === '/etc' ? ['passwd'] : undefined),
      exists: (path) => files.has(path),
      writeFile: (path, bytes) => {
        if (path.startsWith('/root/')) return false
        files.set(path, bytes)
        return true
      },
      run: async (command) => ({ stdout: Buffer.from(`ran ${command}\n`), stderr: Buffer.alloc(0), exitCode: 0 }),
    },
    version:
      dialect.name === 'mysql'
        ? '10.11.19-MariaDB-0+deb12u1'
        : dialect.name === 'postgresql'
          ? '15.18 (Debian 15.18-0+deb12u1)'
          : '15.0.2000.5',
    database,
    user: dialect.name === 'postgresql' ? 'postgres' : dialect.name === 'mssql' ? 'sa' : 'root',
    clientIp: '192.0.2.1',
    clientPort: 40_000,
    port: 3306,
    connectionId: 42,
    startedAt: Date.now() - 86_400_000,
    serverSettings: settings,
    libraries,
    note: (effect) => effects.push(effect),
  })
  return { session, effects, files, ask: (sql, parameters) => ask(session, sql, parameters) }
}

async function ask(session: DatabaseSession, sql: string, parameters: readonly SqlValue[] = []): Promise<Asked> {
  let last: SqlResult | undefined
  try {
    for await (const { result } of runSql(session, sql, parameters)) last = result
  } catch (error) {
    if (!(error instanceof SqlError)) throw error
    return { error: session.dialect.word(error.problem) }
  }
  if (last?.kind === 'rows')
    return {
      columns: last.columns.map(({ name }) => name),
      types: last.columns.map(({ type }) => typeOid(type)),
      rows: last.rows.map((row) => row.map((value) => (value === null ? null : shown(session, value)))),
    }
  return last?.kind === 'done' ? { done: last.verb, affected: last.affected } : {}
}

function shown({ dialect }: DatabaseSession, value: Exclude<SqlValue, null>): string {
  return dialect.name === 'postgresql' && typeof value === 'boolean'
    ? value
      ? 't'
      : 'f'
    : dialect.name === 'postgresql' && Buffer.isBuffer(value)
      ? `\\x${value.toString('hex')}`
      : textOf(value)
}
