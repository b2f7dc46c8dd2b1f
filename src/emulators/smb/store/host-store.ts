import { type FileStat, type Host, HostError, type HostFiles } from '../../../host/contract.ts'
import { SmbStatus, STATUS } from '../status.ts'
import { type Node, nameOf, parentOf, type ShareStore } from './store.ts'

const ENTRIES = 5000

const STATUS_OF: Readonly<Record<string, number>> = {
  ENOENT: STATUS.OBJECT_NAME_NOT_FOUND,
  EACCES: STATUS.ACCESS_DENIED,
  EPERM: STATUS.ACCESS_DENIED,
  EROFS: STATUS.ACCESS_DENIED,
  EEXIST: STATUS.OBJECT_NAME_COLLISION,
  ENOTDIR: STATUS.OBJECT_PATH_NOT_FOUND,
  EISDIR: STATUS.FILE_IS_A_DIRECTORY,
  ENOTEMPTY: STATUS.DIRECTORY_NOT_EMPTY,
  ENOSPC: STATUS.DISK_FULL,
  EFBIG: STATUS.DISK_FULL,
}

/** A folder of the simulated host: what is put here is there over SSH and FTP too. */
export class HostStore implements ShareStore {
  readonly #files: HostFiles
  readonly #root: string

  constructor(host: Host, root: string) {
    this.#files = host.files('root')
    this.#root = root
  }

  stat(path: string): Node | undefined {
    try {
      return this.#node(nameOf(path), this.#files.stat(this.#real(path)))
    } catch (error) {
      if (error instanceof HostError) return undefined
      throw error
    }
  }

  list(path: string): Node[] {
    return guarded(() =>
      this.#files
        .list(this.#real(path))
        .sort()
        .slice(0, ENTRIES)
        .flatMap((name) => this.stat(path === '' ? name : `${path}/${name}`) ?? []),
    )
  }

  read(path: string): Buffer {
    return guarded(() => this.#files.read(this.#real(path)))
  }

  write(path: string, bytes: Buffer): void {
    if (!this.stat(parentOf(path))?.isDirectory) throw new SmbStatus(STATUS.OBJECT_PATH_NOT_FOUND)
    guarded(() => this.#files.write(this.#real(path), bytes, 0o744))
  }

  mkdir(path: string): void {
    guarded(() => this.#files.mkdir(this.#real(path), 0o755))
  }

  remove(path: string): void {
    const node = this.stat(path)
    if (!node) throw new SmbStatus(STATUS.OBJECT_NAME_NOT_FOUND)
    guarded(() => (node.isDirectory ? this.#files.rmdir(this.#real(path)) : this.#files.remove(this.#real(path))))
  }

  rename(from: string, to: string): void {
    guarded(() => this.#files.rename(this.#real(from), this.#real(to)))
  }

  #node(name: string, { type, mode, size, mtime, ctime, inode }: FileStat): Node {
    const isDirectory = type === 'directory'
    // Samba has no time of creation on most file systems: it shows the earliest that it knows.
    const isArchive = (mode & 0o100) !== 0
    return { name, isDirectory, isArchive, size: isDirectory ? 0 : size, created: Math.min(mtime, ctime), modified: mtime, id: inode }
  }

  /** A link that leads out of the share is as good as absent to Samba (`wide links = no`). */
  #real(path: string): string {
    const real = `${this.#root}/${path}`.replace(/\/$/, '')
    const known = this.#existing(real)
    if (known !== this.#root && !known.startsWith(`${this.#root}/`)) throw new HostError('ENOENT', 'No such file or directory')
    return real
  }

  /** Where the longest part of a path that exists really is. */
  #existing(path: string): string {
    let at = path
    while (at !== this.#root) {
      try {
        return this.#files.realpath(at)
      } catch (error) {
        if (!(error instanceof HostError)) throw error
        at = parentOf(at)
      }
    }
    return at
  }
}

function guarded<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (error instanceof HostError) throw new SmbStatus(STATUS_OF[error.code] ?? STATUS.ACCESS_DENIED)
    throw error
  }
}
