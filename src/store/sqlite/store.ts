import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { DeadLetter } from '../../events/bus.ts'
import type { SundewEvent } from '../../events/schema.ts'
import type { ArtifactFolder } from '../artifacts.ts'
import type { EventStore, StoreHealth } from '../contract.ts'
import { type Entry, entryOf } from '../entry.ts'
import type { Annotator } from '../facts.ts'
import { Intake } from '../intake.ts'
import { AnsweringStore } from '../query/reader.ts'
import { Spool } from '../spool.ts'
import { isUnfit, needsReopening, StoreError, type Trouble, troubleOf } from '../trouble.ts'
import { writeWhatFits } from '../write-what-fits.ts'
import { EVENTS_MIGRATIONS, openForWriting } from './database.ts'
import { EVENTS_FILE, SqliteReader } from './reader.ts'
import { SqliteRetention } from './retention.ts'
import { SqliteWriter } from './writer.ts'
import { WriterLock } from './writer-lock.ts'

export interface SqliteStoreOptions {
  /** Milliseconds from `append` to the database, or to the spool; 25. */
  flushMs?: number
  /** Most that may lie in the spool while the database refuses; no bound without it. */
  spoolBytes?: number
  /** Counted by retention, and rid of what no event refers to any more. */
  artifacts?: ArtifactFolder
  /** Called when trouble begins, changes, and ends (undefined): the place to be loud. */
  onTrouble?(trouble: Trouble | undefined): void
  /** Characters of JSON that may wait in memory while neither database nor spool takes them; 32 Mi. */
  memory?: number
  /** Countries and shapes; without it there are none. */
  annotator?: Annotator
  /** See {@link SqliteReader}. */
  rare?: number
  /** Opens the database; a test gives a connection whose disk is small. */
  open?(file: string): DatabaseSync
}

/**
 * Opens the events of a data folder for this sensor alone; makes the folder when it is missing. A database that is
 * locked, damaged or on a full disk is no reason not to start: events go to the spool until it is well.
 * @throws {StoreError} when another sensor writes there, a newer version has written there, or the folder cannot be written
 * @example
 * const store = openSqliteStore('data', { flushMs: 25 })
 * bus.subscribe((event) => store.append(event))
 */
export function openSqliteStore(folder: string, options: SqliteStoreOptions = {}): SqliteStore {
  return new SqliteStore(folder, options)
}

interface Connection {
  database: DatabaseSync
  writer: SqliteWriter
}

export class SqliteStore extends AnsweringStore implements EventStore {
  readonly #file: string
  readonly #options: SqliteStoreOptions
  readonly #lock: WriterLock
  readonly #spool: Spool
  readonly #intake: Intake
  #connection: Connection | undefined
  #reader: SqliteReader | undefined

  constructor(folder: string, options: SqliteStoreOptions) {
    super()
    this.#options = options
    this.#file = join(folder, EVENTS_FILE)
    makeFolder(folder)
    this.#spool = new Spool(join(folder, 'spool'), options.spoolBytes)
    this.#lock = new WriterLock(join(folder, 'writer.lock'))
    this.#intake = new Intake({
      flushMs: options.flushMs ?? 25,
      memory: options.memory,
      spool: this.#spool,
      write: (batch) => this.#write(batch),
      explain: (error) => troubleOf(error, this.#file),
      explainSpool: (error) => troubleOf(error, this.#spool.folder),
      onTrouble: (trouble) => options.onTrouble?.(trouble),
    })
    this.#refuseNewer()
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

  async retain(policy: { days: number; bytes: number }): Promise<{ deletedEvents: number }> {
    // Events in the spool may refer to artifacts that nothing in the database refers to.
    if (!this.#spool.empty)
      throw new StoreError(this.#intake.trouble ?? { what: 'the spool is being drained', cure: 'wait until it is empty' })
    try {
      const retention = new SqliteRetention(this.#connect().database, {
        artifacts: this.#options.artifacts,
        isAwaited: (sha256) => this.#intake.isWaiting(({ event }) => event.type === 'artifact' && event.data.sha256 === sha256),
      })
      return await retention.retain(policy)
    } catch (error) {
      throw new StoreError(troubleOf(error, this.#file), { cause: error })
    }
  }

  health(): StoreHealth {
    const files = [this.#file, `${this.#file}-wal`].reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0)
    return {
      engine: 'sqlite',
      waiting: this.#intake.waiting,
      spooled: this.#spool.entries,
      refused: this.#intake.refused,
      bytes: files + this.#spool.bytes + (this.#options.artifacts?.bytes() ?? 0),
      trouble: this.#intake.trouble ?? this.#options.artifacts?.trouble,
    }
  }

  async close(): Promise<void> {
    try {
      await this.#intake.close()
    } finally {
      this.#disconnect()
      this.#lock.release()
    }
  }

  /** Another database would be filled in vain: what the operator wants is the newer Sundew. Other trouble is the intake's. */
  #refuseNewer(): void {
    try {
      this.#connect()
    } catch (error) {
      if (!(error instanceof StoreError)) return
      this.#lock.release()
      throw error
    }
  }

  async #write(batch: readonly Entry[]): Promise<void> {
    try {
      await writeWhatFits(batch, (part) => this.#connect().writer.write(part), isUnfit)
    } catch (error) {
      if (needsReopening(error)) this.#disconnect()
      throw error
    }
  }

  #connect(): Connection {
    if (!this.#connection) {
      const database = (this.#options.open ?? openEvents)(this.#file)
      const writer = new SqliteWriter(database, this.#options.annotator)
      writer.deriveFromOlder()
      this.#connection = { database, writer }
    }
    return this.#connection
  }

  protected reader(): SqliteReader {
    try {
      this.#reader ??= new SqliteReader(this.#file, { rare: this.#options.rare })
      return this.#reader
    } catch (error) {
      throw new StoreError(troubleOf(error, this.#file), { cause: error })
    }
  }

  #disconnect(): void {
    this.#reader?.close()
    this.#connection?.database.close()
    this.#reader = undefined
    this.#connection = undefined
  }
}

export function openEvents(file: string): DatabaseSync {
  return openForWriting(file, EVENTS_MIGRATIONS)
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new StoreError(troubleOf(error, folder), { cause: error })
  }
}
