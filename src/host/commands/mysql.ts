import { gnuCommand } from './gnu/command.ts'
import { mysqlClient } from './mysql/client.ts'

export default gnuCommand({
  name: 'mysql',
  package: 'mysql-client-core-8.0',
  usage: '[OPTIONS] [database]',
  rawArguments: true,
  applet: false,
  short: '',
  run: mysqlClient,
})
