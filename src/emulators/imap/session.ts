import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { evidence } from '../../events/bytes.ts'
import { type Folder, MailStore } from '../../host/mail/mail-store.ts'
import type { Visit } from '../../sensor/visit.ts'
import type { StateStore } from '../../store/contract.ts'
import { astring, ImapSyntaxError, type Token, textOf } from './codec.ts'
import type { ImapEvents } from './events.ts'
import { FolderState } from './selection.ts'

const OUT_BATCH = 64 * 1024

export interface SessionContext {
  readonly persona: Persona
  identity: Identity
  state: StateStore
}

export interface Selected {
  state: FolderState
  readOnly: boolean
}

/** A user's visit to the mailboxes: what is selected, what has been told, and the words for it. */
export class ImapSession {
  readonly visit: Visit<ImapEvents>
  readonly store: MailStore
  readonly timezone: string
  selected: Selected | undefined
  usesModseq = false
  readonly #states = new Map<Folder, FolderState>()
  #out: string[] = []
  #outBytes = 0

  constructor(visit: Visit<ImapEvents>, { persona, identity, state }: SessionContext, user: string) {
    this.visit = visit
    this.timezone = persona.timezone
    this.store = new MailStore({ persona, identity, state, user, source: visit.source.ip })
  }

  stateOf(folder: Folder): FolderState {
    const state = this.#states.get(folder) ?? new FolderState(folder)
    this.#states.set(folder, state)
    return state
  }

  /** Sends an untagged line, or gathers it. */
  async tell(line: string): Promise<void> {
    this.#out.push(`${line}\r\n`)
    this.#outBytes += line.length
    if (this.#outBytes > OUT_BATCH) await this.flush()
  }

  async flush(): Promise<void> {
    if (this.#out.length === 0) return
    const bytes = Buffer.from(this.#out.join(''), 'latin1')
    this.#out = []
    this.#outBytes = 0
    await this.visit.write(bytes)
  }

  /** Leaves the selected mailbox, whose messages are no longer recent. */
  unselect(): void {
    if (!this.selected) return
    if (!this.selected.readOnly) for (const message of this.selected.state.folder.messages) message.isRecent = false
    this.selected = undefined
  }

  /** Says what has been added to the selected mailbox. */
  async tellGrowth(folder: Folder): Promise<void> {
    if (this.selected?.state.folder !== folder) return
    await this.tell(`* ${folder.messages.length} EXISTS`)
    await this.tell(`* ${recentIn(folder)} RECENT`)
  }

  status(folder: Folder, items: readonly Token[]): string {
    const { messages, uidNext, uidValidity } = folder
    const values: Record<string, () => number> = {
      MESSAGES: () => messages.length,
      RECENT: () => recentIn(folder),
      UIDNEXT: () => uidNext,
      UIDVALIDITY: () => uidValidity,
      UNSEEN: () => messages.filter(({ flags }) => !flags.has('\\Seen')).length,
      HIGHESTMODSEQ: () => this.stateOf(folder).highestModseq,
      SIZE: () => messages.reduce((sum, { bytes }) => sum + bytes.length, 0),
    }
    const wanted = items.map((item) => (textOf(item) ?? '').toUpperCase())
    const unknown = wanted.find((name) => values[name] === undefined)
    if (unknown !== undefined) throw new ImapSyntaxError(`Invalid status item ${unknown}`)
    const shown = Object.keys(values).filter((name) => wanted.includes(name))
    return `* STATUS ${astring(folder.name)} (${shown.map((name) => `${name} ${values[name]?.()}`).join(' ')})`
  }
}

export const recentIn = (folder: Folder): number => folder.messages.filter(({ isRecent }) => isRecent).length

export interface How {
  isUid: boolean
  tag: string
}

export type Handler = (session: ImapSession, args: readonly Token[], how: How) => string | Promise<string>

export const latin1 = (text: string): ReturnType<typeof evidence> => evidence(Buffer.from(text.slice(0, 1024), 'latin1'))
