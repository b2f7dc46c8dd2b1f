import { gnuCommand } from './gnu/command.ts'
import { mysqlAdmin } from './mysql/administration.ts'

/** `mysqladmin` is a link to it. */
export default gnuCommand({
  name: 'mariadb-admin',
  package: 'mariadb-client',
  usage: '[OPTIONS] command command....',
  rawArguments: true,
  applet: false,
  short: '',
  run: mysqlAdmin,
})
