import type { SundewEvent } from '../../events/schema.ts'
import type { Entry } from '../entry.ts'
import { FactTally } from '../fact-tally.ts'
import { type Annotator, factsOf, NO_ANNOTATOR } from '../facts.ts'
import { addFactsToDelta, addToDelta, emptyDelta, type SessionDelta } from '../session-delta.ts'
import type { Connection } from './connection.ts'
import { mergeFacts } from './fact-merge.ts'
import { inTransaction, Partitions } from './schema.ts'
import { mergeSessions } from './session-merge.ts'
import { copyLine, shortText, toPostgresText } from './text.ts'
import { isCollision } from './trouble.ts'

const STAGE = `
  CREATE TEMPORARY TABLE IF NOT EXISTS incoming (
    id uuid, time bigint, type text, session uuid, lure text, src_ip text, artifact text, body text) ON COMMIT DELETE ROWS`

const COPY = 'COPY incoming (id, time, type, session, lure, src_ip, artifact, body) FROM STDIN'

/** In order of their ids, so that two writers that bring the same events wait for each other in one order. */
const TAKE = `
  INSERT INTO event (id, time, type, session, lure, src_ip, artifact, body)
  SELECT id, time, type, session, lure, src_ip, artifact, body FROM incoming ORDER BY id
  ON CONFLICT (id) DO NOTHING RETURNING id`

const DEAD_LETTERS = `
  INSERT INTO dead_letter (id, time, reason, body)
  SELECT id, time, reason, body FROM json_to_recordset($1::json) AS x(id text, time bigint, reason text, body text) ORDER BY id
  ON CONFLICT (id) DO NOTHING`

/** No visit outlives the process of its sensor: what is open when it starts again ended with its last event. */
const END_SESSIONS = 'UPDATE session SET ended_at = last_at, open_visits = 0 WHERE sensor = $1 AND ended_at IS NULL AND started_at <= $2'

/** Two writers rarely meet, and then one of them tries again. */
const TRIES = 5

/** Stores batches of entries over one connection, and derives the session rows from what was new in them. */
export class PostgresWriter {
  readonly #connection: Connection
  readonly #annotator: Annotator
  readonly #partitions: Partitions

  constructor(connection: Connection, annotator: Annotator = NO_ANNOTATOR) {
    this.#connection = connection
    this.#annotator = annotator
    this.#partitions = new Partitions(connection)
  }

  /** One transaction; entries that are stored already change nothing. @throws the server's error, and then nothing was stored. */
  async write(batch: readonly Entry[]): Promise<void> {
    if (batch.length === 0) {
      await this.#connection.query('SELECT 1 FROM version')
      return
    }
    const events = new Map(batch.flatMap((entry) => (entry.rejected === undefined ? [[entry.event.id, entry] as const] : [])))
    if (events.size > 0) await this.#connection.query(STAGE)
    for (let tries = 1; ; tries++) {
      try {
        await this.#partitions.make(events.keys())
        await inTransaction(this.#connection, () => this.#store(events, batch))
        return
      } catch (error) {
        // Another process may have dropped the partition of a day since.
        this.#partitions.forget()
        if (tries === TRIES || !isCollision(error)) throw error
      }
    }
  }

  forgetPartitions(): void {
    this.#partitions.forget()
  }

  async #store(events: ReadonlyMap<string, Entry>, batch: readonly Entry[]): Promise<void> {
    const letters = batch.flatMap((entry) => (entry.rejected === undefined ? [] : [letterRow(entry, entry.rejected)]))
    if (letters.length > 0) await this.#connection.query(DEAD_LETTERS, [JSON.stringify(letters)])
    if (events.size === 0) return
    await this.#connection.copy(COPY, Array.from(events.values(), eventLine).join(''))
    const isNew = new Set((await this.#connection.query(TAKE)).map(({ id }) => String(id)))
    const tally = new FactTally()
    let deltas = new Map<string, SessionDelta>()
    for (const { event } of events.values()) {
      if (!isNew.has(event.id.toLowerCase())) continue
      this.#derive(event, deltas, tally)
      if (event.type !== 'sensor.start') continue
      await mergeSessions(this.#connection, deltas, this.#annotator)
      deltas = new Map()
      await this.#connection.query(END_SESSIONS, [shortText(event.sensor), event.time])
    }
    await mergeSessions(this.#connection, deltas, this.#annotator)
    await mergeFacts(this.#connection, tally)
  }

  #derive(event: SundewEvent, deltas: Map<string, SessionDelta>, tally: FactTally): void {
    const facts = factsOf(event, this.#annotator)
    for (const fact of facts) tally.note(fact, event.time, event.session)
    if (event.session === undefined) return
    let delta = deltas.get(event.session)
    if (!delta) {
      delta = emptyDelta(event.session, event)
      deltas.set(event.session, delta)
    }
    addToDelta(delta, event)
    addFactsToDelta(delta, facts)
  }
}

function eventLine({ event, body }: Entry): string {
  const { id, time, type, session, lure, srcIp } = event
  const artifact = type === 'artifact' && typeof event.data.sha256 === 'string' ? shortText(event.data.sha256) : null
  return copyLine([id, time, shortText(type), session, lure && shortText(lure), srcIp && shortText(srcIp), artifact, body])
}

function letterRow({ event, body }: Entry, rejected: string): Record<string, unknown> {
  return { id: shortText(String(event.id)), time: Math.trunc(event.time) || 0, reason: toPostgresText(rejected), body }
}
