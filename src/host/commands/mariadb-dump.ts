import { gnuCommand } from './gnu/command.ts'
import { mysqlDump } from './mysql/dump.ts'

export default gnuCommand({
  name: 'mariadb-dump',
  package: 'mariadb-client',
  usage: '[OPTIONS] database [tables]',
  rawArguments: true,
  applet: false,
  short: '',
  run: mysqlDump,
})
