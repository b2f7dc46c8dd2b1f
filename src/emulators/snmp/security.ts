import { element } from '../../sensor/ber.ts'
import type { Device } from './device.ts'
import { encodeMessage, PDU, type SecureMessage } from './message.ts'

/** usmStats of RFC 3414 §5: unknown engine, unknown user, wrong digest. */
const STATS = { unknownUsers: 3, unknownEngines: 4, wrongDigests: 5 } as const
const USM_STATS = [1, 3, 6, 1, 6, 3, 15, 1, 1]
const USM = 3
const AUTHENTICATED = 1
const REPORTABLE = 4
const LARGEST_MESSAGE = 1500

/** Counters of reports sent, by the last part of their OID. */
export type Reports = Record<number, number>

/**
 * Answers a v3 message as an agent does that has no such user: with its engine's id for a discovery, then with the report
 * that the user, or the digest, is unknown. Undefined when no report is wanted.
 */
export function answerSecure(message: SecureMessage, device: Device, reports: Reports): Buffer | undefined {
  if (message.model !== USM || !(message.flags & REPORTABLE)) return undefined
  const isDiscovery = !message.engineId.equals(device.engineId)
  const stat = isDiscovery ? STATS.unknownEngines : message.flags & AUTHENTICATED ? STATS.wrongDigests : STATS.unknownUsers
  reports[stat] = (reports[stat] ?? 0) + 1
  const binding = { oid: [...USM_STATS, stat, 0], value: { type: 'counter32' as const, value: reports[stat] } }
  return encodeMessage({
    ...message,
    maxSize: LARGEST_MESSAGE,
    flags: 0,
    engineId: device.engineId,
    boots: device.boots,
    time: Math.floor(device.upSeconds),
    user: isDiscovery ? Buffer.alloc(0) : message.user,
    authentication: Buffer.alloc(0),
    privacy: Buffer.alloc(0),
    encrypted: Buffer.alloc(0),
    scoped: {
      engineId: device.engineId,
      name: Buffer.alloc(0),
      pdu: { tag: PDU.report, requestId: message.scoped?.pdu.requestId ?? 0, errorStatus: 0, errorIndex: 0, bindings: [binding] },
    },
  })
}

/** An authenticated message as hashcat reads it (mode 25000: HMAC-MD5-96 or HMAC-SHA1-96), the digest in it blanked. */
export function crackableLine(bytes: Buffer, { engineId, authentication, id }: SecureMessage): string | undefined {
  if (authentication.length !== 12) return undefined
  const message = Buffer.from(bytes.subarray(0, element(bytes, 0).end))
  const at = message.indexOf(authentication)
  if (at < 0) return undefined
  message.fill(0, at, at + authentication.length)
  return `$SNMPv3$0$${id}$${message.toString('hex')}$${engineId.toString('hex')}$${authentication.toString('hex')}`
}
