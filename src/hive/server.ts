import { setTimeout as sleep } from 'node:timers/promises'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Logger } from 'pino'
import type { ArtifactFolder } from '../store/artifacts.ts'
import type { Entry } from '../store/entry.ts'
import type { BundlePlaces } from './bundle.ts'
import { busTrouble, connectToBus } from './bus.ts'
import { HiveConsumer } from './consumer.ts'
import { Headquarters } from './headquarters.ts'
import { prepareBuckets, prepareStreams } from './streams.ts'
import { publishBundle } from './travel.ts'

const PAUSE_MS = 1_000
const LOOK_EVERY_MS = 5_000

export interface HiveServerSetup {
  /** Data folder of the hive. */
  data: string
  write(batch: readonly Entry[]): Promise<void>
  /** What sensors get from here; absent in processes that only consume. */
  places?: BundlePlaces
  artifacts: ArtifactFolder
  log: Logger
}

/** One process of a hive: brings events from the bus into the database, and takes up with the bus again whenever it was away. */
export class HiveServer {
  readonly #setup: HiveServerSetup
  readonly #stop = new AbortController()
  #consumer: HiveConsumer | undefined
  #running: Promise<void> | undefined

  constructor(setup: HiveServerSetup) {
    this.#setup = setup
  }

  start(): void {
    this.#running ??= this.#run()
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#consumer?.close()
    await this.#running
  }

  async #run(): Promise<void> {
    const { data, log } = this.#setup
    let told: string | undefined
    while (!this.#stop.signal.aborted) {
      const { access } = Headquarters.open(data)
      try {
        const connection = await connectToBus(access)
        try {
          await prepareStreams(connection, [])
          log.info({ bus: access.url }, 'the hive serves')
          told = undefined
          await this.#serve(connection)
        } finally {
          await connection.close()
        }
      } catch (error) {
        const trouble = busTrouble(error, access.url)
        if (!this.#stop.signal.aborted && trouble.what !== told) log.warn(trouble, 'the bus is away')
        told = trouble.what
      }
      await sleep(PAUSE_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined)
    }
  }

  async #serve(connection: NatsConnection): Promise<void> {
    this.#consumer = new HiveConsumer({ connection, ...this.#setup })
    const done = new AbortController()
    const keeping = this.#keepHouse(connection, AbortSignal.any([done.signal, this.#stop.signal]))
    try {
      await this.#consumer.start()
    } finally {
      done.abort()
      await keeping
    }
  }

  /** Sensors that were admitted meanwhile get their buckets, and all of them what has changed here. */
  async #keepHouse(connection: NatsConnection, signal: AbortSignal): Promise<void> {
    const known = new Set<string>()
    while (!signal.aborted && !connection.isClosed()) {
      try {
        const names = Headquarters.open(this.#setup.data).sensors.map(({ name }) => name)
        const added = names.filter((name) => !known.has(name))
        await prepareBuckets(connection, added)
        for (const name of added) known.add(name)
        if (this.#setup.places && (await publishBundle(connection, this.#setup.places))) {
          this.#setup.log.info('personas, prompts, pins and answers are on their way to the sensors')
        }
      } catch (error) {
        if (!connection.isClosed()) this.#setup.log.warn({ error: String(error) }, 'the buckets of the bus could not be filled')
      }
      await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined)
    }
  }
}
