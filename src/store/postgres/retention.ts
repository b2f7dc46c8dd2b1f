import type { ArtifactFolder } from '../artifacts.ts'
import { DAY_MS } from '../fact-tally.ts'
import type { Connection } from './connection.ts'
import { dayOfPartition, inTransaction } from './schema.ts'
import { isCollision } from './trouble.ts'

/** Of a connection that retention runs over. */
export const RETAIN_DEADLINE_MS = 3_600_000
/** A DROP waits for all who read events, and who writes waits behind it. */
const LOCK_MS = 2_000
/** Sessions deleted in one transaction. */
const SLICE = 500
/** An artifact of the last hour may belong to an event that is still on its way. */
const ORPHAN_AGE_MS = 3_600_000
/** A day that alone is larger than all that may be kept is cut at most so often in one run. */
const MOST_CUTS = 5

const PARTITIONS = `
  SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
  WHERE i.inhparent = 'event'::regclass ORDER BY c.relname COLLATE "C"`

/** What the store takes on the server's disk. */
export const BYTES = `
  SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint AS bytes FROM pg_class c
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'`

/** The same without the pages that tables and indexes have when they are empty. */
const GROWTH = `
  SELECT coalesce(sum(greatest(CASE c.relkind WHEN 'r' THEN pg_table_size(c.oid) ELSE pg_relation_size(c.oid) END - 16384, 0)), 0)::bigint AS bytes
  FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'i')`

const SILENT = `SELECT id FROM session WHERE last_at < $1 ORDER BY last_at LIMIT ${SLICE}`

const OLDEST_LEFT = `
  SELECT least((SELECT min(started_at) FROM session), (SELECT min(time) FROM event WHERE session IS NULL)) AS at`

/** When the first so many events had happened, whole sessions at a time. */
const TIME_OF_EVENT = `
  SELECT at FROM (
    SELECT at, sum(events) OVER (ORDER BY at) AS upto FROM (
      SELECT last_at AS at, events FROM session UNION ALL SELECT time, 1 FROM event WHERE session IS NULL) AS every) AS summed
  WHERE upto >= $1 ORDER BY upto LIMIT 1`

/**
 * Deletes oldest first: a day whose sessions are all silent goes as a whole, by DROP; what is old in the other days by rows, so that
 * no session loses its beginning.
 */
export class PostgresRetention {
  readonly #connection: Connection
  readonly #artifacts: ArtifactFolder | undefined

  constructor(connection: Connection, artifacts: ArtifactFolder | undefined) {
    this.#connection = connection
    this.#artifacts = artifacts
  }

  /** To be called once a connection. @throws the server's error; what was deleted before it stays deleted. */
  async retain(policy: { days: number; bytes: number }, now = Date.now()): Promise<{ deletedEvents: number }> {
    // One process of all is enough; the lock goes with the connection.
    const [turn] = await this.#connection.query('SELECT pg_try_advisory_lock(7236439) AS taken')
    if (!turn?.taken) return { deletedEvents: 0 }
    let deletedEvents = await this.#deleteBefore(Math.floor(now - policy.days * DAY_MS))
    deletedEvents += await this.#dropDaysUntil(policy.bytes)
    for (let cuts = 0; cuts < MOST_CUTS; cuts++) {
      const bytes = await this.#bytes()
      if (bytes <= policy.bytes) break
      const deleted = await this.#cut((bytes - policy.bytes) / bytes)
      if (deleted === 0) break
      deletedEvents += deleted
    }
    await this.#deleteFacts(now)
    await this.#dropOrphans(now)
    return { deletedEvents }
  }

  /** Everything that has been silent since a time. */
  async #deleteBefore(time: number): Promise<number> {
    let events = 0
    for (const { name } of await this.#days()) {
      if (await this.#isSilent(name, time)) events += await this.#drop(name)
    }
    for (;;) {
      const sessions = (await this.#connection.query(SILENT, [time])).map(({ id }) => id)
      if (sessions.length === 0) break
      events += await this.#deleteSessions(sessions)
    }
    events += (await this.#connection.query('DELETE FROM event WHERE session IS NULL AND time < $1 RETURNING 1', [time])).length
    await this.#connection.query('DELETE FROM dead_letter WHERE time < $1', [time])
    return events
  }

  async #dropDaysUntil(bytes: number): Promise<number> {
    let events = 0
    const days = await this.#days()
    for (const { day } of days.slice(0, -1)) {
      if ((await this.#bytes()) <= bytes) break
      events += await this.#deleteBefore(day + DAY_MS)
    }
    return events
  }

  /** Whether all that a day holds is before a time, and so is all that its sessions did later. */
  async #isSilent(partition: string, time: number): Promise<boolean> {
    const [row] = await this.#connection.query(
      `SELECT EXISTS (SELECT 1 FROM ${partition} WHERE time >= $1)
           OR EXISTS (SELECT 1 FROM session s JOIN ${partition} e ON e.session = s.id WHERE s.last_at >= $1 AND s.started_at < $1) AS lives`,
      [time],
    )
    return row?.lives === false
  }

  /** @returns 0 when others hold the table: the next run may have it */
  async #drop(partition: string): Promise<number> {
    try {
      return await inTransaction(this.#connection, async () => {
        await this.#connection.query(`SET LOCAL lock_timeout = ${LOCK_MS}`)
        const [row] = await this.#connection.query(`SELECT count(*) AS n FROM ${partition}`)
        await this.#connection.query(`DROP TABLE ${partition}`)
        return Number(row?.n)
      })
    } catch (error) {
      if (isCollision(error)) return 0
      throw error
    }
  }

  #deleteSessions(sessions: readonly unknown[]): Promise<number> {
    const remove = (sql: string) => this.#connection.query(sql, [sessions])
    return inTransaction(this.#connection, async () => {
      const events = await remove('DELETE FROM event WHERE session = ANY($1::uuid[]) RETURNING 1')
      for (const table of ['session_source', 'session_tag', 'session_term']) {
        await remove(`DELETE FROM ${table} WHERE session = ANY($1::uuid[])`)
      }
      await remove('DELETE FROM session WHERE id = ANY($1::uuid[])')
      return events.length
    })
  }

  /** Deletes a share of all events, and gives their room back: those who write wait for that. */
  async #cut(share: number): Promise<number> {
    const [total] = await this.#connection.query('SELECT count(*) AS n FROM event')
    const [cut] = await this.#connection.query(TIME_OF_EVENT, [Math.max(1, Math.floor(Number(total?.n) * share))])
    if (cut === undefined) return 0
    const deleted = await this.#deleteBefore(Number(cut.at) + 1)
    for (const { name } of await this.#connection.query(PARTITIONS)) await this.#connection.query(`VACUUM FULL ${String(name)}`)
    return deleted
  }

  /** What was last counted before the oldest event that is left. */
  async #deleteFacts(now: number): Promise<void> {
    const oldest = Number((await this.#connection.query(OLDEST_LEFT))[0]?.at ?? now)
    for (const table of ['tally_fine', 'tally_day']) {
      await this.#connection.query(`DELETE FROM ${table} WHERE bucket < $1`, [oldest - DAY_MS])
    }
    await this.#connection.query('DELETE FROM term WHERE last_seen < $1', [oldest])
  }

  async #dropOrphans(now: number): Promise<void> {
    const aged = this.#artifacts?.list().filter((artifact) => artifact.firstSeen < now - ORPHAN_AGE_MS) ?? []
    for (const { sha256 } of aged) {
      const [referred] = await this.#connection.query('SELECT 1 FROM event WHERE artifact = $1 LIMIT 1', [sha256])
      if (!referred) this.#artifacts?.remove(sha256)
    }
  }

  async #days(): Promise<{ name: string; day: number }[]> {
    const names = (await this.#connection.query(PARTITIONS)).map(({ name }) => String(name))
    return names.flatMap((name) => {
      const day = dayOfPartition(name)
      return day === undefined ? [] : [{ name, day }]
    })
  }

  async #bytes(): Promise<number> {
    const [row] = await this.#connection.query(GROWTH)
    return Number(row?.bytes) + (this.#artifacts?.bytes() ?? 0)
  }
}
