import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { type Folder, MailStore, type StoredMessage } from '../../host/mail/mail-store.ts'
import type { Visit } from '../../sensor/visit.ts'
import type { StateStore } from '../../store/contract.ts'
import { type Answer, lastLine, line, lines } from './answer.ts'
import { encodeLines, parseCommand, topOf } from './codec.ts'
import type { Pop3Events } from './events.ts'

export interface SessionContext {
  readonly persona: Persona
  identity: Identity
  state: StateStore
}

/** Unknown commands in a row that Dovecot bears of a user (CLIENT_MAX_BAD_COMMANDS). */
const BAD_COMMANDS = 20

const VERBS = new Set(['CAPA', 'STAT', 'LIST', 'UIDL', 'RETR', 'TOP', 'DELE', 'RSET', 'NOOP', 'QUIT'])

/** Dovecot 2.3's pop3 process: the mailbox as it was at the login, and what is marked in it. */
export class MailSession {
  readonly #visit: Visit<Pop3Events>
  readonly #store: MailStore
  readonly #inbox: Folder
  /** Message numbers are places in this list, plus one. */
  readonly #messages: readonly StoredMessage[]
  readonly #deleted = new Set<number>()
  readonly #read = new Set<number>()
  #bad = 0

  constructor(visit: Visit<Pop3Events>, { persona, identity, state }: SessionContext, user: string) {
    this.#visit = visit
    this.#store = new MailStore({ persona, identity, state, user, source: visit.source.ip })
    this.#inbox = this.#store.folder('INBOX') as Folder
    this.#messages = [...this.#inbox.messages]
  }

  async answer(bytes: Buffer): Promise<Answer> {
    const { verb, argument } = parseCommand(bytes)
    if (VERBS.has(verb)) this.#bad = 0
    switch (verb) {
      case 'CAPA':
        return lines('+OK', 'CAPA', 'TOP', 'UIDL', 'RESP-CODES', 'PIPELINING', 'AUTH-RESP-CODE', '.')
      case 'STAT': {
        const left = this.#left()
        return line(`+OK ${left.length} ${left.reduce((sum, n) => sum + this.#message(n).bytes.length, 0)}`)
      }
      case 'LIST':
        return this.#list(argument)
      case 'UIDL':
        return this.#uidl(argument)
      case 'RETR':
        return this.#whole(argument, this.#retrieve)
      case 'TOP':
        return this.#top(argument)
      case 'DELE':
        return this.#whole(argument, (n) => {
          this.#deleted.add(n)
          return line('+OK Marked to be deleted.')
        })
      case 'RSET':
        this.#deleted.clear()
        return line('+OK')
      case 'NOOP':
        return line('+OK')
      case 'QUIT':
        return this.#quit()
      default:
        if (++this.#bad > BAD_COMMANDS) return lastLine('-ERR Too many bad commands.')
        return line(`-ERR Unknown command: ${verb}`)
    }
  }

  #message(n: number): StoredMessage {
    return this.#messages[n - 1] as StoredMessage
  }

  /** Numbers of the messages that are not marked. */
  #left(): number[] {
    return this.#messages.map((_, i) => i + 1).filter((n) => !this.#deleted.has(n))
  }

  /** Finds the message that an argument names, and what follows the number; or says what is wrong. */
  #find(argument: string): { n: number; rest: string } | Answer {
    const match = /^\s*(\d{1,9})(.*)$/s.exec(argument)
    if (!match) return line(`-ERR Invalid message number: ${argument}`)
    const n = Number(match[1])
    if (n < 1 || n > this.#messages.length) return line(`-ERR There's no message ${n}.`)
    if (this.#deleted.has(n)) return line('-ERR Message is deleted.')
    return { n, rest: match[2] as string }
  }

  #whole(argument: string, then: (n: number) => Answer): Answer {
    const found = this.#find(argument)
    if ('text' in found) return found
    return found.rest === '' ? then(found.n) : line(`-ERR Noise after message number: ${found.rest}`)
  }

  #list(argument: string): Answer {
    const size = (n: number): string => `${n} ${this.#message(n).bytes.length}`
    if (argument) return this.#whole(argument, (n) => line(`+OK ${size(n)}`))
    const left = this.#left()
    return lines(`+OK ${left.length} messages:`, ...left.map(size), '.')
  }

  /** Dovecot's pop3_uidl_format: `%08Xu%08Xv`, in small letters. */
  #uidl(argument: string): Answer {
    const hex = (value: number): string => value.toString(16).padStart(8, '0')
    const id = (n: number): string => `${n} ${hex(this.#message(n).uid)}${hex(this.#inbox.uidValidity)}`
    if (argument) return this.#whole(argument, (n) => line(`+OK ${id(n)}`))
    return lines('+OK', ...this.#left().map(id), '.')
  }

  readonly #retrieve = (n: number): Answer => {
    const { uid, bytes } = this.#message(n)
    this.#read.add(n)
    this.#visit.record('pop3.retrieve', { uid, size: bytes.length, whole: true })
    return { text: Buffer.concat([Buffer.from(`+OK ${bytes.length} octets\r\n`), encodeLines(bytes)]) }
  }

  #top(argument: string): Answer {
    const found = this.#find(argument)
    if ('text' in found) return found
    const { n, rest } = found
    const count = /^ (\d{1,9})(.*)$/s.exec(rest)
    if (!count) return line(`-ERR Noise after message number: ${rest}`)
    if (count[2]) return line(`-ERR Noise after size: ${count[2]}`)
    const { uid, bytes } = this.#message(n)
    this.#visit.record('pop3.retrieve', { uid, size: bytes.length, whole: false })
    return { text: Buffer.concat([Buffer.from('+OK\r\n'), encodeLines(topOf(bytes, Number(count[1])))]) }
  }

  #quit(): Answer {
    const read = [...this.#read].map((n) => this.#message(n))
    for (const message of read) message.flags.add('\\Seen')
    if (read.length) this.#store.flagged(this.#inbox, read)
    const deleted = [...this.#deleted].map((n) => this.#message(n))
    if (deleted.length === 0) return lastLine('+OK Logging out.')
    this.#store.remove(this.#inbox, deleted)
    this.#visit.record('pop3.delete', { uids: deleted.map(({ uid }) => uid) })
    return lastLine('+OK Logging out, messages deleted.')
  }
}
