/**
 * An ntpd that tells the time and more than it should.
 *
 *   client:   mode 3, transmit T1                     us: mode 4, origin T1, receive T2, transmit T3
 *   ntpq:     mode 6, READVAR, association 0          us: version="ntpd 4.2.6p5…", processor=…, stratum=2, …
 *   attacker: mode 7, MON_GETLIST_1 (from a victim's  us: one packet of six clients, if the governor lets it out;
 *             address, a thousand times)                  then silence: the victim gets nothing, the flood is counted
 *
 * The codec reads and writes the three kinds of packets, a service a kind answers them, server-state.ts is the clock.
 */
import { z } from 'zod'
import { defineLure } from '../../sensor/lure.ts'
import type { Datagram } from '../../sensor/visit.ts'
import { decodeNtp, NtpFormatError, type NtpPacket } from './codec.ts'
import { answerControl } from './control-service.ts'
import { answerPrivate, REQUEST } from './private-service.ts'
import { NtpServer } from './server-state.ts'
import { answerTime } from './time-service.ts'

/** Which ntpd; both as their distributions built them. Only the old one answers monlist (CVE-2013-5211). */
const VERSIONS = {
  '4.2.6p5': { text: '4.2.6p5@1.2349-o Tue May  3 06:01:31 UTC 2016 (1)', monlist: true },
  '4.2.8p15': { text: '4.2.8p15@1.3728-o Wed Sep 23 11:46:38 UTC 2020 (1)', monlist: false },
} as const

/** What a real server would send back in all: a full monlist is a hundred packets of 440 bytes. */
const FULL_MONLIST_BYTES = 100 * 440

const ntpEvents = {
  'ntp.request': z.object({
    kind: z.enum(['time', 'control', 'private', 'malformed']),
    version: z.number(),
    mode: z.number(),
    /** Opcode of mode 6, request code of mode 7. */
    code: z.number().optional(),
    name: z.string().optional(),
    /** Bytes that a server without a governor would have answered. */
    potentialBytes: z.number(),
  }),
}

export default defineLure({
  name: 'ntp',
  standsFor: ['Ddospot', 'Honeypots'],
  about: 'ntpd 4.2.6 that answers READVAR and monlist',
  profiles: ['standard', 'tarpit'],
  ports: [{ transport: 'udp', port: 123 }],
  options: z.strictObject({
    version: z.enum(['4.2.6p5', '4.2.8p15']).default('4.2.6p5'),
    /** `restrict default noquery`: modes 6 and 7 get no answer, as on a server that is looked after. */
    noquery: z.boolean().default(false),
  }),
  events: ntpEvents,

  start: ({ identity, persona, options }) => new NtpServer(identity, persona, VERSIONS[options.version].text),

  answer(datagram, { room: server, options }) {
    const packet = decode(datagram.bytes)
    const answer = packet && answerPacket(packet, datagram, server, options)
    record(datagram, packet, answer)
    if (packet) server.noteAsker(datagram.source.ip, datagram.source.port, datagram.bytes[0]! & 7, packet.version)
    return answer
  },
})

function decode(bytes: Buffer): NtpPacket | undefined {
  try {
    return decodeNtp(bytes)
  } catch (error) {
    if (error instanceof NtpFormatError) return undefined
    throw error
  }
}

function answerPacket(
  packet: NtpPacket,
  { source }: Datagram,
  server: NtpServer,
  { version, noquery }: { version: keyof typeof VERSIONS; noquery: boolean },
): Buffer[] | undefined {
  if (packet.kind === 'time') return list(answerTime(packet, server))
  if (noquery) return undefined
  return packet.kind === 'control'
    ? answerControl(packet, server)
    : list(answerPrivate(packet, server, source.ip, VERSIONS[version].monlist))
}

function list(answer: Buffer | undefined): Buffer[] | undefined {
  return answer && [answer]
}

const CONTROL_NAMES: Record<number, string> = {
  1: 'READSTAT',
  2: 'READVAR',
  4: 'READCLOCK',
  8: 'CONFIGURE',
  10: 'READ_MRU',
  12: 'REQ_NONCE',
}
const PRIVATE_NAMES: Record<number, string> = { 0: 'PEER_LIST', 4: 'SYS_INFO', 20: 'MON_GETLIST', 42: 'MON_GETLIST_1' }

function record(datagram: Datagram<typeof ntpEvents>, packet: NtpPacket | undefined, answer: readonly Buffer[] | undefined): void {
  const mode = (datagram.bytes[0] ?? 0) & 7
  const bytes = (answer ?? []).reduce((sum, one) => sum + one.length, 0)
  if (!packet) {
    datagram.asksFor('malformed', 0)
    datagram.record('ntp.request', { kind: 'malformed', version: 0, mode, potentialBytes: 0 })
    return
  }
  const { kind, version } = packet
  const isMonlist = packet.kind === 'private' && (packet.request === REQUEST.monitorList || packet.request === REQUEST.monitorList1)
  const code = packet.kind === 'control' ? packet.opcode : packet.kind === 'private' ? packet.request : undefined
  const name = code === undefined ? undefined : (packet.kind === 'control' ? CONTROL_NAMES : PRIVATE_NAMES)[code]
  const potentialBytes = isMonlist && bytes > 8 ? FULL_MONLIST_BYTES : bytes
  datagram.asksFor(name ?? kind, potentialBytes)
  datagram.record(
    'ntp.request',
    { kind, version, mode, potentialBytes, ...(code === undefined ? {} : { code }), ...(name ? { name } : {}) },
    isMonlist ? ['cve:CVE-2013-5211', 'attack:T1498.002'] : [],
  )
}
