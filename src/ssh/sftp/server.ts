import { posix } from 'node:path'
import type { Persona } from '../../config/persona.ts'
import { HostError, type HostFiles } from '../../host/contract.ts'
import { toBytes, toText } from '../../host/text.ts'
import { InputEnded, type ProgramIo } from '../program.ts'
import { WireError, WireWriter } from '../transport/wire.ts'
import { Accounts } from './accounts.ts'
import {
  type Attributes,
  answer,
  type ChangeOperation,
  type CopyData,
  type Name,
  Open,
  type QueryOperation,
  readRequest,
  type SftpOperation,
  type Status,
} from './codec.ts'
import { attributesOf, statusOf } from './host-words.ts'
import { longName } from './long-name.ts'
import { MAX_HANDLES, type OpenFile, OpenFiles } from './open-files.ts'
import { realpath } from './realpath.ts'
import { statvfs } from './statvfs.ts'

/** One finished operation, for the event log. */
export interface SftpDeed {
  operation: string
  path?: string
  target?: string
  bytes?: number
  status: Status
}

export interface SftpSetup {
  files: HostFiles
  user: string
  persona: Persona
  /** f_fsid of statvfs(3). */
  fileSystemId: bigint
  did(deed: SftpDeed): void
  /** A file that was written over SFTP, when it is closed. */
  uploaded(path: string, bytes: Buffer): void
}

/** OpenSSH's bounds (sftp.h, sftp-server.c). */
const MAX_PACKET = 256 * 1024
const MAX_READ = MAX_PACKET - 1024
const EXTENSIONS = [
  ['posix-rename@openssh.com', '1'],
  ['statvfs@openssh.com', '2'],
  ['fstatvfs@openssh.com', '2'],
  ['hardlink@openssh.com', '1'],
  ['fsync@openssh.com', '1'],
  ['lsetstat@openssh.com', '1'],
  ['limits@openssh.com', '1'],
  ['expand-path@openssh.com', '1'],
  ['copy-data', '1'],
  ['home-directory', '1'],
  ['users-groups-by-id@openssh.com', '1'],
] as const

/** Exit statuses of sftp-server: after a message it cannot read, and after one that is too long. */
const EXIT_FATAL = 255
const EXIT_BAD_LENGTH = 11
const UMASK = 0o022
/** Bytes that `copy-data` moves at a time. */
const COPY_BYTES = 64 * 1024

/** OpenSSH's sftp-server on the files of the host: SFTP version 3 with its extensions, answer for answer. */
export async function sftpServer(io: ProgramIo, setup: SftpSetup): Promise<number> {
  const server = new SftpServer(setup)
  try {
    while (!(await io.input.atEnd())) {
      const length = (await io.input.exactly(4)).readUInt32BE()
      if (length > MAX_PACKET) return EXIT_BAD_LENGTH
      // It looks at a packet when there is one byte of it, be it of the next one.
      if (length === 0) await io.input.exactly(1)
      const reply = server.handle(await io.input.exactly(length))
      if (reply) await io.write(reply)
    }
    return 0
  } catch (error) {
    if (error instanceof WireError) return EXIT_FATAL
    if (error instanceof InputEnded) return 0
    throw error
  } finally {
    server.end()
  }
}

class SftpServer {
  readonly #setup: SftpSetup
  readonly #files: HostFiles
  readonly #open: OpenFiles
  readonly #accounts: Accounts
  readonly #home: string
  #initialised = false

  constructor(setup: SftpSetup) {
    this.#setup = setup
    this.#files = setup.files
    this.#open = new OpenFiles(setup.files)
    this.#accounts = new Accounts(setup.files)
    this.#home = this.#accounts.home(setup.user)
  }

  /** The answer to one packet; undefined where sftp-server stays silent. @throws WireError where it gives up */
  handle(packet: Buffer): Buffer | undefined {
    const request = readRequest(packet)
    if (request.type === 'init') {
      this.#initialised = true
      return answer.version(EXTENSIONS)
    }
    if (!this.#initialised) throw new WireError('a request before INIT')
    // "Unknown message" goes into the log of the real one, and nowhere else.
    if (request.type === 'unknown') return undefined
    try {
      return this.#answer(request.id, request)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      const status = statusOf(error)
      this.#setup.did({ ...factsOf(request, this), status })
      return answer.status(request.id, status)
    }
  }

  /** The client is gone: what was written until now is there, as on a real disk. */
  end(): void {
    for (const handle of this.#open.left()) {
      try {
        this.#close(handle)
      } catch (error) {
        if (!(error instanceof HostError)) throw error
      }
    }
  }

  /** Name of what a handle stands for. */
  nameOf(handle: Buffer): string | undefined {
    return (this.#open.file(handle) ?? this.#open.directory(handle))?.path
  }

  #answer(id: number, request: SftpOperation): Buffer {
    switch (request.type) {
      case 'open':
        return answer.handle(id, this.#openFile(request))
      case 'close':
        return answer.status(id, this.#close(request.handle) ? 'OK' : 'NO_SUCH_FILE')
      case 'read':
        return this.#read(id, request)
      case 'write':
        return this.#write(id, request)
      case 'stat':
        return answer.attributes(id, attributesOf(this.#files.stat(this.#path(request.path))))
      case 'lstat':
        return answer.attributes(id, attributesOf(this.#files.lstat(this.#path(request.path))))
      case 'fstat':
        return this.#fstat(id, request.handle)
      case 'opendir':
        return answer.handle(id, this.#openDirectory(request.path))
      case 'readdir':
        return this.#readDirectory(id, request.handle)
      case 'readlink':
        return this.#name(id, this.#files.readlink(this.#path(request.path)))
      case 'realpath':
        return this.#name(id, this.#realpath(request.path.length ? request.path : Buffer.from('.')))
      case 'expand-path@openssh.com':
        return this.#expand(id, request.path)
      case 'home-directory':
        return this.#accounts.has(toText(request.user)) ? this.#name(id, this.#home) : answer.status(id, 'FAILURE')
      case 'limits@openssh.com':
        return answer.extended(id, limits())
      case 'statvfs@openssh.com':
        return answer.extended(id, statvfs(this.#files.realpath(this.#path(request.path)), this.#setup))
      case 'fstatvfs@openssh.com': {
        const file = this.#open.file(request.handle)
        return file ? answer.extended(id, statvfs(file.path, this.#setup)) : answer.status(id, 'FAILURE')
      }
      case 'users-groups-by-id@openssh.com':
        return answer.extended(id, this.#namesById(request.uids, request.gids))
      case 'extended':
        return answer.status(id, 'OP_UNSUPPORTED')
      default:
        return this.#change(id, request)
    }
  }

  /** Operations that change the host and answer with a status alone. */
  #change(id: number, request: ChangeOperation): Buffer {
    const status = this.#apply(request)
    this.#setup.did({ ...factsOf(request, this), status })
    return answer.status(id, status)
  }

  #apply(request: ChangeOperation): Status {
    switch (request.type) {
      case 'setstat':
        return this.#setAttributes(this.#path(request.path), request.attributes)
      case 'fsetstat': {
        const file = this.#open.file(request.handle)
        return file ? this.#setOpen(file, request.attributes) : 'FAILURE'
      }
      case 'lsetstat@openssh.com':
        return this.#setLink(this.#path(request.path), request.attributes)
      case 'mkdir':
        this.#files.mkdir(this.#path(request.path), (request.attributes.permissions ?? 0o777) & 0o7777 & ~UMASK)
        return 'OK'
      case 'remove':
        this.#files.remove(this.#path(request.path))
        return 'OK'
      case 'rmdir':
        if (/(^|\/)\.\/*$/.test(toText(request.path))) throw new HostError('EINVAL', 'Invalid argument')
        this.#files.rmdir(this.#path(request.path))
        return 'OK'
      case 'rename':
        return this.#rename(this.#path(request.from), this.#path(request.to))
      case 'posix-rename@openssh.com':
        this.#files.rename(this.#path(request.from), this.#path(request.to))
        return 'OK'
      case 'hardlink@openssh.com':
        this.#files.link(this.#path(request.from), this.#path(request.to))
        return 'OK'
      case 'symlink':
        // OpenSSH takes the arguments the other way round than the draft has them, and so do all clients.
        if (request.from.length === 0) throw nothing()
        this.#files.symlink(toText(request.from), this.#path(request.to))
        return 'OK'
      case 'fsync@openssh.com':
        return this.#sync(request.handle)
      case 'copy-data':
        return this.#copy(request)
    }
  }

  #openFile(request: Extract<QueryOperation, { type: 'open' }>): Buffer {
    const mode = (request.attributes.permissions ?? 0o666) & 0o7777 & ~UMASK
    const path = this.#path(request.path)
    const handle = this.#open.open(path, request.flags, mode)
    this.#setup.did({ operation: 'open', path, status: 'OK' })
    return handle
  }

  #close(handle: Buffer): boolean {
    const open = this.#open.close(handle)
    if (open?.kind !== 'file') return open !== undefined
    const { path, bytesRead, bytesWritten } = open
    if (bytesWritten) {
      this.#setup.uploaded(path, open.bytes.subarray(0, open.size))
      this.#setup.did({ operation: 'write', path, bytes: bytesWritten, status: 'OK' })
    }
    if (bytesRead) this.#setup.did({ operation: 'read', path, bytes: bytesRead, status: 'OK' })
    return true
  }

  #read(id: number, { handle, offset, length }: Extract<QueryOperation, { type: 'read' }>): Buffer {
    const file = this.#open.file(handle)
    if (!file) return answer.status(id, 'FAILURE')
    const data = this.#open.read(file, offset, Math.min(length, MAX_READ))
    return data.length || length === 0 ? answer.data(id, data) : answer.status(id, 'EOF')
  }

  #write(id: number, { handle, offset, data }: Extract<QueryOperation, { type: 'write' }>): Buffer {
    const file = this.#open.file(handle)
    if (!file) return answer.status(id, 'FAILURE')
    this.#open.write(file, offset, data)
    return answer.status(id, 'OK')
  }

  #fstat(id: number, handle: Buffer): Buffer {
    const file = this.#open.file(handle)
    if (!file) return answer.status(id, 'FAILURE')
    return answer.attributes(id, { ...attributesOf(this.#files.stat(file.path)), size: BigInt(file.size) })
  }

  #openDirectory(path: Buffer): Buffer {
    const handle = this.#open.openDirectory(this.#path(path))
    this.#setup.did({ operation: 'opendir', path: this.#path(path), status: 'OK' })
    return handle
  }

  #readDirectory(id: number, handle: Buffer): Buffer {
    const directory = this.#open.directory(handle)
    if (!directory) return answer.status(id, 'FAILURE')
    const names = this.#open.nextEntries(directory).flatMap((name) => this.#entry(directory.path, name))
    return names.length ? answer.names(id, names) : answer.status(id, 'EOF')
  }

  /** None for what has gone since the directory was opened. */
  #entry(folder: string, name: string): Name[] {
    try {
      const stat = this.#files.lstat(posix.join(folder, name))
      const context = {
        userName: (uid: number) => this.#accounts.userName(uid),
        groupName: (gid: number) => this.#accounts.groupName(gid),
        now: Date.now(),
        timezone: this.#setup.persona.timezone,
      }
      return [{ name: toBytes(name), longName: toBytes(longName(name, stat, context)), attributes: attributesOf(stat) }]
    } catch (error) {
      if (error instanceof HostError) return []
      throw error
    }
  }

  #name(id: number, name: string): Buffer {
    const bytes = toBytes(name)
    return answer.names(id, [{ name: bytes, longName: bytes, attributes: {} }])
  }

  #realpath(bytes: Buffer): string {
    return realpath(this.#files, this.#path(bytes))
  }

  #expand(id: number, bytes: Buffer): Buffer {
    const path = toText(bytes)
    const [, user, rest] = /^~([^/]*)(.*)$/s.exec(path) ?? []
    if (user === undefined) return this.#name(id, this.#realpath(bytes.length ? bytes : Buffer.from('.')))
    if (user !== '' && !this.#accounts.has(user)) return answer.status(id, 'NO_SUCH_FILE', 'no such user')
    const home = user === '' ? this.#home : this.#accounts.home(user)
    return this.#name(id, this.#realpath(toBytes(`${home}${rest ?? ''}`)))
  }

  #setAttributes(path: string, { size, owner, permissions, times }: Attributes): Status {
    if (size !== undefined) this.#files.truncate(path, checkedSize(size))
    if (permissions !== undefined) this.#files.chmod(path, permissions & 0o7777)
    if (times) this.#files.utimes(path, times.atime * 1000, times.mtime * 1000)
    if (owner) this.#files.chown(path, owner.uid | 0, owner.gid | 0)
    return 'OK'
  }

  #setOpen(file: OpenFile, { size, ...rest }: Attributes): Status {
    if (size !== undefined) {
      if (!(file.flags & Open.WRITE)) throw new HostError('EINVAL', 'Invalid argument')
      const length = checkedSize(size)
      if (length > file.size) this.#open.write(file, BigInt(length - 1), Buffer.alloc(1))
      file.size = length
      file.changed = true
    }
    // Modes and times are the file's, not the copy's: what was written must be there before they are set.
    this.#open.flush(file)
    return this.#setAttributes(file.path, rest)
  }

  #setLink(path: string, { size, owner, permissions, times }: Attributes): Status {
    if (size !== undefined) return 'BAD_MESSAGE'
    // Links have no mode of their own to be changed (fchmodat(2)).
    if (permissions !== undefined) {
      if (this.#files.lstat(path).type === 'symlink') return 'FAILURE'
      this.#files.chmod(path, permissions & 0o7777)
    }
    if (owner) this.#files.lchown(path, owner.uid, owner.gid)
    if (times && this.#files.lstat(path).type !== 'symlink') this.#files.utimes(path, times.atime * 1000, times.mtime * 1000)
    return 'OK'
  }

  /** Version 3 does not overwrite: a rename onto something that exists fails. */
  #rename(from: string, to: string): Status {
    this.#files.lstat(from)
    try {
      this.#files.lstat(to)
    } catch (error) {
      if (!(error instanceof HostError) || error.code !== 'ENOENT') throw error
      this.#files.rename(from, to)
      return 'OK'
    }
    return 'FAILURE'
  }

  #sync(handle: Buffer): Status {
    const file = this.#open.file(handle)
    if (!file) return 'NO_SUCH_FILE'
    this.#open.flush(file)
    return 'OK'
  }

  #copy({ from, fromOffset, length, to, toOffset }: CopyData): Status {
    const source = this.#open.file(from)
    const target = this.#open.file(to)
    if (!source || !target || source.path === target.path) return 'FAILURE'
    const wanted = length === 0n ? source.size : Math.min(source.size, Number(length))
    const bytes = this.#open.read(source, fromOffset, wanted)
    this.#open.write(target, toOffset, bytes)
    // It copies in pieces, and misses bytes when the source ends before the last one.
    const pieces = BigInt(Math.ceil(bytes.length / COPY_BYTES) + 1)
    return length > BigInt(bytes.length) && length > pieces * BigInt(COPY_BYTES) ? 'EOF' : 'OK'
  }

  #namesById(uids: number[], gids: number[]): Buffer {
    const packed = (names: string[]): Buffer => names.reduce((writer, name) => writer.string(name), new WireWriter()).done()
    return new WireWriter()
      .string(packed(this.#accounts.userNames(uids)))
      .string(packed(this.#accounts.groupNames(gids)))
      .done()
  }

  /** @throws HostError ENOENT for an empty one */
  #path(bytes: Buffer): string {
    if (bytes.length === 0) throw nothing()
    const path = toText(bytes)
    return path.startsWith('/') ? path : posix.join(this.#home, path)
  }
}

function factsOf(request: SftpOperation, server: SftpServer): Omit<SftpDeed, 'status'> {
  const operation = request.type === 'extended' ? request.name : request.type
  if ('path' in request) return { operation, path: toText(request.path) }
  if ('handle' in request) {
    const path = server.nameOf(request.handle)
    return path === undefined ? { operation } : { operation, path }
  }
  if ('from' in request && request.type !== 'copy-data') return { operation, path: toText(request.from), target: toText(request.to) }
  return { operation }
}

function limits(): Buffer {
  const fields = [MAX_PACKET, MAX_READ, MAX_READ, MAX_HANDLES]
  return fields.reduce((writer, field) => writer.uint64(BigInt(field)), new WireWriter()).done()
}

function nothing(): HostError {
  return new HostError('ENOENT', 'No such file or directory')
}

/** A size that one open file may have. @throws HostError EFBIG, EINVAL for one that is negative in the kernel */
function checkedSize(size: bigint): number {
  if (size >= 1n << 63n) throw new HostError('EINVAL', 'Invalid argument')
  if (size > 1n << 36n) throw new HostError('EFBIG', 'File too large')
  return Number(size)
}
