import type { Process } from '../../command.ts'
import type { ProcessInfo } from '../../process/list.ts'
import { Regex, RegexError } from '../regex/regex.ts'
import { accountsOf } from './accounts.ts'
import { byteString } from './bytes.ts'
import { Failure } from './command.ts'
import type { Options } from './options.ts'

/** Options that pgrep and pkill share. */
export const MATCH_OPTIONS = 'ad:cfg:G:iLlnoP:rs:t:u:U:vwxF:O:'
export const MATCH_LONG = {
  'list-full': 'a',
  delimiter: 'd',
  count: 'c',
  full: 'f',
  'ignore-case': 'i',
  'list-name': 'l',
  newest: 'n',
  oldest: 'o',
  parent: 'P',
  euid: 'u',
  uid: 'U',
  inverse: 'v',
  exact: 'x',
  terminal: 't',
  session: 's',
  pgroup: 'g',
  group: 'G',
}

/** Processes that a pgrep command line means; itself is never among them. */
export function matching(process: Process, options: Options): ProcessInfo[] {
  const [pattern, extra] = options.operands
  if (extra !== undefined) throw new Failure('only one pattern can be provided', 2)
  if (pattern === undefined && !options.has('u', 'U', 'P', 't', 'g', 's', 'G', 'v'))
    throw new Failure(`no matching criteria specified\nTry \`${process.argv[0]} --help' for more information.`, 2, true)
  let regex: Regex | undefined
  try {
    regex =
      pattern === undefined
        ? undefined
        : Regex.compile(options.has('x') ? `^(${byteString(pattern)})$` : byteString(pattern), 'extended', options.has('i'))
  } catch (error) {
    if (!(error instanceof RegexError)) throw error
    throw new Failure(error.message, 2)
  }
  const users = [...options.values('u'), ...options.values('U')]
    .flatMap((list) => list.split(','))
    .map((name) => accountsOf(process).user(name)?.uid ?? Number(name))
  const parents = options
    .values('P')
    .flatMap((list) => list.split(','))
    .map(Number)
  const terminals = options.values('t').flatMap((list) => list.split(','))
  const found = process.world.processes.list().filter((info) => {
    if (info.pid === process.pid) return false
    const text = options.has('f') && info.argv.length ? info.argv.join(' ') : info.comm
    const fits =
      (!regex || regex.test(byteString(text))) &&
      (users.length === 0 || users.includes(info.uid)) &&
      (parents.length === 0 || parents.includes(info.ppid)) &&
      (terminals.length === 0 || (info.tty !== undefined && terminals.includes(info.tty)))
    return fits !== options.has('v')
  })
  if (options.has('n'))
    return found
      .slice()
      .sort((a, b) => b.startedAt - a.startedAt || b.pid - a.pid)
      .slice(0, 1)
  if (options.has('o'))
    return found
      .slice()
      .sort((a, b) => a.startedAt - b.startedAt || a.pid - b.pid)
      .slice(0, 1)
  return found
}
