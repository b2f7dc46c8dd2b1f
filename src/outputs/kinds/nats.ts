import { isIP } from 'node:net'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import { JetStreamApiError, jetstream } from '@nats-io/jetstream'
import { connect, headers, type NatsConnection } from '@nats-io/transport-node'
import type { OutputOf } from '../../config/outputs.ts'
import type { SundewEvent } from '../../events/schema.ts'
import { Egress } from '../egress.ts'
import { secretOf } from '../secret.ts'
import { aborted, Refused, type Sink } from '../sink.ts'

/** Of a server that does not say; bytes of a message with its headers. */
const DEFAULT_PAYLOAD = 1024 * 1024
const HEADERS = 1024
/** `message size exceeds maximum allowed`: the stream has a `max_msg_size`. */
const TOO_LARGE_FOR_STREAM = 10054

/** Publishes to NATS, each event under `<subject>.<lure>.<type>` with its id as message id: a JetStream takes it once. */
export function openNats({ servers, subject, user, password, token, jetstream: waits, tls }: OutputOf<'nats'>): Sink {
  const access = {
    ...(user === undefined ? {} : { user, pass: password === undefined ? '' : secretOf(password, 'outputs.nats.password') }),
    ...(token === undefined ? {} : { token: secretOf(token, 'outputs.nats.token') }),
  }
  const options = { servers, name: 'sundew', ...access, ...(tls ? { tls: tlsOf(new Egress([], tls), servers) } : {}) }
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
        const largest = (open.info?.max_payload ?? DEFAULT_PAYLOAD) - HEADERS
        const refused = new Map<string, string>()
        const publishing: Promise<unknown>[] = []
        for (const event of events) {
          const body = JSON.stringify(event)
          if (Buffer.byteLength(body) > largest)
            refused.set(event.id, `larger than max_payload of the server (${largest} bytes and headers)`)
          else if (waits) publishing.push(stored(open, subjectOf(subject, event), body, event, refused))
          else open.publish(subjectOf(subject, event), body, { headers: withId(event) })
        }
        await Promise.all(publishing)
        // After the end of a connection that died in silence, the client would wait for ever.
        if (!waits) await Promise.race([open.flush(), aborted(signal)])
        if (refused.size > 0) throw new Refused('too large', refused)
      } finally {
        signal.removeEventListener('abort', stop)
      }
    },
    close: async () => connection?.close(),
  }
}

/** Publishes to the stream; what is larger than the stream takes is noted as refused. */
async function stored(
  open: NatsConnection,
  subject: string,
  body: string,
  event: SundewEvent,
  refused: Map<string, string>,
): Promise<void> {
  try {
    await jetstream(open).publish(subject, body, { msgID: event.id, timeout: 10_000 })
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== TOO_LARGE_FOR_STREAM) throw error
    refused.set(event.id, error.message)
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

/**
 * The client names no host to TLS when a server is given by its address, and a certificate for that address would not do then; so addresses of the
 * settings count as well.
 */
function tlsOf(egress: Egress, servers: readonly string[]): Record<string, unknown> {
  const addresses = servers
    .map((server) => new URL(server.includes('://') ? server : `nats://${server}`).hostname)
    .map((host) => host.replace(/^\[|\]$/g, ''))
    .filter((host) => isIP(host) !== 0)
  return {
    ...egress.tls,
    handshakeFirst: false,
    checkServerIdentity(host: string, certificate: PeerCertificate): Error | undefined {
      const mismatch = checkServerIdentity(host, certificate)
      return mismatch && addresses.some((address) => !checkServerIdentity(address, certificate)) ? undefined : mismatch
    },
  }
}
