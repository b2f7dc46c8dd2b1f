import { DatabaseSync } from 'node:sqlite'
import { type Trouble, troubleOf } from '../trouble.ts'

/** Reads every page of a database, beside a running writer too; some seconds a gigabyte. @returns undefined when it is sound */
export function damageOf(file: string): Trouble | undefined {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { readOnly: true })
    const [first] = database.prepare('PRAGMA quick_check(1)').all() as { quick_check: string }[]
    if (first?.quick_check === 'ok') return undefined
    return { what: `${file} is damaged: ${first?.quick_check.slice(0, 200)}`, cure: RESTORE }
  } catch (error) {
    const trouble = troubleOf(error, file)
    return trouble.what.includes('damaged') ? { ...trouble, cure: RESTORE } : trouble
  } finally {
    database?.close()
  }
}

const RESTORE =
  'stop the sensor and take a backup back (sundew restore FOLDER), or move the file away: a new one is made by itself; what lies in spool/ comes into either'
