import type { StoredMessage } from '../../host/mail/mail-store.ts'
import { decodedBody, headerOf, leavesOf, type MimePart, parseMime } from '../../host/mail/mime.ts'
import { ImapSyntaxError, type Token, textOf } from './codec.ts'
import { contains, parseSet } from './sequence-set.ts'

/** Keys of one SEARCH, nested ones included. */
const MOST_KEYS = 200
/** Bytes of a message that are searched for text. */
const SEARCHED = 1024 * 1024

export interface Candidate {
  message: StoredMessage
  /** Message sequence number. */
  n: number
  modseq: number
}

/** Largest numbers in the mailbox, which `*` stands for. */
export interface Extent {
  messages: number
  uid: number
}

export type Criterion = (candidate: Candidate) => boolean

/**
 * Reads the keys of SEARCH, RFC 3501 §6.4.4: all must hold.
 * @throws ImapSyntaxError in Dovecot's words
 */
export function parseSearch(tokens: readonly Token[], extent: Extent): Criterion {
  if (tokens.length === 0) throw new ImapSyntaxError('Missing search parameters')
  return new KeyReader(tokens, extent, { left: MOST_KEYS }).all()
}

class KeyReader {
  readonly #tokens: readonly Token[]
  readonly #extent: Extent
  readonly #budget: { left: number }
  #at = 0

  constructor(tokens: readonly Token[], extent: Extent, budget: { left: number }) {
    this.#tokens = tokens
    this.#extent = extent
    this.#budget = budget
  }

  all(): Criterion {
    const keys: Criterion[] = []
    while (this.#at < this.#tokens.length) keys.push(this.#key())
    return (candidate) => keys.every((key) => key(candidate))
  }

  #key(): Criterion {
    if (this.#budget.left-- <= 0) throw new ImapSyntaxError('Query is too complex')
    const token = this.#tokens[this.#at++]
    if (token === undefined) throw new ImapSyntaxError('Missing parameter for argument')
    if (token.kind === 'list') return new KeyReader(token.items, this.#extent, this.#budget).all()
    const name = token.text.toUpperCase()
    const flag = FLAG_KEYS[name]
    if (flag) return flag
    if (/^[\d*]/.test(name)) {
      const set = parseSet(name, this.#extent.messages)
      return ({ n }) => contains(set, n)
    }
    return this.#withArgument(name, token.text)
  }

  #withArgument(name: string, written: string): Criterion {
    switch (name) {
      case 'NOT': {
        const key = this.#key()
        return (candidate) => !key(candidate)
      }
      case 'OR': {
        const [a, b] = [this.#key(), this.#key()]
        return (candidate) => a(candidate) || b(candidate)
      }
      case 'UID': {
        const set = parseSet(this.#argument(name), this.#extent.uid)
        return ({ message }) => contains(set, message.uid)
      }
      case 'KEYWORD':
      case 'UNKEYWORD': {
        const keyword = this.#argument(name).toLowerCase()
        return ({ message }) => [...message.flags].some((flag) => flag.toLowerCase() === keyword) === (name === 'KEYWORD')
      }
      case 'LARGER':
      case 'SMALLER': {
        const size = this.#number(name)
        return ({ message }) => (name === 'LARGER' ? message.bytes.length > size : message.bytes.length < size)
      }
      case 'MODSEQ': {
        const least = this.#number(name)
        return ({ modseq }) => modseq >= least
      }
      case 'OLDER':
      case 'YOUNGER': {
        const edge = Date.now() - this.#number(name) * 1000
        return ({ message }) => (name === 'OLDER' ? message.time <= edge : message.time >= edge)
      }
      case 'HEADER': {
        const [field, text] = [this.#argument(name).toLowerCase(), this.#argument(name).toLowerCase()]
        return ({ message }) => headerHas(message, field, text)
      }
      default:
        return this.#dateOrText(name, written)
    }
  }

  #dateOrText(name: string, written: string): Criterion {
    const [kind, isSent] = name.startsWith('SENT') ? [name.slice(4), true] : [name, false]
    if (['BEFORE', 'ON', 'SINCE', 'SAVEDBEFORE', 'SAVEDON', 'SAVEDSINCE'].includes(kind)) {
      const day = parseDay(this.#argument(name))
      const compare = DAY_COMPARISONS[kind.replace('SAVED', '')] as (a: number, b: number) => boolean
      return ({ message }) => compare(isSent ? sentDay(message) : Math.floor(message.time / DAY), day)
    }
    if (['FROM', 'TO', 'CC', 'BCC', 'SUBJECT'].includes(name)) {
      const text = this.#argument(name).toLowerCase()
      return ({ message }) => headerHas(message, name.toLowerCase(), text)
    }
    if (name === 'TEXT' || name === 'BODY') {
      const text = this.#argument(name).toLowerCase()
      return ({ message }) => searchable(message, name === 'TEXT').includes(text)
    }
    throw new ImapSyntaxError(`Unknown argument ${written.toUpperCase()}`)
  }

  #argument(name: string): string {
    const text = textOf(this.#tokens[this.#at++])
    if (text === undefined) throw new ImapSyntaxError(`Missing parameter for argument ${name}`)
    return text
  }

  #number(name: string): number {
    const text = this.#argument(name)
    if (!/^\d{1,15}$/.test(text)) {
      throw new ImapSyntaxError(`Invalid search ${name === 'LARGER' || name === 'SMALLER' ? 'size' : name.toLowerCase()} parameter`)
    }
    return Number(text)
  }
}

const has =
  (flag: string) =>
  ({ message }: Candidate): boolean =>
    message.flags.has(flag)
const lacks =
  (flag: string) =>
  ({ message }: Candidate): boolean =>
    !message.flags.has(flag)

const FLAG_KEYS: Record<string, Criterion> = {
  ALL: () => true,
  ANSWERED: has('\\Answered'),
  DELETED: has('\\Deleted'),
  DRAFT: has('\\Draft'),
  FLAGGED: has('\\Flagged'),
  SEEN: has('\\Seen'),
  UNANSWERED: lacks('\\Answered'),
  UNDELETED: lacks('\\Deleted'),
  UNDRAFT: lacks('\\Draft'),
  UNFLAGGED: lacks('\\Flagged'),
  UNSEEN: lacks('\\Seen'),
  RECENT: ({ message }) => message.isRecent,
  NEW: ({ message }) => message.isRecent && !message.flags.has('\\Seen'),
  OLD: ({ message }) => !message.isRecent,
}

const DAY = 86_400_000
const DAY_COMPARISONS: Record<string, (a: number, b: number) => boolean> = {
  BEFORE: (a, b) => a < b,
  ON: (a, b) => a === b,
  SINCE: (a, b) => a >= b,
}

/** `1-Jan-2020` as days since 1970. */
function parseDay(text: string): number {
  const match = /^(\d{1,2})-([A-Za-z]{3})-(\d{4})$/.exec(text)
  const time = match ? Date.parse(`${match[1]} ${match[2]} ${match[3]} 00:00:00 UTC`) : Number.NaN
  if (Number.isNaN(time)) throw new ImapSyntaxError('Invalid search date parameter')
  return Math.floor(time / DAY)
}

function sentDay(message: StoredMessage): number {
  const date = headerOf(parseMime(message.bytes).headers, 'date') ?? ''
  // RFC 3501 §6.4.4: the day that the header shows, whatever its zone.
  const shown = Date.parse(date.replace(/\s+[+-]\d{4}.{0,40}$/, ' +0000'))
  return Number.isNaN(shown) ? 0 : Math.floor(shown / DAY)
}

function headerHas(message: StoredMessage, field: string, text: string): boolean {
  return parseMime(message.bytes).headers.some(({ name, value }) => name.toLowerCase() === field && value.toLowerCase().includes(text))
}

/** The text of a message with its encodings undone, in small letters. */
function searchable(message: StoredMessage, withHeader: boolean): string {
  const bytes = message.bytes.subarray(0, SEARCHED)
  const mime = parseMime(bytes)
  const header = withHeader ? bytes.toString('latin1', 0, mime.bodyStart) : ''
  const isText = ({ type }: MimePart): boolean => ['text', 'message'].includes(type.toLowerCase())
  return `${header}${leavesOf(mime)
    .filter(isText)
    .map((leaf) => decodedBody(bytes, leaf).toString('latin1'))
    .join('\n')}`.toLowerCase()
}
