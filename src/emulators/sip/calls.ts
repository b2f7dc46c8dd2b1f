import { randomInt } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { evidence } from '../../events/bytes.ts'
import { allOf, header, parseNameAddress, type SipRequest } from './codec.ts'
import { hostPort, type Line } from './line.ts'
import type { Header } from './reply.ts'
import type { ServerTransaction } from './transaction.ts'

const CALLS = 1000
/** A call that nobody ends is ended by us. */
const LONGEST_CALL_MS = 60_000
const LONGEST_RING_MS = 30_000

/** A dialog that an INVITE began. */
export interface Call {
  transaction: ServerTransaction
  called: string
  state: 'ringing' | 'answered'
  since: number
  timer: NodeJS.Timeout | undefined
  /** Number of our last request within it. */
  sequence: number
}

export function callOf(transaction: ServerTransaction, called: string): Call {
  return { transaction, called, state: 'ringing', since: Date.now(), timer: undefined, sequence: 101 }
}

/** Calls that ring or are talked on, by their Call-ID and the caller's tag. */
export class Calls {
  readonly #calls = new LRUCache<string, Call>({ max: CALLS, dispose: (call) => clearTimeout(call.timer) })

  /** The call that this request belongs to, whether it knows our tag or not. */
  of(request: SipRequest, line: Line): Call | undefined {
    return this.#calls.get(keyOf(request, line))
  }

  /** The call within whose dialog this request was sent: it has our tag (RFC 3261 §12.2.2). */
  within(request: SipRequest, line: Line): Call | undefined {
    const call = this.of(request, line)
    return call && tagOf(request) === call.transaction.toTag ? call : undefined
  }

  /** Begins to ring; `answer` is called when somebody would lift the receiver, unless `ringMs` is undefined: then nobody does. */
  ring(call: Call, ringMs: number | undefined, then: { answer: () => void; giveUp: () => void }): void {
    this.#calls.set(keyOf(call.transaction.request, call.transaction.line), call)
    const ms = ringMs === undefined ? LONGEST_RING_MS : Math.round(ringMs * (0.7 + randomInt(600) / 1000))
    call.timer = setTimeout(() => (ringMs === undefined ? then.giveUp() : then.answer()), ms)
    call.timer.unref()
  }

  answered(call: Call, hangUp: () => void): void {
    call.state = 'answered'
    call.since = Date.now()
    call.timer = setTimeout(hangUp, LONGEST_CALL_MS)
    call.timer.unref()
  }

  end(call: Call, by: 'caller' | 'cancel' | 'us'): void {
    const { request, line } = call.transaction
    clearTimeout(call.timer)
    this.#calls.delete(keyOf(request, line))
    line.record('sip.hangup', {
      called: evidence(Buffer.from(call.called, 'latin1')),
      by,
      answered: call.state === 'answered',
      durationMs: Date.now() - call.since,
    })
  }

  close(): void {
    this.#calls.clear()
  }
}

/** Our tag as the caller sends it back. */
export function tagOf(request: SipRequest): string | undefined {
  return parseNameAddress(header(request, 'to') ?? '').tag
}

function keyOf(request: SipRequest, { source }: Line): string {
  const { tag = '' } = parseNameAddress(header(request, 'from') ?? '')
  return `${source.ip} ${header(request, 'call-id')} ${tag}`.slice(0, 512)
}

/** A request of ours within a call (RFC 3261 §12.2.1.1), by the way that its INVITE came. */
export function requestWithin(call: Call, method: 'BYE' | 'NOTIFY', serverName: string, extra: readonly Header[], body = ''): Buffer {
  const { request: invite, line, toTag } = call.transaction
  const contact = parseNameAddress(header(invite, 'contact') ?? header(invite, 'from') ?? '')
  call.sequence++
  const lines = [
    `${method} sip:${contact.user ? `${contact.user}@` : ''}${contact.host} SIP/2.0`,
    `Via: SIP/2.0/${line.transport} ${hostPort(line.own)};branch=z9hG4bK${randomInt(0x1000_0000, 0x7fff_ffff).toString(16)};rport`,
    ...allOf(invite, 'record-route').map((route) => `Route: ${route}`),
    'Max-Forwards: 70',
    `From: ${header(invite, 'to')};tag=${toTag}`,
    `To: ${header(invite, 'from')}`,
    `Call-ID: ${header(invite, 'call-id')}`,
    `CSeq: ${call.sequence} ${method}`,
    `User-Agent: ${serverName}`,
    ...extra.map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(body, 'latin1')}`,
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1')
}
