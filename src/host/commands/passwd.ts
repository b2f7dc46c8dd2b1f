import { evidence } from '../../events/bytes.ts'
import type { Process } from '../command.ts'
import { isBusyBox } from './busybox/flavour.ts'
import { accountsOf } from './gnu/accounts.ts'
import { gnuCommand } from './gnu/command.ts'
import { askPassword, choosePassword, isPassword, setPassword } from './gnu/passwords.ts'
import { localTime, strftime } from './gnu/strftime.ts'

/** shadow 4.13; earlier ones spoke of "password expiry information". */
const CHANGED = 'passwd: password changed.\n'

export default gnuCommand({
  name: 'passwd',
  package: 'passwd',
  usage: '[options] [LOGIN]',
  trouble: 6,
  short: 'adehi:kln:qr:R:Suw:x:',
  long: { all: 'a', delete: 'd', expire: 'e', lock: 'l', unlock: 'u', status: 'S', quiet: 'q' },
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
      await process.stdout.write(CHANGED)
      return 0
    }
    if (options.has('e')) {
      const rest = accounts.shadow(name)?.rest ?? []
      accounts.edit('/etc/shadow', name, [name, field, '0', ...(rest.length > 0 ? rest : ['0:99999:7:::'])].join(':'))
      await process.stdout.write(CHANGED)
      return 0
    }
    return change(process, name)
  },
})

async function change(process: Process, name: string): Promise<number> {
  const busybox = isBusyBox(process)
  let current: string | undefined
  if (process.uid !== 0) {
    await process.stdout.write(`Changing password for ${name}.\n`)
    current = await askPassword(process, busybox ? 'Old password: ' : 'Current password: ')
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
  if (busybox) return chooseAsBusyBox(process, name)
  const trouble = await choosePassword(process, name, current)
  await process.stderr.write(
    trouble === undefined ? 'passwd: password updated successfully\n' : `passwd: ${trouble}\npasswd: password unchanged\n`,
  )
  return trouble === undefined ? 0 : 10
}

async function chooseAsBusyBox(process: Process, name: string): Promise<number> {
  const first = await askPassword(process, 'New password: ')
  const second = first === undefined ? undefined : await askPassword(process, 'Retype password: ')
  if (first !== undefined)
    process.recorder.record('login', { method: 'passwd', username: evidence(name), password: evidence(first), accepted: first === second })
  if (first === undefined || first !== second) {
    await process.stderr.write(
      `${first === undefined || second === undefined ? '' : "Passwords don't match\n"}passwd: password for ${name} is unchanged\n`,
    )
    return 10
  }
  setPassword(process, name, { plain: first })
  await process.stderr.write(`passwd: password for ${name} changed by ${process.user}\n`)
  return 0
}
