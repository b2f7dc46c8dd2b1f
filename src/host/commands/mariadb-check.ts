import { gnuCommand } from './gnu/command.ts'
import { firstColumn, sessionFor } from './mysql/administration.ts'

const HIDDEN = new Set(['information_schema', 'performance_schema'])

/** `mysqlcheck` is a link to it. */
export default gnuCommand({
  name: 'mariadb-check',
  package: 'mariadb-client',
  usage: '[OPTIONS] database [tables]',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const { options, session } = await sessionFor(process)
    const name = process.argv[0]
    const { allDatabases, operands } = options
    if (!allDatabases && operands.length === 0) {
      await process.stdout.write(`You forgot to give the arguments! Please see ${name} --help\nfor more information.\n`)
      return 1
    }
    if (typeof session === 'string') {
      await process.stderr.write(`${name}: Got error: ${session.replace(/^ERROR (\d+) \(\w+\): /, '$1: ')} when trying to connect\n`)
      return 2
    }
    const all = allDatabases ? await firstColumn(session, 'SHOW DATABASES') : operands.slice(0, options.table === false ? undefined : 1)
    const wanted = allDatabases || options.table === false ? [] : operands.slice(1)
    for (const database of 'fault' in all ? [] : all) {
      if (HIDDEN.has(database)) continue
      const tables = await firstColumn(session, `SHOW TABLES FROM \`${database.replaceAll('`', '``')}\``)
      if ('fault' in tables) {
        await process.stderr.write(`${name}: Got error: 1049: ${tables.fault} when selecting the database\n`)
        return 2
      }
      for (const table of tables)
        if (wanted.length === 0 || wanted.includes(table)) await process.stdout.write(`${`${database}.${table}`.padEnd(50)} OK\n`)
    }
    return 0
  },
})
