/**
 * mosquitto 2.0 that lets anybody in, with what the devices of a building have left with it.
 *
 *   client: CONNECT 3.1.1, c1                us: CONNACK 0                                            → mqtt.connect
 *   client: CONNECT, alice, wrong            us: CONNACK 5, not authorised; version 5 gets 0x87       → login
 *   client: SUBSCRIBE # and $SYS/#           us: SUBACK, then all that is retained                    → mqtt.subscribe
 *   client: PUBLISH cmnd/compressor/POWER    us: to everybody of this source who listens              → mqtt.publish
 *
 * codec.ts and properties.ts are the bytes, broker.ts is the broker as one source sees it, session.ts one client. The answers are
 * those of Debian's 2.0.11.
 */
import { randomUUID } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { evidence } from '../../events/bytes.ts'
import { LoginDesk, LoginOptions } from '../../sensor/login-desk.ts'
import { defineLure, type LureSetup, type VisitContext } from '../../sensor/lure.ts'
import { TimeSlice } from '../../sensor/time-slice.ts'
import { LimitReached, type Visit } from '../../sensor/visit.ts'
import { Broker } from './broker.ts'
import { type Connect, encodeConnack, encodeDisconnect, type Level, MqttError, parseConnect, parseProtocol, REASON, TYPE } from './codec.ts'
import { type MqttEvents, mqttEvents } from './events.ts'
import { Session } from './session.ts'
import { isTopicName } from './topics.ts'

/** Largest packet; mosquitto's max_packet_size, which an operator may set. */
const LARGEST_PACKET = 1024 * 1024
/** Largest CONNECT: mosquitto 2 refuses more. */
const LARGEST_CONNECT = 100_000
const CONNECT_PATIENCE_MS = 90_000
const SOURCES = 300
/** UTC milliseconds: uptimes count from here and before. */
const STARTED_AT = Date.now()
const KEEP_ALIVE_TIMEOUT = 0x8d

const MqttOptions = z.strictObject({
  /** Version that `$SYS/broker/version` says. */
  version: z
    .string()
    .regex(/^2\.0\.\d{1,2}$/)
    .default('2.0.11'),
  /** mosquitto's allow_anonymous. */
  anonymous: z.boolean().default(true),
  login: LoginOptions,
})
type MqttOptions = z.output<typeof MqttOptions>

type Room = LRUCache<string, Broker>
type MqttContext = VisitContext<MqttOptions, Room>
type MqttVisit = Visit<MqttEvents>

export default defineLure({
  name: 'mqtt',
  standsFor: ['Dionaea'],
  about: 'mosquitto 2.0 with the topics of a building',
  profiles: ['standard', 'mini'],
  ports: [
    { transport: 'tcp', port: 1883 },
    { transport: 'tcp', port: 8883, tls: true, role: 'mqtts' },
  ],
  options: MqttOptions,
  events: mqttEvents,

  start: (): Room => new LRUCache<string, Broker>({ max: SOURCES, dispose: (broker) => broker.close() }),
  close: (room) => room.clear(),

  async serve(visit, context) {
    let level: Level = 4
    try {
      const [type = 0] = await visit.peek(1, { within: CONNECT_PATIENCE_MS })
      // What begins with anything else is not read to its end.
      if (type >> 4 !== TYPE.connect) throw new MqttError(`packet type ${type >> 4} before CONNECT`)
      const first = await packet(visit, CONNECT_PATIENCE_MS, LARGEST_CONNECT)
      if (first.flags !== 0) throw new MqttError(`flags ${first.flags} of CONNECT`)
      const refusal = protocolRefusal(first.body)
      if (refusal) return void (await visit.write(refusal))
      const connect = parseConnect(first.body)
      level = (connect.level & 0x7f) as Level
      await converse(visit, context, connect, level)
    } catch (error) {
      if (!(error instanceof MqttError)) throw error
      visit.record('mqtt.malformed', { message: error.message })
      if (level === 5 && error.reason !== undefined) await visit.write(encodeDisconnect(error.reason))
    }
  },
})

/** CONNACK for a level that is not spoken. @throws MqttError when it is no MQTT at all */
function protocolRefusal(body: Buffer): Buffer | undefined {
  const { protocol, level } = parseProtocol(body)
  const version = level & 0x7f
  if (protocol !== 'MQTT' && protocol !== 'MQIsdp') throw new MqttError('another protocol')
  const isKnown = protocol === 'MQTT' ? version === 4 || version === 5 : version === 3
  return isKnown ? undefined : encodeConnack(false, 1)
}

async function converse(visit: MqttVisit, context: MqttContext, connect: Connect, level: Level): Promise<void> {
  const { code, id, properties } = admit(visit, context, connect, level)
  visit.record('mqtt.connect', {
    clientId: evidence(connect.clientId),
    protocol: connect.protocol,
    level: connect.level,
    keepAlive: connect.keepAlive,
    cleanStart: connect.cleanStart,
    ...(connect.will && {
      will: { ...connect.will, topic: evidence(connect.will.topic), payload: evidence(connect.will.payload) },
    }),
    ...(connect.properties.user && {
      userProperties: connect.properties.user.map(([name, value]) => [evidence(name), evidence(value)] as [never, never]),
    }),
    code,
  })
  if (code !== 0) return void (await visit.write(encodeConnack(false, code, level === 5 ? Buffer.alloc(0) : undefined)))
  const broker = brokerOf(context, visit.source.ip)
  const session = new Session(visit, broker, { id, level, will: connect.will })
  const isPresent = broker.join(session, connect.cleanStart)
  let keepsSession = level === 5 ? (connect.properties.sessionExpiry ?? 0) > 0 : !connect.cleanStart
  try {
    await visit.write(encodeConnack(isPresent && level > 3, 0, properties))
    await packets(visit, session, broker, connect.keepAlive, level)
  } catch (error) {
    if (error instanceof MqttError) keepsSession = false
    throw error
  } finally {
    session.close(keepsSession)
  }
}

async function packets(visit: MqttVisit, session: Session, broker: Broker, keepAlive: number, level: Level): Promise<void> {
  const slice = new TimeSlice()
  for (;;) {
    let next: Packet
    try {
      next = await packet(visit, keepAlive > 0 ? keepAlive * 1500 : undefined, LARGEST_PACKET)
    } catch (error) {
      if (!(error instanceof LimitReached) || error.limit !== 'read-deadline') throw error
      if (level === 5) await visit.write(encodeDisconnect(KEEP_ALIVE_TIMEOUT))
      return
    }
    broker.counters.received++
    broker.counters.bytesReceived += next.body.length + 2
    // A second CONNECT ends both versions without a word.
    if (next.type === TYPE.connect) throw new MqttError('a second CONNECT')
    if (!(await session.answer(next.type, next.flags, next.body))) return
    await slice.turn()
  }
}

interface Packet {
  type: number
  flags: number
  body: Buffer
}

async function packet(visit: MqttVisit, within: number | undefined, largest: number): Promise<Packet> {
  const options = within === undefined ? {} : { within }
  const first = (await visit.exactly(1, options))[0] as number
  let length = 0
  for (let i = 0; ; i++) {
    const byte = (await visit.exactly(1, options))[0] as number
    if (i === 4) throw new MqttError('a length of five bytes')
    length += (byte & 0x7f) * 128 ** i
    if (byte < 0x80) break
  }
  if (length > largest) throw new MqttError(`a packet of ${length} bytes`, REASON.packetTooLarge)
  return { type: first >> 4, flags: first & 0x0f, body: await visit.exactly(length, options) }
}

/** The CONNACK's code, the identifier that the client goes by, and version 5's properties. @throws MqttError */
function admit(visit: MqttVisit, context: MqttContext, connect: Connect, level: Level): { code: number; id: string; properties?: Buffer } {
  const { clientId, properties, will, cleanStart, username, password } = connect
  if (will && !isTopicName(will.topic.toString('latin1'))) throw new MqttError('a will without a topic')
  if (properties.authenticationMethod) return { code: 0x8c, id: '' }
  const isNameless = clientId.length === 0
  if (isNameless && level < 5 && (level === 3 || !cleanStart)) return { code: 2, id: '' }
  const isIn = username ? new LoginDesk(visit, context).password('mqtt', username, password ?? Buffer.alloc(0)) : context.options.anonymous
  if (!isIn) return { code: level === 5 ? 0x87 : 5, id: '' }
  const id = isNameless ? `auto-${randomUUID().toUpperCase()}` : clientId.toString('latin1')
  if (level < 5) return { code: 0, id }
  // Topic alias maximum 10, the identifier that was given, receive maximum 20: in mosquitto's order.
  const assigned = isNameless ? [Buffer.of(0x12, 0, id.length), Buffer.from(id, 'latin1')] : []
  return { code: 0, id, properties: Buffer.concat([Buffer.of(0x22, 0, 10), ...assigned, Buffer.of(0x21, 0, 20)]) }
}

function brokerOf(
  { room, options, identity, persona }: Pick<LureSetup<MqttOptions>, 'options' | 'identity' | 'persona'> & { room: Room },
  ip: string,
): Broker {
  const known = room.get(ip)
  if (known) return known
  const days = identity.integer('mqtt/uptime', 5, 60)
  const broker = new Broker({
    identity,
    hostname: persona.hostname,
    version: options.version,
    startedAt: STARTED_AT - days * 86_400_000,
  })
  room.set(ip, broker)
  return broker
}
