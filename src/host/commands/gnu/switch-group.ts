import { evidence } from '../../../events/bytes.ts'
import type { HostText, Process } from '../../command.ts'
import { checkHash } from '../../crypt.ts'
import { own } from '../../process/exec.ts'
import type { Group, User } from '../../world/accounts.ts'
import { accountsOf } from './accounts.ts'
import { complain } from './command.ts'
import { askPassword } from './passwords.ts'

/** FAIL_DELAY of /etc/login.defs, as newgrp waits after a wrong password. */
const FAIL_DELAY_MS = 1000

/** Makes a group the primary one of the process, as newgrp and sg do; without a name the user's own. Tells what keeps it. */
export async function switchGroup(process: Process, user: User, name: HostText | undefined): Promise<boolean> {
  const accounts = accountsOf(process)
  const group =
    name === undefined ? accounts.groupById(user.gid) : (accounts.group(name) ?? accounts.groupById(/^\d+$/.test(name) ? Number(name) : -1))
  if (!group) {
    await complain(process, `group '${name ?? user.gid}' does not exist`)
    return false
  }
  const isMember = group.gid === user.gid || group.members.includes(user.name) || process.groups.includes(group.gid)
  if (process.uid !== 0 && !isMember && !(await knowsPassword(process, group))) return false
  const self = own(process)
  const groups = self.groups.includes(group.gid) ? self.groups : [...self.groups, group.gid]
  self.account = { ...self.account, gid: group.gid, groups }
  const { tty } = self
  const text = `user '${user.name}' (login '${user.name}'${tty === undefined ? '' : ` on ${tty}`}) switched to group '${group.name}'`
  process.world.logs.write({ facility: 'auth', identifier: process.argv[0] ?? 'newgrp', pid: process.pid, unit: undefined, text })
  return true
}

async function knowsPassword(process: Process, group: Group): Promise<boolean> {
  const password = await askPassword(process, 'Password: ')
  const line = process.world.files
    .read('/etc/gshadow')
    .toString('utf8')
    .split('\n')
    .find((one) => one.startsWith(`${group.name}:`))
  const field = line?.split(':')[1] ?? ''
  const accepted = password !== undefined && field !== '' && checkHash(process.world.identity, password, field)
  process.recorder.record('login', { method: 'newgrp', username: evidence(group.name), password: evidence(password ?? ''), accepted })
  if (accepted) return true
  await process.sleep(FAIL_DELAY_MS)
  await process.stderr.write('Invalid password.\n')
  return false
}
