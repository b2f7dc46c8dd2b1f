import { DatabaseSync } from 'node:sqlite'
import { isLocked, StoreError, troubleOf } from '../trouble.ts'

/**
 * Keeps a second sensor out of a data folder: two of them would drain each other's spool. The lock is SQLite's on an
 * empty database, so the kernel lets go of it when the process dies, however it dies.
 */
export class WriterLock {
  readonly #database: DatabaseSync

  /** @throws {StoreError} when another process has it, or the folder cannot be written. */
  constructor(file: string) {
    try {
      this.#database = new DatabaseSync(file)
      this.#database.exec('BEGIN EXCLUSIVE')
    } catch (error) {
      const taken = {
        what: `another Sundew writes into this data folder (${file})`,
        cure: 'stop it, or give this one a data folder of its own',
      }
      throw new StoreError(isLocked(error) ? taken : troubleOf(error, file), { cause: error })
    }
  }

  release(): void {
    this.#database.close()
  }
}
