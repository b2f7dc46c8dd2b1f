import { SmbStatus, STATUS } from '../status.ts'
import { type Node, nameOf, parentOf, type ShareStore } from './store.ts'

/** Files that one source may leave on a disk, and their bytes together. */
const FILES = 4000
const BYTES = 64 * 1024 * 1024

/** A file of a disk before anybody changed it. Bytes are made when they are read. */
export interface SeedFile {
  path: string
  isDirectory: boolean
  size: number
  modified: number
  content: () => Buffer
}

interface Entry {
  node: Node
  content: () => Buffer
}

/** A disk of a machine that has no simulated host, as one source has left it. Names keep their case and are found in any. */
export class MemoryDisk {
  readonly #entries = new Map<string, Entry>()
  #ids = 0x10000
  #added = 0

  constructor(seeds: Iterable<SeedFile>, now: number) {
    this.#put('', { name: '', isDirectory: true, isArchive: false, size: 0, created: now, modified: now, id: 5 }, () => Buffer.alloc(0))
    for (const { path, isDirectory, size, modified, content } of seeds) {
      this.#put(path, { name: nameOf(path), isDirectory, isArchive: true, size, created: modified, modified, id: this.#ids++ }, content)
    }
  }

  stat(path: string): Node | undefined {
    return this.#entries.get(key(path))?.node
  }

  list(path: string): Node[] {
    const folder = key(path)
    const prefix = folder === '' ? '' : `${folder}/`
    const nodes: Node[] = []
    for (const [at, { node }] of this.#entries) {
      if (at !== '' && at.startsWith(prefix) && !at.includes('/', prefix.length)) nodes.push(node)
    }
    return nodes.sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1))
  }

  read(path: string): Buffer {
    const entry = this.#entries.get(key(path))
    if (!entry) throw new SmbStatus(STATUS.OBJECT_NAME_NOT_FOUND)
    if (entry.node.isDirectory) throw new SmbStatus(STATUS.FILE_IS_A_DIRECTORY)
    return entry.content()
  }

  write(path: string, bytes: Buffer): void {
    const known = this.#entries.get(key(path))?.node
    if (known?.isDirectory) throw new SmbStatus(STATUS.FILE_IS_A_DIRECTORY)
    this.#make(path, bytes, false)
  }

  mkdir(path: string): void {
    if (this.stat(path)) throw new SmbStatus(STATUS.OBJECT_NAME_COLLISION)
    this.#make(path, Buffer.alloc(0), true)
  }

  remove(path: string): void {
    const node = this.stat(path)
    if (!node || path === '') throw new SmbStatus(STATUS.OBJECT_NAME_NOT_FOUND)
    if (node.isDirectory && this.list(path).length > 0) throw new SmbStatus(STATUS.DIRECTORY_NOT_EMPTY)
    this.#added -= node.size
    this.#entries.delete(key(path))
  }

  rename(from: string, to: string): void {
    const entry = this.#entries.get(key(from))
    if (!entry) throw new SmbStatus(STATUS.OBJECT_NAME_NOT_FOUND)
    if (this.stat(to)) throw new SmbStatus(STATUS.OBJECT_NAME_COLLISION)
    if (!this.stat(parentOf(to))?.isDirectory) throw new SmbStatus(STATUS.OBJECT_PATH_NOT_FOUND)
    const old = `${key(from)}/`
    for (const [at, below] of [...this.#entries]) {
      if (!at.startsWith(old)) continue
      this.#entries.delete(at)
      this.#entries.set(key(`${to}/${at.slice(old.length)}`), below)
    }
    this.#entries.delete(key(from))
    this.#put(to, { ...entry.node, name: nameOf(to) }, entry.content)
  }

  #make(path: string, bytes: Buffer, isDirectory: boolean): void {
    if (!this.stat(parentOf(path))?.isDirectory) throw new SmbStatus(STATUS.OBJECT_PATH_NOT_FOUND)
    const known = this.stat(path)
    const grows = bytes.length - (known?.size ?? 0)
    if (this.#added + grows > BYTES || (!known && this.#entries.size > FILES)) throw new SmbStatus(STATUS.DISK_FULL)
    this.#added += grows
    const now = Date.now()
    const created = known?.created ?? now
    this.#put(
      path,
      { name: nameOf(path), isDirectory, isArchive: true, size: bytes.length, created, modified: now, id: known?.id ?? this.#ids++ },
      () => bytes,
    )
  }

  #put(path: string, node: Node, content: () => Buffer): void {
    this.#entries.set(key(path), { node, content })
  }
}

function key(path: string): string {
  return path.toLowerCase()
}

/** A share that is a folder of a disk, `Windows` for ADMIN$. */
export class DiskStore implements ShareStore {
  readonly #disk: MemoryDisk
  readonly #root: string

  constructor(disk: MemoryDisk, root: string) {
    this.#disk = disk
    this.#root = root
  }

  stat(path: string): Node | undefined {
    return this.#disk.stat(this.#at(path))
  }

  list(path: string): Node[] {
    return this.#disk.list(this.#at(path))
  }

  read(path: string): Buffer {
    return this.#disk.read(this.#at(path))
  }

  write(path: string, bytes: Buffer): void {
    this.#disk.write(this.#at(path), bytes)
  }

  mkdir(path: string): void {
    this.#disk.mkdir(this.#at(path))
  }

  remove(path: string): void {
    this.#disk.remove(this.#at(path))
  }

  rename(from: string, to: string): void {
    this.#disk.rename(this.#at(from), this.#at(to))
  }

  #at(path: string): string {
    return this.#root === '' ? path : path === '' ? this.#root : `${this.#root}/${path}`
  }
}
