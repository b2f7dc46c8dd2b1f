import type { CommandFile } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { accountsOf } from './accounts.ts'
import { gnuCommand } from './command.ts'
import { leaveGroups } from './new-account.ts'

/** `userdel` and `deluser`. */
export function removalCommand(name: 'userdel' | 'deluser'): CommandFile {
  const low = name === 'userdel'
  return gnuCommand({
    name,
    package: low ? 'passwd' : 'adduser',
    paths: [`/usr/sbin/${name}`],
    usage: '[options] LOGIN',
    trouble: 2,
    applet: !low,
    short: low ? 'fhrR:P:Z' : 'hq',
    long: low
      ? { force: 'f', remove: 'r' }
      : { 'remove-home': 'r', 'remove-all-files': 'r', quiet: 'q', system: 'system', backup: 'backup' },
    async run(process, options) {
      const [user, group] = options.operands
      const fail = async (message: string, status: number): Promise<number> => {
        await process.stderr.write(`${low ? 'userdel: ' : ''}${message}\n`)
        return status
      }
      if (user === undefined) return fail(low ? 'Usage: userdel [options] LOGIN' : 'deluser: Only one or two names allowed.', 2)
      if (process.uid !== 0)
        return fail(
          low
            ? 'Permission denied.\nuserdel: cannot lock /etc/passwd; try again later.'
            : 'deluser: Only root may remove a user or group from the system.',
          1,
        )
      const accounts = accountsOf(process)
      const account = accounts.user(user)
      if (!account) return fail(low ? `user '${user}' does not exist` : `deluser: The user \`${user}' does not exist.`, low ? 6 : 2)
      if (group !== undefined) {
        leaveGroups(
          process,
          user,
          accounts
            .groups()
            .map((entry) => entry.name)
            .filter((entry) => entry !== group),
        )
        await process.stdout.write(`Removing user \`${user}' from group \`${group}' ...\nDone.\n`)
        return 0
      }
      const running = process.world.processes.list().find((info) => info.uid === account.uid && info.uid !== 0)
      if (low && running && !options.has('f')) return fail(`user ${user} is currently used by process ${running.pid}`, 8)
      if (!low)
        await process.stdout.write(
          `${options.has('r') ? `Looking for files to backup/remove ...\nRemoving files ...\n` : ''}Removing crontab ...\nRemoving user \`${user}' ...\nDone.\n`,
        )
      accounts.edit('/etc/passwd', user, undefined)
      accounts.edit('/etc/shadow', user, undefined)
      leaveGroups(process, user)
      const own = accounts.group(user)
      if (own && own.gid === account.gid && own.members.length === 0) accounts.edit('/etc/group', user, undefined)
      if (options.has('r')) {
        if (low) await process.stderr.write(`userdel: ${user} mail spool (/var/mail/${user}) not found\n`)
        try {
          process.world.files.stat(account.home)
          await process.run(['rm', '-rf', account.home])
        } catch (error) {
          if (!(error instanceof HostError)) throw error
          await fail(`${user} home directory (${account.home}) not found`, 0)
        }
      }
      return 0
    },
  })
}
