import { accountsOf } from './gnu/accounts.ts'
import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'groupdel',
  package: 'passwd',
  paths: ['/usr/sbin/groupdel', '/usr/sbin/delgroup'],
  usage: '[options] GROUP',
  trouble: 2,
  short: 'fhR:',
  async run(process, options) {
    const [name] = options.operands
    const accounts = accountsOf(process)
    const group = name === undefined ? undefined : accounts.group(name)
    const primary = group && accounts.users().find((user) => user.gid === group.gid)
    const problem =
      name === undefined
        ? 'Usage: groupdel [options] GROUP'
        : !group
          ? `group '${name}' does not exist`
          : process.uid !== 0
            ? 'Permission denied.\ngroupdel: cannot lock /etc/group; try again later.'
            : primary
              ? `cannot remove the primary group of user '${primary.name}'`
              : undefined
    if (problem !== undefined) {
      await process.stderr.write(`groupdel: ${problem}\n`)
      return name === undefined ? 2 : !group ? 6 : primary ? 8 : 10
    }
    accounts.edit('/etc/group', name as string, undefined)
    return 0
  },
})
