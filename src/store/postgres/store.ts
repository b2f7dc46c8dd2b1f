import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DeadLetter } from '../../events/bus.ts'
import type { SundewEvent } from '../../events/schema.ts'
import type { ArtifactFolder } from '../artifacts.ts'
import type {
  EventQuery,
  EventStore,
  FacetField,
  FactCount,
  FactQuery,
  HistogramSlot,
  Period,
  SessionGroup,
  SessionQuery,
  SessionSummary,
  StoreHealth,
} from '../contract.ts'
import { type Entry, entryOf } from '../entry.ts'
import type { Annotator, FactField } from '../facts.ts'
import { Intake } from '../intake.ts'
import { Spool } from '../spool.ts'
import { WriterLock } from '../sqlite/writer-lock.ts'
import { StoreError, type Trouble, troubleOf } from '../trouble.ts'
import { type Connect, type Connection, connectTo } from './connection.ts'
import { ConnectionPool } from './pool.ts'
import { PostgresReader } from './reader.ts'
import { BYTES, PostgresRetention } from './retention.ts'
import { migrate } from './schema.ts'
import { placeOf, postgresTrouble } from './trouble.ts'
import { PostgresWriter } from './writer.ts'

/** A batch that takes longer goes to the spool, and is tried again from there. */
const WRITE_DEADLINE_MS = 10_000
/** A question of an operator over all that is kept. */
const READ_DEADLINE_MS = 60_000
const RETAIN_DEADLINE_MS = 3_600_000
const SIZE_EVERY_MS = 30_000

export interface PostgresStoreOptions {
  /** Milliseconds from `append` to the database, or to the spool; 25. */
  flushMs?: number
  /** Counted by retention, and rid of what no event refers to any more. */
  artifacts?: ArtifactFolder
  /** Called when trouble begins, changes, and ends (undefined): the place to be loud. */
  onTrouble?(trouble: Trouble | undefined): void
  /** Countries and shapes; without it there are none. */
  annotator?: Annotator
  /** The tables' schema; `sundew`. */
  schema?: string
  /** Opens a session of the server; a test gives one without a network. */
  connect?(deadlineMs: number): Promise<Connection>
}

/**
 * Opens the events of a PostgreSQL database for one process. A server that is away is no reason not to start: events go to the
 * spool in the data folder until it is back.
 * @param url `postgresql://user:password@host:5432/database`
 * @throws {StoreError} when another Sundew writes into the data folder, or it cannot be written
 */
export function openPostgresStore(url: string, folder: string, options: PostgresStoreOptions = {}): PostgresStore {
  return new PostgresStore(url, folder, options)
}

/** The events of a PostgreSQL database for reading. */
export function openPostgresReader(url: string, schema = 'sundew'): PostgresReader {
  return new PostgresReader(new ConnectionPool(() => connectTo({ url, schema, deadlineMs: READ_DEADLINE_MS })), placeOf(url))
}

export class PostgresStore implements EventStore {
  readonly #options: PostgresStoreOptions
  readonly #schema: string
  readonly #place: string
  readonly #connectWithin: (deadlineMs: number) => Promise<Connection>
  readonly #lock: WriterLock
  readonly #spool: Spool
  readonly #intake: Intake
  readonly #reader: PostgresReader
  #open: Promise<{ connection: Connection; writer: PostgresWriter }> | undefined
  #bytes = 0
  #sizedAt = Number.NEGATIVE_INFINITY

  constructor(url: string, folder: string, options: PostgresStoreOptions) {
    this.#options = options
    this.#schema = options.schema ?? 'sundew'
    this.#place = placeOf(url)
    this.#connectWithin = options.connect ?? ((deadlineMs) => connectTo({ url, schema: this.#schema, deadlineMs }))
    makeFolder(folder)
    this.#spool = new Spool(join(folder, 'spool'))
    this.#lock = new WriterLock(join(folder, 'writer.lock'))
    const connect: Connect = async () => {
      // So that the tables are there; when the server is away, connecting says so.
      await this.#writing().catch(() => undefined)
      return this.#connectWithin(READ_DEADLINE_MS)
    }
    this.#reader = new PostgresReader(new ConnectionPool(connect), this.#place)
    this.#intake = new Intake({
      flushMs: options.flushMs ?? 25,
      spool: this.#spool,
      write: (batch) => this.#write(batch),
      explain: (error) => postgresTrouble(error, this.#place),
      explainSpool: (error) => troubleOf(error, this.#spool.folder),
      onTrouble: (trouble) => options.onTrouble?.(trouble),
    })
    this.#intake.start()
  }

  append(event: SundewEvent): void {
    this.#intake.accept(entryOf(event))
  }

  deadLetter(letter: DeadLetter): void {
    this.#intake.accept(entryOf(letter.event, letter.reason))
  }

  flush(): Promise<void> {
    return this.#intake.flush()
  }

  sessions(query: SessionQuery): Promise<SessionSummary[]> {
    return this.#reader.sessions(query)
  }

  session(id: string): Promise<SessionSummary | undefined> {
    return this.#reader.session(id)
  }

  events(query: EventQuery): Promise<SundewEvent[]> {
    return this.#reader.events(query)
  }

  counts(since?: number): Promise<{ events: number; sessions: number; sources: number; deadLetters: number }> {
    return this.#reader.counts(since)
  }

  countSessions(query: SessionQuery): Promise<number> {
    return this.#reader.countSessions(query)
  }

  facets(query: SessionQuery, fields: readonly FacetField[]): Promise<Record<string, { value: string; count: number }[]>> {
    return this.#reader.facets(query, fields)
  }

  facts(query: FactQuery): Promise<FactCount[]> {
    return this.#reader.facts(query)
  }

  factTotals(field: FactField, period: Period): Promise<{ values: number; count: number }> {
    return this.#reader.factTotals(field, period)
  }

  histogram(field: FactField, period: Period, slots: number): Promise<HistogramSlot[]> {
    return this.#reader.histogram(field, period, slots)
  }

  sessionFacts(session: string): Promise<{ field: FactField; value: string; count: number }[]> {
    return this.#reader.sessionFacts(session)
  }

  sessionGroups(period: Period): Promise<SessionGroup[]> {
    return this.#reader.sessionGroups(period)
  }

  deadLetters(limit?: number): Promise<DeadLetter[]> {
    return this.#reader.deadLetters(limit)
  }

  /** Over a connection of its own: a long DELETE keeps no batch waiting. */
  async retain(policy: { days: number; bytes: number }): Promise<{ deletedEvents: number }> {
    // Events in the spool may refer to artifacts that nothing in the database refers to.
    if (!this.#spool.empty)
      throw new StoreError(this.#intake.trouble ?? { what: 'the spool is being drained', cure: 'wait until it is empty' })
    try {
      const { writer } = await this.#writing()
      const connection = await this.#connectWithin(RETAIN_DEADLINE_MS)
      try {
        return await new PostgresRetention(connection, this.#options.artifacts).retain(policy)
      } finally {
        writer.forgetPartitions()
        await connection.close()
      }
    } catch (error) {
      throw new StoreError(postgresTrouble(error, this.#place), { cause: error })
    }
  }

  health(): StoreHealth {
    return {
      engine: 'postgresql',
      waiting: this.#intake.waiting,
      spooled: this.#spool.entries,
      refused: this.#intake.refused,
      bytes: this.#bytes + this.#spool.bytes + (this.#options.artifacts?.bytes() ?? 0),
      trouble: this.#intake.trouble ?? this.#options.artifacts?.trouble,
    }
  }

  async close(): Promise<void> {
    try {
      await this.#intake.close()
    } finally {
      await this.#disconnect()
      await this.#reader.close()
      this.#lock.release()
    }
  }

  /** Stores entries now, past the spool; they may be stored already. @throws {StoreError} when the database refuses, and then none is stored. */
  async store(entries: readonly Entry[]): Promise<void> {
    try {
      await this.#write(entries)
    } catch (error) {
      throw new StoreError(postgresTrouble(error, this.#place), { cause: error })
    }
  }

  async #write(batch: readonly Entry[]): Promise<void> {
    const deadline = AbortSignal.timeout(WRITE_DEADLINE_MS)
    try {
      const { connection, writer } = await this.#writing()
      await within(deadline, writer.write(batch))
      if (performance.now() - this.#sizedAt < SIZE_EVERY_MS) return
      this.#sizedAt = performance.now()
      this.#bytes = Number((await connection.query(BYTES))[0]?.bytes)
    } catch (error) {
      // Whatever state the session is in: a new one is in none. What it may have committed is there once.
      void this.#disconnect()
      throw error
    }
  }

  #writing(): Promise<{ connection: Connection; writer: PostgresWriter }> {
    this.#open ??= this.#connect()
    return this.#open
  }

  async #connect(): Promise<{ connection: Connection; writer: PostgresWriter }> {
    const connection = await this.#connectWithin(WRITE_DEADLINE_MS)
    try {
      await migrate(connection, this.#schema, this.#place)
    } catch (error) {
      await connection.close()
      throw error
    }
    return { connection, writer: new PostgresWriter(connection, this.#options.annotator) }
  }

  async #disconnect(): Promise<void> {
    const open = this.#open
    this.#open = undefined
    const { connection } = (await open?.catch(() => undefined)) ?? {}
    await connection?.close()
  }
}

async function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  // The work goes on when it is given up; what becomes of it is nobody's concern then.
  work.catch(() => undefined)
  return Promise.race([
    work,
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('timeout')), { once: true })),
  ])
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new StoreError(troubleOf(error, folder), { cause: error })
  }
}
