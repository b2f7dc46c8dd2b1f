import { setTimeout as sleep } from 'node:timers/promises'
import { type JsMsg, jetstream } from '@nats-io/jetstream'
import { Objm } from '@nats-io/obj'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Logger } from 'pino'
import type { SundewEvent } from '../events/schema.ts'
import type { ArtifactFolder } from '../store/artifacts.ts'
import type { Entry } from '../store/entry.ts'
import { entryOfMessage } from './message.ts'
import { bucketOf, CONSUMER, EVENTS, sensorOf } from './names.ts'
import { ACK_WAIT_MS } from './streams.ts'

/** Messages of one transaction, and about how many bytes of them: what was sent beyond is delivered again. */
const BATCH = 2_000
const BATCH_BYTES = 32 * 1024 * 1024
const WAIT_MS = 1_000
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 10_000
/** Deliveries of an event after which it is kept without the file that it names. */
const FILE_TRIES = 5

export interface ConsumerSetup {
  connection: NatsConnection
  /** Stores a batch in one transaction; what is stored already changes nothing. */
  write(batch: readonly Entry[]): Promise<void>
  artifacts: Pick<ArtifactFolder, 'find' | 'get' | 'put' | 'describe'>
  log: Logger
}

/**
 * Brings what sensors publish into the database exactly once: a message is acknowledged after the transaction that stores it, and
 * one that comes again is known there by its id. Several consumers, on one machine or many, share the work.
 */
export class HiveConsumer {
  readonly #setup: ConsumerSetup
  readonly #stop = new AbortController()
  /** Of what waits for the bus. */
  readonly #ends = new Set<() => void>()
  #running: Promise<void> | undefined
  #stored = 0
  #failures = 0

  constructor(setup: ConsumerSetup) {
    this.#setup = setup
    void setup.connection.closed().then(() => {
      for (const end of this.#ends) end()
    })
  }

  /** Messages stored since the start, and transactions that failed. */
  get figures(): { stored: number; failures: number } {
    return { stored: this.#stored, failures: this.#failures }
  }

  start(): Promise<void> {
    this.#running ??= this.#run()
    return this.#running
  }

  /** What is under way is stored and acknowledged. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.#running?.catch(() => undefined)
  }

  /** Ends with the connection: the caller opens another. */
  async #run(): Promise<void> {
    const { connection } = this.#setup
    const consumer = await jetstream(connection).consumers.get(EVENTS, CONSUMER)
    while (!this.#stop.signal.aborted) {
      const messages: JsMsg[] = []
      const pull = async (): Promise<void> => {
        const fetched = await consumer.fetch({ max_messages: BATCH, expires: WAIT_MS })
        let bytes = 0
        for await (const message of fetched) {
          messages.push(message)
          bytes += message.data.length
          if (bytes >= BATCH_BYTES) fetched.stop()
        }
      }
      try {
        await this.#unlessClosed(pull())
      } catch (error) {
        if (connection.isClosed()) throw error
        // A heartbeat that came late costs nothing: what was received before it is ours. A stream that was deleted gives no other sign.
        if (messages.length === 0) await this.#unlessClosed(consumer.info())
      }
      if (connection.isClosed()) throw new Error('the connection to the bus is closed')
      if (messages.length > 0) await this.#holding(messages, () => this.#keep(messages))
    }
  }

  /**
   * Waits for the bus, but not past the end of the connection: when that dies in silence, as behind a cable that was pulled, the client leaves
   * those who wait for an answer waiting for ever.
   */
  #unlessClosed<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const ended = (): void => reject(new Error('the connection to the bus is closed'))
      if (this.#setup.connection.isClosed()) ended()
      this.#ends.add(ended)
      work.then(resolve, reject).finally(() => this.#ends.delete(ended))
    })
  }

  /** Says to the bus that messages are worked on, as long as they are. */
  async #holding(messages: readonly JsMsg[], work: () => Promise<void>): Promise<void> {
    const sign = setInterval(() => {
      if (!this.#setup.connection.isClosed()) for (const message of messages) message.working()
    }, ACK_WAIT_MS / 3)
    try {
      await work()
    } finally {
      clearInterval(sign)
    }
  }

  /** Again and again until the database takes them: the bus would only bring them back. */
  async #keep(messages: readonly JsMsg[]): Promise<void> {
    const kept: JsMsg[] = []
    const entries: Entry[] = []
    for (const message of messages) {
      const entry = read(message)
      const isFile = entry.rejected === undefined && entry.event.type === 'artifact'
      if (isFile && !(await this.#fetchFile(sensorOf(message.subject), entry.event)) && message.info.deliveryCount < FILE_TRIES) {
        message.nak(LONGEST_PAUSE_MS)
        continue
      }
      kept.push(message)
      entries.push(entry)
    }
    let pauseMs = FIRST_PAUSE_MS
    for (;;) {
      try {
        await this.#setup.write(entries)
        break
      } catch (error) {
        this.#failures++
        this.#setup.log.warn({ trouble: error instanceof Error ? error.message : String(error) }, 'the database takes no events')
        if (this.#stop.signal.aborted || this.#setup.connection.isClosed()) return
        await sleep(pauseMs, undefined, { signal: this.#stop.signal }).catch(() => undefined)
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
      }
    }
    for (const message of kept) message.ack()
    await this.#unlessClosed(this.#setup.connection.flush())
    this.#stored += kept.length
  }

  /** @returns false when it should be tried again */
  async #fetchFile(sensor: string, { data }: SundewEvent): Promise<boolean> {
    const { artifacts, connection, log } = this.#setup
    const sha256 = String(data.sha256)
    try {
      const bucket = await new Objm(connection).open(bucketOf(sensor))
      if (artifacts.get(sha256) === undefined) {
        const bytes = await this.#unlessClosed(bucket.getBlob(sha256))
        // A sensor may say anything; content is filed under the hash that it has. A file that was cut has another than its bytes.
        if (bytes && artifacts.describe(bytes).sha256 === sha256) artifacts.put(bytes)
        else if (bytes) log.warn({ sensor, sha256 }, 'a file is not what its hash says, and was left out')
      }
      if (await bucket.info(sha256)) await bucket.delete(sha256)
      return true
    } catch (error) {
      log.warn({ sensor, sha256, error: error instanceof Error ? error.message : String(error) }, 'a file could not be fetched')
      return false
    }
  }
}

function read(message: JsMsg): Entry {
  return entryOfMessage({ subject: message.subject, seq: message.seq, takenAtNanos: message.info.timestampNanos, text: message.string() })
}
