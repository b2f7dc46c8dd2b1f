import type { FileStat } from '../contract.ts'
import type { Content } from './content.ts'

export type FileType = FileStat['type']

/** What a directory entry points at. Inodes of the image are shared by all hosts of a persona and are never changed in place. */
export interface Inode {
  readonly ino: number
  readonly type: FileType
  mode: number
  uid: number
  gid: number
  /** UTC milliseconds. */
  mtime: number
  atime: number
  ctime: number
  links: number
  /** Regular files. */
  content?: Content
  /** Directories: name → inode number. */
  entries?: Map<string, number>
  /** Symbolic links. */
  target?: string
  /** Device files. */
  device?: { major: number; minor: number }
  /** ext4's flags by chattr's letters, besides `e`: with `i` nothing about the file can be changed, with `a` it only grows. */
  flags?: string
  /** The extended attribute `security.capability` in hex (world/capabilities.ts). */
  capability?: string
}

/** A file tree that nobody changes: what a persona's disk holds before anybody came. */
export interface Image {
  readonly root: number
  get(ino: number): Inode | undefined
  /** A path that leads to the inode, so that kept changes find it again when the persona has changed. */
  pathOf(ino: number): string | undefined
  /** Bytes and inodes in use. */
  readonly bytes: number
  readonly inodes: number
}

export function sizeOf(inode: Inode): number {
  if (inode.type === 'directory') return directorySize(inode.entries?.size ?? 0)
  if (inode.type === 'symlink') return Buffer.byteLength(inode.target ?? '')
  return inode.content?.size ?? 0
}

/** ext4 gives a directory whole blocks of 4096 bytes; an entry takes about 25 of them. */
function directorySize(entries: number): number {
  return Math.max(1, Math.ceil(entries / 160)) * 4096
}
