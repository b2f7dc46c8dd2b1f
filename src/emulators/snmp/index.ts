/**
 * The SNMP agent of the persona's machine where that runs snmpd, else of the SIMATIC of its plant.
 *
 *   manager:  GetRequest, v2c, public, sysDescr.0        us: Siemens, SIMATIC S7, CPU314C-2 PN/DP, 6ES7 314-…
 *   attacker: GetRequest, v2c, admin                     us: nothing; the community is a login that failed
 *   attacker: SetRequest, v1, private, sysContact.0      us: the same back; the value stays         → snmp.request, a write
 *   nmap:     v3, no engine id                           us: Report, usmStatsUnknownEngineIDs, Siemens AG and our MAC
 *
 * ber.ts and message.ts are the codec, mibs/ the objects, agent.ts the protocol operations of RFC 3416, security.ts v3.
 */
import { z } from 'zod'
import { Evidence, evidence } from '../../events/bytes.ts'
import { plantOf } from '../../host/plant/plant.ts'
import { BerError } from '../../sensor/ber.ts'
import { defineLure } from '../../sensor/lure.ts'
import type { Datagram } from '../../sensor/visit.ts'
import { answerPdu } from './agent.ts'
import type { Value } from './ber.ts'
import type { Device } from './device.ts'
import { type CommunityMessage, decodeMessage, encodeMessage, PDU, type SecureMessage, type SnmpMessage } from './message.ts'
import { Mib } from './mib.ts'
import { NetSnmp } from './net-snmp.ts'
import { answerSecure, crackableLine, type Reports } from './security.ts'
import { SimaticCpu } from './simatic-cpu.ts'

const snmpEvents = {
  'snmp.request': z.object({
    version: z.enum(['1', '2c', '3']),
    /** `get`, `next`, `set`, `bulk` … */
    operation: z.string(),
    action: z.enum(['read', 'write', 'scan']),
    community: Evidence.optional(),
    user: Evidence.optional(),
    /** The first 32. */
    oids: z.array(z.string()),
    values: z.array(Evidence).optional(),
    /** Repetitions that a GetBulk asked for. */
    repetitions: z.number().optional(),
    answerBytes: z.number(),
  }),
  'snmp.malformed': z.object({ message: z.string() }),
}

interface Room {
  device: Device
  mib: Mib
  reports: Reports
}

export default defineLure({
  name: 'snmp',
  standsFor: ['Conpot'],
  about: 'SNMP agent of an S7-300, or Net-SNMP',
  profiles: ['standard', 'ics'],
  ports: [{ transport: 'udp', port: 161 }],
  options: z.strictObject({
    /** Communities that may read, and that may write as well; others get no answer. */
    read: z.array(z.string()).default(['public']),
    write: z.array(z.string()).default(['private']),
  }),
  events: snmpEvents,

  start({ identity, persona, state }): Room {
    const runsSnmpd = persona.services.some(({ unit }) => unit === 'snmpd')
    const device = runsSnmpd
      ? new NetSnmp(identity, persona, state)
      : new SimaticCpu(identity, plantOf({ identity, state, persona }), persona, state)
    return { device, mib: new Mib(device), reports: {} }
  },

  answer(datagram, { room, options }) {
    const message = decode(datagram, room)
    if (!message) return undefined
    room.device.counters.snmpIn++
    const answer =
      message.version === 3 ? answerSecure(message, room.device, room.reports) : answerCommunity(message, datagram, room, options)
    if (answer) room.device.counters.snmpOut++
    if (message.version === 3) loginOf(message, datagram)
    record(message, datagram, answer?.length ?? 0)
    return answer
  },
})

function decode(datagram: Datagram<typeof snmpEvents>, { device }: Room): SnmpMessage | undefined {
  try {
    return decodeMessage(datagram.bytes)
  } catch (error) {
    if (!(error instanceof BerError)) throw error
    device.counters.snmpBad++
    datagram.record('snmp.malformed', { message: error.message })
    return undefined
  }
}

function answerCommunity(
  message: CommunityMessage,
  datagram: Datagram<typeof snmpEvents>,
  { device, mib }: Room,
  options: { read: readonly string[]; write: readonly string[] },
): Buffer | undefined {
  const name = message.community.toString('latin1')
  const mayWrite = options.write.includes(name)
  const accepted = mayWrite || options.read.includes(name)
  if (datagram.fresh) datagram.login({ method: 'snmp-community', username: '', password: evidence(message.community), accepted })
  if (!accepted) {
    device.counters.snmpBadCommunity++
    return undefined
  }
  const pdu = answerPdu(message.pdu, mib, { version: message.version, mayWrite })
  return pdu && encodeMessage({ ...message, pdu })
}

function loginOf(message: SecureMessage, datagram: Datagram<typeof snmpEvents>): void {
  if (message.user.length === 0 || !datagram.fresh) return
  const line = crackableLine(datagram.bytes, message)
  const hash = line === undefined ? {} : { hash: { mode: 25_000, line } }
  datagram.login({ method: 'snmp-usm', username: evidence(message.user), accepted: false, ...hash })
}

const OPERATIONS = new Map<number, string>(Object.entries(PDU).map(([name, tag]) => [tag, name]))
const VERSIONS = { 0: '1', 1: '2c', 3: '3' } as const
const LISTED = 32

function record(message: SnmpMessage, datagram: Datagram<typeof snmpEvents>, answerBytes: number): void {
  const pdu = message.version === 3 ? message.scoped?.pdu : message.pdu
  const isSet = pdu?.tag === PDU.set
  const isScan = pdu === undefined || pdu.bindings.length === 0
  const bindings = pdu?.bindings.slice(0, LISTED) ?? []
  datagram.record(
    'snmp.request',
    {
      version: VERSIONS[message.version],
      operation: pdu ? (OPERATIONS.get(pdu.tag) ?? 'unknown') : 'encrypted',
      action: isSet ? 'write' : isScan ? 'scan' : 'read',
      ...(message.version === 3 ? { user: evidence(message.user) } : { community: evidence(message.community) }),
      oids: bindings.map(({ oid }) => oid.join('.')),
      ...(isSet ? { values: bindings.map(({ value }) => valueEvidence(value)) } : {}),
      ...(pdu?.tag === PDU.bulk ? { repetitions: pdu.errorIndex } : {}),
      answerBytes,
    },
    isSet ? ['attack:T0836'] : ['attack:T0888'],
  )
}

function valueEvidence(value: Value): Evidence {
  if (!('value' in value)) return value.type
  if (Buffer.isBuffer(value.value)) return evidence(value.value.subarray(0, 512))
  return Array.isArray(value.value) ? value.value.join('.') : String(value.value)
}
