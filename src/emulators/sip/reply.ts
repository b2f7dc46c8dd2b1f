import { allOf, answerVia, encodeResponse, header, type SipRequest } from './codec.ts'
import type { Line } from './line.ts'

export type Header = readonly [name: string, value: string]

export interface Reply {
  status: number
  reason: string
  /** Our tag, for a request whose `To` has none. */
  toTag: string
  /** Headers of this answer beyond those that every answer has. */
  extra?: readonly Header[]
  body?: string
}

/** What an unproven source may get for each byte of its request. */
const MOST_AMPLIFICATION = 1.5

/** Headers that can be left away when an answer must be small, the least missed first. */
const DISPENSABLE: readonly (readonly string[])[] = [
  [],
  ['Date', 'Supported'],
  ['Date', 'Supported', 'Accept', 'Contact'],
  ['Date', 'Supported', 'Accept', 'Contact', 'Allow'],
]

const ALLOW = 'INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, INFO, PUBLISH, MESSAGE'

/** Writes answers in the words and the order of Asterisk's chan_sip. */
export class ReplyWriter {
  readonly serverName: string

  constructor(serverName: string) {
    this.serverName = serverName
  }

  /** Bytes of an answer that fit `largest`; undefined when not even the shortest form does. */
  write(request: SipRequest, line: Line, reply: Reply, largest = Number.POSITIVE_INFINITY): Buffer | undefined {
    // An unproven caller is told that it rings in few bytes, so that some are left for the answer.
    for (const left of reply.status < 200 && largest !== Number.POSITIVE_INFINITY ? DISPENSABLE.slice(-1) : DISPENSABLE) {
      const bytes = this.#encode(request, line, reply, left)
      if (bytes.length <= largest) return bytes
    }
    return undefined
  }

  #encode(request: SipRequest, line: Line, { status, reason, toTag, extra = [], body = '' }: Reply, left: readonly string[]): Buffer {
    const to = header(request, 'to')
    const copied = (written: string, name: string): Header[] => allOf(request, name).map((value) => [written, value])
    const all: Header[] = [
      ...copied('Via', 'via').map(([name, via], i): Header => [name, i === 0 ? answerVia(via, line.source) : via]),
      // The way that requests within a dialog take; an answer that makes none has no need of it.
      ...(status < 300 ? copied('Record-Route', 'record-route') : []),
      ...copied('From', 'from').slice(0, 1),
      ...(to === undefined ? [] : [['To', status === 100 || /;\s*tag=/i.test(to) ? to : `${to};tag=${toTag}`] as const]),
      ...copied('Call-ID', 'call-id').slice(0, 1),
      ...copied('CSeq', 'cseq').slice(0, 1),
      ['Server', this.serverName],
      ['Allow', ALLOW],
      ['Supported', 'replaces, timer'],
      ...extra,
      ...(body ? [['Content-Type', 'application/sdp'] as const] : []),
    ]
    return encodeResponse({ status, reason, headers: all.filter(([name]) => !left.includes(name)), body })
  }
}

/** What may still be sent for a request: without limit to who has proven to receive it, else 1.5 times its bytes. */
export class Allowance {
  #left: number
  readonly #line: Line

  constructor(line: Line, requestBytes: number) {
    this.#line = line
    this.#left = Math.floor(requestBytes * MOST_AMPLIFICATION)
  }

  get left(): number {
    return this.#line.isProven ? Number.POSITIVE_INFINITY : this.#left
  }

  /** More bytes of the same request have come. */
  add(requestBytes: number): void {
    this.#left += Math.floor(requestBytes * MOST_AMPLIFICATION)
  }

  spend(bytes: number): void {
    this.#left -= bytes
  }
}
