import type { HostText, Process } from '../../command.ts'
import { parseOptions } from '../gnu/options.ts'
import type { ConnectionRequest } from './connection.ts'

export interface ClientOptions extends ConnectionRequest {
  execute: string | undefined
  asksPassword: boolean
  table: boolean | undefined
  namesColumns: boolean
  vertical: boolean
  force: boolean
  version: boolean
  help: boolean
  raw: boolean
  allDatabases: boolean
  withData: boolean
  operands: readonly HostText[]
}

const LONG = {
  user: 'u',
  password: 'p',
  host: 'h',
  port: 'P',
  socket: 'S',
  database: 'D',
  execute: 'e',
  batch: 'B',
  table: 't',
  'skip-column-names': 'N',
  vertical: 'E',
  force: 'f',
  silent: 's',
  version: 'V',
  help: '?',
  raw: 'r',
  'all-databases': 'A',
  databases: 'B',
  'no-data': 'd',
  'default-character-set': 'default-character-set=',
  'ssl-mode': 'ssl-mode=',
  'skip-ssl': 'skip-ssl',
  'single-transaction': 'single-transaction',
  routines: 'R',
  triggers: 'triggers',
  quick: 'q',
  protocol: 'protocol=',
}

/** Options that `mysql` and `mysqldump` share; `mysqldump`'s -A and -B differ in meaning and are told apart by the caller. */
export function clientOptions(process: Process): ClientOptions {
  const options = parseOptions(process.argv.slice(1), { short: 'u:p::h:P:S:D:e:BtNEfsVv?rAdRqnHXCcGbiLoTUwW', long: LONG })
  const password = options.given.findLast((option) => option.key === 'p')
  return {
    user: options.value('u') ?? process.user,
    password: password?.value,
    asksPassword: password !== undefined && password.value === undefined,
    host: options.value('h'),
    port: Number(options.value('P') ?? 3306) || 3306,
    database: options.value('D'),
    execute: options.value('e'),
    table: options.has('t') ? true : options.has('B', 's') ? false : undefined,
    namesColumns: !options.has('N'),
    vertical: options.has('E'),
    force: options.has('f'),
    version: options.has('V'),
    help: options.has('?'),
    raw: options.has('r'),
    allDatabases: options.has('A'),
    withData: !options.has('d'),
    operands: options.operands,
  }
}

/** Asks for a password without showing it. */
export async function askPassword(process: Process): Promise<string> {
  process.terminal?.setMode('no-echo')
  await process.stderr.write('Enter password: ')
  const line = (await process.stdin.line()) ?? ''
  process.terminal?.setMode('cooked')
  if (process.terminal) await process.stderr.write('\n')
  return line.replace(/\n$/, '')
}
