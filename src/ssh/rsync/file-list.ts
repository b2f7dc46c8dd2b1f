import { toBytes, toText } from '../../host/text.ts'
import type { RsyncRequest } from './request.ts'
import { int, type RsyncWire, varint, varlong } from './wire.ts'

/** One file as rsync tells it. */
export interface ListedFile {
  /** Relative, without `..`. */
  name: string
  size: number
  /** UTC milliseconds. */
  mtime: number
  /** Type and permission bits of stat(2). */
  mode: number
  uid: number
  gid: number
  target?: string
}

/** Flags of an entry (rsync.h, XMIT_*). */
const SAME_MODE = 0x02
const EXTENDED = 0x04
const SAME_UID = 0x08
const SAME_GID = 0x10
const SAME_NAME = 0x20
const LONG_NAME = 0x40
const SAME_TIME = 0x80
const HARD_LINKED = 0x0200
const USER_NAME = 0x0400
const GROUP_NAME = 0x0800
const NANOSECONDS = 0x2000

const MOST_FILES = 20_000
const LONGEST_NAME = 4096

export const isFolder = (file: ListedFile): boolean => (file.mode & 0o170000) === 0o040000
export const isFile = (file: ListedFile): boolean => (file.mode & 0o170000) === 0o100000
export const isLink = (file: ListedFile): boolean => (file.mode & 0o170000) === 0o120000

/** Reads the sender's list and its names of owners, in the order of indexes (flist.c, recv_file_list). @throws RangeError */
export async function readFileList(wire: RsyncWire, request: RsyncRequest): Promise<ListedFile[]> {
  const files: ListedFile[] = []
  let before: ListedFile & { raw: Buffer } = { name: '', raw: Buffer.alloc(0), size: 0, mtime: 0, mode: 0, uid: 0, gid: 0 }
  for (let flags = await wire.byte(); flags !== 0; flags = await wire.byte()) {
    if (flags & EXTENDED) flags |= (await wire.byte()) << 8
    if (flags & HARD_LINKED || files.length >= MOST_FILES) throw new RangeError('a list that is not read')
    const shared = flags & SAME_NAME ? await wire.byte() : 0
    const length = flags & LONG_NAME ? await wire.varint() : await wire.byte()
    if (shared + length > LONGEST_NAME || length < 0) throw new RangeError('a name that is too long')
    const raw = Buffer.concat([before.raw.subarray(0, shared), await wire.exactly(length)])
    const size = await wire.varlong(3)
    const mtime = flags & SAME_TIME ? before.mtime : (await wire.varlong(4)) * 1000
    if (flags & NANOSECONDS) await wire.varint()
    const mode = flags & SAME_MODE ? before.mode : await wire.int()
    const uid = request.owner && !(flags & SAME_UID) ? await readId(wire, flags & USER_NAME) : before.uid
    const gid = request.group && !(flags & SAME_GID) ? await readId(wire, flags & GROUP_NAME) : before.gid
    const file: ListedFile = { name: safeName(toText(raw)), size, mtime, mode, uid, gid }
    if (!isFile(file) && !isFolder(file) && !isLink(file)) throw new RangeError('a device')
    if (isLink(file) && request.links) file.target = toText(await wire.exactly(bounded(await wire.varint())))
    if (request.checksum && isFile(file)) await wire.exactly(16)
    files.push(file)
    before = { ...file, raw }
  }
  for (const told of request.numericIds ? [] : [request.owner, request.group]) {
    if (!told) continue
    while ((await wire.varint()) !== 0) await wire.exactly(await wire.byte())
  }
  return files.sort(byPlace)
}

async function readId(wire: RsyncWire, named: number): Promise<number> {
  const id = await wire.varint()
  if (named) await wire.exactly(await wire.byte())
  return id
}

function bounded(length: number): number {
  if (length < 0 || length > LONGEST_NAME) throw new RangeError('a name that is too long')
  return length
}

/** What a receiver makes of a name from outside: it stays below the target. */
function safeName(name: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) throw new RangeError('a name that leads out')
  return parts.join('/') || '.'
}

/** Files before folders, each by its bytes, a folder before what is in it (flist.c, f_name_cmp): the order that indexes count. */
export function byPlace(a: ListedFile, b: ListedFile): number {
  if (a.name === '.' || b.name === '.') return a.name === b.name ? 0 : a.name === '.' ? -1 : 1
  const left = a.name.split('/')
  const right = b.name.split('/')
  let at = 0
  while (at < left.length && at < right.length && left[at] === right[at]) at++
  if (at === left.length || at === right.length) return left.length - right.length
  const leftDeep = at < left.length - 1 || isFolder(a)
  const rightDeep = at < right.length - 1 || isFolder(b)
  if (leftDeep !== rightDeep) return leftDeep ? 1 : -1
  return Buffer.compare(toBytes(left[at] as string), toBytes(right[at] as string))
}

/** A list as the sender writes it, with the names of owners behind it. */
export function fileListBytes(
  files: readonly ListedFile[],
  request: RsyncRequest,
  names: { user(id: number): string; group(id: number): string },
): Buffer {
  const parts: Buffer[] = []
  for (const file of files) {
    const name = toBytes(file.name)
    const long = name.length > 255
    // A zero byte would end the list.
    parts.push(Buffer.from([long ? LONG_NAME : EXTENDED, ...(long ? [] : [0])]))
    parts.push(long ? varint(name.length) : Buffer.of(name.length), Buffer.from(name))
    parts.push(varlong(file.size, 3), varlong(Math.floor(file.mtime / 1000), 4), int(file.mode))
    if (request.owner) parts.push(varint(file.uid))
    if (request.group) parts.push(varint(file.gid))
    if (file.target !== undefined) parts.push(varint(toBytes(file.target).length), Buffer.from(toBytes(file.target)))
    if (request.checksum && isFile(file)) parts.push(Buffer.alloc(16))
  }
  parts.push(Buffer.of(0))
  if (!request.numericIds) {
    if (request.owner) parts.push(namesOf(new Set(files.map((file) => file.uid)), names.user))
    if (request.group) parts.push(namesOf(new Set(files.map((file) => file.gid)), names.group))
  }
  return Buffer.concat(parts)
}

function namesOf(ids: ReadonlySet<number>, nameOf: (id: number) => string): Buffer {
  const known = [...ids].filter((id) => id > 0 && nameOf(id) !== String(id))
  return Buffer.concat([...known.flatMap((id) => [varint(id), Buffer.of(nameOf(id).length), Buffer.from(nameOf(id))]), Buffer.of(0)])
}
