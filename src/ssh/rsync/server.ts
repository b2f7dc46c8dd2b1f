import { createHash, randomInt } from 'node:crypto'
import { posix } from 'node:path'
import { HostError, type HostFiles } from '../../host/contract.ts'
import { InputEnded, type ProgramIo } from '../program.ts'
import { contentBytes, readContent } from './content.ts'
import { byPlace, fileListBytes, isFile, isFolder, isLink, type ListedFile, readFileList } from './file-list.ts'
import type { RsyncRequest } from './request.ts'
import { DONE, int, RsyncWire, short, varlong } from './wire.ts'

/** Protocol number of rsync 3.2 (rsync.h, PROTOCOL_VERSION), and the oldest whose numbers are spoken here. */
const PROTOCOL = 31
const OLDEST = 30
/** Exit codes of errcode.h. */
const EXIT_STREAM_ERROR = 12
const EXIT_PARTIAL = 23
const KEPT = 4096
/** A client has said all that it says by itself when it is quiet for this long. */
const QUIET_MS = 1500
/** Item flags (rsync.h, ITEM_*). */
const TRANSFER = 0x8000
const NEW = 0x2000
const XNAME = 0x1000
const BASIS = 0x0800
/** Phases that each side ends with {@link DONE}. */
const PHASES = 2
const MESSAGE_ERROR = 1
const MESSAGE_IO_ERROR = 22
const MOST_FILES = 20_000
const TYPES = { file: 0o100000, directory: 0o040000, symlink: 0o120000 } as const

export interface RsyncSetup {
  /** Undefined when the options ask for another conversation than is spoken here. */
  request: RsyncRequest | undefined
  files: HostFiles
  home: string
  names: { user(id: number): string; group(id: number): string }
  /** What the client said when the conversation broke off. */
  said(bytes: Buffer): void
  copied(direction: 'upload' | 'download', path: string, bytes: number): void
  uploaded(path: string, bytes: Buffer): void
}

/**
 * The server's side of rsync: protocol 31 without compatibility flags, so that the list comes whole, ids are numbers with names
 * behind the list, and checksums are MD5 (compat.c, setup_protocol). Every file that comes is asked for whole.
 */
export async function rsyncServer(io: ProgramIo, setup: RsyncSetup): Promise<number> {
  await io.write(int(PROTOCOL))
  const theirs = await io.input.exactly(4)
  await io.write(Buffer.concat([Buffer.of(0), int(randomInt(2 ** 31))]))
  const { request } = setup
  const version = theirs.readUInt32LE()
  if (!request || version < OLDEST || version > 255) return hear(io, theirs, setup)
  const wire = new RsyncWire(io)
  const goodbyes = Math.min(version, PROTOCOL) >= 31 ? 2 : 1
  try {
    return await (request.download ? send(wire, request, setup, goodbyes) : receive(wire, request, setup, goodbyes))
  } catch (error) {
    if (error instanceof InputEnded || error instanceof RangeError) return EXIT_STREAM_ERROR
    throw error
  }
}

/** Listens to what the client says by itself, and breaks off as an rsync does whose other process died. */
async function hear(io: ProgramIo, theirs: Buffer, setup: RsyncSetup): Promise<number> {
  const heard = [theirs]
  let bytes = theirs.length
  for (let part = await soon(io.input.some()); part && bytes < KEPT; part = await soon(io.input.some())) {
    heard.push(part)
    bytes += part.length
  }
  setup.said(Buffer.concat(heard).subarray(0, KEPT))
  return EXIT_STREAM_ERROR
}

/** What comes within {@link QUIET_MS}. */
function soon(reading: Promise<Buffer | undefined>): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, QUIET_MS, undefined)
    reading.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** The generator and receiver (generator.c, receiver.c): folders first, then each file is asked for and read. */
async function receive(wire: RsyncWire, request: RsyncRequest, setup: RsyncSetup, goodbyes: number): Promise<number> {
  if (request.filtered) await readFilters(wire)
  const list = await readFileList(wire, request)
  const given = request.paths[0] ?? '.'
  const target = posix.resolve(setup.home, given)
  const intoFolder =
    list.length !== 1 || given.endsWith('/') || isFolder(list[0] as ListedFile) || typeOf(setup.files, target) === 'directory'
  let status = 0
  const complain = async (path: string, what: string, error: HostError) => {
    status = EXIT_PARTIAL
    await wire.message(
      MESSAGE_ERROR,
      Buffer.from(`rsync: [receiver] ${what} "${path}" failed: ${error.message} (${ERRNO[error.code] ?? 5})\n`),
    )
  }
  if (intoFolder && typeOf(setup.files, target) === undefined && !request.dryRun) await attempt(() => setup.files.mkdir(target, 0o755))
  for (const [index, file] of list.entries()) {
    const path = intoFolder ? posix.join(target, file.name) : target
    if (!isFile(file)) {
      const failed = request.dryRun || (isLink(file) && !request.links) ? undefined : attempt(() => place(setup.files, path, file, request))
      if (failed) await complain(path, isFolder(file) ? 'recv_generator: mkdir' : 'symlink', failed)
      continue
    }
    await wire.send(wire.indexBytes(index), short(TRANSFER | NEW), ...(request.dryRun ? [] : [Buffer.alloc(16)]))
    await readItem(wire)
    if (request.dryRun) continue
    await wire.exactly(16)
    const bytes = await readContent(wire, request.compress)
    await wire.exactly(16)
    setup.uploaded(path, bytes)
    setup.copied('upload', path, bytes.length)
    const failed = attempt(() => place(setup.files, path, file, request, bytes))
    if (failed) await complain(path, 'mkstemp', failed)
  }
  for (let phase = 0; phase <= PHASES; phase++) {
    await wire.send(wire.indexBytes(DONE))
    await readDone(wire)
  }
  for (let n = 0; n < goodbyes; n++) {
    await wire.send(wire.indexBytes(DONE))
    if (n < goodbyes - 1) await readDone(wire)
  }
  return status
}

/** errno(3) of what may go wrong with a file. */
const ERRNO: Readonly<Record<string, number>> = {
  EPERM: 1,
  ENOENT: 2,
  EACCES: 13,
  EEXIST: 17,
  ENOTDIR: 20,
  EISDIR: 21,
  ENOSPC: 28,
  EROFS: 30,
}

function place(files: HostFiles, path: string, file: ListedFile, request: RsyncRequest, bytes?: Buffer): void {
  const mode = file.mode & 0o7777
  if (file.target !== undefined) {
    if (typeOf(files, path) !== undefined) files.remove(path)
    files.symlink(file.target, path)
    return
  }
  if (isFolder(file)) {
    if (typeOf(files, path) !== 'directory') files.mkdir(path, mode | 0o700)
  } else files.write(path, bytes ?? Buffer.alloc(0), request.perms ? mode : (mode & 0o755) | 0o200)
  if (request.perms) files.chmod(path, mode)
  if (request.owner || request.group) attempt(() => files.chown(path, request.owner ? file.uid : -1, request.group ? file.gid : -1))
  if (request.times) files.utimes(path, file.mtime, file.mtime)
}

/** The sender (sender.c): the list, then what the client asks for of it. */
async function send(wire: RsyncWire, request: RsyncRequest, setup: RsyncSetup, goodbyes: number): Promise<number> {
  await readFilters(wire)
  const found: { file: ListedFile; path: string }[] = []
  let status = 0
  for (const given of request.paths) {
    const path = posix.resolve(setup.home, given)
    const failed = attempt(() =>
      collect(setup.files, path, given.endsWith('/') || given === '.' ? '.' : posix.basename(path), request, found),
    )
    if (!failed) continue
    status = EXIT_PARTIAL
    await wire.message(
      MESSAGE_ERROR,
      Buffer.from(`rsync: [sender] link_stat "${path}" failed: ${failed.message} (${ERRNO[failed.code] ?? 5})\n`),
    )
    await wire.message(MESSAGE_IO_ERROR, int(1))
  }
  found.sort((a, b) => byPlace(a.file, b.file))
  const list = found.map(({ file }) => file)
  await wire.send(fileListBytes(list, request, setup.names))
  if (list.length === 0) return status
  let written = 0
  for (let phase = 0; phase <= PHASES; ) {
    const item = await readItem(wire)
    if (!item) {
      phase++
      await wire.send(wire.indexBytes(DONE))
      continue
    }
    const one = found[item.index]
    if (!one) throw new RangeError('a file that is not in the list')
    if (!(item.flags & TRANSFER)) {
      await wire.send(wire.indexBytes(item.index), short(item.flags))
      continue
    }
    const head = await wire.exactly(16)
    await skipBlocks(wire, head)
    const bytes = content(setup.files, one.path)
    written += bytes.length
    await wire.send(
      wire.indexBytes(item.index),
      short(item.flags),
      Buffer.alloc(16),
      await contentBytes(bytes, request.compress),
      createHash('md5').update(bytes).digest(),
    )
    setup.copied('download', one.path, bytes.length)
  }
  const total = list.reduce((sum, file) => sum + file.size, 0)
  await wire.send(...[600, written + 400, total, 1, 0].map((value) => varlong(value, 3)))
  for (let n = 0; n < goodbyes; n++) {
    await readDone(wire)
    if (n < goodbyes - 1) await wire.send(wire.indexBytes(DONE))
  }
  return status
}

function content(files: HostFiles, path: string): Buffer {
  let bytes = Buffer.alloc(0)
  attempt(() => {
    bytes = Buffer.from(files.read(path))
  })
  return bytes
}

function collect(files: HostFiles, path: string, name: string, request: RsyncRequest, found: { file: ListedFile; path: string }[]): void {
  const stat = files.lstat(path)
  const type = TYPES[stat.type as keyof typeof TYPES]
  if (type === undefined || found.length >= MOST_FILES) return
  if (stat.type === 'symlink' && !request.links) return
  if (stat.type === 'directory' && !request.recursive && !request.listing) return
  const file: ListedFile = { name, size: stat.size, mtime: stat.mtime, mode: type | stat.mode, uid: stat.uid, gid: stat.gid }
  if (isLink(file)) file.target = files.readlink(path)
  found.push({ file, path })
  if (stat.type !== 'directory' || (!request.recursive && name !== '.')) return
  for (const child of files.list(path)) collect(files, posix.join(path, child), name === '.' ? child : `${name}/${child}`, request, found)
}

/** An item that the other side names; undefined at the end of a phase. */
async function readItem(wire: RsyncWire): Promise<{ index: number; flags: number } | undefined> {
  const index = await wire.index()
  if (index === DONE) return undefined
  const flags = await wire.short()
  if (flags & BASIS) await wire.byte()
  if (flags & XNAME) {
    const first = await wire.byte()
    await wire.exactly(first & 0x80 ? ((first & 0x7f) << 8) | (await wire.byte()) : first)
  }
  return { index, flags }
}

async function readDone(wire: RsyncWire): Promise<void> {
  if ((await wire.index()) !== DONE) throw new RangeError('an item where the end should be')
}

/** The blocks of the client's older copy: the file goes over whole all the same. */
async function skipBlocks(wire: RsyncWire, head: Buffer): Promise<void> {
  const count = head.readInt32LE()
  const length = 4 + head.readInt32LE(8)
  if (count < 0 || count > 1_000_000 || length < 4 || length > 20) throw new RangeError('a sum that is not read')
  for (let n = 0; n < count; n++) await wire.exactly(length)
}

async function readFilters(wire: RsyncWire): Promise<void> {
  for (let length = await wire.int(); length !== 0; length = await wire.int()) {
    if (length < 0 || length > 4096) throw new RangeError('a filter that is not read')
    await wire.exactly(length)
  }
}

function typeOf(files: HostFiles, path: string): string | undefined {
  try {
    return files.stat(path).type
  } catch (error) {
    if (error instanceof HostError) return undefined
    throw error
  }
}

function attempt(work: () => void): HostError | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    if (error instanceof HostError) return error
    throw error
  }
}
