import type { Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { accountsOf } from './accounts.ts'
import { statIfThere } from './tree.ts'

export interface NewAccount {
  name: string
  uid: number
  gid: number
  gecos: string
  home: string
  shell: string
  groups: readonly string[]
  /** Field of /etc/shadow. */
  password: string
}

export const VALID_NAME = /^[a-z_][a-z0-9_-]{0,31}\$?$/

/** Writes an account into /etc/passwd, /etc/shadow and /etc/group. */
export function writeAccount(process: Process, account: NewAccount): void {
  const accounts = accountsOf(process)
  const days = Math.floor(process.world.now() / 86_400_000)
  accounts.edit(
    '/etc/passwd',
    account.name,
    `${account.name}:x:${account.uid}:${account.gid}:${account.gecos}:${account.home}:${account.shell}`,
  )
  accounts.edit('/etc/shadow', account.name, `${account.name}:${account.password}:${days}:0:99999:7:::`)
  joinGroups(process, account.name, account.groups)
}

export function writeGroup(process: Process, name: string, gid: number): void {
  accountsOf(process).edit('/etc/group', name, `${name}:x:${gid}:`)
  if (statIfThere(process, '/etc/gshadow')) accountsOf(process).edit('/etc/gshadow', name, `${name}:!::`)
}

export function joinGroups(process: Process, user: string, names: readonly string[]): void {
  const accounts = accountsOf(process)
  for (const name of names) {
    const group = accounts.group(name)
    if (group && !group.members.includes(user))
      accounts.edit('/etc/group', name, `${name}:${group.password}:${group.gid}:${[...group.members, user].join(',')}`)
  }
}

export function leaveGroups(process: Process, user: string, keep: readonly string[] = []): void {
  const accounts = accountsOf(process)
  for (const group of accounts.groups()) {
    if (group.members.includes(user) && !keep.includes(group.name))
      accounts.edit(
        '/etc/group',
        group.name,
        `${group.name}:${group.password}:${group.gid}:${group.members.filter((member) => member !== user).join(',')}`,
      )
  }
}

/** Makes a home with the files of /etc/skel. */
export function makeHome(process: Process, account: Pick<NewAccount, 'home' | 'uid' | 'gid'>, mode: number): void {
  const { files } = process.world
  if (statIfThere(process, account.home)) return
  files.mkdir(account.home, mode)
  files.chown(account.home, account.uid, account.gid)
  try {
    for (const name of files.list('/etc/skel')) {
      const path = `${account.home}/${name}`
      files.write(path, files.read(`/etc/skel/${name}`), 0o644)
      files.chown(path, account.uid, account.gid)
    }
  } catch (error) {
    if (!(error instanceof HostError)) throw error
  }
}
