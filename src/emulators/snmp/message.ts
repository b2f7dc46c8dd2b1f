/**
 * SNMP messages: v1 (RFC 1157), v2c (RFC 1901, 3416) and v3 with the user-based security model (RFC 3412, 3414).
 */
import { BerError, BerReader, element, encodeElement, encodeInteger, encodeOctets, sequence } from '../../sensor/ber.ts'
import { encodeOid, encodeValue, type Oid, oidOf, TAG, type Value, valueIn } from './ber.ts'

export const PDU = { get: 0xa0, next: 0xa1, response: 0xa2, set: 0xa3, bulk: 0xa5, inform: 0xa6, trap: 0xa7, report: 0xa8 } as const
const PDU_TAGS: ReadonlySet<number> = new Set(Object.values(PDU))

export interface Binding {
  oid: Oid
  value: Value
}

export interface Pdu {
  tag: number
  requestId: number
  /** Of a GetBulk: non-repeaters and max-repetitions. */
  errorStatus: number
  errorIndex: number
  bindings: Binding[]
}

/** v1 is 0, v2c is 1. */
export interface CommunityMessage {
  version: 0 | 1
  community: Buffer
  pdu: Pdu
}

export interface SecureMessage {
  version: 3
  id: number
  maxSize: number
  /** 1 authenticated, 2 encrypted, 4 wants a report. */
  flags: number
  model: number
  engineId: Buffer
  boots: number
  time: number
  user: Buffer
  authentication: Buffer
  privacy: Buffer
  /** Undefined when it is encrypted. */
  scoped: { engineId: Buffer; name: Buffer; pdu: Pdu } | undefined
  encrypted: Buffer
}

export type SnmpMessage = CommunityMessage | SecureMessage

const MOST_BINDINGS = 128

/** @throws BerError */
export function decodeMessage(bytes: Buffer): SnmpMessage {
  const { tag, content } = element(bytes, 0)
  if (tag !== TAG.sequence) throw new BerError('no message')
  const reader = new BerReader(content)
  const version = reader.integer()
  if (version === 0 || version === 1) return { version, community: reader.take(TAG.octets), pdu: decodePdu(reader.any()) }
  if (version === 3) return decodeSecure(reader)
  throw new BerError(`version ${version}`)
}

function decodeSecure(reader: BerReader): SecureMessage {
  const header = new BerReader(reader.take(TAG.sequence))
  const [id, maxSize] = [header.integer(), header.integer()]
  const flags = header.take(TAG.octets)[0] ?? 0
  const model = header.integer()
  const security = new BerReader(element(reader.take(TAG.octets), 0).content)
  const engineId = security.take(TAG.octets)
  const [boots, time] = [security.integer(), security.integer()]
  const [user, authentication, privacy] = [security.take(TAG.octets), security.take(TAG.octets), security.take(TAG.octets)]
  const payload = reader.any()
  const scoped = payload.tag === TAG.sequence ? decodeScoped(payload.content) : undefined
  const encrypted = scoped ? Buffer.alloc(0) : payload.content
  return { version: 3, id, maxSize, flags, model, engineId, boots, time, user, authentication, privacy, scoped, encrypted }
}

function decodeScoped(content: Buffer): SecureMessage['scoped'] {
  const reader = new BerReader(content)
  return { engineId: reader.take(TAG.octets), name: reader.take(TAG.octets), pdu: decodePdu(reader.any()) }
}

function decodePdu({ tag, content }: { tag: number; content: Buffer }): Pdu {
  if (!PDU_TAGS.has(tag)) throw new BerError(`PDU ${tag}`)
  const reader = new BerReader(content)
  const [requestId, errorStatus, errorIndex] = [reader.integer(), reader.integer(), reader.integer()]
  const list = new BerReader(reader.take(TAG.sequence))
  const bindings: Binding[] = []
  while (!list.isAtEnd) {
    if (bindings.length >= MOST_BINDINGS) throw new BerError('too many bindings')
    const binding = new BerReader(list.take(TAG.sequence))
    bindings.push({ oid: oidOf(binding.take(TAG.oid)), value: valueIn(binding.any()) })
  }
  return { tag, requestId, errorStatus, errorIndex, bindings }
}

export function encodeMessage(message: SnmpMessage): Buffer {
  if (message.version !== 3) return sequence(encodeInteger(message.version), encodeOctets(message.community), encodePdu(message.pdu))
  const { id, maxSize, flags, model, engineId, boots, time, user, authentication, privacy, scoped, encrypted } = message
  const header = sequence(encodeInteger(id), encodeInteger(maxSize), encodeOctets(Buffer.from([flags])), encodeInteger(model))
  const names = [user, authentication, privacy].map((one) => encodeOctets(one))
  const security = sequence(encodeOctets(engineId), encodeInteger(boots), encodeInteger(time), ...names)
  const payload = scoped
    ? sequence(encodeOctets(scoped.engineId), encodeOctets(scoped.name), encodePdu(scoped.pdu))
    : encodeOctets(encrypted)
  return sequence(encodeInteger(3), header, encodeOctets(security), payload)
}

function encodePdu({ tag, requestId, errorStatus, errorIndex, bindings }: Pdu): Buffer {
  const list = sequence(...bindings.map(encodeBinding))
  return encodeElement(tag, Buffer.concat([encodeInteger(requestId), encodeInteger(errorStatus), encodeInteger(errorIndex), list]))
}

export function encodeBinding({ oid, value }: Binding): Buffer {
  return sequence(encodeOid(oid), encodeValue(value))
}
