import type { SundewEvent } from '../events/schema.ts'
import type { EventReader, StateStore } from '../store/contract.ts'
import type { DeadLetters } from './dead-letters.ts'
import { Busy, Refused, reasonOf, type Sink } from './sink.ts'

/** Scope of the state store: output → id of the last event that was delivered. */
const CURSORS = 'output.cursor'
/** Output → time in UTC milliseconds that an operator wants everything again from. */
const REPLAYS = 'output.replay'

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 60_000
/** The store is looked at this often when nobody says that there is something. */
const IDLE_MS = 2_000
/** What is left at the end may still go out for so long; the cursor keeps the rest for the next start. */
const FAREWELL_MS = 3_000

export interface CourierSetup {
  name: string
  kind: string
  sink: Sink
  store: Pick<EventReader, 'events'>
  state: StateStore
  deadLetters: DeadLetters
  wants(event: SundewEvent): boolean
  batch: { events: number; bytes: number; waitMs: number }
  deadlineMs: number
  /** Called when trouble begins or changes, and with undefined when it ends. */
  onTrouble?(trouble: string | undefined): void
  /** Of the pause after a failure; a test has less time. */
  firstPauseMs?: number
}

/** How an output is doing. Counts are since the start. */
export interface CourierStatus {
  name: string
  kind: string
  sent: number
  /** Calls that failed and were or will be repeated. */
  failures: number
  deadLetters: number
  /** Age of the oldest event that waits, ms; 0 when none does. */
  lagMs: number
  lastSentAt?: number
  trouble?: string
}

/**
 * Brings the events of the store to one sink, in order and at least once: what was delivered is a cursor in the state store,
 * so that neither a crash nor a receiver that is away loses anything. One batch is on its way at a time; a slow receiver
 * makes the courier read later, not the sensor remember more.
 */
export class Courier {
  readonly #setup: CourierSetup
  readonly #stop = new AbortController()
  #isClosing = false
  #isNudged = false
  #running: Promise<void> | undefined
  #wake: (() => void) | undefined
  /** Undefined until the store was asked where the present is. */
  #cursor: string | undefined
  #pauseMs: number
  #sent = 0
  #failures = 0
  #lastSentAt: number | undefined
  #oldestWaiting: number | undefined
  #trouble: string | undefined

  /** A new output begins with what happens from now on; `requestReplay` brings the past. */
  constructor(setup: CourierSetup) {
    this.#setup = setup
    this.#cursor = setup.state.get(CURSORS, setup.name)?.toString()
    this.#pauseMs = setup.firstPauseMs ?? FIRST_PAUSE_MS
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** Something may be in the store soon. */
  nudge(): void {
    this.#isNudged = true
    this.#wake?.()
  }

  /** Delivers what is left as far as the receiver takes it now. */
  async close(): Promise<void> {
    this.#isClosing = true
    const farewell = setTimeout(() => this.#stop.abort(), FAREWELL_MS)
    this.#wake?.()
    await this.#running
    clearTimeout(farewell)
    await this.#setup.sink.close?.()
  }

  status(): CourierStatus {
    const { name, kind, deadLetters } = this.#setup
    return {
      name,
      kind,
      sent: this.#sent,
      failures: this.#failures,
      deadLetters: deadLetters.count,
      lagMs: this.#oldestWaiting === undefined ? 0 : Math.max(0, Date.now() - this.#oldestWaiting),
      ...(this.#lastSentAt === undefined ? {} : { lastSentAt: this.#lastSentAt }),
      ...(this.#trouble === undefined ? {} : { trouble: this.#trouble }),
    }
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        if (this.#cursor === undefined) await this.#beginHere()
        this.#takeReplay()
        const isMore = await this.#deliverNext()
        this.#setTrouble(undefined)
        this.#pauseMs = this.#setup.firstPauseMs ?? FIRST_PAUSE_MS
        if (isMore) continue
        this.#oldestWaiting = undefined
        if (this.#isClosing) return
        if (!this.#isNudged) await this.#sleep(IDLE_MS, true)
        this.#isNudged = false
        if (!this.#isClosing) await this.#sleep(this.#setup.batch.waitMs, false)
      } catch (error) {
        if (this.#stop.signal.aborted) return
        this.#failures++
        this.#setTrouble(reasonOf(error))
        if (this.#isClosing) return
        const asked = error instanceof Busy ? error.retryAfterMs : undefined
        await this.#sleep(Math.min(asked ?? this.#pauseMs * (0.5 + Math.random()), LONGEST_PAUSE_MS), false)
        this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS)
      }
    }
  }

  /** @returns whether there may be more at once */
  async #deliverNext(): Promise<boolean> {
    const { store, batch, wants } = this.#setup
    const read = await store.events({ ...(this.#cursor ? { after: this.#cursor } : {}), limit: batch.events })
    const [first] = read
    if (!first) return false
    this.#oldestWaiting = first.time
    const taken = withinBytes(read, batch.bytes)
    const wanted = taken.filter(wants)
    if (wanted.length > 0) {
      await this.#send(wanted)
      this.#lastSentAt = Date.now()
    }
    this.#moveTo((taken.at(-1) as SundewEvent).id)
    return taken.length < read.length || read.length === batch.events
  }

  async #send(events: readonly SundewEvent[]): Promise<void> {
    try {
      const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(this.#setup.deadlineMs)])
      await this.#setup.sink.send(events, signal)
      this.#sent += events.length
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      await this.#sort(events, error)
    }
  }

  /** Finds those that were refused, and lays them aside. */
  async #sort(events: readonly SundewEvent[], { reasons, message }: Refused): Promise<void> {
    if (reasons) {
      for (const event of events) {
        const reason = reasons.get(event.id)
        if (reason === undefined) this.#sent++
        else this.#setup.deadLetters.add(event, reason)
      }
      return
    }
    if (events.length === 1) {
      this.#setup.deadLetters.add(events[0] as SundewEvent, message)
      return
    }
    const middle = events.length >> 1
    await this.#send(events.slice(0, middle))
    await this.#send(events.slice(middle))
  }

  async #beginHere(): Promise<void> {
    const [newest] = await this.#setup.store.events({ latest: true, limit: 1 })
    this.#moveTo(newest?.id ?? '')
  }

  #moveTo(id: string): void {
    this.#cursor = id
    this.#setup.state.set(CURSORS, this.#setup.name, id)
  }

  #takeReplay(): void {
    const { state, name } = this.#setup
    const since = state.get(REPLAYS, name)?.toString()
    if (since === undefined) return
    this.#moveTo(idsBefore(Number(since)))
    state.delete(REPLAYS, name)
  }

  #setTrouble(trouble: string | undefined): void {
    if (trouble === this.#trouble) return
    this.#trouble = trouble
    this.#setup.onTrouble?.(trouble)
  }

  /** Ends early when the courier stops, or when `canWake` and somebody nudges. */
  #sleep(ms: number, canWake: boolean): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.#stop.signal.removeEventListener('abort', done)
        this.#wake = undefined
        resolve()
      }
      const timer = setTimeout(done, ms)
      this.#wake = () => {
        if (canWake || this.#isClosing) done()
      }
      this.#stop.signal.addEventListener('abort', done)
    })
  }
}

/** Makes an output, running or not, deliver everything since a time again. */
export function requestReplay(state: StateStore, name: string, since: number): void {
  state.set(REPLAYS, name, String(since))
}

/** The greatest id below those of events made at a time (UTC ms) or later: UUIDs of version 7 begin with their time. */
function idsBefore(time: number): string {
  const hex = Math.max(0, Math.floor(time)).toString(16).padStart(12, '0').slice(-12)
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-0000-000000000000`
}

/** As many of the first events as go into `bytes` characters of JSON; one at least. */
function withinBytes(events: readonly SundewEvent[], bytes: number): readonly SundewEvent[] {
  let size = 0
  for (const [i, event] of events.entries()) {
    size += JSON.stringify(event).length
    if (size > bytes && i > 0) return events.slice(0, i)
  }
  return events
}
