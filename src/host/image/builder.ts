import { createHash } from 'node:crypto'
import { type Content, FixedContent } from '../files/content.ts'
import type { Image, Inode } from '../files/inode.ts'

export interface EntryFacts {
  mode?: number
  uid?: number
  gid?: number
  /** UTC milliseconds. */
  mtime?: number
  /** The extended attribute `security.capability` in hex. */
  capability?: string
}

/** Inodes of an ext4 file system of some 40 GB. */
const INODES = 2_600_000
const FIRST_FREE_INODE = 12

/** Collects the tree of a persona's disk. Later entries replace earlier ones, so that a persona's own seeds win. */
export class ImageBuilder implements Image {
  readonly root = 2
  bytes = 0
  readonly #inodes = new Map<number, Inode>()
  readonly #paths = new Map<number, string>()
  readonly #installedAt: number

  /** @param installedAt when the machine was set up: times of all that has none of its own */
  constructor(installedAt: number) {
    this.#installedAt = installedAt
    this.#inodes.set(this.root, this.#make(this.root, 'directory', { mode: 0o755 }))
    this.#paths.set(this.root, '/')
  }

  get inodes(): number {
    return this.#inodes.size
  }

  get(ino: number): Inode | undefined {
    return this.#inodes.get(ino)
  }

  pathOf(ino: number): string | undefined {
    return this.#paths.get(ino)
  }

  directory(path: string, facts: EntryFacts = {}): Inode {
    const existing = this.#at(path)
    if (existing?.type === 'directory') {
      Object.assign(existing, this.#facts({ mode: existing.mode, uid: existing.uid, gid: existing.gid, mtime: existing.mtime, ...facts }))
      return existing
    }
    return this.#add(path, 'directory', { mode: 0o755, ...facts })
  }

  file(path: string, content: Content | Buffer | string, facts: EntryFacts = {}): Inode {
    const inode = this.#add(path, 'file', { mode: 0o644, ...facts })
    inode.content =
      typeof content === 'string' ? new FixedContent(Buffer.from(content)) : Buffer.isBuffer(content) ? new FixedContent(content) : content
    this.bytes += sizeOnDisk(inode.content)
    return inode
  }

  symlink(path: string, target: string, facts: EntryFacts = {}): void {
    this.#add(path, 'symlink', { ...facts, mode: 0o777 }).target = target
  }

  device(path: string, type: 'character' | 'block', major: number, minor: number, facts: EntryFacts = {}): void {
    this.#add(path, type, { mode: 0o660, ...facts }).device = { major, minor }
  }

  /** Changes what is given of an entry that is there. */
  change(path: string, facts: EntryFacts): void {
    const inode = this.#at(path)
    if (!inode) return
    if (facts.mode !== undefined) inode.mode = facts.mode
    if (facts.uid !== undefined) inode.uid = facts.uid
    if (facts.gid !== undefined) inode.gid = facts.gid
    if (facts.mtime !== undefined) inode.mtime = facts.mtime
    if (facts.capability !== undefined) inode.capability = facts.capability
  }

  /** The inode at a path, links in its directories followed; undefined when there is none. */
  find(path: string): Inode | undefined {
    return this.#at(path)
  }

  #at(path: string, depth = 0): Inode | undefined {
    let inode = this.#inodes.get(this.root)
    let at = ''
    for (const name of path.split('/').filter(Boolean)) {
      if (name === '.') continue
      const ino: number | undefined = inode?.entries?.get(name)
      inode = ino === undefined ? undefined : this.#inodes.get(ino)
      at += `/${name}`
      if (inode?.type === 'symlink' && at !== path && depth < 8)
        return this.#at(resolve(at, inode.target ?? '') + path.slice(at.length), depth + 1)
    }
    return inode
  }

  #add(path: string, type: Inode['type'], facts: EntryFacts): Inode {
    const slash = path.lastIndexOf('/')
    const name = path.slice(slash + 1)
    const parent = this.#at(`${path.slice(0, slash)}/.`) ?? this.directory(path.slice(0, slash))
    if (!parent.entries) throw new Error(`image: ${path.slice(0, slash)} is no directory`)
    const replaced = parent.entries.get(name)
    const ino = replaced ?? this.#number(path)
    this.bytes -= sizeOnDisk(this.#inodes.get(ino)?.content)
    const inode = this.#make(ino, type, facts)
    this.#inodes.set(ino, inode)
    this.#paths.set(ino, path)
    parent.entries.set(name, ino)
    if (inode.mtime > parent.mtime) parent.mtime = inode.mtime
    if (type === 'directory' && replaced === undefined) parent.links++
    return inode
  }

  #make(ino: number, type: Inode['type'], facts: EntryFacts): Inode {
    const { mode, uid, gid, mtime } = this.#facts(facts)
    const inode: Inode = { ino, type, mode, uid, gid, mtime, atime: mtime, ctime: this.#installedAt, links: type === 'directory' ? 2 : 1 }
    if (type === 'directory') inode.entries = new Map()
    return inode
  }

  #facts(facts: EntryFacts): Required<Omit<EntryFacts, 'capability'>> {
    return { mode: facts.mode ?? 0o644, uid: facts.uid ?? 0, gid: facts.gid ?? 0, mtime: facts.mtime ?? this.#installedAt }
  }

  /** Depends on the path alone, as far as possible, so that kept changes still fit after the persona was edited. */
  #number(path: string): number {
    // mke2fs makes it first of all.
    if (path === '/lost+found') return 11
    let ino = FIRST_FREE_INODE + (createHash('md5').update(path).digest().readUInt32BE() % INODES)
    while (this.#inodes.has(ino)) ino++
    return ino
  }
}

function resolve(link: string, target: string): string {
  return target.startsWith('/') ? target : `${link.slice(0, link.lastIndexOf('/'))}/${target}`
}

/** Content that writes itself counts for nothing: its size is known only after all of it was made. */
function sizeOnDisk(content: Content | undefined): number {
  return !content || 'changedAt' in content ? 0 : content.size
}
