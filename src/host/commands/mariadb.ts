import { gnuCommand } from './gnu/command.ts'
import { mysqlClient } from './mysql/client.ts'

export default gnuCommand({
  name: 'mariadb',
  package: 'mariadb-client-core',
  usage: '[OPTIONS] [database]',
  rawArguments: true,
  applet: false,
  short: '',
  run: mysqlClient,
})
