import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import type { StateStore } from '../../store/contract.ts'
import { lettersOf, nextUid } from './letters.ts'

const SCOPE = 'mail'
/** What one source may change and leave in one user's mailboxes. */
const MOST_CHANGES = 2000
const MOST_FOLDERS = 100
const DEEPEST_FOLDER = 10
const MOST_MESSAGES = 2000
const KEPT_BYTES = 256 * 1024
/** Bytes of appended messages that a visit may see again. */
const MOST_BYTES = 8 * 1024 * 1024

export interface StoredMessage {
  readonly uid: number
  /** UTC milliseconds. */
  readonly time: number
  readonly bytes: Buffer
  flags: Set<string>
  /** Came since the mailbox was last selected (RFC 3501 §2.3.2). */
  isRecent: boolean
}

export interface Folder {
  readonly name: string
  readonly uidValidity: number
  uidNext: number
  messages: StoredMessage[]
  /** A node of the tree that holds folders and no messages. */
  isNode: boolean
}

/** What a source did to a user's mail, as it is kept between its visits; both mail protocols see it. */
interface Changes {
  gone: number[]
  flags: Record<string, string[]>
  folders: string[]
  removed: string[]
  subscribed: string[]
  appended: AppendedMessage[]
}

interface AppendedMessage {
  folder: string
  uid: number
  /** When it was appended; `time` may be what the client said. */
  at: number
  time: number
  flags: string[]
  base64: string
  isRecent: boolean
}

export interface MailStoreSetup {
  persona: Persona
  identity: Identity
  state: StateStore
  user: string
  source: string
  now?: () => number
}

/** One user's mailboxes as one source has left them. */
export class MailStore {
  readonly folders = new Map<string, Folder>()
  readonly subscriptions: Set<string>
  readonly #setup: MailStoreSetup
  readonly #key: string
  readonly #changes: Changes
  #bytes = 0

  constructor(setup: MailStoreSetup) {
    this.#setup = setup
    this.#key = `${setup.persona.name} ${setup.source} ${setup.user}`
    const kept = setup.state.get(SCOPE, this.#key)
    this.#changes = kept
      ? (JSON.parse(kept.toString('utf8')) as Changes)
      : { gone: [], flags: {}, folders: [], removed: [], subscribed: ['Drafts', 'Sent', 'Trash'], appended: [] }
    this.subscriptions = new Set(this.#changes.subscribed)
    this.#open()
  }

  get now(): number {
    return (this.#setup.now ?? Date.now)()
  }

  folder(name: string): Folder | undefined {
    return this.folders.get(name.toUpperCase() === 'INBOX' ? 'INBOX' : name)
  }

  /** Writes down what the messages of a folder are flagged with now. */
  flagged(folder: Folder, messages: readonly StoredMessage[]): void {
    for (const message of messages) {
      const key = `${folder.name} ${message.uid}`
      if (this.#changes.flags[key] || Object.keys(this.#changes.flags).length < MOST_CHANGES) this.#changes.flags[key] = [...message.flags]
    }
    this.#keep()
  }

  remove(folder: Folder, messages: readonly StoredMessage[]): void {
    const uids = new Set(messages.map(({ uid }) => uid))
    folder.messages = folder.messages.filter(({ uid }) => !uids.has(uid))
    for (const { uid, bytes } of messages) {
      const at = this.#changes.appended.findIndex((kept) => kept.folder === folder.name && kept.uid === uid)
      if (at >= 0) this.#changes.appended.splice(at, 1)
      else if (this.#changes.gone.length < MOST_CHANGES) this.#changes.gone.push(uid)
      this.#bytes -= bytes.length
    }
    this.#keep()
  }

  /** From now on the messages of this folder are recent to nobody else. */
  selected(folder: Folder): void {
    const recent = this.#changes.appended.filter((kept) => kept.folder === folder.name && kept.isRecent)
    for (const kept of recent) kept.isRecent = false
    if (recent.length) this.#keep()
  }

  rename(folder: Folder, name: string): boolean {
    const renamed = this.create(name)
    if (!renamed) return false
    for (const { bytes, flags, time } of folder.messages) this.append(renamed, bytes, [...flags], time)
    this.delete(folder)
    return true
  }

  /** Undefined when there is no room. */
  append(folder: Folder, bytes: Buffer, flags: readonly string[], time: number): StoredMessage | undefined {
    if (folder.messages.length >= MOST_MESSAGES || this.#bytes + bytes.length > MOST_BYTES) return undefined
    const message: StoredMessage = { uid: folder.uidNext++, time, bytes, flags: new Set(flags), isRecent: true }
    folder.messages.push(message)
    this.#bytes += bytes.length
    const used = this.#changes.appended.reduce((sum, { base64 }) => sum + base64.length, 0)
    if (used + (bytes.length * 4) / 3 < KEPT_BYTES) {
      const base64 = bytes.toString('base64')
      this.#changes.appended.push({ folder: folder.name, uid: message.uid, at: this.now, time, flags: [...flags], base64, isRecent: true })
      this.#keep()
    }
    return message
  }

  /** Undefined when there is no room for more folders. */
  create(name: string): Folder | undefined {
    if (this.folders.size >= MOST_FOLDERS || name.split('/').length > DEEPEST_FOLDER) return undefined
    const folder = this.#add(name, false)
    this.#changes.folders.push(name)
    this.#changes.removed = this.#changes.removed.filter((other) => other !== name)
    this.#keep()
    return folder
  }

  delete(folder: Folder): void {
    this.remove(folder, folder.messages)
    this.folders.delete(folder.name)
    const { folders, removed } = this.#changes
    if (folders.includes(folder.name)) folders.splice(folders.indexOf(folder.name), 1)
    else removed.push(folder.name)
    this.#keep()
  }

  subscribe(name: string, wanted: boolean): void {
    if (wanted && this.subscriptions.size < MOST_FOLDERS) this.subscriptions.add(name)
    if (!wanted) this.subscriptions.delete(name)
    this.#changes.subscribed = [...this.subscriptions]
    this.#keep()
  }

  #open(): void {
    const { gone, flags, folders, removed, appended } = this.#changes
    for (const name of ['Drafts', 'Sent', 'Trash', ...folders]) if (!removed.includes(name)) this.#add(name, false)
    this.#add('INBOX', false)
    const missing = new Set(gone)
    for (const { folder: name, uid, time, seen, bytes } of lettersOf(this.#setup, this.now)) {
      const folder = this.folders.get(name)
      // A UID that was given to an appended message meanwhile is spent (RFC 3501 §2.3.1.1).
      const isSpent = appended.some((other) => other.folder === name && other.uid >= uid && other.at < time)
      if (missing.has(uid) || isSpent || !folder) continue
      folder.messages.push({ uid, time, bytes, flags: new Set(seen ? ['\\Seen'] : []), isRecent: false })
    }
    for (const { folder: name, uid, time, flags: first, base64, isRecent } of appended) {
      const folder = this.folders.get(name)
      folder?.messages.push({ uid, time, bytes: Buffer.from(base64, 'base64'), flags: new Set(first), isRecent })
    }
    for (const folder of this.folders.values()) {
      folder.messages.sort((a, b) => a.uid - b.uid)
      folder.uidNext = Math.max(folder.uidNext, (folder.messages.at(-1)?.uid ?? 0) + 1)
      for (const message of folder.messages) {
        const now = flags[`${folder.name} ${message.uid}`]
        if (now) message.flags = new Set(now)
      }
    }
  }

  #add(name: string, isNode: boolean): Folder {
    const slash = name.lastIndexOf('/')
    if (slash > 0 && !this.folders.has(name.slice(0, slash))) this.#add(name.slice(0, slash), true)
    const { identity, persona, user } = this.#setup
    // UIDVALIDITY is the time at which a mailbox was made, as Dovecot has it.
    const uidValidity = identity.integer(`mail/${persona.name}/${user}/${name}/uidvalidity`, 1_577_836_800, 1_704_067_200)
    const uidNext = name === 'INBOX' || name === 'Sent' ? nextUid(this.now - 86_400_000) + 1 : 1
    const folder: Folder = { name, uidValidity, uidNext, messages: [], isNode }
    this.folders.set(name, folder)
    return folder
  }

  #keep(): void {
    this.#setup.state.set(SCOPE, this.#key, JSON.stringify(this.#changes))
  }
}
