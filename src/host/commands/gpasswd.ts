import { accountsOf } from './gnu/accounts.ts'
import { gnuCommand } from './gnu/command.ts'
import { joinGroups, leaveGroups } from './gnu/new-account.ts'

export default gnuCommand({
  name: 'gpasswd',
  package: 'passwd',
  usage: '[option] GROUP',
  applet: false,
  short: 'a:d:rRA:M:Q:h',
  long: { add: 'a', delete: 'd', members: 'M' },
  async run(process, options) {
    const [name] = options.operands
    const accounts = accountsOf(process)
    const group = name === undefined ? undefined : accounts.group(name)
    if (!group || process.uid !== 0) {
      await process.stderr.write(group ? 'gpasswd: Permission denied.\n' : `gpasswd: group '${name ?? ''}' does not exist in /etc/group\n`)
      return group ? 1 : 3
    }
    const user = options.value('a') ?? options.value('d')
    if (user !== undefined && !accounts.user(user)) {
      await process.stderr.write(`gpasswd: user '${user}' does not exist\n`)
      return 3
    }
    if (options.has('a')) {
      await process.stdout.write(`Adding user ${user} to group ${group.name}\n`)
      joinGroups(process, user as string, [group.name])
    } else if (options.has('d')) {
      await process.stdout.write(`Removing user ${user} from group ${group.name}\n`)
      leaveGroups(
        process,
        user as string,
        accounts
          .groups()
          .map((entry) => entry.name)
          .filter((entry) => entry !== group.name),
      )
    }
    return 0
  },
})
