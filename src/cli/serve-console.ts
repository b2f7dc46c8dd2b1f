import { join } from 'node:path'
import { pino } from 'pino'
import { Geo } from '../analysis/geo.ts'
import { Identity } from '../config/identity.ts'
import type { Loaded } from '../config/load.ts'
import { playedPersona } from '../config/personas.ts'
import type { Settings } from '../config/schema.ts'
import { startConsole } from '../console/console.ts'
import { PollingFeed } from '../console/polling-feed.ts'
import { CHECKS, check } from '../doctor.ts'
import { planOf } from '../instance.ts'
import { Lab } from '../lab/lab.ts'
import { openArtifactStore } from '../store/artifacts.ts'
import type { EventReader } from '../store/contract.ts'
import { openReader } from '../store/open.ts'
import { openStateStore } from '../store/state.ts'
import { StoreError } from '../store/trouble.ts'
import type { Output } from './verb.ts'

/** Serves the console over what a sensor writes, until a signal asks to stop. */
export async function serveConsole(loaded: Loaded, output: Output): Promise<void> {
  const { settings } = loaded
  const plan = planOf(loaded)
  const log = pino({ level: settings.log.level }, pino.destination({ fd: 2, sync: false }))
  const identity = Identity.open(settings.data)
  const personas = [...new Set(plan.uses.map((use) => use.persona))].map((name) => playedPersona(settings.prompts, name, identity))
  const store = reading(settings)
  const state = openStateStore(settings.data)
  const persona = (name: string) => playedPersona(settings.prompts, name, identity)
  const lab = new Lab({ settings, identity, log, state, store, persona })
  const operators = await startConsole({
    settings,
    lab,
    store,
    state,
    artifacts: openArtifactStore(join(settings.data, 'artifacts')),
    geo: Geo.open(join(settings.data, 'geo'), (file, reason) => log.warn({ file, reason }, 'no database of places')),
    feed: new PollingFeed(store),
    personas: () => personas,
    async doctor() {
      const found = await Promise.all(CHECKS.map(async (part) => (await check(part, settings, () => plan)).map((f) => ({ part, ...f }))))
      return found.flat()
    },
    log,
  })
  output.line(operators.setUpLink ? `make the first account within a day: ${operators.setUpLink}` : operators.url)
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  await operators.close()
  state.close()
}

/** The reader of a data folder, opened once there is something to read. */
function reading(settings: Settings): () => EventReader {
  let reader: EventReader | undefined
  return () => {
    reader ??= openReader(settings)
    if (!reader) throw new StoreError({ what: `nothing was recorded in ${settings.data} yet`, cure: 'start the sensor: sundew start' })
    return reader
  }
}
