import { byDay, digestOf, type FactTally, type Seen } from '../fact-tally.ts'
import type { Connection } from './connection.ts'
import { toPostgresText } from './text.ts'

const MERGE_TERMS = `
  INSERT INTO term AS t (field, digest, value, first_seen, last_seen, count)
  SELECT field, decode(digest, 'hex'), value, first_seen, last_seen, count
  FROM json_to_recordset($1::json) AS x(field text, digest text, value text, first_seen bigint, last_seen bigint, count bigint)
  ORDER BY field, digest
  ON CONFLICT (field, digest) DO UPDATE SET
    first_seen = least(t.first_seen, excluded.first_seen), last_seen = greatest(t.last_seen, excluded.last_seen),
    count = t.count + excluded.count
  RETURNING id, field, encode(digest, 'hex') AS digest`

const MERGE_SESSION_TERMS = `
  INSERT INTO session_term AS x (session, term, count)
  SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS n(session, term, count) ORDER BY 1, 2
  ON CONFLICT (session, term) DO UPDATE SET count = x.count + excluded.count`

const mergeTally = (table: string): string => `
  INSERT INTO ${table} AS x (field, bucket, term, count)
  SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[]) AS n(field, bucket, term, count) ORDER BY 1, 2, 3
  ON CONFLICT (field, bucket, term) DO UPDATE SET count = x.count + excluded.count`

/** Merges the counts of a batch into those of all, within the transaction that stores its events. */
export async function mergeFacts(connection: Connection, tally: FactTally): Promise<void> {
  const all = Array.from(tally.values(), (seen) => ({ ...seen, digest: digestOf(seen.fact.value).toString('hex') }))
  if (all.length === 0) return
  const rows = await connection.query(MERGE_TERMS, [JSON.stringify(all.map(termRow))])
  const ids = new Map(rows.map(({ id, field, digest }) => [`${field} ${digest}`, Number(id)]))
  const idOf = ({ fact, digest }: (typeof all)[number]): number => ids.get(`${fact.field} ${digest}`) as number
  const ofSessions = all.flatMap((seen) => Array.from(seen.sessions, ([session, times]) => [session, idOf(seen), times]))
  if (ofSessions.length > 0) await connection.query(MERGE_SESSION_TERMS, transposed(ofSessions, 3))
  const fine = all.flatMap((seen) => Array.from(seen.fine, ([bucket, times]) => [seen.fact.field, bucket, idOf(seen), times]))
  await connection.query(mergeTally('tally_fine'), transposed(fine, 4))
  const days = all.flatMap((seen) => Array.from(byDay(seen.fine), ([day, times]) => [seen.fact.field, day, idOf(seen), times]))
  await connection.query(mergeTally('tally_day'), transposed(days, 4))
}

function termRow({ fact: { field, value }, digest, firstSeen, lastSeen, count }: Seen & { digest: string }): Record<string, unknown> {
  return { field, digest, value: toPostgresText(value), first_seen: firstSeen, last_seen: lastSeen, count }
}

/** Rows as the columns that `unnest` takes. */
function transposed(rows: readonly (readonly (string | number)[])[], columns: number): (string | number)[][] {
  return Array.from({ length: columns }, (_, i) => rows.map((row) => row[i] as string | number))
}
