import {
  AckPolicy,
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream'
import { Kvm } from '@nats-io/kv'
import { Objm } from '@nats-io/obj'
import type { NatsConnection } from '@nats-io/transport-node'
import { ALL_EVENTS, bucketOf, CONFIG, CONSUMER, EVENTS } from './names.ts'

const MINUTE_NS = 60_000_000_000
const DAY_MS = 86_400_000
const DAY_NS = 1_440 * MINUTE_NS
/** How long a hive may be away before what waits on the bus is given up; sensors still have it. */
const KEPT_DAYS = 30
/** An event that comes again within this time is known to the stream; later ones are known to the database. */
const DEDUPE_NS = 10 * MINUTE_NS
/** After this long without a word from a consumer its messages go to another. */
export const ACK_WAIT_MS = 15_000
/** JSStreamNameExistErr of nats-server. */
const OTHERWISE_CONFIGURED = 10058
/** Messages that consumers hold without having acknowledged them. */
const UNDER_WAY = 20_000

/** Makes what is missing on the server: the stream and its consumer, the buckets of configuration and of each sensor's files. */
export async function prepareStreams(connection: NatsConnection, sensors: readonly string[]): Promise<void> {
  const manager = await jetstreamManager(connection)
  await prepareStream(manager)
  await manager.consumers.add(EVENTS, {
    durable_name: CONSUMER,
    ack_policy: AckPolicy.Explicit,
    ack_wait: ACK_WAIT_MS * 1_000_000,
    max_ack_pending: UNDER_WAY,
  })
  await new Kvm(connection).create(CONFIG, { history: 1 })
  await prepareBuckets(connection, sensors)
}

/** Bounds that an operator has set on the stream, as of its size, stay. */
async function prepareStream(manager: JetStreamManager): Promise<void> {
  const config = {
    subjects: [ALL_EVENTS],
    storage: StorageType.File,
    // An event leaves the stream when a hive has it in its database.
    retention: RetentionPolicy.Workqueue,
    // A full disk is said to the sensor, which keeps the event; nothing is dropped here.
    discard: DiscardPolicy.New,
    max_age: KEPT_DAYS * DAY_NS,
    duplicate_window: DEDUPE_NS,
  }
  try {
    await manager.streams.add({ name: EVENTS, ...config })
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== OTHERWISE_CONFIGURED) throw error
    await manager.streams.update(EVENTS, config)
  }
}

export async function prepareBuckets(connection: NatsConnection, sensors: readonly string[]): Promise<void> {
  const store = new Objm(connection)
  for (const sensor of sensors) await store.create(bucketOf(sensor), { ttl: KEPT_DAYS * DAY_MS * 1_000_000 })
}
