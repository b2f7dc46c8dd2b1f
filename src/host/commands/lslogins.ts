import type { Process } from '../command.ts'
import type { User } from '../world/accounts.ts'
import { lastLoginOf, readUtmp, type UtmpRecord } from '../world/utmp.ts'
import { accountsOf, groupName } from './gnu/accounts.ts'
import { Failure, gnuCommand, Usage } from './gnu/command.ts'
import { type Column, smartTable } from './gnu/smart-table.ts'
import { localTime, strftime, zoneOf } from './gnu/strftime.ts'

/** The groups of columns that options ask for; without one the first. */
const VIEWS: readonly [option: string, columns: readonly string[]][] = [
  ['', ['PROC', 'PWD-LOCK', 'PWD-DENY', 'LAST-LOGIN', 'GECOS']],
  ['p', ['PWD-EMPTY', 'PWD-LOCK', 'PWD-DENY', 'NOLOGIN', 'HUSHED', 'PWD-METHOD']],
  ['L', ['LAST-TTY', 'LAST-HOSTNAME', 'LAST-LOGIN']],
  ['f', ['FAILED-LOGIN', 'FAILED-TTY']],
  ['G', ['GID', 'GROUP', 'SUPP-GIDS', 'SUPP-GROUPS']],
  ['a', ['PWD-WARN', 'PWD-MIN', 'PWD-MAX', 'PWD-CHANGE', 'PWD-EXPIR']],
]
const FIRST_USER = 1000
const LAST_USER = 60_000

export default gnuCommand({
  name: 'lslogins',
  package: 'util-linux',
  usage: '[options] [<username>]',
  about: '\nDisplay information about known users in the system.',
  applet: false,
  short: 'aceEfFgGl:Lmno:pPrsS:uzZhVg:',
  long: {
    'acc-expiration': 'a',
    'colon-separate': 'c',
    export: 'e',
    failed: 'f',
    'supp-groups': 'G',
    groups: 'g',
    logins: 'l',
    last: 'L',
    newline: 'n',
    noheadings: 'noheadings',
    notruncate: 'notruncate',
    output: 'o',
    'output-all': 'all',
    pwd: 'p',
    raw: 'r',
    'system-accs': 's',
    'user-accs': 'u',
    print0: 'z',
    'time-format': 'time-format=',
  },
  async run(process, options) {
    const facts = new Facts(process)
    const [name] = options.operands
    if (name !== undefined) {
      const accounts = accountsOf(process)
      const user = accounts.user(name) ?? accounts.userById(/^\d+$/.test(name) ? Number(name) : -1)
      if (!user) throw new Failure(`cannot found '${name}'`, 1, true)
      await process.stdout.write(details(facts, user))
      return 0
    }
    const columns = facts.columns()
    const names = options.value('o')?.toUpperCase().split(',') ?? [
      'UID',
      'USER',
      ...((VIEWS.find(([key]) => options.has(key)) ?? VIEWS[0])?.[1] ?? []),
    ]
    const chosen = names.map((one) => {
      const column = columns.find((known) => known.name === one)
      if (!column) throw new Usage(`unknown column: ${one}`)
      return column
    })
    const users = selected(process, options.value('l')?.split(','), options.value('g')?.split(','), options.has('s'), options.has('u'))
    if (users.length > 0) await process.stdout.write(rendered(chosen, users, options))
    return 0
  },
})

function selected(process: Process, names: string[] | undefined, groups: string[] | undefined, system: boolean, people: boolean): User[] {
  const accounts = accountsOf(process)
  const gids = groups?.map((one) => accounts.group(one)?.gid ?? Number(one))
  return accounts
    .users()
    .filter((user) => !names || names.includes(user.name) || names.includes(String(user.uid)))
    .filter((user) => !gids || accounts.groupsOf(user).some((gid) => gids.includes(gid)))
    .filter(({ uid }) => !people || uid === 0 || (uid >= FIRST_USER && uid <= LAST_USER))
    .filter(({ uid }) => !system || (uid > 100 && uid < FIRST_USER))
    .sort((a, b) => a.uid - b.uid)
}

function rendered(columns: readonly Column<User>[], users: readonly User[], options: { has(...keys: string[]): boolean }): string {
  const noHeadings = options.has('noheadings')
  if (options.has('e')) return users.map((user) => `${columns.map(({ name, cell }) => `${name}="${cell(user)}"`).join(' ')}\n`).join('')
  if (options.has('n')) return users.map((user) => `${columns.map(({ name, cell }) => `${name}="${cell(user)}"\n`).join('')}`).join('\n')
  const separator = options.has('c') ? ':' : options.has('r') || options.has('z') ? ' ' : undefined
  if (separator === undefined) return smartTable(columns, users, { noHeadings })
  const end = options.has('z') ? '\0' : '\n'
  const lines = users.map((user) => columns.map(({ cell }) => cell(user)).join(separator))
  return [...(noHeadings ? [] : [columns.map(({ name }) => name).join(separator)]), ...lines].map((line) => line + end).join('')
}

/** What is known of users; of passwords only root knows. */
class Facts {
  readonly #process: Process
  readonly #failed: ReadonlyMap<string, UtmpRecord>

  constructor(process: Process) {
    this.#process = process
    this.#failed = process.files.may('r', '/var/log/btmp')
      ? new Map((readUtmp(process.world.files, '/var/log/btmp') ?? []).map((record) => [record.user, record]))
      : new Map()
  }

  columns(): Column<User>[] {
    const flag = (value: boolean | undefined): string => (value === undefined ? '' : value ? '1' : '0')
    return [
      { name: 'UID', right: true, cell: ({ uid }) => String(uid) },
      { name: 'USER', cell: ({ name }) => name },
      { name: 'GECOS', cell: ({ gecos }) => gecos },
      { name: 'HOMEDIR', cell: ({ home }) => home },
      { name: 'SHELL', cell: ({ shell }) => shell },
      { name: 'NOLOGIN', right: true, cell: (user) => flag(this.noLogin(user)) },
      { name: 'PWD-LOCK', right: true, cell: (user) => flag(this.locked(user)) },
      { name: 'PWD-EMPTY', right: true, cell: (user) => flag(this.empty(user)) },
      { name: 'PWD-DENY', right: true, cell: (user) => flag(this.locked(user) === undefined ? undefined : false) },
      { name: 'PWD-METHOD', cell: (user) => this.method(user) },
      { name: 'GROUP', cell: ({ gid }) => groupName(this.#process, gid) },
      { name: 'GID', right: true, cell: ({ gid }) => String(gid) },
      {
        name: 'SUPP-GROUPS',
        cell: (user) =>
          this.groups(user)
            .map((gid) => groupName(this.#process, gid))
            .join(','),
      },
      { name: 'SUPP-GIDS', cell: (user) => this.groups(user).join(',') },
      { name: 'LAST-LOGIN', right: true, cell: (user) => this.lastLogin(user) },
      { name: 'LAST-TTY', cell: ({ uid }) => lastLoginOf(this.#process.world.files, uid)?.line ?? '' },
      { name: 'LAST-HOSTNAME', cell: ({ uid }) => lastLoginOf(this.#process.world.files, uid)?.host ?? '' },
      { name: 'FAILED-LOGIN', cell: (user) => this.failedLogin(user) },
      { name: 'FAILED-TTY', cell: ({ name }) => this.#failed.get(name)?.line ?? '' },
      { name: 'HUSHED', right: true, cell: (user) => flag(this.hushed(user)) },
      { name: 'PWD-WARN', right: true, cell: (user) => this.age(user, 2) },
      { name: 'PWD-MIN', right: true, cell: (user) => this.age(user, 0).replace(/^0$/, '') },
      { name: 'PWD-MAX', right: true, cell: (user) => this.age(user, 1) },
      { name: 'PWD-CHANGE', right: true, cell: (user) => this.passwordChange(user) },
      { name: 'PWD-EXPIR', right: true, cell: () => '' },
      { name: 'PROC', right: true, cell: (user) => this.processes(user) },
    ]
  }

  password(user: User): string | undefined {
    return this.#process.uid === 0 ? accountsOf(this.#process).shadow(user.name)?.password : undefined
  }

  locked(user: User): boolean | undefined {
    return this.password(user)?.startsWith('!')
  }

  empty(user: User): boolean | undefined {
    const password = this.password(user)
    return password === undefined ? undefined : !password.startsWith('$')
  }

  method(user: User): string {
    const kind = /^\$(\w+)\$/.exec(this.password(user) ?? '')?.[1]
    return { '1': 'MD5', '5': 'SHA-256', '6': 'SHA-512', y: 'yescrypt' }[kind ?? ''] ?? ''
  }

  noLogin({ shell }: User): boolean {
    return /\/(nologin|false)$/.test(shell)
  }

  hushed({ home }: User): boolean {
    return this.#process.files.may('r', `${home}/.hushlogin`)
  }

  groups(user: User): number[] {
    return accountsOf(this.#process).groupsOf(user).slice(1)
  }

  processes({ uid }: User): string {
    return String(this.#process.world.processes.list().filter((info) => info.uid === uid).length)
  }

  /** The days of /etc/shadow: least, most, warning. */
  age(user: User, place: number): string {
    return this.#process.uid === 0 ? (accountsOf(this.#process).shadow(user.name)?.rest[place] ?? '') : ''
  }

  passwordChange(user: User): string {
    const days = this.#process.uid === 0 ? Number(accountsOf(this.#process).shadow(user.name)?.lastChange || Number.NaN) : Number.NaN
    return Number.isNaN(days) ? '' : this.#time(days * 86_400_000)
  }

  lastLogin({ uid }: User): string {
    const login = lastLoginOf(this.#process.world.files, uid)
    return login ? this.#time(login.time) : ''
  }

  failedLogin({ name }: User): string {
    const record = this.#failed.get(name)
    return record ? this.#time(record.time) : ''
  }

  /** Of today the time, of this year the day too, else the day alone. */
  #time(at: number): string {
    const zone = zoneOf(this.#process)
    const [then, now] = [localTime(at, zone), localTime(this.#process.world.now(), zone)]
    if (strftime('%F', then) === strftime('%F', now)) return strftime('%H:%M', then)
    return strftime(strftime('%Y', then) === strftime('%Y', now) ? '%b%d/%H:%M' : '%Y-%b%d', then)
  }
}

function details(facts: Facts, user: User): string {
  const cells = new Map(facts.columns().map(({ name, cell }) => [name, cell(user)]))
  const yes = (value: boolean | undefined): string | undefined => (value === undefined ? undefined : value ? 'yes' : 'no')
  const known = (name: string): string | undefined => cells.get(name) || undefined
  const rows: [string, string | undefined][] = [
    ['Username', user.name],
    ['UID', String(user.uid)],
    ['Gecos field', user.gecos],
    ['Home directory', user.home],
    ['Shell', user.shell],
    ['No login', yes(facts.noLogin(user))],
    ['Password is locked', yes(facts.locked(user))],
    ['Password not required (empty)', yes(facts.empty(user))],
    ['Login by password disabled', facts.locked(user) === undefined ? undefined : 'no'],
    ['Password encryption method', known('PWD-METHOD')],
    ['Primary group', cells.get('GROUP')],
    ['GID', String(user.gid)],
    ['Supplementary groups', known('SUPP-GROUPS')],
    ['Supplementary group IDs', known('SUPP-GIDS')],
    ['Last login', known('LAST-LOGIN')],
    ['Last terminal', cells.get('LAST-TTY')],
    ['Last hostname', cells.get('LAST-HOSTNAME')],
    ['Failed login', known('FAILED-LOGIN')],
    ['Failed login terminal', known('FAILED-TTY')],
    ['Hushed', yes(facts.hushed(user))],
    ['Password expiration warn interval', known('PWD-WARN')],
    ['Password changed', known('PWD-CHANGE')],
    ['Minimum change time', known('PWD-MIN')],
    ['Maximum change time', known('PWD-MAX')],
    ['Running processes', cells.get('PROC')],
  ]
  const lines = rows.flatMap(([title, value]) => (value === undefined ? [] : [`${`${title}:`.padEnd(36)}${value.padEnd(36)}\n`]))
  return `${lines.join('')}\nLast logs:\n\n`
}
