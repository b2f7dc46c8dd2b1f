import { randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { evidence } from '../../events/bytes.ts'
import type { LoginDesk } from '../../sensor/login-desk.ts'
import { byeOf, type Call, Calls, type Transaction } from './calls.ts'
import { header, parseNameAddress, parseRequest, SipError, type SipRequest, uriParts } from './codec.ts'
import type { Extensions } from './extensions.ts'
import { Journal } from './journal.ts'
import type { Line } from './line.ts'
import { calledNumber } from './number.ts'
import { Allowance, type Header, type Reply, type ReplyWriter } from './reply.ts'
import { answerSdp, parseSdp } from './sdp.ts'

export interface PbxOptions {
  /** Who may call: `anyone` as on a PBX with allowguest, or who has an extension's password. */
  calls: 'anyone' | 'registered' | 'nobody'
  /** Milliseconds until a call is answered, about; undefined: it rings and nobody answers. */
  ringMs: number | undefined
  /** Unknown extensions get 404 instead of a challenge, as with `alwaysauthreject=no`. */
  revealsExtensions: boolean
}

export interface PbxSetup {
  options: PbxOptions
  extensions: Extensions
  writer: ReplyWriter
  version: string
  /** Port of the media that an answer names; nothing listens there. */
  mediaPort: number
}

type Desk = () => LoginDesk

/** Bytes of a 180 and a 200 with SDP in their short forms. */
const LEAST_FOR_A_CALL = 1000
const TRANSACTIONS = 10_000
const TRANSACTION_MS = 32_000
const SHORTEST_EXPIRES = 60
const LONGEST_EXPIRES = 3600

/** An Asterisk with chan_sip, as far as it shows on the wire. */
export class Pbx {
  readonly #setup: PbxSetup
  readonly #calls = new Calls()
  readonly #transactions = new LRUCache<string, Transaction>({ max: TRANSACTIONS, ttl: TRANSACTION_MS })
  readonly #journal = new Journal()

  constructor(setup: PbxSetup) {
    this.#setup = setup
  }

  close(): void {
    this.#calls.close()
  }

  /** One message as it came. What is no request gets no answer. */
  receive(bytes: Buffer, line: Line, desk: Desk): void {
    // An answer to a BYE of ours.
    if (bytes.toString('latin1', 0, 8) === 'SIP/2.0 ') return
    let request: SipRequest
    try {
      request = parseRequest(bytes)
      demand(request)
    } catch (error) {
      if (!(error instanceof SipError)) throw error
      line.record('sip.malformed', { what: error.message, bytes: evidence(bytes.subarray(0, 512)) })
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
      this.#repeat(known, line, bytes.length)
      return
    }
    const transaction: Transaction = { allowance: new Allowance(line, bytes.length), last: undefined, pending: undefined }
    if (key !== undefined) this.#transactions.set(key, transaction)
    const status = this.#answer(request, line, transaction, desk)
    this.#journal.request(request, line, status)
  }

  /** A retransmission pays for its answer, and for what its request was too small for. */
  #repeat(transaction: Transaction, line: Line, bytes: number): void {
    const { allowance, last, pending } = transaction
    allowance.add(bytes)
    transaction.pending = undefined
    if (pending) pending()
    else if (last && last.length <= allowance.left) {
      allowance.spend(last.length)
      line.send(last)
    }
  }

  #answer(request: SipRequest, line: Line, transaction: Transaction, desk: Desk): number | undefined {
    const reply = (status: number, reason: string, extra: readonly Header[] = []): number | undefined =>
      this.#send(request, line, transaction, { status, reason, toTag: newTag(), extra })
    switch (request.method) {
      case 'OPTIONS':
        return reply(200, 'OK', [
          ['Contact', `<sip:${line.own.ip}:${line.own.port}>`],
          ['Accept', 'application/sdp'],
        ])
      case 'REGISTER':
        return this.#register(request, line, desk, reply)
      case 'INVITE':
        return this.#invite(request, line, transaction, desk)
      case 'BYE': {
        const call = this.#calls.of(request, line)
        if (!call) return reply(481, 'Call leg/transaction does not exist')
        clearTimeout(call.timer)
        this.#calls.end(call, 'caller')
        return reply(200, 'OK')
      }
      case 'CANCEL':
        return this.#cancel(request, line, reply)
      case 'SUBSCRIBE':
      case 'PUBLISH':
      case 'NOTIFY':
        return reply(489, 'Bad event')
      case 'MESSAGE':
        return reply(405, 'Method Not Allowed')
      case 'INFO':
      case 'UPDATE':
        return this.#calls.of(request, line) ? reply(200, 'OK') : reply(481, 'Call leg/transaction does not exist')
      case 'REFER':
        return reply(603, 'Declined (no dialog)')
      default:
        return reply(501, 'Method Not Implemented')
    }
  }

  #register(
    request: SipRequest,
    line: Line,
    desk: Desk,
    reply: (status: number, reason: string, extra?: readonly Header[]) => number | undefined,
  ): number | undefined {
    const { extensions, options } = this.#setup
    const { user } = parseNameAddress(header(request, 'to') ?? '')
    if (options.revealsExtensions && !extensions.has(user)) {
      // Whoever guesses at an extension that is not there is written down all the same.
      extensions.verify(request, line, desk)
      return reply(404, 'Not found')
    }
    const { verdict } = extensions.verify(request, line, desk)
    if (verdict === 'missing' || verdict === 'stale')
      return reply(401, 'Unauthorized', [['WWW-Authenticate', extensions.challenge(line, verdict === 'stale')]])
    if (verdict === 'wrong') return reply(403, 'Forbidden')
    const contact = header(request, 'contact')
    const asked = /;\s*expires=(\d{1,9})/i.exec(contact ?? '')?.[1] ?? header(request, 'expires') ?? String(LONGEST_EXPIRES)
    const expires = Math.min(/^\d{1,9}$/.test(asked) ? Number(asked) : LONGEST_EXPIRES, LONGEST_EXPIRES)
    if (expires > 0 && expires < SHORTEST_EXPIRES) return reply(423, 'Interval too small', [['Min-Expires', String(SHORTEST_EXPIRES)]])
    extensions.register(user, expires === 0 ? undefined : contact)
    return reply(200, 'OK', [
      ['Expires', String(expires)],
      ...(contact && expires > 0 ? [['Contact', `${(contact.split(';')[0] ?? '').slice(0, 256)};expires=${expires}`] as const] : []),
      ['Date', new Date().toUTCString()],
    ])
  }

  #invite(request: SipRequest, line: Line, transaction: Transaction, desk: Desk): number | undefined {
    const { extensions, options } = this.#setup
    const toTag = newTag()
    const reply = (status: number, reason: string, extra: readonly Header[] = [], body = ''): number | undefined =>
      this.#send(request, line, transaction, { status, reason, toTag, extra, body })
    const existing = this.#calls.of(request, line)
    if (existing?.state === 'answered') return this.#send(request, line, transaction, this.#acceptance(existing))
    if (parseNameAddress(header(request, 'to') ?? '').tag !== undefined) return reply(481, 'Call leg/transaction does not exist')
    const { user: caller } = parseNameAddress(header(request, 'from') ?? '')
    const { user: called } = uriParts(request.uri)
    this.#journal.call(request, line, caller, called)
    if (options.calls === 'registered' || extensions.has(caller) || header(request, 'authorization') !== undefined) {
      const { verdict } = extensions.verify(request, line, desk)
      if (verdict === 'missing' || verdict === 'stale')
        return reply(401, 'Unauthorized', [['WWW-Authenticate', extensions.challenge(line, verdict === 'stale')]])
      if (verdict === 'wrong') return reply(403, 'Forbidden')
    } else if (options.calls === 'nobody') return reply(403, 'Forbidden')
    const { kind } = calledNumber(called)
    if (kind === 'other' || (kind === 'extension' && !extensions.has(called))) return reply(404, 'Not Found')
    if (request.body.length > 0 && !parseSdp(request.body.toString('latin1'))?.media.some((one) => one.kind === 'audio'))
      return reply(488, 'Not acceptable here')
    const call: Call = { invite: request, transaction, line, called, toTag, state: 'ringing', since: Date.now(), timer: undefined }
    const ring = (): number | undefined => {
      if (line.isProven) reply(100, 'Trying', [contactOf(call)])
      const status = reply(180, 'Ringing', line.isProven ? [contactOf(call)] : [])
      this.#calls.ring(call, options.ringMs, {
        answer: () => {
          this.#send(request, line, transaction, this.#acceptance(call))
          this.#calls.answered(call, () => this.#hangUp(call))
        },
        giveUp: () => {
          reply(480, 'Temporarily unavailable')
          this.#calls.end(call, 'us')
        },
      })
      return status
    }
    // A small INVITE does not pay for ringing and answer; its retransmission half a second later does.
    if (!line.isProven && transaction.allowance.left < LEAST_FOR_A_CALL) {
      transaction.pending = ring
      return undefined
    }
    return ring()
  }

  #acceptance(call: Call): Reply {
    const { version, mediaPort } = this.#setup
    const offer = parseSdp(call.invite.body.toString('latin1')) ?? { address: '', media: [] }
    const body = answerSdp(offer, { address: call.line.own.ip, port: mediaPort, session: Math.floor(call.since / 1000), version })
    return { status: 200, reason: 'OK', toTag: call.toTag, extra: [contactOf(call)], body }
  }

  #hangUp(call: Call): void {
    if (call.line.isProven) call.line.send(byeOf(call, this.#setup.writer.serverName))
    this.#calls.end(call, 'us')
  }

  #cancel(request: SipRequest, line: Line, reply: (status: number, reason: string) => number | undefined): number | undefined {
    const call = this.#calls.of(request, line)
    if (call?.state !== 'ringing') return reply(481, 'Call leg/transaction does not exist')
    clearTimeout(call.timer)
    this.#calls.end(call, 'cancel')
    // chan_sip ends the INVITE before it answers the CANCEL.
    this.#send(call.invite, call.line, call.transaction, { status: 487, reason: 'Request Terminated', toTag: call.toTag })
    return reply(200, 'OK')
  }

  /** An ACK that has the tag which only the receiver of our answer knows proves its source. */
  #acknowledge(request: SipRequest, line: Line): void {
    const call = this.#calls.of(request, line)
    if (call && parseNameAddress(header(request, 'to') ?? '').tag === call.toTag) line.prove()
  }

  /** Sends an answer, in a shorter form or not at all where the request was too small for it. */
  #send(request: SipRequest, line: Line, transaction: Transaction, reply: Reply): number | undefined {
    const { writer } = this.#setup
    const { left } = transaction.allowance
    const bytes = writer.write(request, line, reply, left)
    if (!bytes) {
      const whole = writer.write(request, line, reply)?.length ?? 0
      line.record('sip.suppressed', { status: reply.status, requestBytes: Math.round(Math.max(0, left)), answerBytes: whole })
      return undefined
    }
    transaction.allowance.spend(bytes.length)
    transaction.last = bytes
    line.send(bytes)
    return reply.status
  }
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

function newTag(): string {
  return `as${randomBytes(4).toString('hex')}`
}

function contactOf({ called, line }: Call): Header {
  const parameter = line.transport === 'UDP' ? '' : `;transport=${line.transport}`
  return ['Contact', `<sip:${called}@${line.own.ip}:${line.own.port}${parameter}>`]
}
