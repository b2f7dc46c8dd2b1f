import type { Folder, StoredMessage } from '../../host/mail/mail-store.ts'

const SYSTEM_FLAGS = ['\\Answered', '\\Flagged', '\\Deleted', '\\Seen', '\\Draft'] as const

/** Flags of a STORE or APPEND in their own spelling; the first that does not exist is named instead. */
export function normalizeFlags(texts: readonly string[]): { flags: string[] } | { unknown: string } {
  const flags: string[] = []
  for (const text of texts) {
    const isSystem = text.startsWith('\\')
    const flag = isSystem ? SYSTEM_FLAGS.find((known) => known.toLowerCase() === text.toLowerCase()) : text
    if (flag === undefined) return { unknown: text.toUpperCase() }
    flags.push(flag)
  }
  return { flags }
}

/** Keywords and change counters of one folder, as long as a visit lasts. */
export class FolderState {
  readonly folder: Folder
  /** In the order in which they came up; Dovecot never forgets one. */
  readonly keywords: string[] = []
  readonly #modseqs = new Map<number, number>()
  highestModseq: number

  constructor(folder: Folder) {
    this.folder = folder
    // A new message has a higher number than all before it, which UIDs are as well.
    this.highestModseq = Math.max(1, folder.messages.at(-1)?.uid ?? 1)
    for (const { flags } of folder.messages) this.learn([...flags])
  }

  /** Whether one of these keywords is new to the folder. */
  learn(flags: readonly string[]): boolean {
    const fresh = flags.filter((flag) => !flag.startsWith('\\') && !this.keywords.includes(flag)).slice(0, 100 - this.keywords.length)
    this.keywords.push(...fresh)
    return fresh.length > 0
  }

  modseqOf(message: StoredMessage): number {
    return this.#modseqs.get(message.uid) ?? message.uid
  }

  changed(messages: readonly StoredMessage[]): void {
    this.highestModseq++
    for (const { uid } of messages) this.#modseqs.set(uid, this.highestModseq)
  }

  /** `\Answered \Flagged \Deleted \Seen \Draft \Recent`, then the keywords. */
  flagsOf({ flags, isRecent }: StoredMessage): string {
    const system = SYSTEM_FLAGS.filter((flag) => flags.has(flag))
    return [...system, ...(isRecent ? ['\\Recent'] : []), ...this.keywords.filter((keyword) => flags.has(keyword))].join(' ')
  }

  /** The untagged lines about flags of SELECT. */
  flagLines(readOnly: boolean): string[] {
    const all = [...SYSTEM_FLAGS, ...this.keywords].join(' ')
    return [
      `* FLAGS (${all})`,
      readOnly ? '* OK [PERMANENTFLAGS ()] Read-only mailbox.' : `* OK [PERMANENTFLAGS (${all} \\*)] Flags permitted.`,
    ]
  }
}
