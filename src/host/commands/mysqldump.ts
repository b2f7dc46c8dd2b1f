import { gnuCommand } from './gnu/command.ts'
import { mysqlDump } from './mysql/dump.ts'

export default gnuCommand({
  name: 'mysqldump',
  package: 'mysql-client-core-8.0',
  usage: '[OPTIONS] database [tables]',
  rawArguments: true,
  applet: false,
  short: '',
  run: mysqlDump,
})
