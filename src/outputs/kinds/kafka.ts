import { ProduceAcks, Producer, stringSerializers } from '@platformatic/kafka'
import type { OutputOf } from '../../config/outputs.ts'
import { Egress } from '../egress.ts'
import { secretOf } from '../secret.ts'
import { aborted, Refused, type Sink } from '../sink.ts'

/** Errors of the protocol that are the records' own fault. */
const REFUSALS = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD']

/**
 * Produces to a Kafka-compatible broker, keyed by session so that a session keeps its order, and waits for all replicas. The
 * brokers that the named ones list in their metadata are connected to as well: that is how Kafka works.
 */
export function openKafka({ brokers, topic, username, password, mechanism, tls, deadlineMs }: OutputOf<'kafka'>): Sink {
  const sasl =
    username === undefined
      ? {}
      : { sasl: { mechanism, username, password: password === undefined ? '' : secretOf(password, 'outputs.kafka.password') } }
  let producer: Producer<string, string, string, string> | undefined
  const open = (): Producer<string, string, string, string> =>
    new Producer({
      clientId: 'sundew',
      bootstrapBrokers: brokers,
      serializers: stringSerializers,
      timeout: deadlineMs,
      connectTimeout: 10_000,
      // The courier tries again.
      retries: 0,
      ...sasl,
      ...(tls ? { tls: new Egress([], tls).tls } : {}),
    })
  const drop = async (): Promise<void> => {
    const old = producer
    producer = undefined
    await old?.close(true).catch(() => undefined)
  }
  return {
    async send(events, signal) {
      producer ??= open()
      const messages = events.map((event) => ({
        topic,
        key: event.session ?? event.srcIp ?? event.sensor,
        value: JSON.stringify(event),
        headers: { id: event.id, type: event.type },
      }))
      try {
        await Promise.race([producer.send({ messages, acks: ProduceAcks.ALL }), aborted(signal)])
      } catch (error) {
        const refusal = refusalOf(error)
        if (refusal) throw new Refused(refusal)
        await drop()
        throw error
      }
    },
    close: drop,
  }
}

/** What the broker will say of these records however often they come; nothing for other errors. */
function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('findBy' in error)) return undefined
  const { findBy } = error as { findBy(property: string, value: unknown): Error | null }
  return REFUSALS.find((id) => findBy.call(error, 'apiId', id))
}
