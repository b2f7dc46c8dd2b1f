import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { SundewEvent } from '../../events/schema.ts'
import type { Entry } from '../entry.ts'
import { digestOf } from '../fact-tally.ts'
import { type Annotator, type Fact, factsOf, NO_ANNOTATOR } from '../facts.ts'
import { addFactsToDelta, addToDelta, emptyDelta, type SessionDelta } from '../session-delta.ts'
import { inTransaction } from './database.ts'
import { FactWriter } from './fact-writer.ts'

const INSERT_EVENT = `
  INSERT INTO event (id, time, type, session, lure, src_ip, body) VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO NOTHING`

const INSERT_DEAD_LETTER = 'INSERT INTO dead_letter (id, time, reason, body) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING'

const MERGE_SESSION = `
  INSERT INTO session (id, sensor, lure, stands_for, persona, src_ip, src_port, dst_port, started_at, last_at, ended_at,
                       open_visits, events, turns, logins, credential, artifacts, signature, fingerprint, artifact, last_input)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET
    lure = coalesce(lure, excluded.lure),
    stands_for = coalesce(stands_for, excluded.stands_for),
    persona = coalesce(persona, excluded.persona),
    src_ip = coalesce(src_ip, excluded.src_ip),
    src_port = coalesce(src_port, excluded.src_port),
    dst_port = coalesce(dst_port, excluded.dst_port),
    started_at = min(started_at, excluded.started_at),
    last_at = max(last_at, excluded.last_at),
    ended_at = CASE WHEN open_visits + excluded.open_visits > 0 THEN NULL ELSE coalesce(excluded.ended_at, ended_at) END,
    open_visits = open_visits + excluded.open_visits,
    events = events + excluded.events,
    turns = turns + excluded.turns,
    logins = logins + excluded.logins,
    credential = coalesce(credential, excluded.credential),
    artifacts = artifacts + excluded.artifacts,
    signature = coalesce(excluded.signature, signature),
    fingerprint = coalesce(fingerprint, excluded.fingerprint),
    artifact = coalesce(artifact, excluded.artifact),
    last_input = coalesce(excluded.last_input, last_input)`

const INSERT_SOURCE = 'INSERT INTO session_source (src_ip, session) VALUES (?, ?) ON CONFLICT DO NOTHING'

const INSERT_TAG = 'INSERT INTO session_tag (session, tag) VALUES (?, ?) ON CONFLICT DO NOTHING'

/** No visit outlives the process of its sensor: what is open when it starts again ended with its last event. */
const END_SESSIONS = 'UPDATE session SET ended_at = last_at, open_visits = 0 WHERE sensor = ? AND ended_at IS NULL AND started_at <= ?'

/** Events without any count: an event that is counted leaves a term, and retention takes terms with the last of their events. */
const HAS_UNCOUNTED = 'SELECT NOT EXISTS (SELECT 1 FROM term) AND EXISTS (SELECT 1 FROM event) AS yes'
const PAGE = 2000

/** Characters of the last input that the row of a session shows. */
const LAST_INPUT = 500

/** Stores batches of entries over one connection, and derives the session rows from what was new in them. */
export class SqliteWriter {
  readonly #database: DatabaseSync
  readonly #insertEvent: StatementSync
  readonly #insertDeadLetter: StatementSync
  readonly #mergeSession: StatementSync
  readonly #insertSource: StatementSync
  readonly #insertTag: StatementSync
  readonly #endSessions: StatementSync
  readonly #signature: StatementSync
  readonly #facts: FactWriter
  readonly #annotator: Annotator

  constructor(database: DatabaseSync, annotator: Annotator = NO_ANNOTATOR) {
    this.#database = database
    this.#annotator = annotator
    this.#facts = new FactWriter(database)
    this.#signature = database.prepare('SELECT signature FROM session WHERE id = ?')
    this.#insertEvent = database.prepare(INSERT_EVENT)
    this.#insertDeadLetter = database.prepare(INSERT_DEAD_LETTER)
    this.#mergeSession = database.prepare(MERGE_SESSION)
    this.#insertSource = database.prepare(INSERT_SOURCE)
    this.#insertTag = database.prepare(INSERT_TAG)
    this.#endSessions = database.prepare(END_SESSIONS)
  }

  /** One transaction; entries that are stored already change nothing. @throws SQLite's error, and then nothing was stored. */
  write(batch: readonly Entry[]): void {
    this.#facts.discard()
    inTransaction(this.#database, () => {
      const deltas = new Map<string, SessionDelta>()
      for (const entry of batch) this.#store(entry, deltas)
      this.#merge(deltas)
      this.#facts.merge()
    })
  }

  /**
   * Derives sessions and counts anew when an earlier version has stored the events, which counted nothing. One transaction, which takes about as
   * long as storing the events took. @throws SQLite's error, and then nothing has changed
   */
  deriveFromOlder(): void {
    if (this.#database.prepare(HAS_UNCOUNTED).get()?.yes !== 1) return
    this.#facts.discard()
    inTransaction(this.#database, () => {
      this.#database.exec('DELETE FROM session; DELETE FROM session_source; DELETE FROM session_tag')
      const page = this.#database.prepare('SELECT id, body FROM event WHERE id > ? ORDER BY id LIMIT ?')
      for (let after = ''; ; ) {
        const rows = page.all(after, PAGE)
        const deltas = new Map<string, SessionDelta>()
        for (const { body } of rows) this.#derive(JSON.parse(String(body)) as SundewEvent, deltas)
        this.#merge(deltas)
        this.#facts.merge()
        if (rows.length < PAGE) return
        after = String(rows.at(-1)?.id)
      }
    })
  }

  #store({ event, body, rejected }: Entry, deltas: Map<string, SessionDelta>): void {
    if (rejected !== undefined) {
      this.#insertDeadLetter.run(String(event.id), Math.trunc(event.time) || 0, rejected, body)
      return
    }
    const { id, time, type, session = null, lure = null, srcIp = null } = event
    if (this.#insertEvent.run(id, time, type, session, lure, srcIp, body).changes > 0) this.#derive(event, deltas)
  }

  #derive(event: SundewEvent, deltas: Map<string, SessionDelta>): void {
    const { time, type, session } = event
    const facts = factsOf(event, this.#annotator)
    for (const fact of facts) this.#facts.note(fact, time, event.session)
    if (session !== undefined) addToSession(deltas, session, event, facts)
    if (type === 'sensor.start') {
      this.#merge(deltas)
      this.#endSessions.run(event.sensor, time)
    }
  }

  #merge(deltas: Map<string, SessionDelta>): void {
    for (const delta of deltas.values()) {
      this.#mergeSession.run(...sessionRow(delta, this.#signatureAfter(delta)))
      for (const source of delta.sources) this.#insertSource.run(source, delta.session)
      for (const tag of delta.tags) this.#insertTag.run(delta.session, tag)
    }
    deltas.clear()
  }

  /** The signature goes on from where the session's earlier events have brought it. */
  #signatureAfter({ session, inputs }: SessionDelta): string | null {
    if (inputs.length === 0) return null
    let signature = String(this.#signature.get(session)?.signature ?? '')
    for (const input of inputs) signature = digestOf(`${signature}\n${this.#annotator.shape(input)}`).toString('hex')
    return signature
  }
}

function addToSession(deltas: Map<string, SessionDelta>, session: string, event: SundewEvent, facts: readonly Fact[]): void {
  let delta = deltas.get(session)
  if (!delta) {
    delta = emptyDelta(session, event)
    deltas.set(session, delta)
  }
  addToDelta(delta, event)
  addFactsToDelta(delta, facts)
}

function sessionRow(d: SessionDelta, signature: string | null): (string | number | null)[] {
  return [
    d.session,
    d.sensor,
    d.lure ?? null,
    d.standsFor ? JSON.stringify(d.standsFor) : null,
    d.persona ?? null,
    d.sources.values().next().value ?? null,
    d.srcPort ?? null,
    d.dstPort ?? null,
    d.startedAt,
    d.lastAt,
    d.openVisits > 0 ? null : (d.closedAt ?? null),
    d.openVisits,
    d.events,
    d.turns,
    d.logins,
    d.credential ?? null,
    d.artifacts,
    signature,
    d.fingerprint ?? null,
    d.artifact ?? null,
    d.inputs.at(-1)?.slice(0, LAST_INPUT) ?? null,
  ]
}
