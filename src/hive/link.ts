import type { Logger } from 'pino'
import type { Membership } from '../config/membership.ts'
import { Courier, type CourierStatus } from '../outputs/courier.ts'
import { DeadLetters } from '../outputs/dead-letters.ts'
import type { ArtifactStore, EventReader, StateStore } from '../store/contract.ts'
import { HivePublisher } from './publisher.ts'

const BATCH = { events: 500, bytes: 1024 * 1024, waitMs: 100 }
const DEADLINE_MS = 30_000

export interface HiveLinkSetup {
  membership: Membership
  /** Data folder. */
  data: string
  store: Pick<EventReader, 'events'>
  state: StateStore
  artifacts: Pick<ArtifactStore, 'get'>
  log: Logger
}

/**
 * A sensor's link to its hive. The sensor's own store is the spool: what the bus has not confirmed is sent again from a cursor that
 * outlives the process.
 */
export class HiveLink {
  readonly #courier: Courier

  constructor({ membership, data, store, state, artifacts, log }: HiveLinkSetup) {
    this.#courier = new Courier({
      name: 'hive',
      kind: 'hive',
      sink: new HivePublisher(membership, artifacts),
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
  }

  /** An event is on its way to the store. */
  nudge(): void {
    this.#courier.nudge()
  }

  status(): CourierStatus {
    return this.#courier.status()
  }

  close(): Promise<void> {
    return this.#courier.close()
  }
}
