import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StoreError } from '../trouble.ts'

/** Folder of the files that make the tables of `events.db`. */
export const EVENTS_MIGRATIONS = join(import.meta.dirname, 'migrations', 'events')

/** A lock is waited for in the event loop's own thread, so a writer gives up soon: the spool or memory takes over. */
const WRITER_TIMEOUT_MS = 10

/**
 * Opens a database for its one writer and brings its tables up to date.
 * @param migrations folder of the files that make its tables
 * @throws SQLite's error, or {StoreError} for a file of a newer version
 */
export function openForWriting(file: string, migrations: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: WRITER_TIMEOUT_MS })
  try {
    // Freed pages go back to the disk in small steps (PRAGMA incremental_vacuum); it must be said before the first table.
    database.exec('PRAGMA auto_vacuum = INCREMENTAL')
    database.exec('PRAGMA journal_mode = WAL')
    // In WAL mode a commit survives the death of the process without waiting for the disk (sqlite.org/pragma.html#pragma_synchronous).
    database.exec('PRAGMA synchronous = NORMAL')
    database.exec('PRAGMA cache_size = -8192')
    // The log is merged at every 1000 pages, which is SQLite's default: each merge waits for the disk in the event loop's
    // thread, and at 4000 pages it held a loaded sensor four times as long for the same rate (bench/events-stored.ts).
    database.exec('PRAGMA journal_size_limit = 67108864')
    migrate(database, file, migrations)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Runs `work` in one transaction: all of it, or after a throw nothing. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    // SQLite has rolled back by itself after some errors, a full disk among them.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** Files `NNNN-name.sql`, applied in order of their numbers; PRAGMA user_version holds the last one applied. */
function migrate(database: DatabaseSync, file: string, folder: string): void {
  const names = readdirSync(folder).sort()
  const version = pragmaNumber(database, 'user_version')
  if (version > names.length) {
    throw new StoreError({
      what: `${file} was written by a newer Sundew (version ${version} of its tables, this one knows ${names.length})`,
      cure: 'run the newer Sundew, or start with another data folder',
    })
  }
  if (version === names.length) return
  if (version > 0) keepAsItWas(database, file, version)
  inTransaction(database, () => {
    for (const name of names.slice(version)) database.exec(readFileSync(join(folder, name), 'utf8'))
    database.exec(`PRAGMA user_version = ${names.length}`)
  })
}

/**
 * Looks whether a database has the tables that its readers ask for: only its writer may make them.
 * @throws {StoreError} when an earlier version wrote it last
 */
export function demandCurrent(database: DatabaseSync, file: string, folder: string): void {
  const version = pragmaNumber(database, 'user_version')
  const known = readdirSync(folder).length
  if (version >= known) return
  throw new StoreError({
    what: `${file} was written by an earlier Sundew (version ${version} of its tables, this one knows ${known})`,
    cure: `start the sensor once: it keeps a copy, ${file}.v${version}, and brings the tables up to date`,
  })
}

/** Copies a database beside itself before its tables change: `events.db.v3` is what an earlier Sundew can still read. */
function keepAsItWas(database: DatabaseSync, file: string, version: number): void {
  const copy = `${file}.v${version}`
  if (file === ':memory:' || existsSync(copy)) return
  try {
    database.prepare('VACUUM INTO ?').run(copy)
  } catch (error) {
    rmSync(copy, { force: true })
    throw new StoreError({
      what: `${file} could not be copied to ${copy} before its tables change: ${error instanceof Error ? error.message : String(error)}`,
      cure: 'make as much room on the disk as the database takes, or start with another data folder',
    })
  }
}

export function pragmaNumber(database: DatabaseSync, pragma: 'user_version' | 'page_count' | 'freelist_count' | 'page_size'): number {
  return Number(database.prepare(`PRAGMA ${pragma}`).get()?.[pragma])
}
