import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { timeOfId } from '../../events/uuid7.ts'
import { DAY_MS, floorTo } from '../fact-tally.ts'
import { StoreError } from '../trouble.ts'
import type { Connection } from './connection.ts'

const MIGRATIONS = join(import.meta.dirname, 'migrations')
/** Whoever changes tables holds this lock of the database: several processes may start at once. */
const LOCK = 'SELECT pg_advisory_xact_lock(7236438)'

/** Runs `work` in one transaction: all of it, or after a throw nothing. */
export async function inTransaction<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  await connection.query('BEGIN')
  try {
    const result = await work()
    await connection.query('COMMIT')
    return result
  } catch (error) {
    // A connection that is gone has rolled back by itself.
    await connection.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}

/**
 * Makes the schema and brings its tables up to date.
 * @throws the server's error, or {StoreError} when a newer version has written there
 */
export async function migrate(connection: Connection, schema: string, place: string): Promise<void> {
  await inTransaction(connection, async () => {
    await connection.query(LOCK)
    const [known] = await connection.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema])
    if (!known) await connection.query(`CREATE SCHEMA "${schema.replaceAll('"', '""')}"`)
    await connection.query('CREATE TABLE IF NOT EXISTS version (number integer NOT NULL)')
    const [row] = await connection.query('SELECT max(number) AS number FROM version')
    const version = Number(row?.number ?? 0)
    const names = readdirSync(MIGRATIONS).sort()
    if (version > names.length) {
      throw new StoreError({
        what: `${place} was written by a newer Sundew (version ${version} of its tables, this one knows ${names.length})`,
        cure: 'run the newer Sundew, or give this one a database of its own',
      })
    }
    if (version === names.length) return
    if (version === 0) await demandUtf8(connection, place)
    for (const name of names.slice(version)) await connection.query(readFileSync(join(MIGRATIONS, name), 'utf8'))
    await connection.query('DELETE FROM version')
    await connection.query('INSERT INTO version VALUES ($1)', [names.length])
  })
}

/** Another encoding lacks characters, and an event that has them would be refused. SQL_ASCII would cut them. */
async function demandUtf8(connection: Connection, place: string): Promise<void> {
  const [row] = await connection.query('SHOW server_encoding')
  if (row?.server_encoding === 'UTF8') return
  throw new StoreError({
    what: `${place} is encoded in ${row?.server_encoding}, not in UTF-8`,
    cure: 'make it anew: createdb -E UTF8 -T template0 -O USER NAME',
  })
}

/** Days before and after these are kept in two partitions of their own. */
const FIRST_DAY = Date.UTC(2015, 0, 1)
const LAST_DAY = Date.UTC(2100, 0, 1)

/** The partitions of events: one a day (UTC) of their ids, made when its first event comes. */
export class Partitions {
  readonly #connection: Connection
  readonly #known = new Set<number>()

  constructor(connection: Connection) {
    this.#connection = connection
  }

  async make(ids: Iterable<string>): Promise<void> {
    const days = new Set([...ids].map((id) => floorTo(timeOfId(id), DAY_MS)))
    for (const day of days) {
      if (day < FIRST_DAY || day >= LAST_DAY || this.#known.has(day)) continue
      await inTransaction(this.#connection, () => this.#makeDay(day))
      this.#known.add(day)
    }
  }

  /** By ATTACH: CREATE … PARTITION OF would wait for all who read events, and all who write would wait behind it. */
  async #makeDay(day: number): Promise<void> {
    await this.#connection.query(LOCK)
    const name = partitionOf(day)
    const [known] = await this.#connection.query(
      'SELECT 1 FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = $1',
      [name],
    )
    if (known) return
    await this.#connection.query(`CREATE TABLE ${name} (LIKE event)`)
    await this.#connection.query(
      `ALTER TABLE event ATTACH PARTITION ${name} FOR VALUES FROM ('${firstId(day)}') TO ('${firstId(day + DAY_MS)}')`,
    )
  }

  /** After a retention, by whatever process: the next event of a day makes its partition again. */
  forget(): void {
    this.#known.clear()
  }
}

export function partitionOf(day: number): string {
  return `event_${new Date(day).toISOString().slice(0, 10).replaceAll('-', '')}`
}

/** Start of the day (UTC ms) whose ids a partition holds; undefined for the two that hold no day. */
export function dayOfPartition(name: string): number | undefined {
  const [, year, month, day] = /^event_(\d{4})(\d\d)(\d\d)$/.exec(name) ?? []
  return year === undefined ? undefined : Date.UTC(Number(year), Number(month) - 1, Number(day))
}

function firstId(time: number): string {
  const hex = time.toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
}
