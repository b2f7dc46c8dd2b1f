import { gnuCommand } from './gnu/command.ts'
import { firstColumn, sessionFor } from './mysql/administration.ts'

/** `mysqlshow` is a link to it. */
export default gnuCommand({
  name: 'mariadb-show',
  package: 'mariadb-client',
  usage: '[OPTIONS] [database [table [column]]]',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const { options, session } = await sessionFor(process)
    const name = process.argv[0]
    if (typeof session === 'string') {
      await process.stderr.write(`${name}: ${session.replace(/^ERROR \d+ \(\w+\): /, '')}\n`)
      return 1
    }
    const [database, table] = options.operands
    if (table !== undefined) return process.run(['mariadb', '-t', '-e', `SHOW FULL COLUMNS FROM \`${table}\``, database as string])
    const rows = await firstColumn(
      session,
      database === undefined ? 'SHOW DATABASES' : `SHOW TABLES FROM \`${database.replaceAll('`', '``')}\``,
    )
    if ('fault' in rows) {
      await process.stderr.write(`${name}: ${rows.fault}\n`)
      return 1
    }
    const title = database === undefined ? 'Databases' : 'Tables'
    const width = Math.max(title.length, ...rows.map((row) => row.length))
    const line = `+${'-'.repeat(width + 2)}+\n`
    const left = Math.floor((width - title.length) / 2)
    const body = rows.map((row) => `| ${row.padEnd(width)} |\n`).join('')
    await process.stdout.write(
      `${database === undefined ? '' : `Database: ${database}\n`}${line}| ${(' '.repeat(left) + title).padEnd(width)} |\n${line}${body}${line}`,
    )
    return 0
  },
})
