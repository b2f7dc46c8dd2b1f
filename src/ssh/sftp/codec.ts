import { WireReader, WireWriter } from '../transport/wire.ts'

/** Packet types of draft-ietf-secsh-filexfer-02 (SFTP version 3). */
const Type = {
  INIT: 1,
  VERSION: 2,
  OPEN: 3,
  CLOSE: 4,
  READ: 5,
  WRITE: 6,
  LSTAT: 7,
  FSTAT: 8,
  SETSTAT: 9,
  FSETSTAT: 10,
  OPENDIR: 11,
  READDIR: 12,
  REMOVE: 13,
  MKDIR: 14,
  RMDIR: 15,
  REALPATH: 16,
  STAT: 17,
  RENAME: 18,
  READLINK: 19,
  SYMLINK: 20,
  STATUS: 101,
  HANDLE: 102,
  DATA: 103,
  NAME: 104,
  ATTRS: 105,
  EXTENDED: 200,
  EXTENDED_REPLY: 201,
} as const

/** Status codes, and the text that OpenSSH's sftp-server sends with each. */
export const STATUS_TEXT = {
  OK: 'Success',
  EOF: 'End of file',
  NO_SUCH_FILE: 'No such file',
  PERMISSION_DENIED: 'Permission denied',
  FAILURE: 'Failure',
  BAD_MESSAGE: 'Bad message',
  NO_CONNECTION: 'No connection',
  CONNECTION_LOST: 'Connection lost',
  OP_UNSUPPORTED: 'Operation unsupported',
} as const
export type Status = keyof typeof STATUS_TEXT
const STATUSES = Object.keys(STATUS_TEXT) as Status[]

/** What a request says of a file's attributes; times in seconds since 1970. */
export interface Attributes {
  size?: bigint
  owner?: { uid: number; gid: number }
  /** Mode with the type bits. */
  permissions?: number
  times?: { atime: number; mtime: number }
}

const Has = { SIZE: 1, OWNER: 2, PERMISSIONS: 4, TIMES: 8, EXTENDED: 0x80000000 } as const

/** pflags of OPEN. */
export const Open = { READ: 1, WRITE: 2, APPEND: 4, CREATE: 8, TRUNCATE: 16, EXCLUSIVE: 32 } as const

type Path = { path: Buffer }
type Handle = { handle: Buffer }
type Pair = { from: Buffer; to: Buffer }

/** One request. Paths and handles are bytes as the client sent them. */
export type SftpRequest = { type: 'init'; version: number } | { type: 'unknown'; number: number } | ({ id: number } & SftpOperation)

export type SftpOperation = QueryOperation | ChangeOperation

export type QueryOperation =
  | ({ type: 'open'; flags: number; attributes: Attributes } & Path)
  | ({ type: 'close' } & Handle)
  | ({ type: 'read'; offset: bigint; length: number } & Handle)
  | ({ type: 'write'; offset: bigint; data: Buffer } & Handle)
  | ({ type: 'lstat' | 'stat' | 'opendir' | 'realpath' | 'readlink' | 'statvfs@openssh.com' | 'expand-path@openssh.com' } & Path)
  | ({ type: 'fstat' | 'readdir' | 'fstatvfs@openssh.com' } & Handle)
  | { type: 'limits@openssh.com' }
  | { type: 'home-directory'; user: Buffer }
  | { type: 'users-groups-by-id@openssh.com'; uids: number[]; gids: number[] }
  | { type: 'extended'; name: string }

/** Operations that are answered by a status alone. */
export type ChangeOperation =
  | ({ type: 'setstat' | 'lsetstat@openssh.com' | 'mkdir'; attributes: Attributes } & Path)
  | ({ type: 'fsetstat'; attributes: Attributes } & Handle)
  | ({ type: 'remove' | 'rmdir' } & Path)
  | ({ type: 'rename' | 'symlink' | 'posix-rename@openssh.com' | 'hardlink@openssh.com' } & Pair)
  | ({ type: 'fsync@openssh.com' } & Handle)
  | CopyData

export interface CopyData {
  type: 'copy-data'
  from: Buffer
  fromOffset: bigint
  length: bigint
  to: Buffer
  toOffset: bigint
}

const path = (r: WireReader): Path => ({ path: r.cstring() })
const handle = (r: WireReader): Handle => ({ handle: r.string() })
const pair = (r: WireReader): Pair => ({ from: r.cstring(), to: r.cstring() })

const OPERATIONS: Record<number, (r: WireReader) => SftpOperation> = {
  [Type.OPEN]: (r) => ({ type: 'open', ...path(r), flags: r.uint32(), attributes: readAttributes(r) }),
  [Type.CLOSE]: (r) => ({ type: 'close', ...handle(r) }),
  [Type.READ]: (r) => ({ type: 'read', ...handle(r), offset: r.uint64(), length: r.uint32() }),
  [Type.WRITE]: (r) => ({ type: 'write', ...handle(r), offset: r.uint64(), data: r.string() }),
  [Type.LSTAT]: (r) => ({ type: 'lstat', ...path(r) }),
  [Type.FSTAT]: (r) => ({ type: 'fstat', ...handle(r) }),
  [Type.SETSTAT]: (r) => ({ type: 'setstat', ...path(r), attributes: readAttributes(r) }),
  [Type.FSETSTAT]: (r) => ({ type: 'fsetstat', ...handle(r), attributes: readAttributes(r) }),
  [Type.OPENDIR]: (r) => ({ type: 'opendir', ...path(r) }),
  [Type.READDIR]: (r) => ({ type: 'readdir', ...handle(r) }),
  [Type.REMOVE]: (r) => ({ type: 'remove', ...path(r) }),
  [Type.MKDIR]: (r) => ({ type: 'mkdir', ...path(r), attributes: readAttributes(r) }),
  [Type.RMDIR]: (r) => ({ type: 'rmdir', ...path(r) }),
  [Type.REALPATH]: (r) => ({ type: 'realpath', ...path(r) }),
  [Type.STAT]: (r) => ({ type: 'stat', ...path(r) }),
  [Type.RENAME]: (r) => ({ type: 'rename', ...pair(r) }),
  [Type.READLINK]: (r) => ({ type: 'readlink', ...path(r) }),
  [Type.SYMLINK]: (r) => ({ type: 'symlink', ...pair(r) }),
  [Type.EXTENDED]: (r) => readExtended(r.name(), r),
}

/** Reads one packet without its length. @throws WireError */
export function readRequest(packet: Buffer): SftpRequest {
  const reader = new WireReader(packet)
  const number = reader.byte()
  if (number === Type.INIT) return { type: 'init', version: reader.uint32() }
  const id = reader.uint32()
  const operation = OPERATIONS[number]
  return operation ? { id, ...operation(reader) } : { type: 'unknown', number }
}

function readExtended(name: string, r: WireReader): SftpOperation {
  switch (name) {
    case 'posix-rename@openssh.com':
    case 'hardlink@openssh.com':
      return { type: name, ...pair(r) }
    case 'statvfs@openssh.com':
    case 'expand-path@openssh.com':
      return { type: name, ...path(r) }
    case 'fstatvfs@openssh.com':
    case 'fsync@openssh.com':
      return { type: name, ...handle(r) }
    case 'lsetstat@openssh.com':
      return { type: name, ...path(r), attributes: readAttributes(r) }
    case 'limits@openssh.com':
      return { type: name }
    case 'copy-data':
      return { type: name, from: r.string(), fromOffset: r.uint64(), length: r.uint64(), to: r.string(), toOffset: r.uint64() }
    case 'home-directory':
      return { type: name, user: r.cstring() }
    case 'users-groups-by-id@openssh.com':
      return { type: name, uids: readIds(r.string()), gids: readIds(r.string()) }
    default:
      return { type: 'extended', name }
  }
}

function readIds(packed: Buffer): number[] {
  const reader = new WireReader(packed)
  const ids: number[] = []
  while (reader.left) ids.push(reader.uint32())
  return ids
}

function readAttributes(r: WireReader): Attributes {
  const flags = r.uint32()
  const attributes: Attributes = {}
  if (flags & Has.SIZE) attributes.size = r.uint64()
  if (flags & Has.OWNER) attributes.owner = { uid: r.uint32(), gid: r.uint32() }
  if (flags & Has.PERMISSIONS) attributes.permissions = r.uint32()
  if (flags & Has.TIMES) attributes.times = { atime: r.uint32(), mtime: r.uint32() }
  if (flags & Has.EXTENDED) {
    for (let pairs = r.uint32(); pairs > 0; pairs--) {
      r.string()
      r.string()
    }
  }
  return attributes
}

export function writeAttributes(writer: WireWriter, { size, owner, permissions, times }: Attributes): WireWriter {
  const flags =
    (size === undefined ? 0 : Has.SIZE) |
    (owner ? Has.OWNER : 0) |
    (permissions === undefined ? 0 : Has.PERMISSIONS) |
    (times ? Has.TIMES : 0)
  writer.uint32(flags)
  if (size !== undefined) writer.uint64(size)
  if (owner) writer.uint32(owner.uid).uint32(owner.gid)
  if (permissions !== undefined) writer.uint32(permissions)
  if (times) writer.uint32(times.atime).uint32(times.mtime)
  return writer
}

export interface Name {
  name: Uint8Array | string
  longName: Uint8Array | string
  attributes: Attributes
}

/** Answers, with the length in front. */
export const answer = {
  version: (extensions: readonly (readonly [name: string, version: string])[]): Buffer => {
    const writer = new WireWriter(Type.VERSION).uint32(3)
    for (const [name, version] of extensions) writer.string(name).string(version)
    return framed(writer)
  },
  status: (id: number, status: Status, text: string = STATUS_TEXT[status]): Buffer =>
    framed(new WireWriter(Type.STATUS).uint32(id).uint32(STATUSES.indexOf(status)).string(text).string('')),
  handle: (id: number, value: Buffer): Buffer => framed(new WireWriter(Type.HANDLE).uint32(id).string(value)),
  data: (id: number, data: Uint8Array): Buffer => framed(new WireWriter(Type.DATA).uint32(id).string(data)),
  names: (id: number, names: readonly Name[]): Buffer => {
    const writer = new WireWriter(Type.NAME).uint32(id).uint32(names.length)
    for (const { name, longName, attributes } of names) writeAttributes(writer.string(name).string(longName), attributes)
    return framed(writer)
  },
  attributes: (id: number, attributes: Attributes): Buffer => framed(writeAttributes(new WireWriter(Type.ATTRS).uint32(id), attributes)),
  extended: (id: number, rest: Buffer): Buffer => framed(new WireWriter(Type.EXTENDED_REPLY).uint32(id).raw(rest)),
}

function framed(writer: WireWriter): Buffer {
  return new WireWriter().string(writer.done()).done()
}
