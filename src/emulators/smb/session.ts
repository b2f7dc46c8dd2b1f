import { evidence } from '../../events/bytes.ts'
import type { Visit } from '../../sensor/visit.ts'
import type { SmbEvents } from './events.ts'
import type { Admission } from './logon.ts'
import { OpenFile } from './open-file.ts'
import type { SmbContext } from './options.ts'
import { Pipe } from './pipe.ts'
import { pipeSetup } from './rpc/pipes.ts'
import { type Share, sharesOf } from './shares.ts'
import { SmbStatus, STATUS } from './status.ts'
import { parentOf, type ShareStore, sharePath } from './store/store.ts'

const OPENS = 512
const TREES = 64

export type Open = OpenFile | Pipe

/** What CreateDisposition asks for (MS-SMB2 2.2.13). */
export const DISPOSITION = { SUPERSEDE: 0, OPEN: 1, CREATE: 2, OPEN_IF: 3, OVERWRITE: 4, OVERWRITE_IF: 5 } as const
export const OPTION = { DIRECTORY: 1, NON_DIRECTORY: 0x40, DELETE_ON_CLOSE: 0x1000 } as const
/** CreateAction: what became of it. */
export const ACTION = { SUPERSEDED: 0, OPENED: 1, CREATED: 2, OVERWRITTEN: 3 } as const

export interface CreateRequest {
  /** With backslashes, as the client wrote it. */
  name: string
  disposition: number
  options: number
}

/** One user that has logged in on a connection: trees and open files, whatever the dialect. */
export class Session {
  readonly admission: Admission
  readonly #visit: Visit<SmbEvents>
  readonly #context: SmbContext
  readonly #trees = new Map<number, Share>()
  readonly #opens = new Map<number, { open: Open; tree: number }>()
  /** Identifiers are 16 bits wide in SMB1: never zero, never all ones. */
  #ids: number

  constructor(admission: Admission, visit: Visit<SmbEvents>, context: SmbContext) {
    this.admission = admission
    this.#visit = visit
    this.#context = context
    this.#ids = context.room.machine.shape === 'windows' ? 0x800 : 1
  }

  get shares(): Share[] {
    return sharesOf(this.#context, this.#visit.source.ip)
  }

  /** @param path `\\server\share`. @throws SmbStatus */
  connect(path: string): { id: number; share: Share } {
    const name = path.slice(path.lastIndexOf('\\') + 1)
    const share = this.shares.find((one) => one.name.toLowerCase() === name.toLowerCase())
    const granted = share?.admits.includes(this.admission.kind) === true
    this.#visit.record('smb.tree', { path: evidence(path), granted })
    if (!share) throw new SmbStatus(STATUS.BAD_NETWORK_NAME)
    if (!granted) throw new SmbStatus(STATUS.ACCESS_DENIED)
    if (this.#trees.size >= TREES) throw new SmbStatus(STATUS.INSUFFICIENT_RESOURCES)
    const id = this.#nextId()
    this.#trees.set(id, share)
    return { id, share }
  }

  /** @throws SmbStatus */
  tree(id: number): Share {
    const share = this.#trees.get(id)
    if (!share) throw new SmbStatus(STATUS.NETWORK_NAME_DELETED)
    return share
  }

  disconnect(id: number): void {
    this.tree(id)
    this.#trees.delete(id)
    for (const [handle, { open, tree }] of this.#opens) {
      if (tree !== id) continue
      this.#opens.delete(handle)
      if (open instanceof OpenFile) open.close()
    }
  }

  /** @throws SmbStatus */
  create(treeId: number, request: CreateRequest): { id: number; open: Open; action: number } {
    const share = this.tree(treeId)
    if (this.#opens.size >= OPENS) throw new SmbStatus(STATUS.INSUFFICIENT_RESOURCES)
    try {
      const { open, action } = share.kind === 'pipe' ? this.#openPipe(request.name) : this.#openFile(share, request)
      const id = this.#nextId()
      this.#opens.set(id, { open, tree: treeId })
      const outcome = action === ACTION.CREATED ? 'created' : action === ACTION.OPENED ? 'opened' : 'replaced'
      this.#visit.record('smb.open', { share: share.name, path: evidence(request.name), outcome, status: 0 })
      return { id, open, action }
    } catch (error) {
      if (error instanceof SmbStatus) {
        this.#visit.record('smb.open', { share: share.name, path: evidence(request.name), outcome: 'refused', status: error.status })
      }
      throw error
    }
  }

  /** @throws SmbStatus */
  opened(id: number): Open {
    const found = this.#opens.get(id)
    if (!found) throw new SmbStatus(STATUS.FILE_CLOSED)
    return found.open
  }

  file(id: number): OpenFile {
    const open = this.opened(id)
    if (!(open instanceof OpenFile)) throw new SmbStatus(STATUS.INVALID_PARAMETER)
    return open
  }

  pipe(id: number): Pipe {
    const open = this.opened(id)
    if (!(open instanceof Pipe)) throw new SmbStatus(STATUS.INVALID_PARAMETER)
    return open
  }

  close(id: number): void {
    const open = this.opened(id)
    this.#opens.delete(id)
    if (open instanceof OpenFile) open.close()
  }

  /** The client has gone: what it was writing is kept. */
  abandon(): void {
    for (const { open } of this.#opens.values()) if (open instanceof OpenFile) open.close(false)
    this.#opens.clear()
  }

  #nextId(): number {
    do this.#ids = (this.#ids + 1) & 0xffff
    while (this.#ids === 0 || this.#ids === 0xffff || this.#opens.has(this.#ids) || this.#trees.has(this.#ids))
    return this.#ids
  }

  #openPipe(given: string): { open: Pipe; action: number } {
    const name = given
      .replace(/^\\+/, '')
      .replace(/^pipe\\/i, '')
      .toLowerCase()
    if (/\.so$|^\/|\//.test(name))
      this.#visit.record('smb.exploit', { kind: 'sambacry', detail: { pipe: given.slice(0, 256) } }, ['cve:CVE-2017-7494'])
    const setup = pipeSetup(name, this.#visit, this.#context, this)
    if (!setup) throw new SmbStatus(STATUS.OBJECT_NAME_NOT_FOUND)
    return { open: new Pipe(setup), action: ACTION.OPENED }
  }

  #openFile(share: Share, { name, disposition, options }: CreateRequest): { open: OpenFile; action: number } {
    const store = share.store as ShareStore
    const path = sharePath(name)
    const known = store.stat(path)
    if (known) {
      if (disposition === DISPOSITION.CREATE) throw new SmbStatus(STATUS.OBJECT_NAME_COLLISION)
      if (known.isDirectory && options & OPTION.NON_DIRECTORY) throw new SmbStatus(STATUS.FILE_IS_A_DIRECTORY)
      if (!known.isDirectory && options & OPTION.DIRECTORY) throw new SmbStatus(STATUS.NOT_A_DIRECTORY)
      const replaces = disposition !== DISPOSITION.OPEN && disposition !== DISPOSITION.OPEN_IF && !known.isDirectory
      const open = this.#openAt(share, path, options)
      if (replaces) open.resize(0)
      return { open, action: replaces ? ACTION.OVERWRITTEN : ACTION.OPENED }
    }
    if (!store.stat(parentOf(path))?.isDirectory) throw new SmbStatus(STATUS.OBJECT_PATH_NOT_FOUND)
    if (disposition === DISPOSITION.OPEN || disposition === DISPOSITION.OVERWRITE) throw new SmbStatus(STATUS.OBJECT_NAME_NOT_FOUND)
    if (/[*?<>|":]/.test(path)) throw new SmbStatus(STATUS.OBJECT_NAME_INVALID)
    if (options & OPTION.DIRECTORY) store.mkdir(path)
    else store.write(path, Buffer.alloc(0))
    return { open: this.#openAt(share, path, options), action: ACTION.CREATED }
  }

  #openAt(share: Share, path: string, options: number): OpenFile {
    const open = new OpenFile(share, path, this.#visit, this.#context.room.pending)
    open.removesOnClose = (options & OPTION.DELETE_ON_CLOSE) !== 0
    return open
  }
}
