import { accountsOf } from './gnu/accounts.ts'
import { complain, Failure, gnuCommand } from './gnu/command.ts'
import { parseSwitch, switchTo } from './su.ts'

export default gnuCommand({
  name: 'runuser',
  package: 'util-linux',
  paths: ['/usr/sbin/runuser', '/sbin/runuser'],
  usage: ['[options] -u <user> [[--] <command>]', '[options] [-] [<user> [<argument>...]]'],
  about: '\nRun <command> with the effective user ID and group ID of <user>.',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    if (process.uid !== 0) throw new Failure('may not be used by non-root users')
    const isDirect = words[0] === '-u' || words[0] === '--user'
    const request = parseSwitch(isDirect ? words.slice(1, 2) : words)
    const user = accountsOf(process).user(request.user)
    if (!user) {
      await complain(process, `user ${request.user} does not exist or the user entry does not contain all the required fields`)
      return 1
    }
    if (!isDirect) return switchTo(process, user, request)
    const command = words.slice(words[2] === '--' ? 3 : 2)
    if (command.length === 0) throw new Failure('no command was specified')
    return process.run(command, { user: user.name })
  },
})
