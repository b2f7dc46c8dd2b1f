import { evidence } from '../../events/bytes.ts'
import type { Process } from '../command.ts'
import { isBusyBox } from './busybox/flavour.ts'
import { accountsOf } from './gnu/accounts.ts'
import { gnuCommand } from './gnu/command.ts'
import { askPassword, isPassword, setPassword } from './gnu/passwords.ts'
import { localTime, strftime } from './gnu/strftime.ts'

export default gnuCommand({
  name: 'passwd',
  package: 'passwd',
  usage: '[options] [LOGIN]',
  trouble: 6,
  short: 'adehi:kln:qr:R:Suw:x:',
  long: { all: 'a', delete: 'd', expire: 'e', lock: 'l', unlock: 'u', status: 'S', quiet: 'q', stdin: 'stdin' },
  async run(process, options) {
    const name = options.operands[0] ?? process.user
    const accounts = accountsOf(process)
    const user = accounts.user(name)
    if (!user) {
      await process.stderr.write(isBusyBox(process) ? `passwd: unknown user ${name}\n` : `passwd: user '${name}' does not exist\n`)
      return 1
    }
    const own = process.user === name
    if (process.uid !== 0 && (!own || options.has('d', 'l', 'u', 'e'))) {
      await process.stderr.write(
        own ? 'passwd: Permission denied.\n' : `passwd: You may not view or modify password information for ${name}.\n`,
      )
      return 1
    }
    const field = accounts.shadow(name)?.password ?? '*'
    if (options.has('S')) {
      const state = field === '' ? 'NP' : /^[!*]/.test(field) ? 'L' : 'P'
      const changed = Number(accounts.shadow(name)?.lastChange || 0)
      await process.stdout.write(`${name} ${state} ${strftime('%Y-%m-%d', localTime(changed * 86_400_000, 'UTC'))} 0 99999 7 -1\n`)
      return 0
    }
    if (options.has('d', 'l', 'u')) {
      setPassword(process, name, {
        field: options.has('d') ? '' : options.has('l') ? `!${field.replace(/^!+/, '')}` : field.replace(/^!+/, ''),
      })
      await process.stdout.write('passwd: password expiry information changed.\n')
      return 0
    }
    return change(process, name)
  },
})

async function change(process: Process, name: string): Promise<number> {
  const busybox = isBusyBox(process)
  if (process.uid !== 0) {
    await process.stdout.write(`Changing password for ${name}.\n`)
    const current = await askPassword(process, busybox ? 'Old password: ' : 'Current password: ')
    if (current === undefined || !isPassword(process, name, current)) {
      await process.sleep(1500)
      await process.stderr.write(
        busybox
          ? `Incorrect password\npasswd: password for ${name} is unchanged\n`
          : 'passwd: Authentication token manipulation error\npasswd: password unchanged\n',
      )
      return 10
    }
  } else if (busybox) await process.stdout.write(`Changing password for ${name}\n`)
  const first = await askPassword(process, 'New password: ')
  const second = first === undefined ? undefined : await askPassword(process, busybox ? 'Retype password: ' : 'Retype new password: ')
  if (first !== undefined)
    process.recorder.record('login', { method: 'passwd', username: evidence(name), password: evidence(first), accepted: first === second })
  if (first === undefined || second === undefined) {
    await process.stderr.write('passwd: Authentication token manipulation error\npasswd: password unchanged\n')
    return 10
  }
  if (first !== second) {
    await process.stderr.write(
      busybox
        ? `Passwords don't match\npasswd: password for ${name} is unchanged\n`
        : 'Sorry, passwords do not match.\npasswd: Authentication token manipulation error\npasswd: password unchanged\n',
    )
    return 10
  }
  if (first === '' && !busybox) {
    await process.stderr.write(
      'No password has been supplied.\npasswd: Authentication token manipulation error\npasswd: password unchanged\n',
    )
    return 10
  }
  setPassword(process, name, { plain: first })
  await process.stderr.write(
    busybox ? `passwd: password for ${name} changed by ${process.user}\n` : 'passwd: password updated successfully\n',
  )
  return 0
}
