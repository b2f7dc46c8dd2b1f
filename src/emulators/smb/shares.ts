import { type Host, HostError } from '../../host/contract.ts'
import type { Admission } from './logon.ts'
import type { SmbContext } from './options.ts'
import { HostStore } from './store/host-store.ts'
import { DiskStore } from './store/memory-store.ts'
import type { ShareStore } from './store/store.ts'
import { windowsDisk } from './windows-disk.ts'

export interface Share {
  name: string
  kind: 'disk' | 'pipe'
  comment: string
  /** Path on the machine, as administrators see it. */
  path: string
  /** Who gets in. */
  admits: readonly Admission['kind'][]
  store?: ShareStore
}

const EVERYBODY = ['user', 'guest', 'anonymous'] as const
const USERS = ['user'] as const

/** Folders of a Linux machine that are worth sharing, the best first. */
const SHARED = [
  { path: '/srv/backup', name: 'backup', comment: 'Nightly copies' },
  { path: '/srv/share', name: 'share', comment: 'Shared files' },
  { path: '/srv/data', name: 'data', comment: '' },
  { path: '/srv', name: 'srv', comment: '' },
  { path: '/mnt', name: 'disk', comment: 'USB disk' },
] as const

/** The shares of the machine, in the order in which it lists them. */
export function sharesOf(context: SmbContext, source: string): Share[] {
  return context.room.machine.shape === 'windows' ? windowsShares(context, source) : sambaShares(context)
}

function windowsShares({ room, persona, identity }: SmbContext, source: string): Share[] {
  const installedAt = room.machine.bootedAt
  const disk = room.disks.get(source) ?? windowsDisk(persona, identity, installedAt)
  room.disks.set(source, disk)
  const on = (root: string): ShareStore => new DiskStore(disk, root)
  return [
    { name: 'ADMIN$', kind: 'disk', comment: 'Remote Admin', path: 'C:\\Windows', admits: USERS, store: on('Windows') },
    { name: 'C$', kind: 'disk', comment: 'Default share', path: 'C:\\', admits: USERS, store: on('') },
    { name: 'IPC$', kind: 'pipe', comment: 'Remote IPC', path: '', admits: EVERYBODY },
    { name: 'Public', kind: 'disk', comment: '', path: 'C:\\Shares\\Public', admits: ['user', 'guest'], store: on('Shares/Public') },
  ]
}

function sambaShares({ host, room }: SmbContext): Share[] {
  const shared = SHARED.find(({ path }) => isFolder(host, path)) ?? { path: '/tmp', name: 'tmp', comment: 'Temporary files' }
  const disk = (name: string, path: string, comment: string, admits: Share['admits']): Share => ({
    name,
    kind: 'disk',
    comment,
    path: `C:${path.replaceAll('/', '\\')}`,
    admits,
    store: new HostStore(host, path),
  })
  return [
    disk('print$', '/var/lib/samba/printers', 'Printer Drivers', USERS),
    disk(shared.name, shared.path, shared.comment, EVERYBODY),
    { name: 'IPC$', kind: 'pipe', comment: `IPC Service (${room.machine.comment})`, path: 'C:\\tmp', admits: EVERYBODY },
  ]
}

function isFolder(host: Host, path: string): boolean {
  try {
    return host.files('root').stat(path).type === 'directory'
  } catch (error) {
    if (error instanceof HostError) return false
    throw error
  }
}
