import { evidence } from '../../events/bytes.ts'
import type { Visit } from '../../sensor/visit.ts'
import type { SmbEvents } from './events.ts'
import type { Room } from './options.ts'
import type { Share } from './shares.ts'
import { SmbStatus, STATUS } from './status.ts'
import type { Node, ShareStore } from './store/store.ts'

/** One file that is being written, and all of them together over all visits. */
const LARGEST_FILE = 64 * 1024 * 1024
const LARGEST_PENDING = 192 * 1024 * 1024

/** A file or folder that a client has open. What it wrote is kept at close, or when the client goes without one. */
export class OpenFile {
  readonly share: Share
  /** Below the share, `/` between its parts; a rename changes it. */
  path: string
  removesOnClose = false
  /** The listing that is going on. */
  listing: { pattern: string; entries: Node[] } | undefined
  readonly #store: ShareStore
  readonly #visit: Visit<SmbEvents>
  readonly #pending: Room['pending']
  #content: Buffer | undefined
  #length = 0
  #isDirty = false
  #isRead = false

  constructor(share: Share, path: string, visit: Visit<SmbEvents>, pending: Room['pending']) {
    this.share = share
    this.path = path
    this.#store = share.store as ShareStore
    this.#visit = visit
    this.#pending = pending
  }

  get node(): Node {
    const node = this.#store.stat(this.path)
    if (!node) throw new SmbStatus(STATUS.FILE_CLOSED)
    return this.#isDirty ? { ...node, size: this.#length } : node
  }

  /** Starts listing what matches a pattern with `*` and `?`. */
  list(pattern: string): void {
    const matches = wildcard(pattern)
    const inside = this.#store.list(this.path).filter(({ name }) => matches(name))
    const self = this.node
    const dots = matches('.') ? ['.', '..'].map((name) => ({ ...self, name })) : []
    this.listing = { pattern, entries: [...dots, ...inside] }
    this.#visit.record('smb.list', {
      share: this.share.name,
      path: evidence(this.path),
      pattern: evidence(pattern),
      entries: inside.length,
    })
  }

  read(offset: number, length: number): Buffer {
    if (this.node.isDirectory) throw new SmbStatus(STATUS.INVALID_PARAMETER)
    this.#content ??= this.#store.read(this.path)
    const whole = this.#isDirty ? this.#content.subarray(0, this.#length) : this.#content
    if (!this.#isRead) {
      this.#isRead = true
      this.#visit.record('smb.download', { share: this.share.name, path: evidence(this.path), bytes: whole.length })
    }
    if (offset >= whole.length && length > 0) throw new SmbStatus(STATUS.END_OF_FILE)
    return whole.subarray(offset, offset + length)
  }

  write(offset: number, bytes: Buffer): void {
    this.#grow(Math.max(this.#lengthNow(), offset + bytes.length))
    ;(this.#content as Buffer).set(bytes, offset)
  }

  resize(length: number): void {
    const before = this.#lengthNow()
    this.#grow(length)
    if (length < before) this.#content?.fill(0, length, before)
    this.#length = length
  }

  #lengthNow(): number {
    return this.#isDirty ? this.#length : this.node.size
  }

  /** Makes the content ours and at least this long. */
  #grow(length: number): void {
    if (this.node.isDirectory) throw new SmbStatus(STATUS.FILE_IS_A_DIRECTORY)
    if (length > LARGEST_FILE) throw new SmbStatus(STATUS.DISK_FULL)
    const before = this.#isDirty ? (this.#content as Buffer) : this.node.size > 0 ? this.#store.read(this.path) : Buffer.alloc(0)
    const held = this.#isDirty ? before.length : 0
    if (!this.#isDirty || length > before.length) {
      const room = Math.min(LARGEST_FILE, Math.max(length, before.length, before.length * 2, 4096))
      if (this.#pending.bytes + room - held > LARGEST_PENDING) throw new SmbStatus(STATUS.DISK_FULL)
      this.#pending.bytes += room - held
      this.#content = Buffer.concat([before, Buffer.alloc(Math.max(0, room - before.length))])
      if (!this.#isDirty) this.#length = Math.min(before.length, room)
      this.#isDirty = true
    }
    this.#length = Math.max(this.#length, length)
  }

  rename(to: string): void {
    this.#store.rename(this.path, to)
    this.#visit.record('smb.rename', { share: this.share.name, from: evidence(this.path), to: evidence(to) })
    this.path = to
  }

  /** @param complete false when the client has gone without closing */
  close(complete = true): void {
    if (this.#isDirty) this.#keep(complete)
    if (this.removesOnClose && complete) {
      this.#store.remove(this.path)
      this.#visit.record('smb.remove', { share: this.share.name, path: evidence(this.path) })
    }
  }

  #keep(complete: boolean): void {
    const content = this.#content as Buffer
    this.#isDirty = false
    this.#content = undefined
    this.#pending.bytes -= content.length
    const bytes = Buffer.from(content.subarray(0, this.#length))
    const { ip, port } = this.#visit.local
    const shown = `${this.share.name}/${this.path}`
    const { sha256 } = this.#visit.capture(bytes, {
      name: evidence(this.path),
      how: 'smb',
      url: evidence(`smb://${ip.includes(':') ? `[${ip}]` : ip}:${port}/${shown}`),
    })
    this.#visit.record('smb.upload', { share: this.share.name, path: evidence(this.path), bytes: bytes.length, sha256, complete })
    try {
      this.#store.write(this.path, bytes)
    } catch (error) {
      if (!(error instanceof SmbStatus) || complete) throw error
    }
  }
}

/** A matcher of MS-FSCC 2.1.4 names, whose time grows with pattern times name and no more. */
export function wildcard(pattern: string): (name: string) => boolean {
  const wanted =
    pattern === '' || pattern === '*.*'
      ? '*'
      : pattern.slice(0, 512).toLowerCase().replaceAll('<', '*').replaceAll('>', '?').replaceAll('"', '.')
  return (given) => {
    const name = given.toLowerCase()
    let p = 0
    let n = 0
    let star = -1
    let mark = 0
    while (n < name.length) {
      if (wanted[p] === '*') {
        star = p++
        mark = n
      } else if (p < wanted.length && (wanted[p] === '?' || wanted[p] === name[n])) {
        p++
        n++
      } else if (star >= 0) {
        p = star + 1
        n = ++mark
      } else return false
    }
    while (wanted[p] === '*') p++
    return p === wanted.length
  }
}
