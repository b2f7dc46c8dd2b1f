import { evidence } from '../../events/bytes.ts'
import { recordIndicators } from '../../sensor/indicators.ts'
import type { Visit } from '../../sensor/visit.ts'
import type { Broker, Subscriber } from './broker.ts'
import {
  encodeAcknowledged,
  encodeDisconnect,
  encodePacket,
  encodePublish,
  encodeSuback,
  encodeUnsuback,
  type Level,
  type Message,
  MqttError,
  type Publish,
  parseAcknowledged,
  parsePublish,
  parseSubscribe,
  parseUnsubscribe,
  REASON,
  type Subscription,
  TYPE,
} from './codec.ts'
import type { MqttEvents } from './events.ts'
import { isTopicFilter, isTopicName } from './topics.ts'

const NO_SUBSCRIBERS = 0x10
const NOT_AUTHORIZED = 0x87
const NO_SUBSCRIPTION = 0x11
const QUOTA_EXCEEDED = 0x97
const TAKEN_OVER = 0x8e
/** mosquitto's receive maximum and topic alias maximum, as its CONNACK says them. */
const RECEIVE_MAXIMUM = 20
const TOPIC_ALIAS_MAXIMUM = 10
/** Messages that wait for a slow reader; more are dropped, as mosquitto drops above max_queued_messages. */
const MOST_WAITING = 1000
const SHOWN_BYTES = 4096

export interface SessionSetup {
  id: string
  level: Level
  /** Published when the client goes without a DISCONNECT. */
  will: Message | undefined
}

/** One client after its CONNACK. */
export class Session implements Subscriber {
  readonly id: string
  readonly #visit: Visit<MqttEvents>
  readonly #broker: Broker
  readonly #level: Level
  #will: Message | undefined
  /** Messages of QoS 2 whose PUBREL has not come. */
  readonly #unreleased = new Map<number, Publish>()
  readonly #aliases = new Map<number, Buffer>()
  #nextId = 0
  #waiting = 0
  #ended = false

  constructor(visit: Visit<MqttEvents>, broker: Broker, { id, level, will }: SessionSetup) {
    this.#visit = visit
    this.#broker = broker
    this.id = id
    this.#level = level
    this.#will = will
  }

  /** Answers one packet; false when the client has said goodbye. @throws MqttError */
  async answer(type: number, flags: number, body: Buffer): Promise<boolean> {
    switch (type) {
      case TYPE.publish:
        await this.#published(parsePublish(flags, body, this.#level))
        return true
      case TYPE.puback:
      case TYPE.pubcomp:
        parseAcknowledged(body)
        return true
      case TYPE.pubrec:
        await this.#send(encodeAcknowledged(TYPE.pubrel, parseAcknowledged(body), this.#level))
        return true
      case TYPE.pubrel:
        await this.#released(flags, parseAcknowledged(body))
        return true
      case TYPE.subscribe:
        await this.#subscribe(parseSubscribe(flags, body, this.#level))
        return true
      case TYPE.unsubscribe:
        await this.#unsubscribe(parseUnsubscribe(flags, body, this.#level))
        return true
      case TYPE.pingreq:
        await this.#send(encodePacket(TYPE.pingresp, 0))
        return true
      case TYPE.disconnect:
        // 5.0 §3.14.2.1: reason 4 asks for the will.
        if (body[0] !== 4 || this.#level < 5) this.#will = undefined
        return false
      case 0:
        throw new MqttError('packet type 0', REASON.protocol)
      default:
        throw new MqttError(`packet type ${type}`)
    }
  }

  /** The client has gone, by whatever way. */
  close(keepsSession: boolean): void {
    this.#ended = true
    this.#broker.leave(this, keepsSession)
    if (!this.#will) return
    this.#record(this.#will, true)
    this.#broker.publish(this, this.#will)
  }

  deliver(message: Message): void {
    if (this.#ended || this.#waiting >= MOST_WAITING) return
    if (message.qos > 0) this.#nextId = (this.#nextId % 65_535) + 1
    this.#waiting++
    this.#broker.counters.publishSent++
    const bytes = encodePublish({ ...message, id: this.#nextId }, this.#level)
    void this.#send(bytes)
      // A reader that is gone ends its own visit.
      .catch(() => undefined)
      .finally(() => this.#waiting--)
  }

  takenOver(): void {
    this.#ended = true
    const goodbye = this.#level === 5 ? this.#visit.write(encodeDisconnect(TAKEN_OVER)) : Promise.resolve()
    void goodbye.then(() => this.#visit.end()).catch(() => undefined)
  }

  async #send(bytes: Buffer): Promise<void> {
    this.#broker.counters.sent++
    this.#broker.counters.bytesSent += bytes.length
    await this.#visit.write(bytes)
  }

  async #published(publish: Publish): Promise<void> {
    const topic = this.#topicOf(publish)
    const message = { ...publish, topic }
    this.#broker.counters.publishReceived++
    this.#record(message, false)
    const isOurs = topic.subarray(0, 5).toString('latin1') === '$SYS/'
    if (publish.qos === 2) {
      if (this.#unreleased.size >= RECEIVE_MAXIMUM && !this.#unreleased.has(publish.id)) throw new MqttError('too many in flight', 0x93)
      if (!isOurs) this.#unreleased.set(publish.id, { ...message, topic: Buffer.from(topic), payload: Buffer.from(publish.payload) })
      return this.#send(encodeAcknowledged(TYPE.pubrec, publish.id, this.#level, isOurs ? NOT_AUTHORIZED : 0))
    }
    const sentBefore = this.#broker.counters.publishSent
    if (!isOurs) this.#broker.publish(this, message)
    const reason = isOurs ? NOT_AUTHORIZED : this.#broker.counters.publishSent === sentBefore && !publish.retain ? NO_SUBSCRIBERS : 0
    if (publish.qos === 1) await this.#send(encodeAcknowledged(TYPE.puback, publish.id, this.#level, reason))
  }

  /** The topic's name, or what an alias stands for (5.0 §3.3.2.3.4). @throws MqttError */
  #topicOf({ topic, properties }: Publish): Buffer {
    const { topicAlias } = properties
    if (topicAlias !== undefined && (topicAlias === 0 || topicAlias > TOPIC_ALIAS_MAXIMUM)) {
      throw new MqttError(`topic alias ${topicAlias}`, REASON.topicAlias)
    }
    if (topicAlias !== undefined && topic.length === 0) {
      const known = this.#aliases.get(topicAlias)
      if (!known) throw new MqttError('an alias that stands for nothing', REASON.protocol)
      return known
    }
    if (!isTopicName(topic.toString('latin1'))) throw new MqttError('a topic that is none', REASON.protocol)
    if (topicAlias !== undefined) this.#aliases.set(topicAlias, Buffer.from(topic))
    return topic
  }

  async #released(flags: number, id: number): Promise<void> {
    if (flags !== 2) throw new MqttError(`flags ${flags} of PUBREL`, REASON.malformed)
    const message = this.#unreleased.get(id)
    this.#unreleased.delete(id)
    if (message) this.#broker.publish(this, message)
    await this.#send(encodeAcknowledged(TYPE.pubcomp, id, this.#level))
  }

  async #subscribe({ id, subscriptions }: { id: number; subscriptions: Subscription[] }): Promise<void> {
    if (!subscriptions.every(({ filter }) => isTopicFilter(filter.toString('latin1')))) {
      throw new MqttError('a topic filter that is none', REASON.malformed)
    }
    this.#visit.record('mqtt.subscribe', {
      filters: subscriptions.slice(0, 64).map(({ filter, qos }) => ({ filter: evidence(filter.subarray(0, SHOWN_BYTES)), qos })),
    })
    const codes: number[] = []
    const retained: Message[] = []
    for (const subscription of subscriptions) {
      const copy = { ...subscription, filter: Buffer.from(subscription.filter) }
      const taken = this.#broker.subscribe(this, copy)
      codes.push(taken ? subscription.qos : this.#level === 5 ? QUOTA_EXCEEDED : 0x80)
      if (taken && copy.retainHandling !== 2) retained.push(...this.#broker.retainedUnder(copy))
    }
    await this.#send(encodeSuback(id, this.#level, codes))
    for (const message of retained) this.deliver(message)
  }

  async #unsubscribe({ id, filters }: { id: number; filters: Buffer[] }): Promise<void> {
    this.#visit.record('mqtt.unsubscribe', { filters: filters.slice(0, 64).map((filter) => evidence(filter.subarray(0, SHOWN_BYTES))) })
    const codes = filters.map((filter) => (this.#broker.unsubscribe(this, filter.toString('latin1')) ? 0 : NO_SUBSCRIPTION))
    await this.#send(encodeUnsuback(id, this.#level, codes))
  }

  #record({ topic, payload, qos, retain }: Message, will: boolean): void {
    this.#visit.record('mqtt.publish', {
      topic: evidence(topic.subarray(0, SHOWN_BYTES)),
      payload: evidence(payload.subarray(0, SHOWN_BYTES)),
      qos,
      retain,
      size: payload.length,
      will,
    })
    recordIndicators(this.#visit, payload.toString('latin1'), 'mqtt payload')
    if (payload.length > SHOWN_BYTES) this.#visit.capture(payload, { how: 'mqtt', name: topic.subarray(0, 256).toString('latin1') })
  }
}
