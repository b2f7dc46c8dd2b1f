import { runSql } from '../../host/database/engine.ts'
import { MARIADB } from '../../host/database/mysql/dialect.ts'
import { mysqlServers } from '../../host/database/mysql/servers.ts'
import { seedDatabases } from '../../host/database/seed.ts'
import { DatabaseSession, type SqlResult } from '../../host/database/session.ts'
import { SqlError } from '../../host/database/sql-error.ts'
import { type SqlValue, textOf } from '../../host/database/value.ts'
import { SqlDesk } from '../../sensor/sql-desk.ts'
import { type McpContext, ToolError } from './mcp-context.ts'

/** Rows that one query gives. */
const MOST_ROWS = 500
const LONGEST_SLEEP_MS = 10_000

/** Runs SQL on the persona's database as this source has left it; rows as JSON. @throws ToolError in PyMySQL's words */
export async function queryDatabase(sql: string, { visit, context }: McpContext): Promise<string> {
  const { persona, identity } = context
  const desk = new SqlDesk({ lure: 'mcp', visit, context, account: 'mysql', via: 'mariadbd' })
  const { catalog, settings, libraries } = mysqlServers(identity, 'mariadb').of(persona, visit.source.ip)
  const session = new DatabaseSession({
    dialect: MARIADB,
    catalog,
    identity,
    persona,
    host: desk.host,
    version: '10.11.14-MariaDB-0+deb12u2',
    database: seedDatabases(persona)[0] ?? '',
    user: 'app',
    clientIp: 'localhost',
    clientPort: 0,
    port: 3306,
    connectionId: 30 + (Math.floor(Date.now() / 60_000) % 4_000),
    startedAt: Date.now() - identity.integer('mcp database', 9, 90) * 86_400_000,
    serverSettings: settings,
    libraries,
    note: (effect) => desk.note(effect),
  })
  const startedAt = performance.now()
  try {
    let last: SqlResult | undefined
    for await (const { result, text } of runSql(session, sql)) {
      desk.turn(text, result, session, startedAt)
      last = result
    }
    if (session.delayMs > 0) await visit.pause(Math.min(session.delayMs, LONGEST_SLEEP_MS))
    return last === undefined ? '[]' : shown(last)
  } catch (error) {
    if (!(error instanceof SqlError)) throw error
    const wording = session.dialect.word(error.problem)
    desk.turn(sql, wording, session, startedAt)
    throw new ToolError(`(${wording.code}, ${JSON.stringify(wording.message)})`)
  }
}

function shown(result: SqlResult): string {
  if (result.kind === 'done') return JSON.stringify({ affected_rows: result.affected })
  if (result.kind !== 'rows') return '[]'
  const names = result.columns.map(({ name }) => name)
  const rows = result.rows.slice(0, MOST_ROWS).map((row) => Object.fromEntries(row.map((value, n) => [names[n], plain(value)])))
  return JSON.stringify(rows, null, 2)
}

function plain(value: SqlValue): string | number | boolean | null {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value
  return Buffer.isBuffer(value) ? value.toString('latin1') : textOf(value)
}
