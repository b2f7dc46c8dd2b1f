import type { Identity } from '../../config/identity.ts'
import type { Message, Subscription } from './codec.ts'
import { deviceTopics } from './retained.ts'
import { type BrokerCounters, sysTopics } from './sys-topics.ts'
import { covers, sharedFilter } from './topics.ts'

/** Somebody who may be sent messages. */
export interface Subscriber {
  readonly id: string
  deliver(message: Message): void
  /** Another connection has come with the same client identifier. */
  takenOver(): void
}

export interface BrokerSetup {
  identity: Identity
  hostname: string
  version: string
  /** UTC milliseconds. */
  startedAt: number
}

/** mosquitto's sys_interval: the counters, and with them what devices measure, are published anew. */
const TICK_MS = 10_000
const MOST_RETAINED = 200
const MOST_RETAINED_BYTES = 1024 * 1024
const MOST_SUBSCRIPTIONS = 200
const MOST_KEPT_SESSIONS = 20

/**
 * The broker as one source sees it: what the building's devices have left, and all that this source has published. Nobody
 * reads what another source has written, so no attacker learns of another or uses us to pass something on.
 */
export class Broker {
  readonly counters: BrokerCounters
  readonly #setup: BrokerSetup
  readonly #online = new Map<string, { subscriber: Subscriber; subscriptions: Map<string, Subscription> }>()
  /** Subscriptions of clients that are away and did not ask for a clean start. */
  readonly #kept = new Map<string, Map<string, Subscription>>()
  /** What this source has left; an empty payload is a device's message that it has taken away. */
  readonly #own = new Map<string, Message>()
  #ownBytes = 0
  #timer: NodeJS.Timeout | undefined
  #told = new Map<string, string>()

  constructor(setup: BrokerSetup) {
    this.#setup = setup
    const { version, startedAt } = setup
    this.counters = {
      version,
      startedAt,
      connected: 0,
      received: 0,
      sent: 0,
      publishReceived: 0,
      publishSent: 0,
      bytesReceived: 0,
      bytesSent: 0,
      subscriptions: 0,
      retained: 0,
    }
  }

  get isInUse(): boolean {
    return this.#online.size > 0
  }

  /** Takes a client in; true when a session of it was kept. */
  join(subscriber: Subscriber, cleanStart: boolean): boolean {
    this.#online.get(subscriber.id)?.subscriber.takenOver()
    const kept = cleanStart ? undefined : (this.#kept.get(subscriber.id) ?? this.#online.get(subscriber.id)?.subscriptions)
    this.#kept.delete(subscriber.id)
    this.#online.set(subscriber.id, { subscriber, subscriptions: kept ?? new Map() })
    this.counters.connected = this.#online.size
    return kept !== undefined
  }

  leave(subscriber: Subscriber, keepsSession: boolean): void {
    const entry = this.#online.get(subscriber.id)
    if (entry?.subscriber !== subscriber) return
    this.#online.delete(subscriber.id)
    if (keepsSession) {
      this.#kept.set(subscriber.id, entry.subscriptions)
      const [oldest] = this.#kept.keys()
      if (this.#kept.size > MOST_KEPT_SESSIONS && oldest !== undefined) this.#kept.delete(oldest)
    }
    this.counters.connected = this.#online.size
    this.#countSubscriptions()
    if (this.#online.size === 0) this.close()
  }

  /** False when a client holds too many already. */
  subscribe(subscriber: Subscriber, subscription: Subscription): boolean {
    const subscriptions = this.#online.get(subscriber.id)?.subscriptions
    if (!subscriptions || subscriptions.size >= MOST_SUBSCRIPTIONS) return false
    subscriptions.set(subscription.filter.toString('latin1'), subscription)
    this.#countSubscriptions()
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref()
    return true
  }

  /** False when there was no such subscription. */
  unsubscribe(subscriber: Subscriber, filter: string): boolean {
    const gone = this.#online.get(subscriber.id)?.subscriptions.delete(filter) ?? false
    this.#countSubscriptions()
    return gone
  }

  publish(from: Subscriber | undefined, message: Message): void {
    if (message.retain) this.#retain(message)
    const topic = message.topic.toString('latin1')
    for (const { subscriber, subscriptions } of this.#online.values()) {
      for (const { filter, qos, noLocal, keepsRetain } of subscriptions.values()) {
        if (!covers(sharedFilter(filter.toString('latin1')), topic) || (noLocal && subscriber === from)) continue
        subscriber.deliver({ ...message, qos: Math.min(qos, message.qos), retain: keepsRetain && message.retain })
        break
      }
    }
  }

  /** Retained messages under a filter, as a new subscriber gets them. */
  retainedUnder({ filter, qos }: Subscription): Message[] {
    const wanted = filter.toString('latin1')
    if (wanted.startsWith('$share/')) return []
    return this.#retained()
      .filter(({ topic }) => covers(wanted, topic.toString('latin1')))
      .map((message) => ({ ...message, qos: Math.min(qos, message.qos), retain: true }))
  }

  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #retain(message: Message): void {
    const topic = message.topic.toString('latin1')
    const before = this.#own.get(topic)
    const bytes = this.#ownBytes - (before?.payload.length ?? 0) + message.payload.length
    if (bytes > MOST_RETAINED_BYTES || (!before && this.#own.size >= MOST_RETAINED)) return
    this.#ownBytes = bytes
    this.#own.set(topic, { ...message, topic: Buffer.from(message.topic), payload: Buffer.from(message.payload) })
  }

  #retained(): Message[] {
    const now = Date.now()
    const { identity, hostname } = this.#setup
    const devices = deviceTopics(identity, hostname, now)
    this.counters.retained = devices.size + this.#own.size
    const given = [...sysTopics(this.counters, identity, now), ...devices].filter(([topic]) => !this.#own.has(topic))
    const own = [...this.#own.values()].filter(({ payload }) => payload.length > 0)
    return [...given.map(([topic, payload]) => messageOf(topic, payload)), ...own]
  }

  /** Publishes what has changed since the last time. */
  #tick(): void {
    const { identity, hostname } = this.#setup
    const now = Date.now()
    const all = [...sysTopics(this.counters, identity, now), ...deviceTopics(identity, hostname, now)]
    const changed = all.filter(([topic, payload]) => this.#told.get(topic) !== payload && !this.#own.has(topic))
    this.#told = new Map(all)
    for (const [topic, payload] of changed) this.publish(undefined, messageOf(topic, payload))
  }

  #countSubscriptions(): void {
    this.counters.subscriptions = [...this.#online.values()].reduce((sum, { subscriptions }) => sum + subscriptions.size, 0)
  }
}

/** mosquitto publishes its own counters with QoS 2; subscribers get what they asked for. */
function messageOf(topic: string, payload: string): Message {
  return { topic: Buffer.from(topic), payload: Buffer.from(payload), qos: 2, retain: false }
}
