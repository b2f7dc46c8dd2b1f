/**
 * A name server that is open to everybody: BIND 9.18 of Debian, primary of the persona's domain, recursion for all.
 *
 *   client:   A www.example.com, RD                     us: an address that is nobody's, its TTL counting down
 *   scanner:  CH TXT version.bind                       us: 9.18.49-1~deb12u3-Debian
 *   attacker: ANY of a large name, EDNS 4096,           us: 512 bytes and TC, if the governor lets it out; then silence
 *             from a victim's address
 *   attacker: AXFR of the zone, over TCP                us: all of it
 *
 * No question is ever passed on. codec.ts reads and writes messages, service.ts decides, zone.ts and recursion.ts know names.
 */
import { z } from 'zod'
import { Evidence, evidence } from '../../events/bytes.ts'
import { defineLure } from '../../sensor/lure.ts'
import type { Witness } from '../../sensor/visit.ts'
import { CLASS, OPCODE, TYPE } from './codec.ts'
import { type Answered, DnsServer } from './service.ts'

const IDLE_MS = 30_000
/** Answers over one TCP connection. */
const TCP_ANSWERS = 100

const dnsEvents = {
  'dns.query': z.object({
    transport: z.enum(['udp', 'tcp']),
    opcode: z.string(),
    name: Evidence,
    type: z.string(),
    class: z.string(),
    flags: z.number(),
    /** What the asker says that it takes over UDP, bytes. */
    udpSize: z.number().optional(),
    rcode: z.number().optional(),
    /** What it is asked for: `any`, `transfer`, `version` … */
    vector: z.string(),
    /** Bytes that a server without a governor would have sent. */
    potentialBytes: z.number(),
  }),
  'dns.malformed': z.object({ message: Evidence }),
}
type DnsEvents = typeof dnsEvents

export default defineLure({
  name: 'dns',
  standsFor: ['Ddospot', 'Honeypots'],
  about: 'BIND 9.18, an open resolver that asks nobody',
  profiles: ['standard', 'tarpit'],
  ports: [
    { transport: 'udp', port: 53 },
    { transport: 'tcp', port: 53 },
  ],
  options: z.strictObject({
    version: z.string().default('9.18.49-1~deb12u3-Debian'),
    /** Resolve names of others; off: REFUSED, as a server that is looked after. */
    recursion: z.boolean().default(true),
    /** IPv4 addresses that names of others have; without any, addresses that are set aside for documents. */
    sinkhole: z.array(z.ipv4()).default([]),
  }),
  events: dnsEvents,

  start: ({ identity, persona, options }) => new DnsServer(identity, persona, options),

  answer(datagram, { room: server }) {
    const answered = server.answer(datagram.bytes, 'udp', datagram.source.ip)
    datagram.asksFor(record(datagram, datagram.bytes, answered, 'udp'), answered.potentialBytes)
    return answered.answer
  },

  async serve(visit, { room: server }) {
    for (let n = 0; n < TCP_ANSWERS; n++) {
      const length = (await visit.exactly(2, { within: IDLE_MS })).readUInt16BE()
      const bytes = await visit.exactly(length, { within: IDLE_MS })
      const answered = server.answer(bytes, 'tcp', visit.source.ip)
      record(visit, bytes, answered, 'tcp')
      if (!answered.answer) return
      const framed = Buffer.alloc(2)
      framed.writeUInt16BE(answered.answer.length)
      await visit.write(Buffer.concat([framed, answered.answer]))
    }
  },
})

/** Writes a message down and gives what it is after. */
function record(witness: Witness<DnsEvents>, bytes: Buffer, answered: Answered, transport: 'udp' | 'tcp'): string {
  const { query, potentialBytes, rcode } = answered
  if (!query?.question) {
    witness.record('dns.malformed', { message: evidence(bytes.subarray(0, 512)) })
    return 'malformed'
  }
  const { question, edns, flags, opcode } = query
  const vector = vectorOf(question.type, question.class, opcode, answered)
  witness.record(
    'dns.query',
    {
      transport,
      opcode: nameOf(OPCODE, opcode),
      name: evidence(question.name),
      type: nameOf(TYPE, question.type),
      class: nameOf(CLASS, question.class),
      flags,
      vector,
      potentialBytes,
      ...(edns ? { udpSize: edns.udpSize } : {}),
      ...(rcode === undefined ? {} : { rcode }),
    },
    TAGS[vector] ?? [],
  )
  return vector
}

const TAGS: Readonly<Record<string, string[]>> = {
  any: ['attack:T1498.002'],
  keys: ['attack:T1498.002'],
  'random-label': ['attack:T1498'],
  transfer: ['attack:T1590.002'],
  version: ['attack:T1592.002'],
  update: ['attack:T1584.002'],
}

function vectorOf(type: number, klass: number, opcode: number, { rcode }: Answered): string {
  if (opcode === OPCODE.UPDATE) return 'update'
  if (opcode !== OPCODE.QUERY) return 'other-opcode'
  if (klass === CLASS.CH) return 'version'
  if (type === TYPE.AXFR || type === TYPE.IXFR) return 'transfer'
  if (type === TYPE.ANY) return 'any'
  if (type === TYPE.DNSKEY || type === TYPE.RRSIG) return 'keys'
  return rcode === 3 ? 'random-label' : 'resolve'
}

function nameOf(names: Readonly<Record<string, number>>, value: number): string {
  return Object.keys(names).find((name) => names[name] === value) ?? String(value)
}
