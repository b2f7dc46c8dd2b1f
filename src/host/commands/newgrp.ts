import type { HostText, Process } from '../command.ts'
import { exec } from '../process/exec.ts'
import type { User } from '../world/accounts.ts'
import { accountsOf } from './gnu/accounts.ts'
import { baseName, complain, gnuCommand } from './gnu/command.ts'
import { switchGroup } from './gnu/switch-group.ts'

/** One program with two names: `newgrp` goes on as a shell, `sg` as a command. */
export default gnuCommand({
  name: 'newgrp',
  package: 'login',
  paths: ['/usr/bin/newgrp', '/usr/bin/sg'],
  usage: '[-] [group]',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const isSg = baseName(process.argv[0] as HostText) === 'sg'
    const [first, ...others] = process.argv.slice(1)
    const isLogin = first === '-'
    const words = isLogin ? others : process.argv.slice(1)
    if (words[0]?.startsWith('-') || (isSg ? words.length === 0 : words.length > 1)) {
      await process.stderr.write(isSg ? 'Usage: sg group [[-c] command]\n' : 'Usage: newgrp [-] [group]\n')
      return 1
    }
    const user = accountsOf(process).userById(process.uid)
    if (!user) {
      await complain(process, 'Cannot determine your user name.')
      return 1
    }
    if (!(await switchGroup(process, user, words[0]))) return 1
    const command = words[1] === '-c' ? words[2] : words[1]
    if (command !== undefined) return exec(process, ['/bin/sh', '-c', command], process.env, ['sh', '-c', command])
    return startShell(process, user, isLogin)
  },
})

function startShell(process: Process, user: User, isLogin: boolean): Promise<number> {
  const program = (isLogin ? undefined : process.env.get('SHELL')) || user.shell || '/bin/sh'
  const name = baseName(program)
  return exec(process, [program], process.env, [isLogin ? `-${name}` : name])
}
