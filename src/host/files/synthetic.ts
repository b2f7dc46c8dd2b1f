import type { FileStat } from '../contract.ts'

/** Whose view a computed file is asked for: `/proc/self` depends on it. */
export interface Viewer {
  readonly uid: number
  /** Absent when no process asks (sftp): `/proc/self` is then the server's own process. */
  readonly pid: number | undefined
}

/** One computed file, directory or link. Its size shows as 0 unless given, as in /proc. */
export interface SyntheticNode {
  type: FileStat['type']
  /** Permission bits. */
  mode: number
  uid?: number
  gid?: number
  size?: number
  /** UTC milliseconds; the time of the look when absent. */
  mtime?: number
  device?: { major: number; minor: number }
  links?: number
  /** Names in a directory. */
  list?: () => string[]
  read?: () => Buffer | string
  readlink?: () => string
  /** Absent = writing gives EACCES. May throw HostError. */
  write?: (bytes: Uint8Array) => void
}

/** A computed tree put over a directory of the host (`/proc`, `/sys`, `/dev/pts`). Nothing can be created or removed in it. */
export interface SyntheticFiles {
  /** The node at a path below the mount point: `` is the mount itself, `self/status` is below it. No trailing slash, no `.` or `..`. */
  lookup(path: string, viewer: Viewer): SyntheticNode | undefined
}

/** First of the numbers that procfs gives to what is there from the boot (fs/proc/generic.c, PROC_DYNAMIC_FIRST). */
const PROC_DYNAMIC_FIRST = 4_026_531_840

/** Inode number of a computed file: the same at each look, and of the size that its file system gives. */
export function syntheticInode(path: string): number {
  const [, system = '', first, rest] = /^\/(proc|sys|dev\/pts)(?:\/([^/]+)(\/.*)?)?$/.exec(path) ?? []
  if (first === undefined) return 1
  if (system === 'dev/pts') return first === 'ptmx' ? 2 : Number(first) + 3
  const spread = (most: number): number => {
    let hash = 0x811c9dc5
    for (let i = 0; i < path.length; i++) hash = Math.imul(hash ^ path.charCodeAt(i), 0x01000193)
    return (hash >>> 0) % most
  }
  if (system === 'sys') return 2 + spread(38_000)
  if (/^\d/.test(first)) return Number(first) * 37 + spread(9000) + 1000
  return rest === undefined ? PROC_DYNAMIC_FIRST + spread(900) : 500 + spread(60_000)
}
