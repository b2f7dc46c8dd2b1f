import { createHash } from 'node:crypto'
import { type JetStreamClient, jetstream } from '@nats-io/jetstream'
import { headers, type NatsConnection, nuid } from '@nats-io/transport-node'
import { LRUCache } from 'lru-cache'
import { atMost } from '../config/at-most.ts'
import type { Membership } from '../config/membership.ts'
import type { SundewEvent } from '../events/schema.ts'
import { Refused, type Sink } from '../outputs/sink.ts'
import type { ArtifactStore } from '../store/contract.ts'
import { busTrouble, connectToBus } from './bus.ts'
import { bucketOf, subjectOf } from './names.ts'

const ACK_MS = 10_000
/** A server takes 1 MiB a message unless it is told otherwise; headers and envelope need room too. */
const CHUNK = 512 * 1024
/** Bots leave the same files again and again; a hive that lets go of a file with its last event gets it again on another day. */
const REMEMBERED_FILES = 10_000
const REMEMBERED_MS = 86_400_000

/** The sensor's way into the hive: each event under its id, which the stream takes once, and files before the events that name them. */
export class HivePublisher implements Sink {
  readonly #membership: Membership
  readonly #artifacts: Pick<ArtifactStore, 'get'>
  readonly #sent = new LRUCache<string, true>({ ...atMost(REMEMBERED_FILES), ttl: REMEMBERED_MS })
  #connection: NatsConnection | undefined
  #connecting: Promise<NatsConnection> | undefined

  constructor(membership: Membership, artifacts: Pick<ArtifactStore, 'get'>) {
    this.#membership = membership
    this.#artifacts = artifacts
  }

  async send(events: readonly SundewEvent[], signal: AbortSignal): Promise<void> {
    try {
      await this.#send(events, signal)
    } catch (error) {
      if (error instanceof Refused) throw error
      // Nobody knows what a connection still brings after this.
      void this.#connection?.close()
      this.#connection = undefined
      const { what, cure } = busTrouble(error, this.#membership.url)
      throw new Error(`${what}; ${cure}`, { cause: error })
    }
  }

  /** The connection in use, opened when there is none. */
  async connection(): Promise<NatsConnection> {
    if (this.#connection && !this.#connection.isClosed()) return this.#connection
    // Those who ask meanwhile wait for the same one.
    this.#connecting ??= connectToBus(this.#membership, this.#membership.sensor).finally(() => {
      this.#connecting = undefined
    })
    this.#connection = await this.#connecting
    return this.#connection
  }

  async close(): Promise<void> {
    await this.#connection?.close()
  }

  async #send(events: readonly SundewEvent[], signal: AbortSignal): Promise<void> {
    const open = await this.connection()
    const stop = (): void => void open.close()
    signal.addEventListener('abort', stop, { once: true })
    try {
      const stream = jetstream(open)
      for (const event of events) if (event.type === 'artifact') await this.#sendFile(stream, String(event.data.sha256))
      const largest = open.info?.max_payload ?? 1024 * 1024
      const bodies = events.map((event) => ({ event, body: JSON.stringify(event) }))
      const tooLarge = bodies.filter(({ body }) => Buffer.byteLength(body) > largest - 1024)
      await Promise.all(
        bodies
          .filter((one) => !tooLarge.includes(one))
          .map(({ event, body }) => stream.publish(subjectOf(event), body, { msgID: event.id, timeout: ACK_MS })),
      )
      if (tooLarge.length > 0) {
        throw new Refused(
          'too large',
          new Map(tooLarge.map(({ event }) => [event.id, `larger than max_payload of the bus (${largest} bytes)`])),
        )
      }
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  /**
   * Writes an object as NATS' object store keeps it (ADR-20): chunks, then what they are. Written by hand because a client of the store
   * would ask for more than a sensor may.
   */
  async #sendFile(stream: JetStreamClient, sha256: string): Promise<void> {
    if (this.#sent.has(sha256)) return
    const bytes = this.#artifacts.get(sha256)
    if (!bytes) return
    const bucket = bucketOf(this.#membership.sensor)
    const id = nuid.next()
    let chunks = 0
    for (let at = 0; at < bytes.length; at += CHUNK) {
      await stream.publish(`$O.${bucket}.C.${id}`, bytes.subarray(at, at + CHUNK), { timeout: ACK_MS })
      chunks++
    }
    const digest = `SHA-256=${createHash('sha256').update(bytes).digest('base64url')}=`
    const info = { name: sha256, bucket, nuid: id, size: bytes.length, chunks, digest, mtime: new Date().toISOString() }
    const rollup = headers()
    rollup.set('Nats-Rollup', 'sub')
    const name = Buffer.from(sha256).toString('base64url')
    // URL-safe base64 with its padding: 64 characters of a hash always leave one byte over.
    await stream.publish(`$O.${bucket}.M.${name}==`, JSON.stringify(info), { headers: rollup, timeout: ACK_MS })
    this.#sent.set(sha256, true)
  }
}
