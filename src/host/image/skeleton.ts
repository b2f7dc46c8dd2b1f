import type { Persona } from '../../config/persona.ts'
import type { Inode } from '../files/inode.ts'
import type { ImageBuilder } from './builder.ts'

export type AddExecutable = (path: string, size: number, mtime: number | undefined, mode?: number) => Inode

/** Directories that every merged-/usr Linux has; path and mode. */
const DIRECTORIES: readonly (readonly [string, number])[] = [
  ['/boot', 0o755],
  ['/dev', 0o755],
  ['/dev/shm', 0o1777],
  ['/etc', 0o755],
  ['/home', 0o755],
  ['/media', 0o755],
  ['/mnt', 0o755],
  ['/opt', 0o755],
  ['/proc', 0o555],
  ['/root', 0o700],
  ['/run', 0o755],
  ['/run/lock', 0o1777],
  ['/srv', 0o755],
  ['/sys', 0o555],
  ['/tmp', 0o1777],
  ['/usr', 0o755],
  ['/usr/bin', 0o755],
  ['/usr/sbin', 0o755],
  ['/usr/lib', 0o755],
  ['/usr/lib64', 0o755],
  ['/usr/local', 0o755],
  ['/usr/local/bin', 0o755],
  ['/usr/local/sbin', 0o755],
  ['/usr/share', 0o755],
  ['/usr/src', 0o755],
  ['/var', 0o755],
  ['/var/backups', 0o755],
  ['/var/cache', 0o755],
  ['/var/lib', 0o755],
  ['/var/local', 0o2775],
  ['/var/log', 0o755],
  ['/var/mail', 0o2775],
  ['/var/opt', 0o755],
  ['/var/spool', 0o755],
  ['/var/tmp', 0o1777],
  ['/var/www', 0o755],
]

const LINKS: readonly (readonly [string, string])[] = [
  ['/bin', 'usr/bin'],
  ['/sbin', 'usr/sbin'],
  ['/lib', 'usr/lib'],
  ['/lib64', 'usr/lib64'],
  ['/var/run', '/run'],
  ['/var/lock', '/run/lock'],
  ['/dev/fd', '/proc/self/fd'],
  ['/dev/stdin', '/proc/self/fd/0'],
  ['/dev/stdout', '/proc/self/fd/1'],
  ['/dev/stderr', '/proc/self/fd/2'],
]

/** name, major, minor, mode, gid; Documentation/admin-guide/devices.txt of Linux. */
const DEVICES: readonly (readonly [string, number, number, number, number])[] = [
  ['null', 1, 3, 0o666, 0],
  ['zero', 1, 5, 0o666, 0],
  ['full', 1, 7, 0o666, 0],
  ['random', 1, 8, 0o666, 0],
  ['urandom', 1, 9, 0o666, 0],
  ['kmsg', 1, 11, 0o644, 0],
  ['mem', 1, 1, 0o640, 15],
  ['tty', 5, 0, 0o666, 5],
  ['console', 5, 1, 0o600, 5],
  ['ptmx', 5, 2, 0o666, 5],
  ['tty0', 4, 0, 0o620, 5],
  ['tty1', 4, 1, 0o620, 5],
  ['ttyS0', 4, 64, 0o660, 20],
]

/** The tree that a machine of this family has before its persona's own files come. */
export function skeleton(builder: ImageBuilder, persona: Persona, _executable: AddExecutable): void {
  for (const [path, mode] of DIRECTORIES) builder.directory(path, { mode })
  for (const [path, target] of LINKS) builder.symlink(path, target)
  for (const [name, major, minor, mode, gid] of DEVICES) builder.device(`/dev/${name}`, 'character', major, minor, { mode, gid })
  builder.file('/etc/hostname', `${persona.hostname}\n`)
}
