import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Settings } from '../config/schema.ts'
import { type ArtifactFolder, openArtifactStore } from './artifacts.ts'
import type { EventReader, EventStore } from './contract.ts'
import type { Annotator } from './facts.ts'
import { openPostgresReader, openPostgresStore } from './postgres/store.ts'
import { EVENTS_FILE, openSqliteReader, type SqliteReader } from './sqlite/reader.ts'
import { openSqliteStore } from './sqlite/store.ts'
import { openStateStore, type SqliteState } from './state.ts'
import type { Trouble } from './trouble.ts'

/** All that a sensor keeps. */
export interface Stores {
  events: EventStore
  artifacts: ArtifactFolder
  state: SqliteState
  /** Makes durable what was accepted. @throws {StoreError} when some of it could be kept nowhere */
  close(): Promise<void>
}

/**
 * Opens the stores of the data folder for this sensor alone.
 * @param annotator what analysis adds to the events as they are stored
 * @throws {StoreError} when another sensor writes there, a newer version has written there, or the folder cannot be written
 */
export function openStores(settings: Settings, log: Logger, annotator?: Annotator): Stores {
  const artifacts = openArtifactStore(join(settings.data, 'artifacts'), {
    maxBytes: settings.limits.artifactBytes,
    onTrouble: loudly(log, 'artifacts'),
  })
  // The events last: they lock the folder, and nothing after them may fail and leave it locked.
  const state = openStateStore(settings.data, { onTrouble: loudly(log, 'state') })
  const { url, flushMs, retainGiB } = settings.store
  const options = {
    flushMs,
    spoolBytes: retainGiB * 1024 ** 3,
    artifacts,
    ...(annotator ? { annotator } : {}),
    onTrouble: loudly(log, 'events'),
  }
  const events = url === undefined ? openSqliteStore(settings.data, options) : openPostgresStore(url, settings.data, options)
  return {
    events,
    artifacts,
    state,
    async close() {
      state.close()
      await events.close()
    },
  }
}

/** A store as other processes than its writer have it. */
export interface OpenReader extends EventReader {
  close(): void | Promise<void>
}

/** The events that the settings mean; undefined when none were ever stored in the data folder. */
export function openReader({ data, store }: Pick<Settings, 'data' | 'store'>): OpenReader | undefined {
  return store.url === undefined ? openReading(data) : openPostgresReader(store.url)
}

/** The events of a data folder for reading, also while a sensor writes them; undefined when none were ever stored there. */
export function openReading(folder: string): SqliteReader | undefined {
  return existsSync(join(folder, EVENTS_FILE)) ? openSqliteReader(folder) : undefined
}

function loudly(log: Logger, store: string): (trouble: Trouble | undefined) => void {
  return (trouble) => {
    if (trouble) log.error({ store, ...trouble }, 'the store has trouble')
    else log.info({ store }, 'the store is well again')
  }
}
