import type { SundewEvent } from '../events/schema.ts'
import type { EventReader } from '../store/contract.ts'
import type { Feed } from './api/services.ts'

const POLL_MS = 500
/** Events of one look; when more came, the next look follows at once. */
const LOOK = 500

/** Events of a sensor in another process, read from the store. Looks only while somebody listens. */
export class PollingFeed implements Feed {
  readonly #store: () => Pick<EventReader, 'events'>
  readonly #listeners = new Set<(event: SundewEvent) => void>()
  #after: string | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(store: () => Pick<EventReader, 'events'>) {
    this.#store = store
  }

  subscribe(listener: (event: SundewEvent) => void): () => void {
    this.#listeners.add(listener)
    if (this.#listeners.size === 1) void this.#begin()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size > 0) return
      clearTimeout(this.#timer)
      this.#timer = undefined
    }
  }

  /** What is there already is not told. */
  async #begin(): Promise<void> {
    this.#after = (await this.#read({ latest: true, limit: 1 })).at(-1)?.id
    this.#lookLater(POLL_MS)
  }

  async #look(): Promise<void> {
    const events = await this.#read({ limit: LOOK, ...(this.#after ? { after: this.#after } : {}) })
    for (const event of events) for (const listener of this.#listeners) listener(event)
    this.#after = events.at(-1)?.id ?? this.#after
    this.#lookLater(events.length === LOOK ? 0 : POLL_MS)
  }

  #lookLater(ms: number): void {
    clearTimeout(this.#timer)
    if (this.#listeners.size > 0) this.#timer = setTimeout(() => void this.#look(), ms)
  }

  /** A store that cannot be read now is read at the next look; the pages say what is wrong with it. */
  async #read(query: Parameters<EventReader['events']>[0]): Promise<SundewEvent[]> {
    try {
      return await this.#store().events(query)
    } catch {
      return []
    }
  }
}
