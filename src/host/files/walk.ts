import { errno } from './errno.ts'
import type { Inode } from './inode.ts'
import type { Mounts } from './mounts.ts'
import type { SyntheticFiles, SyntheticNode, Viewer } from './synthetic.ts'
import type { Volume } from './volume.ts'

/** Who looks: rights are those of its user, `/proc/self` is its process. */
export interface Credentials extends Viewer {
  readonly gid: number
  readonly groups: readonly number[]
  /** Capabilities that hold now, a bit each; of a viewpoint that is no process, those of its user. */
  readonly effective?: bigint
  /** Where its paths begin, a canonical path; `/` when absent. */
  readonly root?: string
}

/** Where a path leads. `path` is canonical: absolute, without links, dots or double slashes. */
export type Found = { path: string; inode: Inode; node?: undefined } | { path: string; node: SyntheticNode; inode?: undefined }

/** The entry of a directory that a path names, whether it exists or not. */
export interface Slot {
  directory: Found
  name: string
  path: string
  found: Found | undefined
}

/** Linux follows at most 40 links in one path (path_resolution(7)). */
const MOST_LINKS = 40
const LONGEST_PATH = 4096
const LONGEST_NAME = 255

/** Stands for a directory that is no more. */
const GONE: Inode = { ino: 0, type: 'directory', mode: 0, uid: 0, gid: 0, mtime: 0, atime: 0, ctime: 0, links: 0 }

interface Position {
  found: Found
  /** The computed tree that we are in, and its mount point. */
  computed: { files: SyntheticFiles; mount: string } | undefined
}

/** Follows paths through the volume and the computed trees put over it. */
export class Walker {
  readonly #volume: Volume
  readonly #mounts: Mounts
  readonly #who: Credentials
  readonly #root: string

  constructor(volume: Volume, mounts: Mounts, who: Credentials) {
    this.#volume = volume
    this.#mounts = mounts
    this.#who = who
    this.#root = who.root ?? '/'
  }

  /** @throws HostError ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG */
  find(path: string, last: 'follow' | 'keep' = 'follow'): Found {
    const slot = this.slot(path, last)
    if (!slot.found) throw errno('ENOENT')
    return slot.found
  }

  /** The last component may be missing; `follow` looks through a link that is there, dangling ones included. */
  slot(path: string, last: 'follow' | 'keep'): Slot {
    if (path === '') throw errno('ENOENT')
    if (path.length > LONGEST_PATH) throw errno('ENAMETOOLONG')
    let links = 0
    let position: Position = this.#top()
    let rest = split(path)
    const wantsDirectory = path.endsWith('/')
    let trail: Position[] = [position]
    let name = '/'
    while (rest.length > 0) {
      name = rest[0] as string
      rest = rest.slice(1)
      if (name.length > LONGEST_NAME) throw errno('ENAMETOOLONG')
      this.#enter(position.found)
      if (name === '.') continue
      if (name === '..') {
        trail = trail.length > 1 ? trail.slice(0, -1) : trail
        position = trail.at(-1) as Position
        continue
      }
      const next = this.#step(position, name)
      if (!next) {
        if (rest.some((part) => part !== '.')) throw errno('ENOENT')
        return { directory: position.found, name, path: join(position.found.path, name), found: undefined }
      }
      // A link that stays is not read: what /proc/PID/exe names may be nobody's to know.
      const target = rest.length > 0 || last === 'follow' || wantsDirectory ? linkTarget(next.found) : undefined
      const end = rest.length === 0 && next.found.node && target !== undefined ? endOfPipe(target) : undefined
      if (end && next.found.node) {
        const node = { ...next.found.node, type: end, mode: 0o600, links: 1 }
        return { directory: position.found, name, path: next.found.path, found: { path: next.found.path, node } }
      }
      if (target !== undefined) {
        if (++links > MOST_LINKS) throw errno('ELOOP')
        rest = [...split(target), ...rest]
        if (target.startsWith('/')) {
          trail = trail.slice(0, 1)
          position = trail[0] as Position
        }
        continue
      }
      if (rest.length === 0) {
        if (wantsDirectory && typeOf(next.found) !== 'directory') throw errno('ENOTDIR')
        return { directory: position.found, name, path: next.found.path, found: next.found }
      }
      trail = [...trail, next]
      position = next
    }
    const directory = (trail.at(-2) ?? position).found
    return {
      directory,
      name: position.found.path.slice(position.found.path.lastIndexOf('/') + 1) || '/',
      path: position.found.path,
      found: position.found,
    }
  }

  #top(): Position {
    const top: Position = { found: { path: '/', inode: this.#volume.root }, computed: undefined }
    const names = split(this.#root)
    if (names.length === 0) return top
    let inode: Inode | undefined = this.#volume.root
    for (const name of names) inode = this.#volume.find(inode?.entries?.get(name) ?? -1)
    // Somebody has removed it: what is inside cannot be reached any more.
    return { found: { path: '/', inode: inode ?? GONE }, computed: undefined }
  }

  #enter(found: Found): void {
    if (typeOf(found) !== 'directory') throw errno('ENOTDIR')
    if (found.inode && !allowed(found.inode, 'x', this.#who)) throw errno('EACCES')
  }

  #step(position: Position, name: string): Position | undefined {
    const path = join(position.found.path, name)
    const whole = this.#root === '/' ? path : this.#root + path
    const mounted = this.#mounts.at(whole)
    if (mounted) {
      const node = mounted.lookup('', this.#who)
      return node && { found: { path, node }, computed: { files: mounted, mount: whole } }
    }
    if (position.computed) {
      const node = position.computed.files.lookup(whole.slice(position.computed.mount.length + 1), this.#who)
      return node && { found: { path, node }, computed: position.computed }
    }
    const ino = position.found.inode?.entries?.get(name)
    const inode = ino === undefined ? undefined : this.#volume.find(ino)
    return inode && { found: { path, inode }, computed: undefined }
  }
}

export function typeOf(found: Found): Inode['type'] {
  return found.inode ? found.inode.type : found.node.type
}

/** What stands behind a link of /proc/PID/fd that names no path: `pipe:[20031]`. */
function endOfPipe(target: string): 'fifo' | 'socket' | undefined {
  const kind = /^(pipe|socket):\[\d+\]$/.exec(target)?.[1]
  if (!kind) return undefined
  return kind === 'pipe' ? 'fifo' : 'socket'
}

export function linkTarget(found: Found): string | undefined {
  if (found.inode) return found.inode.type === 'symlink' ? (found.inode.target ?? '') : undefined
  return found.node.type === 'symlink' ? found.node.readlink?.() : undefined
}

/** Owner, group and other bits, as the kernel checks them; root may all but execute what nobody may. */
export function allowed(
  file: { type: Inode['type']; mode: number; uid: number; gid: number },
  access: 'r' | 'w' | 'x',
  who: Pick<Credentials, 'uid' | 'gid' | 'groups' | 'effective'>,
): boolean {
  const bit = access === 'r' ? 4 : access === 'w' ? 2 : 1
  if (overrides(access, who)) return access !== 'x' || file.type === 'directory' || (file.mode & 0o111) !== 0
  const shift = who.uid === file.uid ? 6 : who.gid === file.gid || who.groups.includes(file.gid) ? 3 : 0
  return ((file.mode >> shift) & bit) !== 0
}

/** CAP_DAC_OVERRIDE, and for reading CAP_DAC_READ_SEARCH too (capabilities(7)). */
function overrides(access: 'r' | 'w' | 'x', who: Pick<Credentials, 'uid' | 'effective'>): boolean {
  if (who.effective === undefined) return who.uid === 0
  return (who.effective & (access === 'w' ? 2n : 6n)) !== 0n
}

function split(path: string): string[] {
  return path.split('/').filter((part) => part !== '')
}

export function join(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`
}

/** An absolute path from one that may be relative; dots stay for the walker, which must see links first. */
export function absolute(cwd: string, path: string): string {
  if (path.startsWith('/') || path === '') return path
  return cwd === '/' ? `/${path}` : `${cwd}/${path}`
}
