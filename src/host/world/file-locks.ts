import type { World } from '../command.ts'
import { HostError } from '../contract.ts'
import { mountAt } from './hardware-mounts.ts'

/** A lock that a process holds on a file, as /proc/locks has it. */
export interface FileLock {
  pid: number
  kind: 'FLOCK' | 'POSIX'
  mode: 'READ' | 'WRITE'
  path: string
  inode: number
}

/** Files that daemons hold locked from their start, by their names in ps. */
const HELD: Readonly<Record<string, readonly (readonly [kind: FileLock['kind'], path: string])[]>> = {
  cron: [['FLOCK', '/run/crond.pid']],
  atd: [['POSIX', '/run/atd.pid']],
  mariadbd: [
    ['POSIX', '/var/lib/mysql/aria_log_control'],
    ['POSIX', '/var/lib/mysql/ibdata1'],
    ['POSIX', '/var/lib/mysql/ib_logfile0'],
  ],
  master: [
    ['FLOCK', '/var/spool/postfix/pid/master.pid'],
    ['FLOCK', '/var/lib/postfix/master.lock'],
  ],
}

const taken = new WeakMap<World, FileLock[]>()

/** All locks, those of programs that run now first. */
export function fileLocks(world: World): FileLock[] {
  const own = (taken.get(world) ?? []).filter(({ pid }) => world.processes.get(pid) !== undefined)
  const held = world.processes.list().flatMap(({ pid, comm }) =>
    (HELD[comm] ?? []).flatMap(([kind, path]): FileLock[] => {
      const inode = inodeOf(world, path)
      return inode === undefined ? [] : [{ pid, kind, mode: 'WRITE', path, inode }]
    }),
  )
  return [...own, ...held]
}

/** Takes a flock(2); false while somebody holds one that does not go with it. */
export function lockFile(world: World, lock: FileLock): boolean {
  const others = fileLocks(world).filter(({ inode, kind }) => inode === lock.inode && kind === lock.kind)
  if (others.some(({ mode }) => mode === 'WRITE' || lock.mode === 'WRITE')) return false
  taken.set(world, [...(taken.get(world) ?? []).filter(({ pid }) => world.processes.get(pid) !== undefined), lock])
  return true
}

export function unlockFile(world: World, lock: FileLock): void {
  taken.set(
    world,
    (taken.get(world) ?? []).filter((one) => one !== lock),
  )
}

function inodeOf(world: World, path: string): number | undefined {
  try {
    return world.files.stat(path).inode
  } catch (error) {
    if (error instanceof HostError) return undefined
    throw error
  }
}

/** /proc/locks: number, kind, mode, pid, device and inode in hex and decimal, range (proc(5)). */
export function locksText(world: World): string {
  return fileLocks(world)
    .map(({ kind, mode, pid, path, inode }, i) => {
      const { major, minor } = mountAt(world, path).device
      const device = [major, minor].map((number) => number.toString(16).padStart(2, '0')).join(':')
      return `${i + 1}: ${kind.padEnd(6)} ADVISORY  ${mode.padEnd(5)} ${pid} ${device}:${inode} 0 EOF\n`
    })
    .join('')
}
