import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Entry } from './entry.ts'
import type { Spool } from './spool.ts'
import { StoreError, type Trouble } from './trouble.ts'

/** Entries of one transaction: some ten milliseconds of work, so that attackers do not feel it. */
const BATCH = 512
const RETRY_FIRST_MS = 100
const RETRY_LAST_MS = 5_000
/** Characters of JSON that may wait in memory while neither database nor spool takes them. */
const MEMORY = 32 * 1024 * 1024

const TOO_FAST: Trouble = {
  what: 'events arrive faster than the store takes them, and some were refused',
  cure: 'a faster disk, fewer lures, or lower limits.connectionsPerSource',
}

export interface IntakeOptions {
  /** Milliseconds from acceptance to the database, or to the spool. */
  flushMs: number
  spool: Spool
  /**
   * Stores a batch, skipping what is stored already. Called with an empty batch to learn whether the
   * database is well. Throws when it is not; what it has stored nevertheless it may be given again.
   */
  write(batch: readonly Entry[]): void | Promise<void>
  /** Words for an error of `write`. */
  explain(error: unknown): Trouble
  /** Words for an error of the spool. */
  explainSpool(error: unknown): Trouble
  /** Called when trouble begins, changes, and ends (undefined). */
  onTrouble(trouble: Trouble | undefined): void
  /** Characters of JSON that may wait in memory; 32 Mi. */
  memory?: number
}

/**
 * The way from `append` to a database, whatever its engine: batches on time, to the spool when the database refuses, in
 * memory when even the spool does, and back again in order once they take it.
 */
export class Intake {
  readonly #options: IntakeOptions
  #waiting: Entry[] = []
  #waitingSize = 0
  #accepted = 0
  #kept = 0
  #refused = 0
  #awaiting: { upTo: number; resolve: () => void }[] = []
  #flushTimer: NodeJS.Timeout | undefined
  #retryTimer: NodeJS.Timeout | undefined
  #retryMs = RETRY_FIRST_MS
  #pumping: Promise<void> | undefined
  #recovering: Promise<void> | undefined
  /** While true everything goes to the spool, so that order is kept, and recovery alone writes to the database. */
  #degraded = false
  #databaseTrouble: Trouble | undefined
  /** Worse than the database's, for then nothing on disk takes events. */
  #memoryTrouble: Trouble | undefined
  #told: Trouble | undefined
  readonly #closing = new AbortController()

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /** Looks whether the database is well, and stores what an earlier run left in the spool. */
  start(): void {
    this.#degraded = !this.#options.spool.empty
    if (this.#degraded) this.#recovering = this.#recover()
    else void this.#pump()
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Entries that could be kept nowhere. */
  get refused(): number {
    return this.#refused
  }

  get trouble(): Trouble | undefined {
    return this.#memoryTrouble ?? this.#databaseTrouble
  }

  /** Whether an entry that is not kept yet is like this. */
  isWaiting(like: (entry: Entry) => boolean): boolean {
    return this.#waiting.some(like)
  }

  accept(entry: Entry): void {
    if (this.#closing.signal.aborted) {
      this.#refused++
      return
    }
    if (this.#waitingSize + entry.body.length > (this.#options.memory ?? MEMORY)) {
      this.#refused++
      this.#memoryTrouble ??= TOO_FAST
      this.#tellTrouble()
      return
    }
    this.#waiting.push(entry)
    this.#waitingSize += entry.body.length
    this.#accepted++
    this.#flushTimer ??= setTimeout(() => this.#pump(), this.#options.flushMs)
  }

  /** Resolves when everything accepted so far is in the database or the spool. */
  flush(): Promise<void> {
    if (this.#kept === this.#accepted) return Promise.resolve()
    const kept = new Promise<void>((resolve) => this.#awaiting.push({ upTo: this.#accepted, resolve }))
    void this.#pump()
    return kept
  }

  /** What is in the spool stays there for the next start. @throws {StoreError} when entries could be kept nowhere to the last. */
  async close(): Promise<void> {
    this.#closing.abort()
    clearTimeout(this.#retryTimer)
    await this.#recovering
    await this.#pump()
    if (this.#waiting.length > 0) {
      // The spool refuses: the database may be well again, and order matters less than loss.
      this.#degraded = false
      await this.#pump()
    }
    this.#options.spool.close()
    if (this.#waiting.length === 0) return
    const { what, cure } = this.trouble ?? TOO_FAST
    throw new StoreError({ what: `${this.#waiting.length} events are lost: ${what}`, cure })
  }

  #pump(): Promise<void> {
    clearTimeout(this.#flushTimer)
    this.#flushTimer = undefined
    this.#pumping ??= this.#empty().finally(() => {
      this.#pumping = undefined
      // Held back, or accepted in the last moment.
      if (this.#waiting.length > 0 && !this.#closing.signal.aborted)
        this.#flushTimer ??= setTimeout(() => this.#pump(), this.#options.flushMs)
    })
    return this.#pumping
  }

  /** With nothing waiting it still writes once, which tells whether the database is well. */
  async #empty(): Promise<void> {
    for (;;) {
      const batch = this.#waiting.slice(0, BATCH)
      if (!(await this.#keep(batch))) return
      this.#waiting.splice(0, batch.length)
      for (const entry of batch) this.#waitingSize -= entry.body.length
      this.#kept += batch.length
      this.#tellAwaiting()
      if (this.#waiting.length === 0) return
      await nextTurn()
    }
  }

  async #keep(batch: readonly Entry[]): Promise<boolean> {
    const isKept = (await this.#store(batch)) || this.#spool(batch)
    this.#tellTrouble()
    return isKept
  }

  async #store(batch: readonly Entry[]): Promise<boolean> {
    if (this.#degraded) return false
    try {
      await this.#options.write(batch)
      this.#databaseTrouble = undefined
      this.#memoryTrouble = undefined
      return true
    } catch (error) {
      this.#degrade(error)
      return false
    }
  }

  #spool(batch: readonly Entry[]): boolean {
    try {
      this.#options.spool.append(batch)
      this.#memoryTrouble = undefined
      return true
    } catch (error) {
      this.#memoryTrouble = held(this.#options.explainSpool(error))
      return false
    }
  }

  #degrade(error: unknown): void {
    this.#degraded = true
    this.#databaseTrouble = this.#options.explain(error)
    if (this.#closing.signal.aborted) return
    clearTimeout(this.#retryTimer)
    this.#retryTimer = setTimeout(() => {
      this.#recovering = this.#recover()
    }, this.#retryMs)
    // What is in the spool is safe: it must not keep a process alive.
    this.#retryTimer.unref()
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_LAST_MS)
  }

  async #recover(): Promise<void> {
    try {
      await this.#options.write([])
      while (!this.#options.spool.empty) {
        await this.#options.spool.drain(BATCH, (batch) => this.#options.write(batch), this.#closing.signal)
      }
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#degrade(error)
      this.#tellTrouble()
      return
    }
    // No turn of the event loop lies between the look at the empty spool and this.
    this.#degraded = false
    this.#retryMs = RETRY_FIRST_MS
    this.#databaseTrouble = undefined
    // Held in memory: well only when it is out of there.
    if (this.#waiting.length > 0) void this.#pump()
    else this.#tellTrouble()
  }

  #tellAwaiting(): void {
    const kept = this.#awaiting.filter(({ upTo }) => upTo <= this.#kept)
    this.#awaiting = this.#awaiting.filter(({ upTo }) => upTo > this.#kept)
    for (const { resolve } of kept) resolve()
  }

  #tellTrouble(): void {
    const trouble = this.trouble
    if (trouble?.what === this.#told?.what) return
    this.#told = trouble
    this.#options.onTrouble(trouble)
  }
}

function held(spoolTrouble: Trouble): Trouble {
  return {
    what: `neither database nor spool takes events (${spoolTrouble.what}); they are held in memory, which a crash empties`,
    cure: spoolTrouble.cure,
  }
}
