import { accountsOf } from './gnu/accounts.ts'
import { gnuCommand } from './gnu/command.ts'
import { joinGroups, leaveGroups } from './gnu/new-account.ts'
import { setPassword } from './gnu/passwords.ts'

export default gnuCommand({
  name: 'usermod',
  package: 'passwd',
  paths: ['/usr/sbin/usermod'],
  usage: '[options] LOGIN',
  trouble: 2,
  showsUsage: true,
  applet: false,
  short: 'ac:d:e:f:g:G:hl:LmoP:p:R:s:u:UrvwZ:',
  long: {
    append: 'a',
    comment: 'c',
    home: 'd',
    gid: 'g',
    groups: 'G',
    login: 'l',
    lock: 'L',
    'move-home': 'm',
    'non-unique': 'o',
    password: 'p',
    shell: 's',
    uid: 'u',
    unlock: 'U',
    remove: 'r',
  },
  async run(process, options) {
    const [name] = options.operands
    const fail = async (message: string, status: number): Promise<number> => {
      await process.stderr.write(`usermod: ${message}\n`)
      return status
    }
    if (name === undefined) return fail('Usage: usermod [options] LOGIN', 2)
    if (process.uid !== 0) return fail('Permission denied.\nusermod: cannot lock /etc/passwd; try again later.', 1)
    const accounts = accountsOf(process)
    const user = accounts.user(name)
    if (!user) return fail(`user '${name}' does not exist`, 6)
    const groups = (options.value('G') ?? '').split(',').filter((group) => group !== '')
    for (const group of groups) if (!accounts.group(group)) return fail(`group '${group}' does not exist`, 6)
    const main = options.value('g')
    const gid = main === undefined ? user.gid : (accounts.group(main)?.gid ?? Number(main))
    if (!Number.isInteger(gid)) return fail(`group '${main}' does not exist`, 6)
    if (options.has('G')) {
      if (!options.has('a')) leaveGroups(process, name, groups)
      joinGroups(process, name, groups)
    }
    const login = options.value('l') ?? name
    const shadow = accounts.shadow(name)
    if (login !== name) {
      if (accounts.user(login)) return fail(`user '${login}' already exists`, 9)
      accounts.edit('/etc/passwd', name, undefined)
      accounts.edit('/etc/shadow', name, undefined)
      if (shadow) accounts.edit('/etc/shadow', login, [login, shadow.password, shadow.lastChange, ...shadow.rest].join(':'))
    }
    accounts.edit(
      '/etc/passwd',
      login,
      `${login}:x:${options.value('u') ?? user.uid}:${gid}:${options.value('c') ?? user.gecos}:${options.value('d') ?? user.home}:${options.value('s') ?? user.shell}`,
    )
    const field = shadow?.password ?? '!'
    if (options.has('p')) setPassword(process, login, { field: options.value('p') as string })
    if (options.has('L')) setPassword(process, login, { field: `!${field.replace(/^!+/, '')}` })
    if (options.has('U')) setPassword(process, login, { field: field.replace(/^!+/, '') })
    return 0
  },
})
