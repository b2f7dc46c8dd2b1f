import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { evidence } from '../../events/bytes.ts'
import { type FileStat, HostError, type HostFiles } from '../../host/contract.ts'
import { toBytes, toText } from '../../host/text.ts'
import type { Visit } from '../../sensor/visit.ts'
import type { AdbEvents } from './events.ts'
import type { AdbStream } from './stream.ts'
import {
  dirEntry,
  endOfList,
  head,
  LARGEST_DATA,
  LONGEST_PATH,
  message,
  parseSend,
  SYMLINK,
  statV1,
  statV2,
  typeBits,
} from './sync-codec.ts'

/** Bytes of one pushed file; beyond, the disk is full. */
const LARGEST_FILE = 64 * 1024 * 1024
/** Files of one stream that are looked at or fetched. */
const MOST_REQUESTS = 20_000

export interface SyncSetup {
  visit: Visit<AdbEvents>
  files: HostFiles
}

/** A file that has come. */
interface Pushed {
  name: Buffer
  mode: number
  /** As much of it as a disk of ours takes. */
  bytes: Buffer
  /** Of all that came. */
  size: number
  sha256: string
  /** Milliseconds. */
  mtime: number
}

/** The `sync:` service: files of the host, until QUIT. */
export async function serveSync(stream: AdbStream, setup: SyncSetup): Promise<void> {
  const session = new SyncSession(stream, setup)
  for (let i = 0; i < MOST_REQUESTS; i++) if (!(await session.next())) return
}

class SyncSession {
  readonly #stream: AdbStream
  readonly #visit: Visit<AdbEvents>
  readonly #files: HostFiles

  constructor(stream: AdbStream, { visit, files }: SyncSetup) {
    this.#stream = stream
    this.#visit = visit
    this.#files = files
  }

  /** One request; false when the service ends. */
  async next(): Promise<boolean> {
    const [id, length] = await this.#head()
    if (id === 'QUIT') return false
    if (length > LONGEST_PATH) {
      await this.#fail('path too long')
      return false
    }
    const name = await this.#stream.exactly(length)
    switch (id) {
      case 'STAT':
      case 'STA2':
      case 'LST2':
        await this.#stat(id, name)
        return true
      case 'LIST':
        await this.#list(name)
        return true
      case 'SEND':
        return this.#receive(name)
      case 'RECV':
        await this.#send(name)
        return true
      default:
        await this.#fail(`unknown command ${Buffer.from(id, 'latin1').readUInt32LE().toString(16).padStart(8, '0')}`)
        return false
    }
  }

  async #stat(id: 'STAT' | 'STA2' | 'LST2', name: Buffer): Promise<void> {
    const path = toText(name)
    const found = this.#look(() => (id === 'STA2' ? this.#files.stat(path) : this.#files.lstat(path)))
    const isThere = !('errorCode' in found)
    this.#visit.record('adb.stat', { path: evidence(name), found: isThere })
    await this.#stream.write(id === 'STAT' ? statV1(isThere ? found : undefined) : statV2(id, found))
  }

  async #list(name: Buffer): Promise<void> {
    const folder = toText(name)
    const names = this.#look(() => ['.', '..', ...this.#files.list(folder)])
    const entries: Buffer[] = []
    for (const entry of 'errorCode' in names ? [] : names) {
      const stat = this.#look(() => this.#files.lstat(posix.join(folder, entry)))
      if (!('errorCode' in stat)) entries.push(dirEntry(toBytes(entry), stat))
    }
    this.#visit.record('adb.list', { path: evidence(name), entries: entries.length })
    await this.#stream.write(Buffer.concat([...entries, endOfList()]))
  }

  async #send(name: Buffer): Promise<void> {
    const read = this.#look(() => this.#files.read(toText(name)))
    if ('errorCode' in read) {
      this.#visit.record('adb.pull', { path: evidence(name), size: 0, refused: read.message })
      return this.#fail(`open failed: ${read.message}`)
    }
    this.#visit.record('adb.pull', { path: evidence(name), size: read.length })
    for (let at = 0; at < read.length; at += LARGEST_DATA) await this.#stream.write(message('DATA', read.subarray(at, at + LARGEST_DATA)))
    await this.#stream.write(head('DONE', 0))
  }

  /** A file comes whole before it is written; what is wrong with it is said at its end, as adbd does. */
  async #receive(request: Buffer): Promise<boolean> {
    const { path: name, mode } = parseSend(request)
    const parts: Buffer[] = []
    const hash = createHash('sha256')
    let size = 0
    for (;;) {
      const [id, value] = await this.#head()
      if (id === 'DONE') {
        await this.#store({ name, mode, bytes: Buffer.concat(parts), size, sha256: hash.digest('hex'), mtime: value * 1000 })
        return true
      }
      if (id !== 'DATA' || value > LARGEST_DATA) {
        await this.#fail(id === 'DATA' ? 'oversize data message' : 'invalid data message')
        return false
      }
      const part = await this.#stream.exactly(value)
      size += part.length
      hash.update(part)
      if (size <= LARGEST_FILE) parts.push(part)
    }
  }

  async #store({ name, mode, bytes, size, sha256, mtime }: Pushed): Promise<void> {
    const path = toText(name)
    const isLink = typeBits(mode) === SYMLINK
    this.#visit.capture(bytes, { name: evidence(name), how: 'adb.push' })
    const problem = size > LARGEST_FILE ? 'write failed: No space left on device' : this.#write(path, mode, bytes, mtime, isLink)
    this.#visit.record('adb.push', { path: evidence(name), mode, size, sha256, ...(problem && { refused: problem }) })
    if (problem) await this.#fail(problem)
    else await this.#stream.write(head('OKAY', 0))
  }

  #write(path: string, mode: number, bytes: Buffer, mtime: number, isLink: boolean): string | undefined {
    try {
      this.#makeFolders(posix.dirname(path))
      if (isLink) this.#files.symlink(toText(bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes), path)
      else {
        this.#files.write(path, bytes, mode & 0o777)
        this.#files.utimes(path, mtime, mtime)
      }
      return undefined
    } catch (error) {
      if (error instanceof HostError) return `couldn't create file: ${error.message}`
      throw error
    }
  }

  /** adbd makes the folders above a file (secure_mkdirs). */
  #makeFolders(folder: string): void {
    if (folder === '/' || folder === '.' || !('errorCode' in this.#look(() => this.#files.stat(folder)))) return
    this.#makeFolders(posix.dirname(folder))
    this.#files.mkdir(folder, 0o775)
  }

  async #head(): Promise<[id: string, value: number]> {
    const bytes = await this.#stream.exactly(8)
    return [bytes.toString('latin1', 0, 4), bytes.readUInt32LE(4)]
  }

  async #fail(reason: string): Promise<void> {
    await this.#stream.write(message('FAIL', toBytes(reason)))
  }

  #look<T extends FileStat | string[] | Buffer>(look: () => T): T | { errorCode: string; message: string } {
    try {
      return look()
    } catch (error) {
      if (error instanceof HostError) return { errorCode: error.code, message: error.message }
      throw error
    }
  }
}
