import type { Process } from '../../command.ts'
import { runSql } from '../../database/engine.ts'
import type { DatabaseSession } from '../../database/session.ts'
import { SqlError } from '../../database/sql-error.ts'
import { textOf } from '../../database/value.ts'
import { openSession } from './connection.ts'
import { askPassword, type ClientOptions, clientOptions } from './options.ts'

const SOCKET = '/run/mysqld/mysqld.sock'

/** Options and session of `mysqladmin` and its kin; what the server says when it lets nobody in. */
export async function sessionFor(process: Process): Promise<{ options: ClientOptions; session: DatabaseSession | string }> {
  const options = clientOptions(process)
  if (options.asksPassword) options.password = await askPassword(process)
  return { options, session: await openSession(process, { ...options, database: undefined }) }
}

/** Runs SQL and gives the first column; the server's own words when it refuses. */
export async function firstColumn(session: DatabaseSession, sql: string): Promise<string[] | { fault: string }> {
  try {
    for await (const { result } of runSql(session, sql))
      if (result.kind === 'rows') return result.rows.map(([value]) => textOf(value ?? ''))
    return []
  } catch (error) {
    if (!(error instanceof SqlError)) throw error
    return { fault: session.dialect.word(error.problem).message }
  }
}

/** `mysqladmin`. */
export async function mysqlAdmin(process: Process): Promise<number> {
  const { stdout, stderr } = process
  const { options, session } = await sessionFor(process)
  const name = process.argv[0]
  if (options.operands.length === 0) {
    await stdout.write(
      `${name}  Ver 10.0 Distrib 10.11.19-MariaDB, for debian-linux-gnu on x86_64\nCopyright (c) 2000, 2018, Oracle, MariaDB Corporation Ab and others.\n\nAdministration program for the mysqld daemon.\nUsage: ${name} [OPTIONS] command command....\n`,
    )
    return 1
  }
  if (typeof session === 'string') {
    const text = session.replace(/^ERROR \d+ \(\w+\): /, '')
    const isAway = text.includes('through socket')
    await stderr.write(
      `${name}: connect to server at 'localhost' failed\nerror: '${text}'\n${isAway ? `Check that mariadbd is running and that the socket: '${SOCKET}' exists!\n` : ''}`,
    )
    return 1
  }
  const words = [...options.operands]
  for (let verb = words.shift(); verb !== undefined; verb = words.shift()) {
    const status = await administer(process, session, verb, words, options.force)
    if (status !== 0) return status
  }
  return 0
}

async function administer(process: Process, session: DatabaseSession, verb: string, words: string[], force: boolean): Promise<number> {
  const { stdout, stderr, world } = process
  const name = process.argv[0]
  const uptime = Math.floor((world.now() - session.setup.startedAt) / 1000)
  const questions = Math.floor(uptime * 1.7)
  const status = `Uptime: ${uptime}  Threads: 1  Questions: ${questions}  Slow queries: 0  Opens: 96  Open tables: 71  Queries per second avg: ${(questions / Math.max(1, uptime)).toFixed(3)}\n`
  switch (verb) {
    case 'ping':
      await stdout.write('mysqld is alive\n')
      return 0
    case 'status':
      await stdout.write(status)
      return 0
    case 'version':
      await stdout.write(
        `${name}  Ver 10.0 Distrib ${session.setup.version.replace(/-MariaDB.*/, '')}-MariaDB, for debian-linux-gnu on x86_64\nCopyright (c) 2000, 2018, Oracle, MariaDB Corporation Ab and others.\n\nServer version\t\t${session.setup.version}\nProtocol version\t10\nConnection\t\tLocalhost via UNIX socket\nUNIX socket\t\t${SOCKET}\nUptime:\t\t\t${spelled(uptime)}\n\n${status.replace('Uptime', 'Threads').replace(/^Threads: \d+ {2}/, '')}`,
      )
      return 0
    case 'processlist':
      return process.run(['mariadb', '-t', '-e', 'SHOW PROCESSLIST'])
    case 'variables':
      return process.run(['mariadb', '-t', '-e', 'SHOW VARIABLES'])
    case 'extended-status':
      return process.run(['mariadb', '-t', '-e', 'SHOW STATUS'])
    case 'flush-privileges':
    case 'reload':
    case 'refresh':
    case 'flush-hosts':
    case 'flush-logs':
    case 'flush-tables':
    case 'flush-status':
      return 0
    case 'create':
    case 'drop': {
      const database = words.shift()
      if (database === undefined) {
        await stderr.write(`${name}: Too few arguments to ${verb}\n`)
        return 1
      }
      if (verb === 'drop' && !force) {
        await stdout.write(
          `Dropping the database is potentially a very bad thing to do.\nAny data stored in the database will be destroyed.\n\nDo you really want to drop the '${database}' database [y/N] `,
        )
        if (!/^y/i.test((await process.stdin.line()) ?? '')) {
          await stdout.write('\nOK, aborting database drop!\n')
          return 1
        }
      }
      const answer = await firstColumn(session, `${verb.toUpperCase()} DATABASE \`${database.replaceAll('`', '``')}\``)
      if ('fault' in answer) {
        await stderr.write(
          `${name}: ${verb === 'drop' ? `DROP DATABASE ${database} failed;\n` : 'CREATE DATABASE failed; '}error: '${answer.fault}'\n`,
        )
        return 1
      }
      if (verb === 'drop') await stdout.write(`Database "${database}" dropped\n`)
      return 0
    }
    default:
      await stderr.write(`${name}: Unknown command: '${verb}'\n`)
      return 1
  }
}

function spelled(seconds: number): string {
  const parts: [number, string][] = [
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'min'],
    [1, 'sec'],
  ]
  let rest = seconds
  return parts
    .flatMap(([size, unit]) => {
      const count = Math.floor(rest / size)
      rest -= count * size
      return count || unit === 'sec' ? [`${count} ${unit}${count === 1 || unit === 'min' || unit === 'sec' ? '' : 's'}`] : []
    })
    .join(' ')
}
