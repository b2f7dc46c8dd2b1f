import { LRUCache } from 'lru-cache'
import { evidence } from '../../events/bytes.ts'
import { header, type SipRequest } from './codec.ts'
import type { Line } from './line.ts'
import { calledNumber, toolOf } from './number.ts'
import { type Offer, parseSdp } from './sdp.ts'

/** Numbers of a source whose prefixes are watched, and prefixes of one number. */
const WATCHED_NUMBERS = 5000
const MOST_PREFIXES = 64
/** Bytes of a message that are kept with its event. */
const MESSAGE_BYTES = 2048

/** Writes requests and calls down, with what a look at several of them tells. */
export class Journal {
  readonly #prefixes = new LRUCache<string, Set<string>>({ max: WATCHED_NUMBERS })

  request(request: SipRequest, bytes: Buffer, line: Line, status: number | undefined): void {
    const text = (name: string, most = 512) => evidence(Buffer.from((header(request, name) ?? '').slice(0, most), 'latin1'))
    const userAgent = header(request, 'user-agent') ?? ''
    const tool = toolOf(userAgent) ?? toolOf(header(request, 'from') ?? '')
    line.record('sip.request', {
      method: request.method,
      uri: evidence(Buffer.from(request.uri.slice(0, 512), 'latin1')),
      from: text('from'),
      to: text('to'),
      callId: text('call-id', 256),
      cseq: Number.parseInt(header(request, 'cseq') ?? '', 10) || 0,
      ...(header(request, 'contact') !== undefined && { contact: text('contact') }),
      via: request.headers
        .filter(([name]) => name === 'via')
        .slice(0, 8)
        .map(([, via]) => evidence(Buffer.from(via.slice(0, 256), 'latin1'))),
      userAgent: text('user-agent', 256),
      ...(tool && { tool }),
      ...(header(request, 'refer-to') !== undefined && { referTo: text('refer-to') }),
      ...(status !== undefined && { status }),
      message: evidence(bytes.subarray(0, MESSAGE_BYTES)),
    })
  }

  /** Somebody wants a call. */
  call(request: SipRequest, line: Line, caller: string, called: string): void {
    const { dialled: _, ...number } = calledNumber(called)
    const offer = parseSdp(request.body.toString('latin1'))
    line.record('sip.call', {
      caller: evidence(Buffer.from(caller.slice(0, 256), 'latin1')),
      called: evidence(Buffer.from(called.slice(0, 256), 'latin1')),
      ...number,
      prefixesTried: number.e164 === undefined ? 0 : this.#prefixesTried(line.source.ip, number.e164, number.prefix),
      ...(offer && { media: mediaOf(offer) }),
    })
  }

  #prefixesTried(ip: string, e164: string, prefix: string): number {
    const key = `${ip} ${e164}`
    const tried = this.#prefixes.get(key) ?? new Set()
    if (tried.size < MOST_PREFIXES) tried.add(prefix)
    this.#prefixes.set(key, tried)
    return tried.size
  }
}

function mediaOf({ address, media }: Offer): { address: string; ports: number[]; codecs: string[] } {
  return { address, ports: media.map(({ port }) => port), codecs: media.flatMap(({ formats }) => formats).slice(0, 32) }
}
