import type { FileStat, HostFiles } from '../contract.ts'
import { toBytes, toText } from '../text.ts'
import { WritableContent, wholeContent } from './content.ts'
import { errno } from './errno.ts'
import { type Inode, sizeOf } from './inode.ts'
import type { Mounts } from './mounts.ts'
import { syntheticInode } from './synthetic.ts'
import type { Volume } from './volume.ts'
import { absolute, allowed, type Credentials, type Found, linkTarget, type Slot, typeOf, Walker } from './walk.ts'

/** The host's disk with its computed trees, and the clock that stamps changes. */
export interface Disk {
  volume: Volume
  mounts: Mounts
  now(): number
}

/** Who has no name in a user namespace. */
const OVERFLOW_ID = 65_534

/** How a view sees the disk: a process's credentials and directory may change while it lives. */
export interface Viewpoint extends Credentials {
  readonly cwd: string
  readonly umask: number
  /** Who it is in a user namespace of its own; nobody else has a name there. */
  readonly inside?: { readonly uid: number; readonly gid: number } | undefined
  /** Told of each file whose bytes this view changes, before it is removed too: that is how droppers are captured. */
  readonly onWrite?: (inode: Inode, path: string, what: 'changed' | 'removing') => void
}

/** The files of a host as one user or process may use them. */
export class FilesView implements HostFiles {
  readonly #disk: Disk
  readonly #who: Viewpoint

  constructor(disk: Disk, who: Viewpoint) {
    this.#disk = disk
    this.#who = who
  }

  stat(path: string): FileStat {
    return this.#stat(this.#find(path))
  }

  /** The number of what a path leads to, if it has one; a log is written out for `stat`, which tells its size, and is not for this. */
  inodeOf(path: string): number | undefined {
    return this.#find(path).inode?.ino
  }

  lstat(path: string): FileStat {
    return this.#stat(this.#find(path, 'keep'))
  }

  list(path: string): string[] {
    const found = this.#find(path)
    if (typeOf(found) !== 'directory') throw errno('ENOTDIR')
    this.#demand(found, 'r')
    const names = found.inode ? [...(found.inode.entries?.keys() ?? [])] : (found.node.list?.() ?? [])
    return names.concat(this.#mountsBelow(found.path, names))
  }

  read(path: string): Buffer {
    const found = this.#find(path)
    if (typeOf(found) === 'directory') throw errno('EISDIR')
    this.#demand(found, 'r')
    if (found.inode) return found.inode.device ? Buffer.alloc(0) : wholeContent(found.inode.content)
    if (!found.node.read) throw errno('EINVAL')
    const content = found.node.read()
    return typeof content === 'string' ? toBytes(content) : content
  }

  write(path: string, bytes: Uint8Array, mode = 0o666): void {
    const found = this.openForWrite(path, mode)
    if (found.node) {
      found.node.write?.(bytes)
      return
    }
    if (found.inode.type !== 'file') return
    this.#disk.volume.replace(found.inode.ino, bytes)
    this.stamp(found.inode.ino)
    this.#tell(found, 'changed')
  }

  append(path: string, bytes: Uint8Array): void {
    const found = this.openForWrite(path, 0o666, true)
    if (found.node) {
      found.node.write?.(bytes)
      return
    }
    if (found.inode.type !== 'file') return
    this.#disk.volume.writeAt(found.inode.ino, found.inode.content?.size ?? 0, bytes)
    this.stamp(found.inode.ino)
    this.#tell(found, 'changed')
  }

  truncate(path: string, size: number): void {
    const found = this.openForWrite(path, 0o666)
    if (found.inode?.type !== 'file') throw errno('EINVAL')
    this.#disk.volume.truncate(found.inode.ino, size)
    this.stamp(found.inode.ino)
  }

  mkdir(path: string, mode = 0o777): void {
    const slot = this.#slot(path.replace(/\/+$/, '') || '/')
    if (slot.found) throw errno('EEXIST')
    const inode = this.#create(slot, 'directory', mode & ~this.#who.umask)
    this.#disk.volume.edit(this.#parent(slot).ino).links++
    inode.links = 2
  }

  remove(path: string): void {
    const slot = this.#slot(path)
    if (!slot.found) throw errno('ENOENT')
    if (typeOf(slot.found) === 'directory') throw errno('EISDIR')
    this.#unlink(slot)
  }

  rmdir(path: string): void {
    if (/(^|\/)\.$/.test(path)) throw errno('EINVAL')
    const slot = this.#slot(path.replace(/\/+$/, '') || '/')
    if (!slot.found) throw errno('ENOENT')
    if (typeOf(slot.found) !== 'directory') throw errno('ENOTDIR')
    if (slot.path === '/' || this.#disk.mounts.at(this.#whole(slot.path))) throw errno('EBUSY')
    if (!slot.found.inode) throw errno('EPERM')
    if (slot.found.inode.entries?.size || this.#mountsBelow(slot.path, []).length) throw errno('ENOTEMPTY')
    const parent = this.#parent(slot)
    this.#demandEntryRemoval(slot)
    const directory = this.#disk.volume.edit(parent.ino)
    directory.entries?.delete(slot.name)
    directory.links--
    this.stamp(parent.ino)
    this.#disk.volume.drop(slot.found.inode.ino)
  }

  rename(from: string, to: string): void {
    const source = this.#slot(from)
    if (!source.found) throw errno('ENOENT')
    const moved = source.found.inode
    if (!moved) throw errno('EPERM')
    const target = this.#slot(to.replace(/\/+$/, '') || '/')
    if (target.path === source.path) return
    if (moved.type === 'directory' && target.path.startsWith(`${source.path}/`)) throw errno('EINVAL')
    this.#demandEntryRemoval(source)
    if (target.found) this.#makeRoom(target, moved)
    const [old, next] = [this.#parent(source), this.#parent(target)]
    this.#demandDirectoryChange(target.directory)
    this.#disk.volume.edit(old.ino).entries?.delete(source.name)
    this.#disk.volume.edit(next.ino).entries?.set(target.name, moved.ino)
    if (moved.type === 'directory' && old.ino !== next.ino) {
      this.#disk.volume.edit(old.ino).links--
      this.#disk.volume.edit(next.ino).links++
    }
    this.stamp(old.ino)
    this.stamp(next.ino)
    this.#disk.volume.edit(moved.ino).ctime = this.#disk.now()
  }

  symlink(target: string, path: string): void {
    const slot = this.#slot(path)
    if (slot.found) throw errno('EEXIST')
    this.#create(slot, 'symlink', 0o777, { target })
  }

  link(existing: string, path: string): void {
    const { inode } = this.#find(existing, 'keep')
    if (!inode) throw errno('EXDEV')
    if (inode.type === 'directory') throw errno('EPERM')
    demandChangeable(inode)
    const slot = this.#slot(path)
    if (slot.found) throw errno('EEXIST')
    const parent = this.#demandDirectoryChange(slot.directory)
    this.#disk.volume.edit(parent.ino).entries?.set(slot.name, inode.ino)
    this.#disk.volume.edit(inode.ino).links++
    this.stamp(parent.ino)
  }

  mknod(path: string, type: 'fifo' | 'socket' | 'character' | 'block', mode: number, device?: { major: number; minor: number }): void {
    if (device && this.#who.uid !== 0) throw errno('EPERM')
    const slot = this.#slot(path)
    if (slot.found) throw errno('EEXIST')
    this.#create(slot, type, mode & ~this.#who.umask, device && { device })
  }

  readlink(path: string): string {
    const target = linkTarget(this.#find(path, 'keep'))
    if (target === undefined) throw errno('EINVAL')
    return target
  }

  realpath(path: string): string {
    return this.#find(path).path
  }

  chmod(path: string, mode: number): void {
    const inode = this.#owned(this.#find(path))
    demandChangeable(inode)
    const edited = this.#disk.volume.edit(inode.ino)
    edited.mode = mode & 0o7777
    edited.ctime = this.#disk.now()
  }

  chown(path: string, uid: number, gid: number): void {
    this.#chown(this.#find(path), uid, gid)
  }

  lchown(path: string, uid: number, gid: number): void {
    this.#chown(this.#find(path, 'keep'), uid, gid)
  }

  utimes(path: string, atime: number, mtime: number): void {
    const inode = this.#owned(this.#find(path))
    demandChangeable(inode)
    Object.assign(this.#disk.volume.edit(inode.ino), { atime, mtime, ctime: this.#disk.now() })
  }

  may(access: 'r' | 'w' | 'x', path: string): boolean {
    let found: Found
    try {
      found = this.#find(path)
    } catch {
      // access(2) answers -1 for whatever keeps the path from being reached.
      return false
    }
    return this.#mayUse(found, access)
  }

  /** Where a path leads, whatever rights the file itself has. */
  openable(path: string): Found {
    return this.#find(path)
  }

  /** What opening for reading leads to. Throws as open(2) does. */
  openForRead(path: string): Found {
    const found = this.#find(path)
    this.#demand(found, 'r')
    return found
  }

  /** What opening for writing leads to; makes the file when it is missing. */
  openForWrite(path: string, mode: number, appends = false): Found {
    const slot = new Walker(this.#disk.volume, this.#disk.mounts, this.#who).slot(absolute(this.#who.cwd, path), 'follow')
    if (!slot.found) {
      if (path.endsWith('/')) throw errno('EISDIR')
      return { path: slot.path, inode: this.#create(slot, 'file', mode & ~this.#who.umask) }
    }
    if (typeOf(slot.found) === 'directory') throw errno('EISDIR')
    if (slot.found.node && !slot.found.node.write) throw errno('EACCES')
    this.#demand(slot.found, 'w')
    if (slot.found.inode) demandChangeable(slot.found.inode, appends)
    return slot.found
  }

  /** Marks content or entries as changed now. */
  stamp(ino: number): void {
    const inode = this.#disk.volume.edit(ino)
    inode.mtime = this.#disk.now()
    inode.ctime = inode.mtime
    if (inode.capability !== undefined) delete inode.capability
  }

  /** ext4's flags of a file, as chattr names them. */
  flags(path: string): string {
    return this.#find(path).inode?.flags ?? ''
  }

  setFlags(path: string, flags: string): void {
    const inode = this.#owned(this.#find(path))
    const edited = this.#disk.volume.edit(inode.ino)
    edited.flags = flags
    edited.ctime = this.#disk.now()
  }

  capability(path: string): string | undefined {
    return this.#find(path).inode?.capability
  }

  setCapability(path: string, value: string | undefined): void {
    const { inode } = this.#find(path)
    const { uid, inside } = this.#who
    if (!inode || (uid !== 0 && !(inside && uid === inode.uid))) throw errno('EPERM')
    demandChangeable(inode)
    const edited = this.#disk.volume.edit(inode.ino)
    if (value === undefined) delete edited.capability
    else edited.capability = value
    edited.ctime = this.#disk.now()
  }

  changed(found: Found): void {
    this.#tell(found, 'changed')
  }

  #find(path: string, last: 'follow' | 'keep' = 'follow'): Found {
    return new Walker(this.#disk.volume, this.#disk.mounts, this.#who).find(absolute(this.#who.cwd, path), last)
  }

  #slot(path: string): Slot {
    return new Walker(this.#disk.volume, this.#disk.mounts, this.#who).slot(absolute(this.#who.cwd, path), 'keep')
  }

  #stat(found: Found): FileStat {
    const stat = this.#outerStat(found)
    const { inside } = this.#who
    if (!inside) return stat
    const shown = (id: number, own: number, name: number): number => (id === own ? name : OVERFLOW_ID)
    return { ...stat, uid: shown(stat.uid, this.#who.uid, inside.uid), gid: shown(stat.gid, this.#who.gid, inside.gid) }
  }

  #outerStat({ inode, node, path }: Found): FileStat {
    if (inode) {
      const { type, mode, uid, gid, mtime, atime, ctime, links, device } = inode
      const holes = inode.content instanceof WritableContent ? inode.content.holes : 0
      const stat = { type, mode, uid, gid, size: sizeOf(inode), mtime, atime, ctime, links, inode: inode.ino }
      return { ...stat, ...(holes > 0 && { holes }), ...(device && { device }) }
    }
    const time = node.mtime ?? this.#disk.now()
    return {
      type: node.type,
      mode: node.mode,
      uid: node.uid ?? 0,
      gid: node.gid ?? 0,
      size: node.size ?? 0,
      mtime: time,
      atime: time,
      ctime: time,
      links: node.links ?? (node.type === 'directory' ? 2 : 1),
      inode: syntheticInode(path),
      ...(node.device && { device: node.device }),
    }
  }

  #create(slot: Slot, type: Inode['type'], mode: number, more: Pick<Inode, 'target' | 'device'> = {}): Inode {
    const parent = this.#demandDirectoryChange(slot.directory)
    const setgid = (parent.mode & 0o2000) !== 0
    const facts = { mode: mode & 0o7777, uid: this.#who.uid, gid: setgid ? parent.gid : this.#who.gid, now: this.#disk.now() }
    const inode = this.#disk.volume.create(type, { ...facts, ...more })
    this.#disk.volume.edit(parent.ino).entries?.set(slot.name, inode.ino)
    this.stamp(parent.ino)
    return inode
  }

  #unlink(slot: Slot): void {
    const inode = slot.found?.inode
    if (!inode) throw errno('EPERM')
    this.#demandEntryRemoval(slot)
    const parent = this.#parent(slot)
    if (inode.links <= 1) this.#tell({ inode, path: slot.path }, 'removing')
    this.#disk.volume.edit(parent.ino).entries?.delete(slot.name)
    this.stamp(parent.ino)
    if (inode.links > 1) this.#disk.volume.edit(inode.ino).links--
    else this.#disk.volume.drop(inode.ino)
  }

  /** rename(2): a file replaces a file, a directory an empty directory. */
  #makeRoom(target: Slot, moved: Inode): void {
    const there = target.found?.inode
    if (!there) throw errno('EPERM')
    if (there.type === 'directory' && moved.type !== 'directory') throw errno('EISDIR')
    if (there.type !== 'directory' && moved.type === 'directory') throw errno('ENOTDIR')
    if (there.type === 'directory') this.rmdir(target.path)
    else this.#unlink(target)
  }

  #chown({ inode }: Found, uid: number, gid: number): void {
    if (!inode) throw errno('EPERM')
    demandChangeable(inode)
    const { uid: me, gid: myGroup, groups } = this.#who
    const givesAway = uid !== -1 && uid !== inode.uid
    const foreignGroup = gid !== -1 && gid !== inode.gid && gid !== myGroup && !groups.includes(gid)
    if (me !== 0 && (me !== inode.uid || givesAway || foreignGroup)) throw errno('EPERM')
    const edited = this.#disk.volume.edit(inode.ino)
    if (uid !== -1) edited.uid = uid
    if (gid !== -1) edited.gid = gid
    if (edited.capability !== undefined) delete edited.capability
    // chown(2): a file that changes hands loses set-user-ID, and set-group-ID where its group may execute it.
    if (inode.type !== 'directory') edited.mode &= edited.mode & 0o010 ? ~0o6000 : ~0o4000
    edited.ctime = this.#disk.now()
  }

  #owned({ inode }: Found): Inode {
    if (!inode || (this.#who.uid !== 0 && this.#who.uid !== inode.uid)) throw errno('EPERM')
    return inode
  }

  #mayUse(found: Found, access: 'r' | 'w' | 'x'): boolean {
    const { inode, node } = found
    if (inode) return allowed(inode, access, this.#who)
    if (access === 'w' && !node.write && node.type !== 'directory') return false
    return allowed({ type: node.type, mode: node.mode, uid: node.uid ?? 0, gid: node.gid ?? 0 }, access, this.#who)
  }

  #demand(found: Found, access: 'r' | 'w'): void {
    if (!this.#mayUse(found, access)) throw errno('EACCES')
  }

  #parent(slot: Slot): Inode {
    const { inode } = slot.directory
    // Nothing can be made or removed in /proc and its like.
    if (!inode) throw errno(slot.found ? 'EPERM' : 'ENOENT')
    return this.#disk.volume.inode(inode.ino)
  }

  #demandDirectoryChange(directory: Found): Inode {
    if (!directory.inode) throw errno('ENOENT')
    if (!allowed(directory.inode, 'w', this.#who) || !allowed(directory.inode, 'x', this.#who)) throw errno('EACCES')
    demandChangeable(directory.inode, true)
    return this.#disk.volume.inode(directory.inode.ino)
  }

  /** In a sticky directory (/tmp) only the owner of the file or the directory removes. */
  #demandEntryRemoval(slot: Slot): void {
    const parent = this.#demandDirectoryChange(slot.directory)
    const { uid } = this.#who
    const file = slot.found?.inode
    demandChangeable(parent)
    if (file) demandChangeable(file)
    if ((parent.mode & 0o1000) !== 0 && uid !== 0 && uid !== parent.uid && uid !== file?.uid) throw errno('EPERM')
  }

  #tell(found: Found, what: 'changed' | 'removing'): void {
    const inode = found.inode && (this.#disk.volume.find(found.inode.ino) ?? found.inode)
    if (inode?.type === 'file') this.#who.onWrite?.(inode, found.path, what)
  }

  /** A canonical path as those see it whose root is the disk's. */
  #whole(path: string): string {
    const root = this.#who.root ?? '/'
    if (root === '/') return path
    return path === '/' ? root : root + path
  }

  #mountsBelow(directory: string, present: readonly string[]): string[] {
    const whole = this.#whole(directory)
    const prefix = whole === '/' ? '/' : `${whole}/`
    const names: string[] = []
    for (const path of this.#disk.mounts.paths) {
      if (!path.startsWith(prefix)) continue
      const name = path.slice(prefix.length)
      if (name && !name.includes('/') && !present.includes(name)) names.push(name)
    }
    return names
  }
}

/** What chattr has forbidden to all, root too (ext4, fs/namei.c: may_delete, fs/attr.c: notify_change). */
function demandChangeable(inode: Inode, onlyGrows = false): void {
  if (inode.flags?.includes('i') || (inode.flags?.includes('a') && !onlyGrows)) throw errno('EPERM')
}

/** Text of a small file, without the last newline's absence mattering. */
export function readText(files: HostFiles, path: string): string {
  return toText(files.read(path))
}
