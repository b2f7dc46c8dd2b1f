import { type Content, WritableContent } from './content.ts'
import { errno } from './errno.ts'
import type { FileType, Image, Inode } from './inode.ts'
import { MemoryPool } from './memory-pool.ts'

export interface VolumeLimits {
  /** Real bytes of memory that one source may fill. */
  bytes: number
  /** Inodes of its own. */
  inodes: number
  /** Free bytes of the simulated disk: runs of zeros count here only. */
  disk: number
}

export const VOLUME_LIMITS: VolumeLimits = { bytes: 32 * 1024 * 1024, inodes: 10_000, disk: 20 * 1024 ** 3 }

/**
 * The disk of one host: the image of its persona and, over it, what one source has changed. Knows nothing of paths and
 * rights; see FilesView.
 */
export class Volume {
  readonly image: Image
  readonly #own = new Map<number, Inode>()
  readonly #gone = new Set<number>()
  readonly #limits: VolumeLimits
  readonly #pool: MemoryPool
  readonly #changed = new Set<number>()
  #next = 131_100
  #weight = 0
  #apparent = 0
  /** Called after each change, so that it can be kept. */
  onChange: (() => void) | undefined

  /** @param pool of the memory that it shares with others */
  constructor(image: Image, limits: VolumeLimits = VOLUME_LIMITS, pool = new MemoryPool(limits.bytes)) {
    this.image = image
    this.#limits = limits
    this.#pool = pool
  }

  /** Bytes of memory that this source's files take. */
  get weight(): number {
    return this.#weight
  }

  /** Gives its share of the pool back; to be called when nobody uses it any more. */
  close(): void {
    this.#pool.add(-this.#weight)
    this.#weight = 0
  }

  get root(): Inode {
    return this.inode(this.image.root)
  }

  get usage(): { bytes: number; inodes: number } {
    return { bytes: this.image.bytes + this.#apparent, inodes: this.image.inodes + this.#own.size - this.#gone.size }
  }

  find(ino: number): Inode | undefined {
    return this.#own.get(ino) ?? (this.#gone.has(ino) ? undefined : this.image.get(ino))
  }

  inode(ino: number): Inode {
    const inode = this.find(ino)
    if (!inode) throw errno('EIO')
    return inode
  }

  /** This source's own copy of an inode, to be changed. */
  edit(ino: number): Inode {
    this.#touch(ino)
    const own = this.#own.get(ino)
    if (own) return own
    const shared = this.inode(ino)
    const copy: Inode = { ...shared, ...(shared.entries && { entries: new Map(shared.entries) }) }
    this.#own.set(ino, copy)
    return copy
  }

  create(type: FileType, facts: { mode: number; uid: number; gid: number; now: number } & Pick<Inode, 'target' | 'device'>): Inode {
    if (this.#own.size >= this.#limits.inodes) throw errno('ENOSPC')
    while (this.#own.has(this.#next) || this.image.get(this.#next)) this.#next++
    const { now, mode, uid, gid, target, device } = facts
    const inode: Inode = {
      ino: this.#next++,
      type,
      mode,
      uid,
      gid,
      mtime: now,
      atime: now,
      ctime: now,
      links: type === 'directory' ? 2 : 1,
      ...(type === 'directory' && { entries: new Map<string, number>() }),
      ...(target !== undefined && { target }),
      ...(device && { device }),
    }
    this.#own.set(inode.ino, inode)
    this.#touch(inode.ino)
    return inode
  }

  /** Removes an inode that nothing names any more. An open file keeps its content as long as its process holds it. */
  drop(ino: number): void {
    const own = this.#own.get(ino)
    if (own) this.#account(own.content, undefined)
    this.#own.delete(ino)
    if (this.image.get(ino)) this.#gone.add(ino)
    this.#touch(ino)
  }

  replace(ino: number, bytes: Uint8Array): void {
    const inode = this.edit(ino)
    const content = WritableContent.of(bytes)
    this.#claim(content.weight - weightOf(inode.content), content.size - (inode.content?.size ?? 0))
    inode.content = content
  }

  writeAt(ino: number, offset: number, bytes: Uint8Array): void {
    const inode = this.edit(ino)
    const content = this.#writable(inode)
    const grows = Math.max(0, offset + bytes.length - content.size)
    this.#claim(0, 0, bytes.length, grows)
    const before = { weight: content.weight, size: content.size }
    content.write(offset, bytes)
    this.#claim(content.weight - before.weight, content.size - before.size)
  }

  truncate(ino: number, size: number): void {
    const inode = this.edit(ino)
    const content = this.#writable(inode)
    const before = { weight: content.weight, size: content.size }
    this.#claim(0, 0, 0, Math.max(0, size - content.size))
    content.truncate(size)
    this.#claim(content.weight - before.weight, content.size - before.size)
  }

  /** Inodes changed since the last call. */
  takeChanges(): number[] {
    const changed = [...this.#changed]
    this.#changed.clear()
    return changed
  }

  own(ino: number): Inode | undefined {
    return this.#own.get(ino)
  }

  isGone(ino: number): boolean {
    return this.#gone.has(ino)
  }

  /** Takes back what was kept before a restart. */
  restore(inodes: Iterable<Inode>, gone: Iterable<number>): void {
    for (const inode of inodes) {
      this.#own.set(inode.ino, inode)
      this.#account(undefined, inode.content)
    }
    for (const ino of gone) if (this.image.get(ino)) this.#gone.add(ino)
  }

  #writable(inode: Inode): WritableContent {
    if (inode.content instanceof WritableContent) return inode.content
    const content = inode.content ? WritableContent.from(inode.content) : new WritableContent()
    this.#claim(content.weight, 0)
    inode.content = content
    return content
  }

  #account(before: Content | undefined, after: Content | undefined): void {
    this.#weigh(weightOf(after) - weightOf(before))
    this.#apparent += (after?.size ?? 0) - (before?.size ?? 0)
  }

  /** Books a change of memory and size; with `asks`, only checks whether there is room for it. */
  #claim(weight: number, size: number, asksBytes = 0, asksSize = 0): void {
    const more = weight + asksBytes
    if (this.#weight + more > this.#limits.bytes || this.#apparent + size + asksSize > this.#limits.disk) throw errno('ENOSPC')
    if (more > 0 && !this.#pool.hasRoom(more)) throw errno('ENOSPC')
    this.#weigh(weight)
    this.#apparent += size
  }

  #weigh(bytes: number): void {
    this.#weight += bytes
    this.#pool.add(bytes)
  }

  #touch(ino: number): void {
    this.#changed.add(ino)
    this.onChange?.()
  }
}

function weightOf(content: Content | undefined): number {
  return content instanceof WritableContent ? content.weight : 0
}
