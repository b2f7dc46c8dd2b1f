import { jetstream } from '@nats-io/jetstream'
import { connect, headers, type NatsConnection } from '@nats-io/transport-node'
import type { OutputOf } from '../../config/outputs.ts'
import type { SundewEvent } from '../../events/schema.ts'
import { Egress } from '../egress.ts'
import { secretOf } from '../secret.ts'
import type { Sink } from '../sink.ts'

/** Publishes to NATS, each event under `<subject>.<lure>.<type>` with its id as message id: a JetStream takes it once. */
export function openNats({ servers, subject, user, password, token, jetstream: waits, tls }: OutputOf<'nats'>): Sink {
  const access = {
    ...(user === undefined ? {} : { user, pass: password === undefined ? '' : secretOf(password, 'outputs.nats.password') }),
    ...(token === undefined ? {} : { token: secretOf(token, 'outputs.nats.token') }),
  }
  const options = { servers, name: 'sundew', ...access, ...(tls ? { tls: tlsOf(new Egress([], tls)) } : {}) }
  let connection: NatsConnection | undefined
  return {
    async send(events, signal) {
      if (!connection || connection.isClosed()) {
        // The servers of the settings and no others that a server may name; the courier does the trying again.
        connection = await connect({ ...options, ignoreClusterUpdates: true, reconnect: false, timeout: 10_000 })
      }
      const open = connection
      const stop = (): void => void open.close()
      signal.addEventListener('abort', stop, { once: true })
      try {
        if (waits) {
          const stream = jetstream(open)
          await Promise.all(
            events.map((event) => stream.publish(subjectOf(subject, event), JSON.stringify(event), { msgID: event.id, timeout: 10_000 })),
          )
        } else {
          for (const event of events) open.publish(subjectOf(subject, event), JSON.stringify(event), { headers: withId(event) })
          await open.flush()
        }
      } finally {
        signal.removeEventListener('abort', stop)
      }
    },
    close: async () => connection?.close(),
  }
}

/** Tokens of a subject have no dots, spaces or wildcards; the type's own dots part it. */
export function subjectOf(prefix: string, { lure, type }: SundewEvent): string {
  return `${prefix}.${(lure ?? 'sensor').replaceAll(/[^A-Za-z0-9_-]/g, '_')}.${type.replaceAll(/[^A-Za-z0-9_.-]/g, '_')}`
}

function withId(event: SundewEvent): ReturnType<typeof headers> {
  const all = headers()
  all.set('Nats-Msg-Id', event.id)
  return all
}

function tlsOf(egress: Egress): Record<string, unknown> {
  return { ...egress.tls, handshakeFirst: false }
}
