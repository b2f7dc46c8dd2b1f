import { digestOf } from '../fact-tally.ts'
import type { Annotator } from '../facts.ts'
import type { SessionDelta } from '../session-delta.ts'
import type { Connection } from './connection.ts'
import { shortText, toPostgresText } from './text.ts'

const COLUMNS = `id, sensor, lure, stands_for, persona, src_ip, src_port, dst_port, started_at, last_at, ended_at,
  open_visits, events, turns, logins, credential, artifacts, signature, fingerprint, artifact, last_input`

const MERGE = `
  INSERT INTO session AS s (${COLUMNS})
  SELECT ${COLUMNS} FROM json_populate_recordset(NULL::session, $1::json) ORDER BY id
  ON CONFLICT (id) DO UPDATE SET
    lure = coalesce(s.lure, excluded.lure),
    stands_for = coalesce(s.stands_for, excluded.stands_for),
    persona = coalesce(s.persona, excluded.persona),
    src_ip = coalesce(s.src_ip, excluded.src_ip),
    src_port = coalesce(s.src_port, excluded.src_port),
    dst_port = coalesce(s.dst_port, excluded.dst_port),
    started_at = least(s.started_at, excluded.started_at),
    last_at = greatest(s.last_at, excluded.last_at),
    ended_at = CASE WHEN s.open_visits + excluded.open_visits > 0 THEN NULL ELSE coalesce(excluded.ended_at, s.ended_at) END,
    open_visits = s.open_visits + excluded.open_visits,
    events = s.events + excluded.events,
    turns = s.turns + excluded.turns,
    logins = s.logins + excluded.logins,
    credential = coalesce(s.credential, excluded.credential),
    artifacts = s.artifacts + excluded.artifacts,
    signature = coalesce(excluded.signature, s.signature),
    fingerprint = coalesce(s.fingerprint, excluded.fingerprint),
    artifact = coalesce(s.artifact, excluded.artifact),
    last_input = coalesce(excluded.last_input, s.last_input)`

const SOURCES = `
  INSERT INTO session_source (src_ip, session) SELECT src_ip, session FROM unnest($1::text[], $2::uuid[]) AS x(src_ip, session)
  ORDER BY 1, 2 ON CONFLICT DO NOTHING`

const TAGS = `
  INSERT INTO session_tag (session, tag) SELECT session, tag FROM unnest($1::uuid[], $2::text[]) AS x(session, tag)
  ORDER BY 1, 2 ON CONFLICT DO NOTHING`

/** Characters of the last input that the row of a session shows. */
const LAST_INPUT = 500

/** Merges what a batch says of sessions into their rows, within the transaction that stores its events. */
export async function mergeSessions(
  connection: Connection,
  deltas: ReadonlyMap<string, SessionDelta>,
  annotator: Annotator,
): Promise<void> {
  if (deltas.size === 0) return
  const all = [...deltas.values()]
  const signatures = await signaturesAfter(connection, all, annotator)
  await connection.query(MERGE, [JSON.stringify(all.map((delta) => sessionRow(delta, signatures.get(delta.session))))])
  const sources = all.flatMap(({ session, sources }) => [...sources].map((source) => [shortText(source), session] as const))
  if (sources.length > 0) await connection.query(SOURCES, columnsOf(sources))
  const tags = all.flatMap(({ session, tags }) => [...tags].map((tag) => [session, shortText(tag)] as const))
  if (tags.length > 0) await connection.query(TAGS, columnsOf(tags))
}

/** A signature goes on from where the session's earlier events have brought it. */
async function signaturesAfter(
  connection: Connection,
  deltas: readonly SessionDelta[],
  annotator: Annotator,
): Promise<Map<string, string>> {
  const signatures = new Map<string, string>()
  const typed = deltas.filter(({ inputs }) => inputs.length > 0)
  if (typed.length === 0) return signatures
  // Locked in order of their ids, as the merge locks them.
  const rows = await connection.query('SELECT id, signature FROM session WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE', [
    typed.map(({ session }) => session),
  ])
  const before = new Map(rows.map(({ id, signature }) => [String(id), String(signature ?? '')]))
  for (const { session, inputs } of typed) {
    let signature = before.get(session.toLowerCase()) ?? ''
    for (const input of inputs) signature = digestOf(`${signature}\n${annotator.shape(input)}`).toString('hex')
    signatures.set(session, signature)
  }
  return signatures
}

function columnsOf(pairs: readonly (readonly [string, string])[]): string[][] {
  return [pairs.map(([first]) => first), pairs.map(([, second]) => second)]
}

function sessionRow(d: SessionDelta, signature: string | undefined): Record<string, unknown> {
  const source = d.sources.values().next().value
  const lastInput = d.inputs.at(-1)?.slice(0, LAST_INPUT)
  return {
    id: d.session,
    sensor: shortText(d.sensor),
    lure: d.lure && shortText(d.lure),
    stands_for: d.standsFor && toPostgresText(JSON.stringify(d.standsFor)),
    persona: d.persona && shortText(d.persona),
    src_ip: source && shortText(source),
    src_port: d.srcPort,
    dst_port: d.dstPort,
    started_at: d.startedAt,
    last_at: d.lastAt,
    ended_at: d.openVisits > 0 ? undefined : d.closedAt,
    open_visits: d.openVisits,
    events: d.events,
    turns: d.turns,
    logins: d.logins,
    credential: d.credential === undefined ? undefined : toPostgresText(d.credential),
    artifacts: d.artifacts,
    signature,
    fingerprint: d.fingerprint && shortText(d.fingerprint),
    artifact: d.artifact && shortText(d.artifact),
    last_input: lastInput === undefined ? undefined : toPostgresText(lastInput),
  }
}
