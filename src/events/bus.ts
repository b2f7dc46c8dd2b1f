import type { z } from 'zod'
import { coreEvents, type EventSchemas, type SundewEvent } from './schema.ts'
import { uuid7 } from './uuid7.ts'

export type Listener = (event: SundewEvent) => void

/** An event that did not fit its schema, kept whole with the reason. */
export interface DeadLetter {
  event: SundewEvent
  reason: string
}

/** What a producer gives; the bus adds id, time and sensor. */
export type Draft = Omit<SundewEvent, 'id' | 'time' | 'sensor'> & { time?: number }

/**
 * The one way from those who observe to those who keep. Publishing is synchronous and never throws: an event that does
 * not fit goes to the dead letters, a listener that throws is counted and the others still hear.
 */
export class EventBus {
  readonly #sensor: string
  readonly #schemas = new Map<string, z.ZodType>(Object.entries(coreEvents))
  readonly #listeners = new Set<Listener>()
  #tagger: (event: SundewEvent) => readonly string[] = () => []
  readonly #deadLetterListeners = new Set<(letter: DeadLetter) => void>()
  published = 0
  deadLetters = 0
  listenerFaults = 0

  constructor(sensor: string) {
    this.#sensor = sensor
  }

  /** Adds the event types of a lure. @throws if a name is taken by another schema. */
  register(schemas: EventSchemas): void {
    for (const [type, schema] of Object.entries(schemas)) {
      const known = this.#schemas.get(type)
      if (known && known !== schema) throw new Error(`event type "${type}" is declared twice`)
      this.#schemas.set(type, schema)
    }
  }

  /** Adds tags to every event before anybody hears of it: they are part of what is kept. */
  tagWith(tagger: (event: SundewEvent) => readonly string[]): void {
    this.#tagger = tagger
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  onDeadLetter(listener: (letter: DeadLetter) => void): () => void {
    this.#deadLetterListeners.add(listener)
    return () => this.#deadLetterListeners.delete(listener)
  }

  publish(draft: Draft): SundewEvent {
    const event: SundewEvent = { id: uuid7(), time: draft.time ?? Date.now(), sensor: this.#sensor, ...draft } as SundewEvent
    const schema = this.#schemas.get(event.type)
    const verdict = schema?.safeParse(event.data)
    if (!verdict?.success) {
      this.deadLetters++
      const reason = verdict ? verdict.error.message : `no lure declares the event type "${event.type}"`
      for (const listener of this.#deadLetterListeners) this.#tell(() => listener({ event, reason }))
      return event
    }
    this.published++
    this.#tell(() => this.#tag(event))
    for (const listener of this.#listeners) this.#tell(() => listener(event))
    return event
  }

  #tag(event: SundewEvent): void {
    const tags = this.#tagger(event)
    if (tags.length > 0) event.tags = [...new Set([...(event.tags ?? []), ...tags])]
  }

  #tell(call: () => void): void {
    try {
      call()
    } catch {
      // A subscriber's trouble is its own; it is counted here and shown by `sundew status`.
      this.listenerFaults++
    }
  }
}
