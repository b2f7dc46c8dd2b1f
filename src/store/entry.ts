import { inspect } from 'node:util'
import { Envelope, type SundewEvent } from '../events/schema.ts'

/** What a store has accepted and must not lose: an event, or a dead letter when `rejected` says why it is none. */
export interface Entry {
  event: SundewEvent
  /** The event as JSON, as it was when accepted. */
  body: string
  rejected?: string
}

/** The bus has checked `data`; this is what the tables rely on. */
const Header = Envelope.omit({ data: true })

/** Never throws: an event that does not fit its envelope, or is not JSON, becomes a dead letter that shows what it was. */
export function entryOf(event: SundewEvent, rejected?: string): Entry {
  try {
    const verdict = rejected === undefined ? Header.safeParse(event) : undefined
    return { event, body: JSON.stringify(event), rejected: rejected ?? verdict?.error?.message }
  } catch (error) {
    const shown = { ...event, data: { inspected: inspect(event.data) } }
    return { event: shown, body: JSON.stringify(shown), rejected: rejected ?? `cannot be written as JSON: ${String(error)}` }
  }
}
