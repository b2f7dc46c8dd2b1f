import { accountsOf } from './gnu/accounts.ts'
import { gnuCommand } from './gnu/command.ts'
import { VALID_NAME } from './gnu/new-account.ts'

export default gnuCommand({
  name: 'groupmod',
  package: 'passwd',
  paths: ['/usr/sbin/groupmod'],
  usage: '[options] GROUP',
  trouble: 2,
  showsUsage: true,
  applet: false,
  short: 'ag:hn:op:R:P:U:',
  long: { append: 'a', gid: 'g', 'new-name': 'n', 'non-unique': 'o', password: 'p', root: 'R', prefix: 'P', users: 'U' },
  async run(process, options) {
    const fail = async (message: string, status: number): Promise<number> => {
      await process.stderr.write(`groupmod: ${message}\n`)
      return status
    }
    const [name] = options.operands
    if (name === undefined) return fail('Usage: groupmod [options] GROUP', 2)
    const accounts = accountsOf(process)
    const asked = options.value('g')
    const gid = asked === undefined ? undefined : Number(asked)
    if (gid !== undefined && !(/^\d+$/.test(asked as string) && gid < 2 ** 32)) return fail(`invalid group ID '${asked}'`, 3)
    const group = accounts.group(name)
    if (!group) return fail(`group '${name}' does not exist`, 6)
    if (gid !== undefined && gid !== group.gid && accounts.groupById(gid) && !options.has('o'))
      return fail(`GID '${gid}' already exists`, 4)
    const next = options.value('n') ?? name
    if (next !== name && !VALID_NAME.test(next)) return fail(`invalid group name '${next}'`, 3)
    if (next !== name && accounts.group(next)) return fail(`group '${next}' already exists`, 9)
    if (process.uid !== 0) return fail('Permission denied.\ngroupmod: cannot lock /etc/group; try again later.', 10)
    const users = options.value('U')?.split(',')
    const members = users ? [...new Set([...(options.has('a') ? group.members : []), ...users])] : group.members
    const moved = gid ?? group.gid
    // Who has it as primary group keeps it.
    if (moved !== group.gid)
      for (const user of accounts.users().filter((one) => one.gid === group.gid))
        accounts.edit('/etc/passwd', user.name, [user.name, user.password, user.uid, moved, user.gecos, user.home, user.shell].join(':'))
    accounts.edit('/etc/group', name, `${next}:${options.value('p') === undefined ? group.password : 'x'}:${moved}:${members.join(',')}`)
    const shadow = process.world.files
      .read('/etc/gshadow')
      .toString('utf8')
      .split('\n')
      .find((line) => line.startsWith(`${name}:`))
    const [, secret = '!', administrators = ''] = (shadow ?? '').split(':')
    accounts.edit('/etc/gshadow', name, `${next}:${options.value('p') ?? secret}:${administrators}:${members.join(',')}`)
    return 0
  },
})
