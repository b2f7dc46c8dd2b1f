/** Which answer BIND 9.18 gives to which message; test/emulators/dns/recorded.json is the real one's. */
import { createHmac } from 'node:crypto'
import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { answerChaos } from './chaos.ts'
import {
  CLASS,
  DnsFormatError,
  decodeHeader,
  decodeQuery,
  type Edns,
  encodeResponse,
  FLAG,
  type Header,
  OPCODE,
  type Query,
  RCODE,
  type Response,
  TYPE,
} from './codec.ts'
import { type Found, Recursion, ROOT_SERVERS } from './recursion.ts'
import { rotated } from './rotate.ts'
import { type Zone, zonesOf } from './zone.ts'

/** Largest answer over UDP that BIND gives, and the size that it offers to take. */
const EDNS_BYTES = 1232
/** What leaves here over UDP at most, whatever the asker takes: the rest is said to be cut. */
const LARGEST_UDP = 512
const LARGEST_TCP = 4096
const COOKIE = 10

export interface DnsOptions {
  version: string
  /** Whether names of others are resolved. */
  recursion: boolean
  sinkhole: readonly string[]
}

export interface Answered {
  /** Undefined where a server says nothing. */
  answer: Buffer | undefined
  query: Query | undefined
  header: Header | undefined
  rcode: number | undefined
  /** Bytes that a server would have sent which cuts nothing but what the asker cannot take. */
  potentialBytes: number
}

export class DnsServer {
  readonly #identity: Identity
  readonly #hostname: string
  readonly #options: DnsOptions
  readonly #zones: readonly Zone[]
  readonly #recursion: Recursion

  constructor(identity: Identity, persona: Persona & { hostname: string }, options: DnsOptions) {
    this.#identity = identity
    this.#hostname = persona.hostname
    this.#options = options
    this.#zones = zonesOf(identity, persona)
    this.#recursion = new Recursion(identity, options.sinkhole)
  }

  answer(bytes: Buffer, transport: 'udp' | 'tcp', source: string): Answered {
    const header = decodeHeader(bytes)
    const silent = { answer: undefined, query: undefined, header, rcode: undefined, potentialBytes: 0 }
    if (!header || header.flags & FLAG.QR) return silent
    try {
      const query = decodeQuery(bytes)
      const response = this.#respond(query, bytes, transport)
      if (query.edns) response.edns = { udpSize: EDNS_BYTES, dnssec: query.edns.dnssec, options: this.#cookie(query.edns, source) }
      const taken = transport === 'tcp' ? LARGEST_TCP : Math.min(LARGEST_UDP, Math.max(LARGEST_UDP, query.edns?.udpSize ?? 0))
      const potential = transport === 'tcp' ? LARGEST_TCP : Math.min(EDNS_BYTES, Math.max(LARGEST_UDP, query.edns?.udpSize ?? 0))
      const potentialBytes = encodeResponse(response, potential).length
      return { answer: encodeResponse(response, taken), query, header, rcode: response.rcode, potentialBytes }
    } catch (error) {
      if (!(error instanceof DnsFormatError)) throw error
      const answer = encodeResponse({ ...replyTo(header), rcode: RCODE.FORMERR })
      return { ...silent, answer, rcode: RCODE.FORMERR, potentialBytes: answer.length }
    }
  }

  #respond(query: Query, bytes: Buffer, transport: 'udp' | 'tcp'): Response {
    const { opcode, question } = query
    const reply = replyTo(query)
    if (opcode === OPCODE.NOTIFY || opcode === OPCODE.UPDATE) return this.#change(query, reply)
    if (opcode !== OPCODE.QUERY) return { ...reply, flags: FLAG.QR, rcode: RCODE.NOTIMP }
    if (!question) return { ...reply, rcode: RCODE.FORMERR }
    const base = { ...reply, question }
    if (query.edns && query.edns.version > 0) return { ...base, rcode: RCODE.BADVERS }
    // Counts that promise records which are not there.
    if (bytes.readUInt16BE(6) > 0 || bytes.readUInt16BE(8) > 0) return { ...base, rcode: RCODE.FORMERR }
    if (question.class === CLASS.ANY) return { ...base, rcode: RCODE.FORMERR }
    if (question.class === CLASS.CH) return this.#chaos(query, base, transport)
    if (question.class !== CLASS.IN) return { ...base, rcode: RCODE.REFUSED }
    return this.#internet(query, { ...base, flags: base.flags | FLAG.RA }, transport)
  }

  #change({ opcode, question }: Query, reply: Response): Response {
    if (!question) return { ...reply, flags: FLAG.QR, rcode: RCODE.FORMERR }
    const isOurs = this.#zones.some((zone) => zone.name === question.name.toLowerCase())
    const base = { ...reply, question, flags: FLAG.QR }
    if (opcode === OPCODE.UPDATE) return { ...base, rcode: isOurs ? RCODE.REFUSED : RCODE.NOTAUTH }
    return isOurs ? { ...base, flags: FLAG.QR | FLAG.AA } : { ...base, rcode: RCODE.NOTAUTH }
  }

  #chaos({ question }: Query, base: Response, transport: 'udp' | 'tcp'): Response {
    const found = answerChaos(question!, this.#options.version, this.#hostname)
    if (!found) return { ...base, rcode: RCODE.REFUSED }
    if (question!.type === TYPE.AXFR) return { ...base, rcode: transport === 'udp' ? RCODE.FORMERR : RCODE.SERVFAIL }
    return { ...base, ...found, flags: base.flags | FLAG.AA }
  }

  #internet({ question, flags }: Query, base: Response, transport: 'udp' | 'tcp'): Response {
    const { name, type } = question!
    const isTransfer = type === TYPE.AXFR || type === TYPE.IXFR
    if (isTransfer && transport === 'udp') return { ...base, rcode: RCODE.FORMERR }
    const recursive = (flags & FLAG.RD) > 0
    const zone = this.#zones.find((one) => one.holds(name))
    if (zone) {
      const answered = { ...base, flags: base.flags | FLAG.AA }
      if (isTransfer) {
        if (name.toLowerCase() !== zone.name) return { ...base, rcode: RCODE.NOTAUTH }
        return { ...answered, flags: answered.flags & ~FLAG.RD, answers: zone.transfer() }
      }
      return withFound(answered, zone.answer(question!, recursive))
    }
    if (isTransfer) return { ...base, flags: base.flags & ~FLAG.RA, rcode: RCODE.NOTAUTH }
    if (!this.#options.recursion) return { ...base, flags: base.flags & ~FLAG.RA, rcode: RCODE.REFUSED }
    if (recursive && name === '' && type === TYPE.NS) return { ...base, answers: rotated(ROOT_SERVERS) }
    if (recursive) return withFound(base, this.#recursion.answer(question!))
    const known = this.#recursion.cached(question!)
    return known ? withFound(base, known) : { ...base, authority: rotated(ROOT_SERVERS) }
  }

  /** RFC 9018: version, time and a hash behind the client's half. */
  #cookie({ options }: Edns, source: string): { code: number; bytes: Buffer }[] {
    const asked = options.find(({ code, bytes }) => code === COOKIE && (bytes.length === 8 || (bytes.length >= 16 && bytes.length <= 40)))
    if (!asked) return []
    const client = asked.bytes.subarray(0, 8)
    const head = Buffer.alloc(8)
    head.writeUInt8(1)
    head.writeUInt32BE(Math.floor(Date.now() / 1000), 4)
    const key = this.#identity.bytes('dns cookie', 16)
    const hash = createHmac('sha256', key).update(client).update(head).update(source).digest().subarray(0, 8)
    return [{ code: COOKIE, bytes: Buffer.concat([client, head, hash]) }]
  }
}

/** Id, opcode and what is copied of the flags. */
function replyTo({ id, opcode, flags }: Header): Response {
  return { id, opcode, flags: FLAG.QR | (flags & (FLAG.RD | FLAG.CD)), rcode: RCODE.NOERROR }
}

function withFound(base: Response, { exists, answers, authority, additional }: Found): Response {
  return { ...base, answers, authority, additional, rcode: exists ? RCODE.NOERROR : RCODE.NXDOMAIN }
}
