import { HostError, type HostFiles } from '../../host/contract.ts'
import { Open } from './codec.ts'

/** Handles of a session at a time: RLIMIT_NOFILE of 1024, less what sftp-server keeps for itself. */
export const MAX_HANDLES = 1019
/** Bytes that all files open for writing may hold together until they are closed. */
const MAX_OPEN_BYTES = 96 * 1024 * 1024
/** lseek(2) on ext4 with blocks of 4 KiB goes no further. */
const LAST_OFFSET = (2n ** 32n - 1n) * 4096n
/** Entries that one READDIR answers with. */
const ENTRIES_AT_ONCE = 100

/** A file while it is open. What is written lies here until it is closed, and then goes into the host in one piece. */
export interface OpenFile {
  kind: 'file'
  path: string
  flags: number
  /** A directory may be opened as a file, but not read. */
  isFolder: boolean
  bytes: Buffer
  /** Bytes of `bytes` that belong to the file. */
  size: number
  bytesRead: number
  bytesWritten: number
  changed: boolean
}

export interface OpenDirectory {
  kind: 'directory'
  path: string
  entries: string[]
}

/** The handles of one SFTP session, numbered as OpenSSH numbers them: the one that was closed last is used first. */
export class OpenFiles {
  readonly #files: HostFiles
  readonly #handles: (OpenFile | OpenDirectory | undefined)[] = []
  readonly #free: number[] = []
  #openBytes = 0

  constructor(files: HostFiles) {
    this.#files = files
  }

  /** @throws HostError */
  open(path: string, flags: number, mode: number): Buffer {
    const exists = this.#exists(path)
    if (exists && flags & Open.CREATE && flags & Open.EXCLUSIVE) throw new HostError('EEXIST', 'File exists')
    if (!exists && !(flags & Open.CREATE)) throw new HostError('ENOENT', 'No such file or directory')
    const writes = (flags & Open.WRITE) !== 0
    if (!exists) this.#files.write(path, Buffer.alloc(0), mode)
    else this.#checkAccess(path, flags)
    const isFolder = exists && this.#files.stat(path).type === 'directory'
    // Linux cuts a file that is opened for reading as well.
    if (exists && flags & Open.TRUNCATE) this.#files.write(path, Buffer.alloc(0))
    // Another process may read what it wants of the file meanwhile: this copy is ours.
    const bytes = exists && !isFolder && !(flags & Open.TRUNCATE) ? this.#files.read(path) : Buffer.alloc(0)
    const held = writes ? Buffer.from(bytes) : bytes
    if (writes) this.#reserve(held.length)
    const fresh = { size: held.length, bytesRead: 0, bytesWritten: 0, changed: false }
    return this.#add({ kind: 'file', path, flags, isFolder, bytes: held, ...fresh })
  }

  /** @throws HostError */
  openDirectory(path: string): Buffer {
    return this.#add({ kind: 'directory', path, entries: ['.', '..', ...this.#files.list(path)] })
  }

  file(handle: Buffer): OpenFile | undefined {
    const open = this.#of(handle)
    return open?.kind === 'file' ? open : undefined
  }

  directory(handle: Buffer): OpenDirectory | undefined {
    const open = this.#of(handle)
    return open?.kind === 'directory' ? open : undefined
  }

  nextEntries(directory: OpenDirectory): string[] {
    return directory.entries.splice(0, ENTRIES_AT_ONCE)
  }

  /** @throws HostError EINVAL, EBADF, EISDIR */
  read(file: OpenFile, offset: bigint, length: number): Buffer {
    checkOffset(offset)
    if ((file.flags & (Open.READ | Open.WRITE)) === Open.WRITE) throw new HostError('EBADF', 'Bad file descriptor')
    if (file.isFolder) throw new HostError('EISDIR', 'Is a directory')
    if (offset >= BigInt(file.size)) return Buffer.alloc(0)
    const from = Number(offset)
    const part = file.bytes.subarray(from, Math.min(file.size, from + length))
    file.bytesRead += part.length
    return part
  }

  /** @throws HostError EINVAL, EBADF, ENOSPC */
  write(file: OpenFile, offset: bigint, data: Buffer): void {
    if (!(file.flags & Open.APPEND)) checkOffset(offset)
    if (!(file.flags & Open.WRITE)) throw new HostError('EBADF', 'Bad file descriptor')
    const at = file.flags & Open.APPEND ? file.size : Number(offset)
    const end = at + data.length
    if (end > MAX_OPEN_BYTES) throw new HostError('ENOSPC', 'No space left on device')
    if (end > file.bytes.length) this.#grow(file, end)
    file.bytes.set(data, at)
    file.size = Math.max(file.size, end)
    file.bytesWritten += data.length
    file.changed = true
  }

  /** Makes what was written so far part of the host. @throws HostError */
  flush(file: OpenFile): void {
    if (!file.changed) return
    this.#files.write(file.path, file.bytes.subarray(0, file.size))
    file.changed = false
  }

  /** What the handle stood for; undefined when there is no such handle. @throws HostError when the host does not take the file */
  close(handle: Buffer): OpenFile | OpenDirectory | undefined {
    const open = this.#of(handle)
    if (!open) return undefined
    const number = handle.readUInt32BE()
    this.#handles[number] = undefined
    this.#free.push(number)
    if (open.kind === 'file') {
      if (open.flags & Open.WRITE) this.#openBytes -= open.bytes.length
      this.flush(open)
    }
    return open
  }

  /** Handles that are still open. */
  *left(): Iterable<Buffer> {
    for (const [number, open] of this.#handles.entries()) if (open) yield handleOf(number)
  }

  #exists(path: string): boolean {
    try {
      this.#files.stat(path)
      return true
    } catch (error) {
      if (error instanceof HostError && error.code === 'ENOENT') return false
      throw error
    }
  }

  #checkAccess(path: string, flags: number): void {
    const changes = Open.WRITE | Open.CREATE | Open.TRUNCATE
    if (this.#files.stat(path).type === 'directory' && flags & changes) throw new HostError('EISDIR', 'Is a directory')
    if (flags & (Open.WRITE | Open.TRUNCATE) && !this.#files.may('w', path)) throw new HostError('EACCES', 'Permission denied')
    if ((flags & Open.READ || !(flags & Open.WRITE)) && !this.#files.may('r', path)) throw new HostError('EACCES', 'Permission denied')
  }

  #grow(file: OpenFile, needed: number): void {
    const grown = Math.max(needed, Math.min(file.bytes.length * 2, file.bytes.length + 8 * 1024 * 1024), 64 * 1024)
    this.#reserve(grown - file.bytes.length)
    const bytes = Buffer.alloc(grown)
    file.bytes.copy(bytes, 0, 0, file.size)
    file.bytes = bytes
  }

  #reserve(bytes: number): void {
    if (this.#openBytes + bytes > MAX_OPEN_BYTES) throw new HostError('ENOSPC', 'No space left on device')
    this.#openBytes += bytes
  }

  #add(open: OpenFile | OpenDirectory): Buffer {
    const number = this.#free.pop() ?? this.#handles.length
    if (number >= MAX_HANDLES) throw new HostError('EMFILE', 'Too many open files')
    this.#handles[number] = open
    return handleOf(number)
  }

  #of(handle: Buffer): OpenFile | OpenDirectory | undefined {
    return handle.length === 4 ? this.#handles[handle.readUInt32BE()] : undefined
  }
}

function checkOffset(offset: bigint): void {
  if (offset > LAST_OFFSET) throw new HostError('EINVAL', 'Invalid argument')
}

function handleOf(number: number): Buffer {
  const handle = Buffer.alloc(4)
  handle.writeUInt32BE(number)
  return handle
}
