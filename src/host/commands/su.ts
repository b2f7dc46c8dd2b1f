import { evidence } from '../../events/bytes.ts'
import type { HostText, Process } from '../command.ts'
import type { User } from '../world/accounts.ts'
import { accountsOf } from './gnu/accounts.ts'
import { complain, gnuCommand } from './gnu/command.ts'
import { askPassword, isPassword } from './gnu/passwords.ts'

/** pam_unix waits this long after a wrong password (FAIL_DELAY). */
const FAIL_DELAY_MS = 2600

export default gnuCommand({
  name: 'su',
  package: 'util-linux',
  version: 'su from util-linux 2.38.1',
  usage: '[options] [-] [<user> [<argument>...]]',
  about: 'Change the effective user ID and group ID to that of <user>.',
  rawArguments: true,
  short: '',
  async run(process) {
    const request = parseSwitch(process.argv.slice(1))
    const user = accountsOf(process).user(request.user)
    if (!user) {
      await complain(process, `user ${request.user} does not exist or the user entry does not contain all the required fields`)
      return 1
    }
    if (process.uid !== 0 && !(await authenticate(process, user))) return 1
    logSu(process, `(to ${user.name}) ${process.user} on ${process.world.processes.get(process.pid)?.tty ?? 'none'}`)
    return switchTo(process, user, request)
  },
})

interface Request {
  user: HostText
  login: boolean
  keep: boolean
  command: HostText | undefined
  shell: HostText | undefined
  rest: HostText[]
}

/** The words of su and runuser. */
export function parseSwitch(words: readonly HostText[]): Request {
  const request: Request = { user: 'root', login: false, keep: false, command: undefined, shell: undefined, rest: [] }
  let named = false
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string
    if (word === '-' || word === '-l' || word === '--login') request.login = true
    else if (word === '-c' || word === '--command' || word === '--session-command') request.command = words[++i]
    else if (word.startsWith('--command=')) request.command = word.slice(10)
    else if (word === '-s' || word === '--shell') request.shell = words[++i]
    else if (word === '-m' || word === '-p' || word === '--preserve-environment') request.keep = true
    else if (word === '-g' || word === '-G' || word === '-w') i++
    else if (word.startsWith('-') && !named) request.login ||= word.includes('l')
    else if (!named) {
      request.user = word
      named = true
    } else request.rest.push(word)
  }
  return request
}

async function authenticate(process: Process, user: User): Promise<boolean> {
  const password = await askPassword(process, 'Password: ')
  const accepted = password !== undefined && isPassword(process, user.name, password)
  process.recorder.record('login', { method: 'su', username: evidence(user.name), password: evidence(password ?? ''), accepted })
  if (accepted) return true
  await process.sleep(FAIL_DELAY_MS)
  logSu(process, `FAILED SU (to ${user.name}) ${process.user} on ${process.world.processes.get(process.pid)?.tty ?? 'none'}`)
  await complain(process, 'Authentication failure')
  return false
}

/** Starts the user's shell, as su and runuser do. */
export function switchTo(process: Process, user: User, request: Request): Promise<number> {
  const shell = request.shell ?? (user.shell || '/bin/sh')
  const env = new Map(request.login ? [] : process.env)
  const keep = process.env.get('TERM')
  if (keep !== undefined) env.set('TERM', keep)
  if (request.login || !request.keep) {
    env.set('HOME', user.home)
    env.set('SHELL', shell)
    if (user.uid !== 0 || request.login) for (const name of ['USER', 'LOGNAME']) env.set(name, user.name)
  }
  if (request.login)
    env.set(
      'PATH',
      user.uid === 0
        ? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
        : '/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games',
    )
  const words = [...(request.login ? ['-l'] : []), ...(request.command === undefined ? [] : ['-c', request.command]), ...request.rest]
  return process.run([shell, ...words], { env, user: user.name, ...(request.login && { cwd: user.home }) })
}

function logSu(process: Process, text: string): void {
  process.world.logs.write({ facility: 'auth', identifier: 'su', pid: process.pid, unit: undefined, text })
}
