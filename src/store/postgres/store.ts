import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DeadLetter } from '../../events/bus.ts'
import type { SundewEvent } from '../../events/schema.ts'
import type { ArtifactFolder } from '../artifacts.ts'
import type { EventStore, StoreHealth } from '../contract.ts'
import { entryOf } from '../entry.ts'
import type { Annotator } from '../facts.ts'
import { Intake } from '../intake.ts'
import { AnsweringStore } from '../query/reader.ts'
import { Spool } from '../spool.ts'
import { WriterLock } from '../sqlite/writer-lock.ts'
import { StoreError, type Trouble, troubleOf } from '../trouble.ts'
import { type Connect, type Connection, connectTo } from './connection.ts'
import { ConnectionPool } from './pool.ts'
import { PostgresReader } from './reader.ts'
import { PostgresRetention, RETAIN_DEADLINE_MS } from './retention.ts'
import { placeOf, postgresTrouble } from './trouble.ts'
import { WriteSession } from './write-session.ts'

/** A question of an operator over all that is kept. */
const READ_DEADLINE_MS = 60_000

export interface PostgresStoreOptions {
  /** Milliseconds from `append` to the database, or to the spool; 25. */
  flushMs?: number
  /** Most that may lie in the spool while the database refuses; no bound without it. */
  spoolBytes?: number
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

export class PostgresStore extends AnsweringStore implements EventStore {
  readonly #options: PostgresStoreOptions
  readonly #place: string
  readonly #connectWithin: (deadlineMs: number) => Promise<Connection>
  readonly #writing: WriteSession
  readonly #lock: WriterLock
  readonly #spool: Spool
  readonly #intake: Intake
  readonly #reader: PostgresReader

  constructor(url: string, folder: string, options: PostgresStoreOptions) {
    super()
    this.#options = options
    const schema = options.schema ?? 'sundew'
    this.#place = placeOf(url)
    this.#connectWithin = options.connect ?? ((deadlineMs) => connectTo({ url, schema, deadlineMs }))
    this.#writing = new WriteSession({ connect: this.#connectWithin, schema, place: this.#place, annotator: options.annotator })
    makeFolder(folder)
    this.#spool = new Spool(join(folder, 'spool'), options.spoolBytes)
    this.#lock = new WriterLock(join(folder, 'writer.lock'))
    const connect: Connect = async () => {
      // So that the tables are there; when the server is away, connecting says so.
      await this.#writing.ready().catch(() => undefined)
      return this.#connectWithin(READ_DEADLINE_MS)
    }
    this.#reader = new PostgresReader(new ConnectionPool(connect), this.#place)
    this.#intake = new Intake({
      flushMs: options.flushMs ?? 25,
      spool: this.#spool,
      write: (batch) => this.#writing.write(batch),
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

  /** Over a connection of its own: a long DELETE keeps no batch waiting. */
  async retain(policy: { days: number; bytes: number }): Promise<{ deletedEvents: number }> {
    // Events in the spool may refer to artifacts that nothing in the database refers to.
    if (!this.#spool.empty)
      throw new StoreError(this.#intake.trouble ?? { what: 'the spool is being drained', cure: 'wait until it is empty' })
    try {
      await this.#writing.ready()
      const connection = await this.#connectWithin(RETAIN_DEADLINE_MS)
      try {
        return await new PostgresRetention(connection, this.#options.artifacts).retain(policy)
      } finally {
        await this.#writing.forgetPartitions()
        await connection.close()
      }
    } catch (error) {
      throw new StoreError(postgresTrouble(error, this.#place), { cause: error })
    }
  }

  protected reader(): PostgresReader {
    return this.#reader
  }

  health(): StoreHealth {
    return {
      engine: 'postgresql',
      waiting: this.#intake.waiting,
      spooled: this.#spool.entries,
      refused: this.#intake.refused,
      bytes: this.#writing.bytes + this.#spool.bytes + (this.#options.artifacts?.bytes() ?? 0),
      trouble: this.#intake.trouble ?? this.#options.artifacts?.trouble,
    }
  }

  async close(): Promise<void> {
    try {
      await this.#intake.close()
    } finally {
      await this.#writing.close()
      await this.#reader.close()
      this.#lock.release()
    }
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new StoreError(troubleOf(error, folder), { cause: error })
  }
}
