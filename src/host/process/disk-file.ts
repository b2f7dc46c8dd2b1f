import { randomBytes } from 'node:crypto'
import { errno } from '../files/errno.ts'
import type { Disk, FilesView } from '../files/view.ts'
import { type Found, typeOf } from '../files/walk.ts'
import { toBytes } from '../text.ts'
import { type Block, MemoryFile, OpenFile, WriteFile } from './open-file.ts'
import { Pipe } from './pipe.ts'
import { WriteBack } from './write-back.ts'

export type OpenMode = 'read' | 'truncate' | 'append' | 'update'

const READ_AT_ONCE = 65_536
/** Smaller pieces never wait for the disk. */
const LARGE_WRITE = 32_768
const ZEROS = Buffer.alloc(READ_AT_ONCE)

const writeBack = new WriteBack()

/** A regular file of the disk, with an offset of its own. */
class RegularFile extends OpenFile {
  readonly #disk: Disk
  readonly #view: FilesView
  readonly #found: Found & { inode: NonNullable<Found['inode']> }
  readonly #mode: OpenMode
  #offset = 0
  #written = false

  constructor(disk: Disk, view: FilesView, found: Found & { inode: NonNullable<Found['inode']> }, mode: OpenMode) {
    super()
    this.#disk = disk
    this.#view = view
    this.#found = found
    this.#mode = mode
    if (mode !== 'truncate') return
    disk.volume.replace(found.inode.ino, Buffer.alloc(0))
    view.stamp(found.inode.ino)
  }

  get name(): string {
    return this.#found.path
  }

  protected override async take(max: number): Promise<Uint8Array | undefined> {
    if (this.#mode === 'truncate' || this.#mode === 'append') throw errno('EBADF')
    const inode = this.#disk.volume.find(this.#found.inode.ino) ?? this.#found.inode
    const bytes = inode.content?.read(this.#offset, Math.min(max, READ_AT_ONCE))
    if (!bytes?.length) return undefined
    this.#offset += bytes.length
    return bytes
  }

  override async write(bytes: Uint8Array, block: Block): Promise<void> {
    if (this.#mode === 'read') throw errno('EBADF')
    const inode = this.#disk.volume.find(this.#found.inode.ino)
    // Removed while open: the bytes go where nobody will look.
    if (!inode) return
    if (this.#mode === 'append') this.#offset = inode.content?.size ?? 0
    this.#disk.volume.writeAt(inode.ino, this.#offset, bytes)
    this.#offset += bytes.length
    this.#view.stamp(inode.ino)
    this.#written = true
    this.#view.changed(this.#found)
    const waitMs = bytes.length < LARGE_WRITE || isZero(bytes) ? 0 : writeBack.take(bytes.length, performance.now())
    if (waitMs > 1) {
      await block<void>((done) => {
        const timer = setTimeout(done, waitMs)
        return () => clearTimeout(timer)
      })
    }
  }

  protected override closed(): void {
    if (this.#written) this.#view.changed(this.#found)
  }
}

/** Zeros take no memory, whatever their number. */
function isZero(bytes: Uint8Array): boolean {
  return bytes.length <= ZEROS.length && ZEROS.compare(bytes, 0, bytes.length, 0, bytes.length) === 0
}

class EndlessDevice extends OpenFile {
  readonly name: string
  readonly #make: (length: number) => Uint8Array

  constructor(name: string, make: (length: number) => Uint8Array) {
    super()
    this.name = name
    this.#make = make
  }

  protected override async take(max: number): Promise<Uint8Array> {
    return this.#make(Math.min(max, READ_AT_ONCE))
  }

  override async write(): Promise<void> {
    if (this.name === '/dev/full') throw errno('ENOSPC')
  }
}

/** Opens character and block devices by their numbers (Documentation/admin-guide/devices.txt of Linux). */
function openDevice(device: { major: number; minor: number }, name: string, terminal: () => OpenFile | undefined): OpenFile {
  const { major, minor } = device
  if (major === 1 && minor === 3) return new NullDevice(name)
  if (major === 1 && (minor === 5 || minor === 7)) return new EndlessDevice(name, (length) => ZEROS.subarray(0, length))
  if (major === 1 && (minor === 8 || minor === 9)) return new EndlessDevice(name, (length) => randomBytes(length))
  if (major === 1 && minor === 11) return new NullDevice(name)
  if ((major === 5 && minor === 0) || major === 136) {
    const tty = terminal()
    if (!tty) throw errno(major === 5 ? 'ENXIO' : 'EIO')
    return tty
  }
  if (major === 8 || major === 254 || major === 253 || major === 259) return new EndlessDevice(name, (length) => ZEROS.subarray(0, length))
  throw errno('ENXIO')
}

class NullDevice extends OpenFile {
  readonly name: string

  constructor(name: string) {
    super()
    this.name = name
  }

  protected override async take(): Promise<undefined> {
    return undefined
  }

  override async write(): Promise<void> {}
}

/** Fifos by inode: whoever opens one shares its pipe. */
const fifos = new WeakMap<object, Map<number, Pipe>>()

function openFifo(disk: Disk, ino: number, path: string, mode: OpenMode): OpenFile {
  const open = fifos.get(disk.volume) ?? new Map<number, Pipe>()
  fifos.set(disk.volume, open)
  const pipe = open.get(ino) ?? new Pipe(path)
  open.set(ino, pipe)
  return mode === 'read' ? new FifoEnd(pipe.reader, () => open.delete(ino)) : new FifoEnd(pipe.writer, () => undefined)
}

class FifoEnd extends OpenFile {
  readonly #end: OpenFile
  readonly #closed: () => void

  constructor(end: OpenFile, closed: () => void) {
    super()
    this.#end = end
    this.#closed = closed
  }

  get name(): string {
    return this.#end.name
  }

  protected override take(max: number, block: Block): Promise<Uint8Array | undefined> {
    return this.#end.read(max, block)
  }

  override write(bytes: Uint8Array, block: Block): Promise<void> {
    return this.#end.write(bytes, block)
  }

  protected override closed(): void {
    this.#end.release()
    this.#closed()
  }
}

/**
 * open(2) for whatever a path may lead to.
 * @param terminal the controlling terminal of the process, for /dev/tty and /dev/pts
 */
export function openPath(disk: Disk, view: FilesView, path: string, mode: OpenMode, terminal: () => OpenFile | undefined): OpenFile {
  const found = mode === 'read' ? view.openForRead(path) : view.openForWrite(path, 0o666, mode === 'append')
  const type = typeOf(found)
  const device = found.inode?.device ?? found.node?.device
  if (device) return openDevice(device, found.path, terminal)
  if (type === 'socket') throw errno('ENXIO')
  if (found.node) return openComputed(found, mode)
  if (found.inode.type === 'fifo') return openFifo(disk, found.inode.ino, found.path, mode)
  // Opening a directory works, reading it does not.
  if (found.inode.type === 'directory') return new DirectoryFile(found.path)
  return new RegularFile(disk, view, found, mode)
}

class DirectoryFile extends OpenFile {
  readonly name: string

  constructor(name: string) {
    super()
    this.name = name
  }

  protected override async take(): Promise<never> {
    throw errno('EISDIR')
  }
}

function openComputed(found: Found & { node: NonNullable<Found['node']> }, mode: OpenMode): OpenFile {
  if (found.node.type === 'directory') return new DirectoryFile(found.path)
  if (mode !== 'read') return new WriteFile(found.path, (bytes) => found.node.write?.(bytes))
  if (!found.node.read) throw errno('EINVAL')
  const content = found.node.read()
  return new MemoryFile(typeof content === 'string' ? toBytes(content) : content, found.path)
}
