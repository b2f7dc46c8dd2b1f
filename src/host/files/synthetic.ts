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
