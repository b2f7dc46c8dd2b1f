import { loadSettings } from '../config/load.ts'
import type { Settings } from '../config/schema.ts'
import type { EventReader, Period } from '../store/contract.ts'
import { openReader } from '../store/open.ts'
import { StoreError } from '../store/trouble.ts'
import { UsageProblem } from './cli.ts'
import { parseSince } from './duration.ts'
import type { Arguments } from './verb.ts'

/** Opens the events of the data folder for one command, beside a running sensor too. @throws {StoreError} when nothing was recorded yet */
export async function withStore<T>(given: Arguments, work: (store: EventReader, settings: Settings) => Promise<T>): Promise<T> {
  const { settings } = loadSettings(given)
  const store = openReader(settings)
  if (!store) throw new StoreError({ what: `nothing was recorded in ${settings.data} yet`, cure: 'start the sensor: sundew start' })
  try {
    return await work(store, settings)
  } finally {
    await store.close()
  }
}

/** `--since 24h` until now. @throws {UsageProblem} */
export function periodOption({ options }: Arguments, otherwise: string, now = Date.now()): Period {
  const text = typeof options.since === 'string' ? options.since : otherwise
  const since = parseSince(text, now)
  if (since === undefined) throw new UsageProblem(`--since ${text} is neither a span (24h) nor a date`)
  return { since, until: now + 1 }
}

/** `--limit 50`. @throws {UsageProblem} */
export function limitOption({ options }: Arguments, otherwise: number): number {
  const limit = typeof options.limit === 'string' ? Number(options.limit) : otherwise
  if (!Number.isInteger(limit) || limit < 1) throw new UsageProblem(`--limit ${options.limit} is not a whole number above 0`)
  return limit
}

export const PERIOD_OPTIONS = { since: { type: 'string' }, limit: { type: 'string' } } as const
