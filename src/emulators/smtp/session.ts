import type { Persona } from '../../config/persona.ts'
import { evidence } from '../../events/bytes.ts'
import { mailDate } from '../../host/mail/mail-date.ts'
import { MailStore } from '../../host/mail/mail-store.ts'
import { LoginDesk } from '../../sensor/login-desk.ts'
import type { VisitContext } from '../../sensor/lure.ts'
import { authenticate, SASL_MECHANISMS, type SaslMechanism, type SaslOutcome } from '../../sensor/sasl.ts'
import { upgradeToTls } from '../../sensor/upgrade-to-tls.ts'
import type { Visit } from '../../sensor/visit.ts'
import { DataDecoder, type Path, splitAddress } from './codec.ts'
import type { SmtpEvents } from './events.ts'
import { keepMessage } from './message.ts'
import type { Room, SmtpOptions } from './options.ts'
import { type RecipientKind, Recipients } from './recipients.ts'

const LINE_BYTES = 12_288
const CHUNK_BYTES = 64 * 1024

export interface Transaction {
  mailFrom: string
  rcptTo: { address: string; kind: RecipientKind }[]
}

/** What a message became: its bytes as the server counts them, and whether it was too large to take. */
export interface Received {
  message: Buffer
  size: number
}

/** One conversation, without the words: state, credentials, recipients and messages. The servers say the rest. */
export class SmtpSession {
  readonly visit: Visit<SmtpEvents>
  readonly persona: Persona
  readonly options: SmtpOptions
  readonly fqdn: string
  /** Submission ports take mail from users only. */
  readonly isSubmission: boolean
  readonly recipients: Recipients
  helo: string | undefined
  isExtended = false
  transaction: Transaction | undefined
  readonly #desk: LoginDesk
  readonly #context: VisitContext<SmtpOptions, Room>

  constructor(visit: Visit<SmtpEvents>, context: VisitContext<SmtpOptions, Room>) {
    this.visit = visit
    this.#context = context
    this.persona = context.persona
    this.options = context.options
    this.fqdn = `${context.persona.hostname}.${context.persona.domain}`
    this.isSubmission = context.port.declared.port !== 25
    this.recipients = new Recipients(context.persona, visit.local.ip)
    this.#desk = new LoginDesk(visit, context)
  }

  /** User that has logged in. */
  get user(): string | undefined {
    return this.#desk.admitted
  }

  get mechanisms(): readonly SaslMechanism[] {
    return SASL_MECHANISMS.filter((mechanism) => this.options.auth.includes(mechanism))
  }

  get room(): Room {
    return this.#context.room
  }

  line(within: number): Promise<Buffer> {
    return this.visit.line(LINE_BYTES, { within })
  }

  hello(name: string, extended: boolean): void {
    this.helo = name
    this.isExtended = extended
    this.transaction = undefined
    this.visit.record('smtp.hello', { name: bytes(name), extended, tls: this.visit.tls !== undefined })
  }

  async authenticate(mechanism: SaslMechanism, initial: string | undefined, challenge: string): Promise<SaslOutcome> {
    const outcome = await authenticate({
      mechanism,
      initial: initial === undefined ? undefined : Buffer.from(initial, 'latin1'),
      desk: this.#desk,
      challenge,
      protocol: 'smtp',
      wire: {
        ask: async (text) => {
          await this.visit.write(`334 ${text}\r\n`)
          return this.visit.line(LINE_BYTES)
        },
      },
    })
    // What a real server spends on a wrong password; guessing is to stay slow.
    if (outcome === 'refused' && this.options.delays) await this.visit.pause(1900 + Math.random() * 200)
    return outcome
  }

  async startTls(ready: string): Promise<void> {
    await upgradeToTls(this.visit, ready)
    this.helo = undefined
    this.transaction = undefined
  }

  /** Judges a recipient by the relay policy. */
  judge({ address, route }: Path): { kind: RecipientKind; accepted: boolean } {
    const kind = this.recipients.kindOf(address, route)
    const accepted = kind === 'local' || (kind !== 'unknown-user' && this.#relays(kind))
    this.visit.record('smtp.recipient', {
      mailFrom: bytes(this.transaction?.mailFrom ?? ''),
      rcptTo: bytes(address),
      kind,
      accepted,
    })
    return { kind, accepted }
  }

  #relays(kind: RecipientKind): boolean {
    const { relay } = this.options
    if (relay === 'sink' || this.user !== undefined) return true
    if (relay === 'closed') return false
    // Who tests a relay sends one mail first and comes back with the others when it has not arrived.
    const sent = this.room.tests.get(this.visit.source.ip) ?? 0
    return kind === 'foreign' && !this.isSubmission && sent < TEST_MESSAGES
  }

  /** Reads a message up to its final dot. */
  async receive(bareNewlines: boolean): Promise<Received> {
    const decoder = new DataDecoder({ keep: this.options.size, bareNewlines })
    for (;;) {
      const chunk = await this.visit.read()
      if (!chunk) return { message: Buffer.alloc(0), size: -1 }
      const rest = decoder.push(chunk)
      if (!rest) continue
      if (rest.length) this.visit.unread(rest)
      if (decoder.sawSmuggling) this.visit.tag('cve:CVE-2023-51764')
      return { message: decoder.message, size: decoder.size }
    }
  }

  /** Reads the bytes of a BDAT chunk, RFC 3030; those beyond the size limit are read and dropped. */
  async chunk(size: number, room: number): Promise<Buffer> {
    const parts: Buffer[] = []
    let kept = 0
    for (let left = size; left > 0; ) {
      const part = await this.visit.exactly(Math.min(left, CHUNK_BYTES))
      left -= part.length
      const keep = part.subarray(0, Math.max(0, room - kept))
      parts.push(Buffer.from(keep))
      kept += keep.length
    }
    return Buffer.concat(parts)
  }

  /** Keeps the message of the open transaction, and lays it into the mailboxes of users who are here. */
  deliver(queueId: string, { message, size }: Received, received: string): void {
    const { mailFrom, rcptTo } = this.transaction as Transaction
    const relayed = rcptTo.some(({ kind }) => kind !== 'local')
    if (relayed && this.user === undefined) {
      const { ip } = this.visit.source
      this.room.tests.set(ip, (this.room.tests.get(ip) ?? 0) + 1)
    }
    keepMessage(this.visit, {
      queueId,
      mailFrom,
      rcptTo: rcptTo.map(({ address }) => address),
      as: this.user,
      relayed,
      message,
      size,
    })
    const users = new Set(rcptTo.flatMap(({ address, kind }) => (kind === 'local' ? (this.recipients.userOf(address) ?? []) : [])))
    for (const user of [...users].slice(0, 4)) this.#layDown(user, mailFrom, message, received)
    this.transaction = undefined
  }

  #layDown(user: string, mailFrom: string, message: Buffer, received: string): void {
    const { persona, identity, state } = this.#context
    if (message.length > KEPT_FOR_READING) return
    const store = new MailStore({ persona, identity, state, user, source: this.visit.source.ip })
    const trace = `Return-Path: <${mailFrom}>\r\nDelivered-To: ${user}@${this.fqdn}\r\n${received}; ${mailDate(Date.now(), persona.timezone)}\r\n`
    const inbox = store.folder('INBOX')
    if (inbox) store.append(inbox, Buffer.concat([Buffer.from(trace, 'latin1'), message]), [], Date.now())
  }
}

/** Messages that an unknown client may send elsewhere under the policy `selective`. */
const TEST_MESSAGES = 2
/** Larger messages are captured and do not show up in a mailbox. */
const KEPT_FOR_READING = 64 * 1024

const bytes = (text: string): ReturnType<typeof evidence> => evidence(Buffer.from(text.slice(0, 1024), 'latin1'))

/** Whether an address says where it is. */
export const hasDomain = (address: string): boolean => splitAddress(address).domain !== undefined
