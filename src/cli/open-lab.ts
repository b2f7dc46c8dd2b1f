import { userInfo } from 'node:os'
import { pino } from 'pino'
import { Identity } from '../config/identity.ts'
import { loadSettings } from '../config/load.ts'
import { playedPersona } from '../config/personas.ts'
import type { Settings } from '../config/schema.ts'
import { Lab } from '../lab/lab.ts'
import type { EventReader } from '../store/contract.ts'
import { openReader } from '../store/open.ts'
import { openStateStore } from '../store/state.ts'
import { StoreError } from '../store/trouble.ts'
import type { Arguments } from './verb.ts'

export interface OpenLab {
  lab: Lab
  settings: Settings
  /** @throws {StoreError} while nothing was recorded */
  store(): EventReader
  /** Who works at this terminal: the author of what is saved. */
  author: string
}

/** Opens the lab of a data folder for one command. */
export async function withLab<T>(given: Arguments, work: (open: OpenLab) => Promise<T> | T): Promise<T> {
  const { settings } = loadSettings(given)
  const identity = Identity.open(settings.data)
  const state = openStateStore(settings.data)
  const reader = openReader(settings)
  const store = (): EventReader => {
    if (!reader) throw new StoreError({ what: `nothing was recorded in ${settings.data} yet`, cure: 'start the sensor: sundew start' })
    return reader
  }
  const log = pino({ level: 'warn' }, pino.destination({ fd: 2, sync: true }))
  const persona = (name: string) => playedPersona(settings.prompts, name, identity)
  try {
    return await work({ lab: new Lab({ settings, identity, log, state, store, persona }), settings, store, author: userInfo().username })
  } finally {
    await reader?.close()
    state.close()
  }
}
