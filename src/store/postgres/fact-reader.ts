import type { FactCount, FactQuery, HistogramSlot, Period, SessionGroup } from '../contract.ts'
import { DAY_MS, FINE_MS, floorTo } from '../fact-tally.ts'
import type { FactField } from '../facts.ts'
import type { Condition } from '../query/session-conditions.ts'
import type { Row } from './connection.ts'
import { POSTGRES } from './dialect.ts'
import { fromPostgresText } from './text.ts'

const FACTS_DEFAULT = 100
/** Below this span events themselves are counted: a bar of ten minutes would be too broad. */
const BY_EVENTS_MS = 6 * 3_600_000

type All = (sql: string, values: readonly unknown[]) => Promise<Row[]>

/** Questions that are answered from what was counted when events were stored. */
export class PostgresFactReader {
  readonly #all: All

  constructor(all: All) {
    this.#all = all
  }

  async facts(query: FactQuery): Promise<FactCount[]> {
    const { field, period, contains, isNew, limit = FACTS_DEFAULT, offset = 0 } = query
    const conditions: Condition[] = contains === undefined ? [] : [POSTGRES.textTerms(field, contains)]
    if (isNew && period) conditions.push({ sql: 't.first_seen >= ?', values: [Math.floor(period.since)] })
    const found = period ? countedIn(field, period, conditions) : countedEver(field, conditions)
    const rows = await this.#all(`${found.sql} ORDER BY n DESC, t.id LIMIT ? OFFSET ?`, [...found.values, limit, offset])
    return rows.map((row) => ({
      value: fromPostgresText(String(row.value)),
      count: Number(row.n),
      firstSeen: Number(row.first_seen),
      lastSeen: Number(row.last_seen),
    }))
  }

  async factTotals(field: FactField, period: Period): Promise<{ values: number; count: number }> {
    const tally = tallyOf(field, period)
    const [row] = await this.#all(
      `SELECT count(DISTINCT term) AS terms, coalesce(sum(count), 0)::bigint AS n FROM (${tally.sql}) AS counted`,
      tally.values,
    )
    return { values: Number(row?.terms), count: Number(row?.n) }
  }

  async histogram(field: FactField, period: Period, slots: number): Promise<HistogramSlot[]> {
    const since = Math.floor(period.since)
    const span = period.until - since
    const isFine = field === 'lure' && span < BY_EVENTS_MS
    // Bars are as wide as the slots, rounded up to what was counted.
    const width = isFine ? Math.max(1, Math.ceil(span / slots)) : Math.ceil(span / slots / FINE_MS) * FINE_MS
    const start = isFine ? since : floorTo(since, FINE_MS)
    const rows = isFine ? await this.#eventsBySlot(start, period.until, width) : await this.#tallyBySlot(field, start, period.until, width)
    const found: HistogramSlot[] = []
    for (let at = start; at < period.until; at += width) found.push({ start: at, counts: {} })
    for (const row of rows) {
      const slot = found[Number(row.slot)]
      if (slot) slot.counts[fromPostgresText(String(row.value))] = Number(row.n)
    }
    return found
  }

  async sessionFacts(session: string): Promise<{ field: FactField; value: string; count: number }[]> {
    const sql = `
      SELECT t.field, t.value, x.count AS n FROM session_term x JOIN term t ON t.id = x.term
      WHERE x.session = ?::uuid AND t.field NOT IN ('input', 'request', 'answer') ORDER BY t.field, n DESC LIMIT 1000`
    return (await this.#all(sql, [session])).map((row) => ({
      field: String(row.field) as FactField,
      value: fromPostgresText(String(row.value)),
      count: Number(row.n),
    }))
  }

  async sessionGroups({ since, until }: Period): Promise<SessionGroup[]> {
    const sql = `
      SELECT signature, coalesce(lure, '') AS lure, coalesce(fingerprint, '') AS fingerprint, coalesce(artifact, '') AS artifact,
             count(*) AS sessions, count(DISTINCT src_ip) AS sources, max(turns) AS turns,
             min(started_at) AS first_seen, max(last_at) AS last_seen,
             (array_agg(id ORDER BY started_at DESC))[1] AS sample
      FROM session
      WHERE signature IS NOT NULL AND started_at >= ? AND started_at < ?
      GROUP BY signature, session.lure, session.fingerprint, session.artifact`
    return (await this.#all(sql, [Math.floor(since), Math.floor(until)])).map((row) => ({
      signature: String(row.signature),
      lure: String(row.lure),
      fingerprint: fromPostgresText(String(row.fingerprint)),
      artifact: String(row.artifact),
      sessions: Number(row.sessions),
      sources: Number(row.sources),
      turns: Number(row.turns),
      firstSeen: Number(row.first_seen),
      lastSeen: Number(row.last_seen),
      sample: String(row.sample),
    }))
  }

  #eventsBySlot(start: number, until: number, width: number): Promise<Row[]> {
    const sql = `
      SELECT (time - ?::bigint) / ?::bigint AS slot, lure AS value, count(*) AS n FROM event
      WHERE time >= ? AND time < ? AND lure IS NOT NULL GROUP BY 1, 2`
    return this.#all(sql, [start, width, start, Math.floor(until)])
  }

  #tallyBySlot(field: FactField, start: number, until: number, width: number): Promise<Row[]> {
    const sql = `
      SELECT slot, t.value, n FROM (
        SELECT (bucket - ?::bigint) / ?::bigint AS slot, term, sum(count)::bigint AS n FROM tally_fine
        WHERE field = ? AND bucket >= ? AND bucket < ? GROUP BY 1, 2) AS counted JOIN term t ON t.id = term`
    return this.#all(sql, [start, width, field, start, Math.floor(until)])
  }
}

function countedIn(field: FactField, period: Period, conditions: readonly Condition[]): Condition {
  const tally = tallyOf(field, period)
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}`
  return {
    sql: `
      SELECT t.value, n, t.first_seen, t.last_seen
      FROM (SELECT term, sum(count)::bigint AS n FROM (${tally.sql}) AS parts GROUP BY term) AS counted JOIN term t ON t.id = term ${where}`,
    values: [...tally.values, ...conditions.flatMap(({ values }) => values)],
  }
}

function countedEver(field: FactField, conditions: readonly Condition[]): Condition {
  const where = ['t.field = ?', ...conditions.map(({ sql }) => sql)].join(' AND ')
  return {
    sql: `SELECT t.value, t.count AS n, t.first_seen, t.last_seen FROM term t WHERE ${where}`,
    values: [field, ...conditions.flatMap(({ values }) => values)],
  }
}

/** The counts of a field within a period, rounded out to ten minutes: whole days as such, ten minutes at both ends. */
function tallyOf(field: FactField, { since, until }: Period): Condition {
  const start = floorTo(since, FINE_MS)
  const end = floorTo(until - 1, FINE_MS) + FINE_MS
  const firstDay = floorTo(start + DAY_MS - 1, DAY_MS)
  const lastDay = floorTo(end, DAY_MS)
  const part = (table: string): string => `SELECT term, count FROM ${table} WHERE field = ? AND bucket >= ? AND bucket < ?`
  if (firstDay >= lastDay) return { sql: part('tally_fine'), values: [field, start, end] }
  return {
    sql: [part('tally_fine'), part('tally_day'), part('tally_fine')].join(' UNION ALL '),
    values: [field, start, firstDay, field, firstDay, lastDay, field, lastDay, end],
  }
}
