import { accountsOf, groupName } from './gnu/accounts.ts'
import { complain, gnuCommand } from './gnu/command.ts'
import { localQuotes } from './gnu/locale.ts'

export default gnuCommand({
  name: 'groups',
  usage: '[OPTION]... [USERNAME]...',
  about:
    'Print group memberships for each USERNAME or, if no USERNAME is specified, for\nthe current process (which may differ if the groups database has changed).',
  authors: 'David MacKenzie and James Youngman',
  short: '',
  async run(process, options) {
    if (options.operands.length === 0) {
      const ids = [process.gid, ...process.groups.filter((gid) => gid !== process.gid)]
      await process.stdout.write(`${ids.map((gid) => groupName(process, gid)).join(' ')}\n`)
      return 0
    }
    let status = 0
    for (const name of options.operands) {
      const accounts = accountsOf(process)
      const user = accounts.user(name)
      if (user)
        await process.stdout.write(
          `${name} : ${accounts
            .groupsOf(user)
            .map((gid) => groupName(process, gid))
            .join(' ')}\n`,
        )
      else {
        status = 1
        await complain(process, localQuotes(process, `'${name}': no such user`))
      }
    }
    return status
  },
})
