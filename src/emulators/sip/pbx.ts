import { LRUCache } from 'lru-cache'
import { evidence } from '../../events/bytes.ts'
import { CallControl, NO_CALL } from './call-control.ts'
import { tagOf } from './calls.ts'
import { header, headersOf, parseNameAddress, parseRequest, SipError, type SipRequest } from './codec.ts'
import type { DialPlan } from './dial-plan.ts'
import type { Desk, Extensions } from './extensions.ts'
import { Journal } from './journal.ts'
import { hostPort, type Line } from './line.ts'
import type { ReplyWriter } from './reply.ts'
import { ServerTransaction } from './transaction.ts'

export interface PbxOptions {
  calls: 'anyone' | 'registered' | 'nobody'
  ringMs: number | undefined
  /** Unknown extensions get 404 instead of a challenge, as with `alwaysauthreject=no`. */
  revealsExtensions: boolean
}

export interface PbxSetup {
  options: PbxOptions
  extensions: Extensions
  plan: DialPlan
  writer: ReplyWriter
  version: string
  mediaPort: number
}

const TRANSACTIONS = 10_000
const TRANSACTION_MS = 32_000
/** Bytes of the requests that are remembered with them. */
const REMEMBERED_BYTES = 32 * 1024 * 1024
const SHORTEST_EXPIRES = 60
const LONGEST_EXPIRES = 3600
/** Methods that belong into a dialog (`CAN_NOT_CREATE_DIALOG` of chan_sip). */
const WITHIN_CALLS = new Set(['INFO', 'UPDATE', 'PRACK'])

/** An Asterisk with chan_sip, as far as it shows on the wire. */
export class Pbx {
  readonly #setup: PbxSetup
  readonly #calls: CallControl
  readonly #journal = new Journal()
  readonly #transactions = remembered()
  /** Those of INVITE, by what their ACK has of them: its branch may be another one (RFC 3261 §17.1.1.3). */
  readonly #invites = remembered()

  constructor(setup: PbxSetup) {
    this.#setup = setup
    const { options, writer } = setup
    this.#calls = new CallControl({ ...setup, ...options, journal: this.#journal, serverName: writer.serverName })
  }

  close(): void {
    this.#calls.close()
  }

  /** One message as it came. What is no request gets no answer. */
  receive(bytes: Buffer, line: Line, desk: Desk): void {
    // An answer to a request of ours.
    if (bytes.toString('latin1', 0, 8) === 'SIP/2.0 ') return
    let request: SipRequest
    try {
      request = parseRequest(bytes)
      demand(request)
    } catch (error) {
      if (!(error instanceof SipError)) throw error
      line.record('sip.malformed', { what: error.message, bytes: evidence(bytes.subarray(0, 512)) })
      this.#refuse(bytes, line)
      return
    }
    if (request.method === 'ACK') {
      this.#acknowledge(request, line)
      return
    }
    // Nobody repeats what a connection has taken (RFC 3261 §17.2.2): nothing need be kept of it, least of all the connection.
    const key = line.transport === 'UDP' ? transactionKey(request, line) : undefined
    const known = key === undefined ? undefined : this.#transactions.get(key)
    if (known) {
      known.retransmitted(bytes.length)
      return
    }
    const transaction = new ServerTransaction(request, line, this.#setup.writer, bytes.length)
    if (key !== undefined) {
      const size = bytes.length
      this.#transactions.set(key, transaction, { size })
      if (request.method === 'INVITE') this.#invites.set(inviteKey(request, line), transaction, { size })
    }
    this.#journal.request(request, bytes, line, this.#answer(transaction, desk))
  }

  /** What came over a connection and says at least where it came from is refused; over UDP that would be an answer to a stranger. */
  #refuse(bytes: Buffer, line: Line): void {
    if (line.transport === 'UDP') return
    try {
      const request = { method: '', uri: '', headers: headersOf(bytes), body: Buffer.alloc(0) }
      if (header(request, 'via')) new ServerTransaction(request, line, this.#setup.writer, bytes.length).answer(400, 'Bad Request')
    } catch (error) {
      if (!(error instanceof SipError)) throw error
    }
  }

  #answer(transaction: ServerTransaction, desk: Desk): number | undefined {
    const { request, line } = transaction
    switch (request.method) {
      case 'OPTIONS':
        return transaction.answer(200, 'OK', [
          ['Contact', `<sip:${hostPort(line.own)}>`],
          ['Accept', 'application/sdp'],
        ])
      case 'REGISTER':
        return this.#register(transaction, desk)
      case 'INVITE':
        return this.#calls.invite(transaction, desk)
      case 'BYE':
        return this.#calls.bye(transaction)
      case 'CANCEL':
        return this.#calls.cancel(transaction)
      case 'REFER':
        return this.#calls.refer(transaction)
      case 'SUBSCRIBE':
        return this.#subscribe(transaction, desk)
      case 'PUBLISH':
        return transaction.answer(489, 'Bad Event')
      case 'NOTIFY':
        // A Sipura keeps its way through an address translation open with these.
        return eventOf(request) === 'keep-alive' ? transaction.answer(200, 'OK') : transaction.answer(489, 'Bad event')
      case 'MESSAGE':
        return this.#message(transaction, desk)
    }
    if (WITHIN_CALLS.has(request.method) && !this.#calls.within(request, line)) return transaction.answer(481, NO_CALL)
    return request.method === 'INFO' ? transaction.answer(200, 'OK') : transaction.answer(501, 'Method Not Implemented')
  }

  #register(transaction: ServerTransaction, desk: Desk): number | undefined {
    const { extensions, options } = this.#setup
    const { request, line } = transaction
    const { user } = parseNameAddress(header(request, 'to') ?? '')
    if (options.revealsExtensions && !extensions.has(user)) {
      // Whoever guesses at an extension that is not there is written down all the same.
      extensions.verify(request, line, desk)
      return transaction.answer(404, 'Not found')
    }
    const refusal = extensions.demand(transaction, desk, user)
    if (refusal) return refusal()
    const contact = header(request, 'contact')
    const asked = /;\s*expires=(\d{1,9})/i.exec(contact ?? '')?.[1] ?? header(request, 'expires') ?? String(LONGEST_EXPIRES)
    const expires = Math.min(/^\d{1,9}$/.test(asked) ? Number(asked) : LONGEST_EXPIRES, LONGEST_EXPIRES)
    if (contact !== undefined && expires > 0 && expires < SHORTEST_EXPIRES)
      return transaction.answer(423, 'Interval too small', [['Min-Expires', String(SHORTEST_EXPIRES)]])
    // Without a contact the client asks which there is (RFC 3261 §10.3).
    if (contact !== undefined) extensions.register(user, line.source.ip, expires === 0 ? undefined : { contact, expires })
    const bound = extensions.registered(user, line.source.ip)
    return transaction.answer(200, 'OK', [
      ['Expires', String(bound?.expires ?? 0)],
      ...(bound ? [['Contact', `${(bound.contact.split(';')[0] ?? '').slice(0, 256)};expires=${bound.expires}`] as const] : []),
      ['Date', new Date().toUTCString()],
    ])
  }

  /** There are no mailboxes, and no lamps that show who is on the telephone. */
  #subscribe(transaction: ServerTransaction, desk: Desk): number | undefined {
    const { request, line } = transaction
    if (this.#calls.within(request, line)) return transaction.answer(403, 'Forbidden (within dialog)')
    if (tagOf(request) !== undefined) return transaction.answer(481, 'Subscription does not exist')
    const event = eventOf(request)
    if (event === '') return transaction.answer(489, 'Bad Event')
    const refusal = this.#known(transaction, desk)
    if (refusal) return refusal()
    if (event === 'message-summary') return transaction.answer(404, 'Not found')
    return event === 'presence' || event === 'dialog' ? transaction.answer(404, 'Not Found') : transaction.answer(489, 'Bad Event')
  }

  #message(transaction: ServerTransaction, desk: Desk): number | undefined {
    const { request, line } = transaction
    if (!/^text\/plain/i.test(header(request, 'content-type') ?? '')) return transaction.answer(415, 'Unsupported Media Type')
    const refusal = this.#calls.within(request, line) ? undefined : this.#known(transaction, desk)
    return refusal ? refusal() : transaction.answer(202, 'Accepted')
  }

  /** Who speaks in the name of an extension must prove it; guests need not. */
  #known(transaction: ServerTransaction, desk: Desk): (() => number | undefined) | undefined {
    const { extensions } = this.#setup
    const { user } = parseNameAddress(header(transaction.request, 'from') ?? '')
    return extensions.has(user) ? extensions.demand(transaction, desk, user) : undefined
  }

  /** An ACK that has the tag which only the receiver of our answer knows proves its source. */
  #acknowledge(request: SipRequest, line: Line): void {
    const transaction = this.#invites.get(inviteKey(request, line))
    if (!transaction || tagOf(request) === undefined) return
    if (tagOf(transaction.request) === undefined && tagOf(request) !== transaction.toTag) return
    transaction.acknowledged()
    if (tagOf(transaction.request) === undefined) line.prove()
  }
}

function remembered(): LRUCache<string, ServerTransaction> {
  return new LRUCache({ max: TRANSACTIONS, ttl: TRANSACTION_MS, maxSize: REMEMBERED_BYTES })
}

/** The headers that a request cannot be answered without (RFC 3261 §8.1.1). @throws SipError */
function demand(request: SipRequest): void {
  for (const name of ['via', 'from', 'to', 'call-id', 'cseq']) if (!header(request, name)) throw new SipError(`lacks ${name}`)
  if (header(request, 'cseq')?.split(/\s+/)[1]?.toUpperCase() !== request.method) throw new SipError('CSeq of another method')
}

/** RFC 3261 §17.2.3. A CANCEL has the branch of its INVITE. */
function transactionKey(request: SipRequest, { source }: Line): string {
  const branch = /;\s*branch=([^;,\s]{1,128})/i.exec(header(request, 'via') ?? '')?.[1] ?? ''
  return [source.ip, source.port, request.method, branch, header(request, 'call-id'), header(request, 'cseq'), header(request, 'from')]
    .join(' ')
    .slice(0, 1024)
}

function inviteKey(request: SipRequest, { source }: Line): string {
  const { tag = '' } = parseNameAddress(header(request, 'from') ?? '')
  return `${source.ip} ${header(request, 'call-id')} ${tag} ${Number.parseInt(header(request, 'cseq') ?? '', 10)}`.slice(0, 1024)
}

/** Package of an `Event` header, without its parameters. */
function eventOf(request: SipRequest): string {
  return (header(request, 'event') ?? '').split(';', 1)[0]!.trim()
}
