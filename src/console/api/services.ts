import type { Logger } from 'pino'
import type { Campaign } from '../../analysis/campaigns.ts'
import type { Geo } from '../../analysis/geo.ts'
import type { Persona } from '../../config/persona.ts'
import type { Settings } from '../../config/schema.ts'
import type { SundewEvent } from '../../events/schema.ts'
import type { Lab } from '../../lab/lab.ts'
import type { RunningState } from '../../running-file.ts'
import type { ArtifactFolder } from '../../store/artifacts.ts'
import type { EventReader, StateStore } from '../../store/contract.ts'
import type { Accounts } from '../accounts/accounts.ts'

/** One thing that `doctor` looked at. */
export interface Check {
  part: string
  ok: boolean
  what: string
  cure: string
}

/** Events as they happen. */
export interface Feed {
  subscribe(listener: (event: SundewEvent) => void): () => void
}

/** What the console stands on, in the sensor's process or in one of its own. */
export interface Services {
  settings: Settings
  accounts: Accounts
  /** @throws {StoreError} while there is nothing to read */
  store(): EventReader
  campaigns(): Promise<readonly Campaign[]>
  artifacts: ArtifactFolder
  /** Where the mint of honeytokens remembers what it has shown to whom. */
  state: Pick<StateStore, 'entries'>
  geo: Geo
  feed: Feed
  /** The sensor that plays on this data folder; undefined when none does. */
  running(): RunningState | undefined
  /** Names of sensors that this hive has admitted; none where there is no hive. */
  admitted(): readonly string[]
  doctor(): Promise<Check[]>
  personas(): readonly Persona[]
  lab: Lab
  log: Logger
}
