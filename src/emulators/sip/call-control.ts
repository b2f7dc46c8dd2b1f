import { type Call, Calls, callOf, requestWithin, tagOf } from './calls.ts'
import { header, parseNameAddress, type SipRequest, uriParts } from './codec.ts'
import type { Destination, DialPlan } from './dial-plan.ts'
import type { Desk, Extensions } from './extensions.ts'
import type { Journal } from './journal.ts'
import { hostPort, type Line } from './line.ts'
import type { Header } from './reply.ts'
import { answerSdp, audioOf, parseSdp } from './sdp.ts'
import type { ServerTransaction } from './transaction.ts'

/** What `Require` may name. */
const KNOWN_OPTIONS = new Set(['replaces', 'timer'])
/** Bytes of a 180 and a 200 with SDP in their short forms. */
const LEAST_FOR_A_CALL = 1000
export const NO_CALL = 'Call leg/transaction does not exist'

const REFUSALS: Readonly<Record<Exclude<Destination, 'rings'>, readonly [status: number, reason: string]>> = {
  missing: [404, 'Not Found'],
  incomplete: [484, 'Address Incomplete'],
  barred: [603, 'Declined'],
}

export interface CallSetup {
  extensions: Extensions
  plan: DialPlan
  journal: Journal
  serverName: string
  /** Who may call: `anyone` as on a PBX with allowguest, or who has an extension's password. */
  calls: 'anyone' | 'registered' | 'nobody'
  /** Milliseconds until a call is answered, about; undefined: it rings and nobody answers. */
  ringMs: number | undefined
  version: string
  /** Port of the media that an answer names; nothing listens there. */
  mediaPort: number
}

/** INVITE and what is asked within the dialog that it begins. */
export class CallControl {
  readonly #setup: CallSetup
  readonly #calls = new Calls()

  constructor(setup: CallSetup) {
    this.#setup = setup
  }

  close(): void {
    this.#calls.close()
  }

  /** The call within whose dialog this request was sent. */
  within(request: SipRequest, line: Line): Call | undefined {
    return this.#calls.within(request, line)
  }

  invite(transaction: ServerTransaction, desk: Desk): number | undefined {
    const { request, line } = transaction
    const unknown = optionsOf(request).filter((option) => !KNOWN_OPTIONS.has(option))
    if (unknown.length > 0)
      return transaction.answer(420, 'Bad extension (unsupported)', [['Unsupported', unknown.join(',').slice(0, 256)]])
    const existing = this.#calls.of(request, line)
    if (existing?.state === 'answered') return this.#again(transaction, existing)
    if (tagOf(request) !== undefined) return transaction.answer(481, 'Call/Transaction Does Not Exist')
    if (existing) return transaction.answer(491, 'Request Pending')
    if (!/^(sips?|tel):/i.test(request.uri)) return transaction.answer(416, 'Unsupported URI scheme')
    return this.#begin(transaction, desk)
  }

  cancel(transaction: ServerTransaction): number | undefined {
    const call = this.#calls.of(transaction.request, transaction.line)
    if (!call) return transaction.answer(481, NO_CALL)
    const { toTag } = call.transaction
    if (call.state === 'answered') return transaction.answer(481, 'Call/Transaction Does Not Exist', [], { toTag })
    this.#calls.end(call, 'cancel')
    // chan_sip ends the INVITE before it answers the CANCEL.
    call.transaction.answer(487, 'Request Terminated')
    return transaction.answer(200, 'OK', [], { toTag })
  }

  bye(transaction: ServerTransaction): number | undefined {
    const call = this.within(transaction.request, transaction.line)
    if (!call) return transaction.answer(481, NO_CALL)
    if (call.state === 'ringing') call.transaction.answer(487, 'Request Terminated')
    call.transaction.acknowledged()
    this.#calls.end(call, 'caller')
    return transaction.answer(200, 'OK')
  }

  /** A transfer is taken and fails: nothing is ever called. */
  refer(transaction: ServerTransaction): number | undefined {
    const { request, line } = transaction
    const call = this.within(request, line)
    if (!call) return transaction.answer(603, 'Declined (No dialog)')
    const target = header(request, 'refer-to')
    if (!target) return transaction.answer(400, 'Bad Request (Refer-to missing)')
    if (!/^[^<]{0,128}<?sips?:/i.test(target)) return transaction.answer(603, 'Declined (Non sip: uri)')
    const status = transaction.answer(202, 'Accepted', [contactOf(call)])
    const about: Header[] = [
      ['Event', `refer;id=${Number.parseInt(header(request, 'cseq') ?? '', 10)}`],
      ['Subscription-state', 'terminated;reason=noresource'],
      ['Content-Type', 'message/sipfrag;version=2.0'],
    ]
    if (line.isProven) line.send(requestWithin(call, 'NOTIFY', this.#setup.serverName, about, 'SIP/2.0 404 Not found\r\n'))
    return status
  }

  #begin(transaction: ServerTransaction, desk: Desk): number | undefined {
    const { extensions, journal, plan, calls } = this.#setup
    const { request, line } = transaction
    const { user: caller } = parseNameAddress(header(request, 'from') ?? '')
    const { user: called } = uriParts(request.uri)
    journal.call(request, line, caller, called)
    if (calls === 'registered' || extensions.has(caller) || header(request, 'authorization') !== undefined) {
      const refusal = extensions.demand(transaction, desk)
      if (refusal) return refusal()
    } else if (calls === 'nobody') return transaction.answer(403, 'Forbidden')
    const destination = plan.destination(called)
    if (destination !== 'rings') return transaction.answer(...REFUSALS[destination])
    const offer = parseSdp(request.body.toString('latin1'))
    if (request.body.length > 0 && !(offer && audioOf(offer))) return transaction.answer(488, 'Not acceptable here')
    const call = callOf(transaction, called)
    // A small INVITE does not pay for ringing and answer; its retransmission half a second later does.
    if (!line.isProven && transaction.allowance.left < LEAST_FOR_A_CALL) {
      transaction.pending = () => this.#ring(call)
      return undefined
    }
    return this.#ring(call)
  }

  #ring(call: Call): number | undefined {
    const { transaction } = call
    const contact = transaction.line.isProven ? [contactOf(call)] : []
    if (transaction.line.isProven) transaction.answer(100, 'Trying', contact)
    const status = transaction.answer(180, 'Ringing', contact)
    this.#calls.ring(call, this.#setup.ringMs, {
      answer: () => {
        this.#accept(transaction, call)
        this.#calls.answered(call, () => this.#hangUp(call))
      },
      giveUp: () => {
        transaction.answer(480, 'Temporarily Unavailable')
        this.#calls.end(call, 'us')
      },
    })
    return status
  }

  /** An INVITE within a call that is talked on: on hold, or its media goes elsewhere. */
  #again(transaction: ServerTransaction, call: Call): number | undefined {
    const tag = tagOf(transaction.request)
    if (tag !== undefined && tag !== call.transaction.toTag) return transaction.answer(481, 'Call/Transaction Does Not Exist')
    const offer = parseSdp(transaction.request.body.toString('latin1'))
    if (offer && !audioOf(offer)) return transaction.answer(488, 'Not acceptable here')
    if (transaction.line.isProven) transaction.answer(100, 'Trying', [contactOf(call)])
    return this.#accept(transaction, call)
  }

  #accept(transaction: ServerTransaction, call: Call): number | undefined {
    const { version, mediaPort } = this.#setup
    const own = { address: transaction.line.own.ip, port: mediaPort, session: Math.floor(call.since / 1000), version }
    const body = answerSdp(parseSdp(transaction.request.body.toString('latin1')), own)
    return transaction.answer(200, 'OK', [contactOf(call)], { toTag: call.transaction.toTag, body })
  }

  #hangUp(call: Call): void {
    const { line } = call.transaction
    const cause: Header[] = [
      ['X-Asterisk-HangupCause', 'Normal Clearing'],
      ['X-Asterisk-HangupCauseCode', '16'],
    ]
    if (line.isProven) line.send(requestWithin(call, 'BYE', this.#setup.serverName, cause))
    this.#calls.end(call, 'us')
  }
}

function optionsOf(request: SipRequest): string[] {
  return (header(request, 'require') ?? '')
    .split(',')
    .map((option) => option.trim().toLowerCase())
    .filter(Boolean)
}

function contactOf({ called, transaction: { line } }: Call): Header {
  const parameter = line.transport === 'UDP' ? '' : `;transport=${line.transport}`
  return ['Contact', `<sip:${called}@${hostPort(line.own)}${parameter}>`]
}
