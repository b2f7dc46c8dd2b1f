import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Identity } from '../config/identity.ts'
import { hivePrompts, type Membership } from '../config/membership.ts'
import { Courier, type CourierStatus } from '../outputs/courier.ts'
import { DeadLetters } from '../outputs/dead-letters.ts'
import type { ArtifactStore, EventReader, StateStore } from '../store/contract.ts'
import { HivePublisher } from './publisher.ts'
import { takeBundle } from './travel.ts'

const BATCH = { events: 500, bytes: 1024 * 1024, waitMs: 100 }
const DEADLINE_MS = 30_000
const LOOK_EVERY_MS = 15_000

export interface HiveLinkSetup {
  membership: Membership
  /** Data folder. */
  data: string
  store: Pick<EventReader, 'events'>
  state: StateStore
  artifacts: Pick<ArtifactStore, 'get'>
  identity: Identity
  log: Logger
  /** Between two looks for what the hive has; a test has less time. */
  lookEveryMs?: number
}

/**
 * A sensor's link to its hive. The sensor's own store is the spool: what the bus has not confirmed is sent again from a cursor that
 * outlives the process. What the hive has for its sensors is looked for now and then.
 */
export class HiveLink {
  readonly #setup: HiveLinkSetup
  readonly #publisher: HivePublisher
  readonly #courier: Courier
  readonly #stop = new AbortController()
  #looking: Promise<void> | undefined

  constructor(setup: HiveLinkSetup) {
    const { membership, data, store, state, artifacts, log } = setup
    this.#setup = setup
    this.#publisher = new HivePublisher(membership, artifacts)
    this.#courier = new Courier({
      name: 'hive',
      kind: 'hive',
      sink: this.#publisher,
      store,
      state,
      deadLetters: new DeadLetters(data, 'hive'),
      wants: ({ sensor }) => sensor === membership.sensor,
      batch: BATCH,
      deadlineMs: DEADLINE_MS,
      onTrouble: (trouble) =>
        trouble === undefined ? log.info('the hive takes events again') : log.warn({ trouble }, 'the hive takes no events'),
    })
  }

  start(): void {
    this.#courier.start()
    this.#looking ??= this.#look()
  }

  /** An event is on its way to the store. */
  nudge(): void {
    this.#courier.nudge()
  }

  status(): CourierStatus {
    return this.#courier.status()
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#courier.close()
    await this.#looking
  }

  /** What went wrong is told once; the courier says by itself when the bus is away. */
  async #look(): Promise<void> {
    const { data, state, identity, log, lookEveryMs = LOOK_EVERY_MS } = this.#setup
    let told: string | undefined
    while (!this.#stop.signal.aborted) {
      try {
        const isNew = await takeBundle(await this.#publisher.connection(), { prompts: hivePrompts(data), state }, identity)
        if (isNew) log.info('personas, prompts, pins and answers of the hive are in force')
        told = undefined
      } catch (error) {
        const trouble = error instanceof Error ? error.message : String(error)
        if (trouble !== told && !this.#stop.signal.aborted) log.warn({ trouble }, 'nothing new from the hive')
        told = trouble
      }
      await sleep(lookEveryMs, undefined, { signal: this.#stop.signal }).catch(() => undefined)
    }
  }
}
