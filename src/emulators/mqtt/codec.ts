/**
 * MQTT 3.1, 3.1.1 and 5.0 as bytes. The npm package mqtt-packet reads topics and names as text and repairs what is no UTF-8;
 * here bytes stay bytes, and what a broker refuses is refused with the reason code that it sends.
 */
import { ByteReader, ShortMessage } from '../../sensor/byte-reader.ts'
import { ByteWriter } from '../../sensor/byte-writer.ts'
import { type Properties, PropertyError, readProperties } from './properties.ts'

/** Not a control packet. `reason` is what a broker of version 5 says before it closes; undefined when it says nothing. */
export class MqttError extends Error {
  readonly reason: number | undefined

  constructor(message: string, reason?: number) {
    super(message)
    this.name = 'MqttError'
    this.reason = reason
  }
}

/** Control packet types (5.0 §2.1.2). */
export const TYPE = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
  auth: 15,
} as const

export const REASON = { malformed: 0x81, protocol: 0x82, topicAlias: 0x94, packetTooLarge: 0x95 } as const

/** 3 = MQTT 3.1, 4 = 3.1.1, 5 = 5.0. */
export type Level = 3 | 4 | 5

export interface Message {
  topic: Buffer
  payload: Buffer
  qos: number
  retain: boolean
}

export interface Connect {
  /** `MQTT` or `MQIsdp`. */
  protocol: string
  /** As it was sent; the highest bit marks a bridge. */
  level: number
  cleanStart: boolean
  /** Seconds; 0 = none. */
  keepAlive: number
  clientId: Buffer
  properties: Properties
  will?: Message
  username?: Buffer
  password?: Buffer
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Length and bytes, which must be UTF-8 without NUL (§1.5.4). */
function readText(reader: ByteReader): Buffer {
  const bytes = reader.take(reader.u16be())
  if (!isText(bytes)) throw new MqttError('a text that is no UTF-8', REASON.malformed)
  return bytes
}

export function isText(bytes: Buffer): boolean {
  if (bytes.includes(0)) return false
  try {
    utf8.decode(bytes)
    return true
  } catch {
    return false
  }
}

/** Runs a reader over a body; what is short or has wrong properties is malformed. @throws MqttError */
function reading<T>(body: Buffer, read: (reader: ByteReader) => T): T {
  try {
    return read(new ByteReader(body))
  } catch (error) {
    if (error instanceof ShortMessage) throw new MqttError(error.message, REASON.malformed)
    if (error instanceof PropertyError) throw new MqttError(error.message, REASON.malformed)
    throw error
  }
}

/** What of a CONNECT says how to answer it: name and level. @throws MqttError */
export function parseProtocol(body: Buffer): { protocol: string; level: number } {
  return reading(body, (reader) => ({ protocol: reader.take(reader.u16be()).toString('latin1'), level: reader.u8() }))
}

/** @throws MqttError */
export function parseConnect(body: Buffer): Connect {
  return reading(body, (reader) => {
    const protocol = reader.take(reader.u16be()).toString('latin1')
    const level = reader.u8()
    const flags = reader.u8()
    const version = level & 0x7f
    const keepAlive = reader.u16be()
    const properties = version === 5 ? readProperties(reader) : {}
    const hasWill = (flags & 4) !== 0
    const willQos = (flags >> 3) & 3
    if ((flags & 1) !== 0 || willQos === 3 || (!hasWill && (flags & 0x38) !== 0)) throw new MqttError(`connect flags ${flags}`)
    const hasUser = (flags & 0x80) !== 0
    const hasPassword = (flags & 0x40) !== 0
    if (hasPassword && !hasUser && version !== 5) throw new MqttError('a password without a user')
    const clientId = readText(reader)
    const will = hasWill ? readWill(reader, version, willQos, (flags & 0x20) !== 0) : undefined
    const username = hasUser ? readText(reader) : undefined
    const password = hasPassword ? reader.take(reader.u16be()) : undefined
    if (reader.left > 0) throw new MqttError('bytes behind a CONNECT')
    return {
      protocol,
      level,
      cleanStart: (flags & 2) !== 0,
      keepAlive,
      clientId,
      properties,
      ...(will && { will }),
      ...(username && { username }),
      ...(password && { password }),
    }
  })
}

function readWill(reader: ByteReader, version: number, qos: number, retain: boolean): Message {
  if (version === 5) readProperties(reader)
  const topic = readText(reader)
  return { topic, payload: reader.take(reader.u16be()), qos, retain }
}

export interface Publish extends Message {
  /** 0 with QoS 0. */
  id: number
  properties: Properties
}

/** @param flags the low half of the first byte @throws MqttError */
export function parsePublish(flags: number, body: Buffer, level: Level): Publish {
  const qos = (flags >> 1) & 3
  if (qos === 3) throw new MqttError('QoS 3', REASON.malformed)
  return reading(body, (reader) => {
    const topic = readText(reader)
    const id = qos > 0 ? readId(reader) : 0
    const properties = level === 5 ? readProperties(reader) : {}
    return { topic, payload: reader.rest(), qos, retain: (flags & 1) !== 0, id, properties }
  })
}

function readId(reader: ByteReader): number {
  const id = reader.u16be()
  if (id === 0) throw new MqttError('packet identifier 0', REASON.protocol)
  return id
}

/** The identifier of PUBACK, PUBREC, PUBREL and PUBCOMP. @throws MqttError */
export function parseAcknowledged(body: Buffer): number {
  return reading(body, readId)
}

export interface Subscription {
  filter: Buffer
  qos: number
  /** Options of version 5 (§3.8.3.1): no echo to the sender, RETAIN as it was published, when retained messages are sent. */
  noLocal: boolean
  keepsRetain: boolean
  retainHandling: number
}

/** @throws MqttError */
export function parseSubscribe(flags: number, body: Buffer, level: Level): { id: number; subscriptions: Subscription[] } {
  if (flags !== 2) throw new MqttError(`flags ${flags} of SUBSCRIBE`, REASON.malformed)
  return reading(body, (reader) => {
    const id = readId(reader)
    if (level === 5) readProperties(reader)
    const subscriptions: Subscription[] = []
    while (reader.left > 0) {
      const filter = readText(reader)
      const options = reader.u8()
      const retainHandling = (options >> 4) & 3
      if ((options & 3) === 3 || (level === 5 ? (options & 0xc0) !== 0 || retainHandling === 3 : options > 2)) {
        throw new MqttError(`subscription options ${options}`, REASON.malformed)
      }
      subscriptions.push({ filter, qos: options & 3, noLocal: (options & 4) !== 0, keepsRetain: (options & 8) !== 0, retainHandling })
    }
    if (subscriptions.length === 0) throw new MqttError('no topic filter', REASON.malformed)
    return { id, subscriptions }
  })
}

/** @throws MqttError */
export function parseUnsubscribe(flags: number, body: Buffer, level: Level): { id: number; filters: Buffer[] } {
  if (flags !== 2) throw new MqttError(`flags ${flags} of UNSUBSCRIBE`, REASON.malformed)
  return reading(body, (reader) => {
    const id = readId(reader)
    if (level === 5) readProperties(reader)
    const filters: Buffer[] = []
    while (reader.left > 0) filters.push(readText(reader))
    if (filters.length === 0) throw new MqttError('no topic filter', REASON.malformed)
    return { id, filters }
  })
}

/** A control packet: first byte, remaining length, body. */
export function encodePacket(type: number, flags: number, body: Uint8Array = Buffer.alloc(0)): Buffer {
  return Buffer.concat([Buffer.of((type << 4) | flags), encodeLength(body.length), body])
}

/** Variable byte integer (§1.5.5). @param value at most 268,435,455 */
export function encodeLength(value: number): Buffer {
  const bytes: number[] = []
  let left = value
  do {
    const digit = left % 128
    left = Math.floor(left / 128)
    bytes.push(left > 0 ? digit | 0x80 : digit)
  } while (left > 0)
  return Buffer.from(bytes)
}

export interface Outgoing extends Message {
  /** Needed above QoS 0. */
  id: number
}

export function encodePublish({ topic, payload, qos, retain, id }: Outgoing, level: Level): Buffer {
  const body = new ByteWriter().u16be(topic.length).bytes(topic)
  if (qos > 0) body.u16be(id)
  if (level === 5) body.u8(0)
  return encodePacket(TYPE.publish, (qos << 1) | (retain ? 1 : 0), body.bytes(payload).done())
}

/** PUBACK, PUBREC, PUBREL, PUBCOMP; `reason` is left out when it is 0, and before version 5. */
export function encodeAcknowledged(type: number, id: number, level: Level, reason = 0): Buffer {
  const body = new ByteWriter().u16be(id)
  if (level === 5 && reason !== 0) body.u8(reason)
  return encodePacket(type, type === TYPE.pubrel ? 2 : 0, body.done())
}

export function encodeSuback(id: number, level: Level, codes: readonly number[]): Buffer {
  const body = new ByteWriter().u16be(id)
  if (level === 5) body.u8(0)
  return encodePacket(TYPE.suback, 0, body.bytes(Buffer.from(codes)).done())
}

export function encodeUnsuback(id: number, level: Level, codes: readonly number[]): Buffer {
  const body = new ByteWriter().u16be(id)
  if (level === 5) body.u8(0).bytes(Buffer.from(codes))
  return encodePacket(TYPE.unsuback, 0, body.done())
}

/** @param properties of version 5, encoded; undefined before it */
export function encodeConnack(sessionPresent: boolean, code: number, properties?: Buffer): Buffer {
  const body = new ByteWriter().u8(sessionPresent ? 1 : 0).u8(code)
  if (properties) body.bytes(encodeLength(properties.length)).bytes(properties)
  return encodePacket(TYPE.connack, 0, body.done())
}

/** What a broker of version 5 says before it closes. */
export function encodeDisconnect(reason: number): Buffer {
  return encodePacket(TYPE.disconnect, 0, Buffer.of(reason))
}
