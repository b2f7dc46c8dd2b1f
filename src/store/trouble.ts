/** What is wrong with a store now, in words for the operator, and what ends it. */
export interface Trouble {
  what: string
  cure: string
}

/** A store that cannot do what was asked; its message is fit for the operator. */
export class StoreError extends Error {
  readonly trouble: Trouble

  constructor(trouble: Trouble, options?: ErrorOptions) {
    super(`${trouble.what}\n    cure: ${trouble.cure}`, options)
    this.name = 'StoreError'
    this.trouble = trouble
  }
}

type Ailment = 'full' | 'locked' | 'corrupt' | 'denied' | 'broken'

/** Primary result codes of SQLite, https://www.sqlite.org/rescode.html. */
const SQLITE_AILMENTS: Readonly<Record<number, Ailment>> = {
  3: 'denied', // SQLITE_PERM
  5: 'locked', // SQLITE_BUSY
  6: 'locked', // SQLITE_LOCKED
  8: 'denied', // SQLITE_READONLY
  11: 'corrupt', // SQLITE_CORRUPT
  13: 'full', // SQLITE_FULL
  14: 'denied', // SQLITE_CANTOPEN
  26: 'corrupt', // SQLITE_NOTADB
}

const SYSTEM_AILMENTS: Readonly<Record<string, Ailment>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
  ERR_ACCESS_DENIED: 'denied', // Node's permission model
}

const WORDS: Readonly<Record<Ailment, (place: string, message: string) => Trouble>> = {
  full: (place) => ({ what: `the disk of ${place} is full`, cure: 'free space on that disk, or lower store.retainGiB' }),
  locked: (place) => ({
    what: `another process holds the write lock of ${place}`,
    cure: `end its transaction, or the process (fuser -v ${place} names it)`,
  }),
  corrupt: (place) => ({
    what: `${place} is damaged or not a database of SQLite`,
    cure: `move it away, a new one is made by itself (sqlite3 OLD .recover gets out what is left in it), and look at the disk's health`,
  }),
  denied: (place, message) => ({
    what: `${place} cannot be opened or written (${message})`,
    cure: 'check owner, permissions and mount options of that path',
  }),
  broken: (place, message) => ({ what: `${place}: ${message}`, cure: 'look into the system log for errors of the disk or file system' }),
}

/** The operator's words for an error of SQLite or the file system at `place`. */
export function troubleOf(error: unknown, place: string): Trouble {
  if (error instanceof StoreError) return error.trouble
  const message = error instanceof Error ? error.message : String(error)
  return WORDS[ailmentOf(error)](place, message)
}

export function isLocked(error: unknown): boolean {
  return ailmentOf(error) === 'locked'
}

/** True when trying again on the same connection makes no sense: the file must be opened anew. */
export function needsReopening(error: unknown): boolean {
  const ailment = ailmentOf(error)
  return ailment !== 'full' && ailment !== 'locked'
}

/** Whether what was to be written is the reason: SQLITE_TOOBIG, SQLITE_MISMATCH, SQLITE_RANGE, or it cannot be read. */
export function isUnfit(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof RangeError) return true
  return error instanceof Error && 'errcode' in error && [18, 20, 25].includes(Number(error.errcode) & 0xff)
}

function ailmentOf(error: unknown): Ailment {
  if (!(error instanceof Error)) return 'broken'
  // Extended result codes keep the primary one in their low byte.
  if ('errcode' in error && typeof error.errcode === 'number') return SQLITE_AILMENTS[error.errcode & 0xff] ?? 'broken'
  if ('code' in error && typeof error.code === 'string') return SYSTEM_AILMENTS[error.code] ?? 'broken'
  return 'broken'
}
