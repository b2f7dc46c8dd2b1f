import { accountsOf } from './gnu/accounts.ts'
import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'chsh',
  package: 'passwd',
  usage: '[options] [LOGIN]',
  applet: false,
  short: 's:hR:',
  long: { shell: 's' },
  async run(process, options) {
    const name = options.operands[0] ?? process.user
    const user = accountsOf(process).user(name)
    if (!user) {
      await process.stderr.write(`chsh: user '${name}' does not exist\n`)
      return 1
    }
    if (process.uid !== 0 && name !== process.user) {
      await process.stderr.write(`chsh: You may not change the shell for '${name}'.\n`)
      return 1
    }
    let shell = options.value('s')
    if (shell === undefined) {
      await process.stdout.write(
        `Changing the login shell for ${name}\nEnter the new value, or press ENTER for the default\n\tLogin Shell [${user.shell}]: `,
      )
      shell = (await process.stdin.line())?.trim() || user.shell
    }
    if (!process.files.may('x', shell)) {
      await process.stderr.write(`chsh: ${shell} is an invalid shell\n`)
      return 1
    }
    accountsOf(process).edit('/etc/passwd', name, `${name}:${user.password}:${user.uid}:${user.gid}:${user.gecos}:${user.home}:${shell}`)
    return 0
  },
})
