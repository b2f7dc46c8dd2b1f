import { randomInt } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { evidence } from '../../events/bytes.ts'
import { header, parseNameAddress, type SipRequest } from './codec.ts'
import type { Line } from './line.ts'
import type { Allowance } from './reply.ts'

const CALLS = 1000
/** A call that nobody ends is ended by us. */
const LONGEST_CALL_MS = 60_000
const LONGEST_RING_MS = 30_000

/** A request and what has been answered to it. */
export interface Transaction {
  allowance: Allowance
  last: Buffer | undefined
  /** What waits for bytes that pay for it. */
  pending: (() => void) | undefined
}

export interface Call {
  invite: SipRequest
  transaction: Transaction
  line: Line
  called: string
  toTag: string
  state: 'ringing' | 'answered'
  since: number
  timer: NodeJS.Timeout | undefined
}

/** Calls that ring or are talked on, by their Call-ID and the caller's tag. */
export class Calls {
  readonly #calls = new LRUCache<string, Call>({ max: CALLS, dispose: (call) => clearTimeout(call.timer) })

  of(request: SipRequest, line: Line): Call | undefined {
    return this.#calls.get(keyOf(request, line))
  }

  /** Begins to ring; `answer` is called when somebody would lift the receiver, unless `ringMs` is undefined: then nobody does. */
  ring(call: Call, ringMs: number | undefined, then: { answer: () => void; giveUp: () => void }): void {
    this.#calls.set(keyOf(call.invite, call.line), call)
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
    this.#calls.delete(keyOf(call.invite, call.line))
    call.line.record('sip.hangup', {
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

function keyOf(request: SipRequest, { source }: Line): string {
  const { tag = '' } = parseNameAddress(header(request, 'from') ?? '')
  return `${source.ip} ${header(request, 'call-id')} ${tag}`.slice(0, 512)
}

/** The BYE of a PBX whose side ends the call. */
export function byeOf({ invite, line, toTag }: Call, serverName: string): Buffer {
  const contact = parseNameAddress(header(invite, 'contact') ?? header(invite, 'from') ?? '')
  const target = `sip:${contact.user ? `${contact.user}@` : ''}${contact.host}`
  const lines = [
    `BYE ${target} SIP/2.0`,
    `Via: SIP/2.0/${line.transport} ${line.own.ip}:${line.own.port};branch=z9hG4bK${randomInt(0x1000_0000, 0x7fff_ffff).toString(16)};rport`,
    'Max-Forwards: 70',
    `From: ${header(invite, 'to')};tag=${toTag}`,
    `To: ${header(invite, 'from')}`,
    `Call-ID: ${header(invite, 'call-id')}`,
    'CSeq: 102 BYE',
    `User-Agent: ${serverName}`,
    'X-Asterisk-HangupCause: Normal Clearing',
    'X-Asterisk-HangupCauseCode: 16',
    'Content-Length: 0',
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}
