import { evidence } from '../../events/bytes.ts'
import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { sudoLine } from '../world/logs/chronicle.ts'
import { accountsOf } from './gnu/accounts.ts'
import { gnuCommand } from './gnu/command.ts'
import { askPasswordOrInterrupt, isPassword } from './gnu/passwords.ts'
import { searchPath } from './gnu/search-path.ts'

const USAGE = `usage: sudo -h | -K | -k | -V
usage: sudo -v [-ABkNnS] [-g group] [-h host] [-p prompt] [-u user]
usage: sudo -l [-ABkNnS] [-g group] [-h host] [-p prompt] [-U user] [-u user]
            [command]
usage: sudo [-ABbEHkNnPS] [-r role] [-t type] [-C num] [-D directory] [-g
            group] [-h host] [-p prompt] [-R directory] [-T timeout] [-u user]
            [VAR=value] [-i|-s] [<command>]
usage: sudo -e [-ABkNnS] [-r role] [-t type] [-C num] [-D directory] [-g group]
            [-h host] [-p prompt] [-R directory] [-T timeout] [-u user] file
            ...
`
const TRIES = 3
/** A right password counts for this long on the same terminal (timestamp_timeout). */
const REMEMBERED_MS = 15 * 60_000
const remembered = new WeakMap<object, Map<string, number>>()

export default gnuCommand({
  name: 'sudo',
  package: 'sudo',
  usage: '',
  short: '+AbBC:D:eEg:Hh:iKklnNp:PR:r:sSt:T:u:U:vV',
  long: {
    user: 'u',
    group: 'g',
    login: 'i',
    shell: 's',
    'non-interactive': 'n',
    stdin: 'S',
    list: 'l',
    validate: 'v',
    'reset-timestamp': 'k',
    'remove-timestamp': 'K',
    'preserve-env': 'E?',
    'set-home': 'H',
    prompt: 'p',
    background: 'b',
    edit: 'e',
  },
  applet: false,
  async run(process, options) {
    if (options.has('V')) {
      await process.stdout.write(
        'Sudo version 1.9.13p3\nSudoers policy plugin version 1.9.13p3\nSudoers file grammar version 50\nSudoers I/O plugin version 1.9.13p3\nSudoers audit plugin version 1.9.13p3\n',
      )
      return 0
    }
    const words = [...options.operands]
    const variables: [string, string][] = []
    while (/^[A-Za-z_]\w*=/.test(words[0] ?? '')) {
      const word = words.shift() as string
      variables.push([word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)])
    }
    if (words.length === 0 && !options.has('i', 's', 'l', 'v', 'k', 'K')) {
      await process.stderr.write(USAGE)
      return 1
    }
    if (options.has('k', 'K')) remembered.get(process.world)?.delete(timestampOf(process))
    if (options.has('k', 'K') && words.length === 0) return 0
    const target = accountsOf(process).user(options.value('u') ?? 'root')
    if (!target) {
      await process.stderr.write(`sudo: unknown user ${options.value('u')}\nsudo: error initializing audit plugin sudoers_audit\n`)
      return 1
    }
    const denied = await authorise(process, { quiet: options.has('n'), prompt: options.value('p'), listing: options.has('l') })
    if (denied !== undefined) return denied
    if (options.has('v')) return 0
    const other = options.has('l') ? (options.value('U') ?? process.user) : process.user
    if (other !== process.user && !accountsOf(process).user(other)) {
      await process.stderr.write(`sudo: unknown user ${other}\n`)
      return 1
    }
    if (options.has('l')) return list(process, words)
    return execute(process, words, variables, target, { login: options.has('i'), shell: options.has('s'), keep: options.has('E') })
  },
})

/** Whether the user may use sudo: by its groups, or by what /etc/sudoers grants it. */
function grant(process: Process): 'no' | 'password' | 'nopasswd' {
  if (process.uid === 0) return 'nopasswd'
  const declared = process.world.persona.users.find((user) => user.name === process.user)?.sudo
  if (declared === 'nopasswd') return 'nopasswd'
  return sudoersLine(process) ?? (isAdmin(process) || declared === 'password' ? 'password' : 'no')
}

function isAdmin(process: Process): boolean {
  const accounts = accountsOf(process)
  const user = accounts.user(process.user)
  return (
    user !== undefined && accounts.groupsOf(user).some((gid) => ['sudo', 'admin', 'wheel'].includes(accounts.groupById(gid)?.name ?? ''))
  )
}

function sudoersLine(process: Process): 'password' | 'nopasswd' | undefined {
  const files = ['/etc/sudoers']
  try {
    files.push(...process.world.files.list('/etc/sudoers.d').map((name) => `/etc/sudoers.d/${name}`))
  } catch (error) {
    if (!(error instanceof HostError)) throw error
  }
  for (const file of files) {
    try {
      const line = process.world.files
        .read(file)
        .toString('utf8')
        .split('\n')
        .find((text) => text.split(/\s+/)[0] === process.user)
      if (line) return line.includes('NOPASSWD') ? 'nopasswd' : 'password'
    } catch (error) {
      if (!(error instanceof HostError)) throw error
    }
  }
  return undefined
}

/** A password counts for one user in one session of a terminal (`timestamp_type=tty`). */
function timestampOf(process: Process): string {
  const own = process.world.processes.get(process.pid)
  return `${process.user}@${own?.tty ?? ''}#${own?.sid ?? 0}`
}

/** Gives the exit status when sudo says no. */
async function authorise(
  process: Process,
  { quiet, prompt, listing }: { quiet: boolean; prompt: string | undefined; listing: boolean },
): Promise<number | undefined> {
  const rule = grant(process)
  if (rule === 'nopasswd') return undefined
  const stamp = timestampOf(process)
  const known = remembered.get(process.world) ?? new Map<string, number>()
  remembered.set(process.world, known)
  if (rule === 'password' && process.world.now() - (known.get(stamp) ?? 0) < REMEMBERED_MS) return undefined
  if (quiet) {
    await process.stderr.write('sudo: a password is required\n')
    return 1
  }
  if (!process.terminal && !process.argv.some((word) => /^-\w*S/.test(word))) {
    await process.stderr.write(
      'sudo: a terminal is required to read the password; either use the -S option to read from standard input or configure an askpass helper\nsudo: a password is required\n',
    )
    return 1
  }
  for (let tries = 1; tries <= TRIES; tries++) {
    const asked = await askPasswordOrInterrupt(process, prompt ?? `[sudo] password for ${process.user}: `)
    if (asked.kind !== 'word') {
      const newline = process.stdin.isTerminal ? '' : '\n'
      const given = asked.kind === 'end' ? `${newline}sudo: no password was provided\n` : ''
      await process.stderr.write(given + (tries === 1 ? 'sudo: a password is required\n' : attempts(tries - 1)))
      return 1
    }
    const password = asked.text
    const accepted = isPassword(process, process.user, password)
    process.recorder.record('login', { method: 'sudo', username: evidence(process.user), password: evidence(password), accepted })
    if (accepted) {
      if (rule === 'no') {
        const { user } = process
        const host = process.world.hostname
        await process.stderr.write(listing ? `Sorry, user ${user} may not run sudo on ${host}.\n` : `${user} is not in the sudoers file.\n`)
        return 1
      }
      known.set(stamp, process.world.now())
      return undefined
    }
    await process.sleep(2000)
    if (tries < TRIES) await process.stderr.write('Sorry, try again.\n')
  }
  await process.stderr.write(attempts(TRIES))
  return 1
}

function attempts(count: number): string {
  return `sudo: ${count} incorrect password attempt${count === 1 ? '' : 's'}\n`
}

const DEFAULTS = [
  'env_reset',
  'mail_badpass',
  'secure_path=/usr/local/sbin\\:/usr/local/bin\\:/usr/sbin\\:/usr/bin\\:/sbin\\:/bin',
  'use_pty',
]

/** Broken into lines of the terminal's width. */
function defaults(process: Process): string {
  const columns = process.stdout.isTerminal ? (process.terminal?.columns ?? 80) : Number.POSITIVE_INFINITY
  const lines = ['']
  for (const [i, word] of DEFAULTS.entries()) {
    const text = i < DEFAULTS.length - 1 ? `${word},` : word
    const line = lines.at(-1) as string
    if (line !== '' && line.length + text.length + 5 > columns) lines.push(text)
    else lines[lines.length - 1] = line === '' ? text : `${line} ${text}`
  }
  return lines.map((line) => `    ${line}`).join('\n')
}

function rulesOf(process: Process): string[] {
  const own = sudoersLine(process)
  const rules = isAdmin(process) || process.uid === 0 ? ['(ALL : ALL) ALL'] : []
  if (own === 'nopasswd' || (rules.length === 0 && grant(process) === 'nopasswd')) rules.push('(ALL) NOPASSWD: ALL')
  return rules.length > 0 ? rules : ['(ALL : ALL) ALL']
}

async function list(process: Process, words: readonly HostText[]): Promise<number> {
  if (words[0] !== undefined) {
    const [path] = searchPath(process, words[0])
    if (path === undefined) return 1
    await process.stdout.write(`${[path, ...words.slice(1)].join(' ')}\n`)
    return 0
  }
  const rules = rulesOf(process).map((rule) => `    ${rule}\n`)
  await process.stdout.write(
    `Matching Defaults entries for ${process.user} on ${process.world.hostname}:\n${defaults(process)}\n\nUser ${process.user} may run the following commands on ${process.world.hostname}:\n${rules.join('')}`,
  )
  return 0
}

async function execute(
  process: Process,
  words: readonly HostText[],
  variables: readonly [string, string][],
  target: { name: string; home: string; shell: string; uid: number },
  how: { login: boolean; shell: boolean; keep: boolean },
): Promise<number> {
  const env = new Map(
    how.keep
      ? process.env
      : [...process.env].filter(([name]) => ['TERM', 'LANG', 'LC_ALL', 'COLORTERM', 'LS_COLORS', 'DISPLAY'].includes(name)),
  )
  env.set('PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin')
  env.set('HOME', target.home)
  env.set('SHELL', target.shell)
  for (const name of ['USER', 'LOGNAME']) env.set(name, target.name)
  env.set('SUDO_COMMAND', words.join(' ') || target.shell)
  env.set('SUDO_USER', process.user)
  env.set('SUDO_UID', String(process.uid))
  env.set('SUDO_GID', String(process.gid))
  for (const [name, value] of variables) env.set(name, value)
  const tty = process.world.processes.get(process.pid)?.tty
  const text = sudoLine({ user: process.user, tty, cwd: process.cwd, as: target.name, command: words.join(' ') || target.shell })
  process.world.logs.write({ facility: 'auth', identifier: 'sudo', pid: undefined, unit: undefined, text })
  const shell = [target.shell || '/bin/sh', ...(how.login ? ['-l'] : []), ...(words.length ? ['-c', words.join(' ')] : [])]
  const argv = how.login || how.shell ? shell : words
  try {
    return await process.run(argv, { env, user: target.name, ...(how.login && { cwd: target.home }) })
  } catch (error) {
    if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
    await process.stderr.write(
      error.code === 'ENOENT' ? `sudo: ${argv[0]}: command not found\n` : `sudo: unable to execute ${argv[0]}: ${error.message}\n`,
    )
    return 1
  }
}
