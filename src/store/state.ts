import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { StateStore } from './contract.ts'
import { inTransaction, openForWriting } from './sqlite/database.ts'
import { needsReopening, StoreError, type Trouble, troubleOf } from './trouble.ts'

/** A disk that refuses is not asked at every write. */
const RETRY_MS = 1_000
/** Bytes that wait in memory for a disk that refuses; beyond, the oldest writes are given up. */
const UNSAVED_BYTES = 32 * 1024 * 1024

export interface SqliteStateOptions {
  /** Called when trouble begins, changes, and ends (undefined). */
  onTrouble?(trouble: Trouble | undefined): void
  /** Opens the database; a test gives a connection whose disk is small. */
  open?(file: string): DatabaseSync
}

/**
 * Opens `state.db` in the data folder.
 *
 * A file of its own: its small synchronous writes never wait behind a batch of events, retention by bytes never counts or
 * touches it, and an operator who moves a damaged `events.db` away loses no world, login or pin.
 * @throws {StoreError} when a newer version has written it
 */
export function openStateStore(folder: string, options: SqliteStateOptions = {}): SqliteState {
  return new SqliteState(join(folder, 'state.db'), options)
}

interface Connection {
  database: DatabaseSync
  get: StatementSync
  set: StatementSync
  delete: StatementSync
  clear: StatementSync
  entries: StatementSync
}

/** A write that the database may not have yet: a value, a deletion (no value), or the deletion of a scope (no key). */
interface Write {
  scope: string
  key: string | undefined
  value: Buffer | undefined
  at: number
}

/** Never throws for want of a disk: what cannot be written is held in memory, is what reads see, and is written when it can be. */
export class SqliteState implements StateStore {
  readonly #file: string
  readonly #options: SqliteStateOptions
  /** In order of writing; empty while the disk is well. */
  readonly #unsaved = new Map<string, Write>()
  #unsavedBytes = 0
  #connection: Connection | undefined
  #triedAt = Number.NEGATIVE_INFINITY
  #trouble: Trouble | undefined

  constructor(file: string, options: SqliteStateOptions) {
    this.#file = file
    this.#options = options
    this.#save()
  }

  get trouble(): Trouble | undefined {
    return this.#trouble
  }

  get(scope: string, key: string): Buffer | undefined {
    const unsaved = this.#unsaved.get(nameOf(scope, key))
    if (unsaved) return unsaved.value
    if (this.#unsaved.has(nameOf(scope, undefined))) return undefined
    return bufferOf(this.#ask((connection) => connection.get.get(scope, key))?.value)
  }

  set(scope: string, key: string, value: Uint8Array | string): void {
    this.#apply({ scope, key, value: Buffer.from(value), at: Date.now() })
  }

  delete(scope: string, key: string): void {
    this.#apply({ scope, key, value: undefined, at: Date.now() })
  }

  clear(scope: string): void {
    for (const write of [...this.#unsaved.values()]) if (write.scope === scope) this.#forget(write)
    this.#apply({ scope, key: undefined, value: undefined, at: Date.now() })
  }

  entries(scope: string): Iterable<{ key: string; value: Buffer; updatedAt: number }> {
    const found = new Map<string, { key: string; value: Buffer; updatedAt: number }>()
    const saved = this.#unsaved.has(nameOf(scope, undefined)) ? [] : (this.#ask((connection) => connection.entries.all(scope)) ?? [])
    for (const row of saved) {
      const key = String(row.key)
      found.set(key, { key, value: bufferOf(row.value) ?? Buffer.alloc(0), updatedAt: Number(row.updated_at) })
    }
    for (const write of this.#unsaved.values()) {
      if (write.scope !== scope || write.key === undefined) continue
      if (write.value === undefined) found.delete(write.key)
      else found.set(write.key, { key: write.key, value: write.value, updatedAt: write.at })
    }
    return found.values()
  }

  close(): void {
    this.#triedAt = Number.NEGATIVE_INFINITY
    this.#save()
    this.#disconnect()
  }

  #apply(write: Write): void {
    const former = this.#unsaved.get(nameOf(write.scope, write.key))
    if (former) this.#forget(former)
    this.#unsaved.set(nameOf(write.scope, write.key), write)
    this.#unsavedBytes += sizeOf(write)
    this.#save()
    for (const oldest of this.#unsaved.values()) {
      if (this.#unsavedBytes <= UNSAVED_BYTES) break
      this.#forget(oldest)
    }
  }

  #forget(write: Write): void {
    this.#unsaved.delete(nameOf(write.scope, write.key))
    this.#unsavedBytes -= sizeOf(write)
  }

  #save(): void {
    if (this.#trouble && performance.now() - this.#triedAt < RETRY_MS) return
    this.#triedAt = performance.now()
    try {
      const connection = this.#connect()
      if (this.#unsaved.size > 0) inTransaction(connection.database, () => this.#writeAll(connection))
      this.#unsaved.clear()
      this.#unsavedBytes = 0
      this.#setTrouble(undefined)
    } catch (error) {
      if (error instanceof StoreError) throw error
      this.#fail(error)
    }
  }

  #writeAll(connection: Connection): void {
    for (const { scope, key, value, at } of this.#unsaved.values()) {
      if (key === undefined) connection.clear.run(scope)
      else if (value === undefined) connection.delete.run(scope, key)
      else connection.set.run(scope, key, value, at)
    }
  }

  #ask<T>(question: (connection: Connection) => T): T | undefined {
    try {
      return question(this.#connect())
    } catch (error) {
      this.#fail(error)
      return undefined
    }
  }

  #fail(error: unknown): void {
    if (needsReopening(error)) this.#disconnect()
    this.#setTrouble(troubleOf(error, this.#file))
  }

  #connect(): Connection {
    this.#connection ??= this.#open()
    return this.#connection
  }

  #open(): Connection {
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 })
    const database = (this.#options.open ?? openState)(this.#file)
    return {
      database,
      get: database.prepare('SELECT value FROM state WHERE scope = ? AND key = ?'),
      set: database.prepare(
        `INSERT INTO state (scope, key, value, updated_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (scope, key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`,
      ),
      delete: database.prepare('DELETE FROM state WHERE scope = ? AND key = ?'),
      clear: database.prepare('DELETE FROM state WHERE scope = ?'),
      entries: database.prepare('SELECT key, value, updated_at FROM state WHERE scope = ? ORDER BY key'),
    }
  }

  #disconnect(): void {
    this.#connection?.database.close()
    this.#connection = undefined
  }

  #setTrouble(trouble: Trouble | undefined): void {
    if (trouble?.what === this.#trouble?.what) return
    this.#trouble = trouble
    this.#options.onTrouble?.(trouble)
  }
}

export function openState(file: string): DatabaseSync {
  return openForWriting(file, join(import.meta.dirname, 'sqlite', 'migrations', 'state'))
}

/** JSON keeps scope and key apart whatever they hold. */
function nameOf(scope: string, key: string | undefined): string {
  return JSON.stringify([scope, key])
}

function sizeOf(write: Write): number {
  return write.scope.length + (write.key?.length ?? 0) + (write.value?.length ?? 0)
}

function bufferOf(value: unknown): Buffer | undefined {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : undefined
}
