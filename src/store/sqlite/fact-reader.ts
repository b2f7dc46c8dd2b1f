import type { SQLInputValue } from 'node:sqlite'
import type { FactCount, FactQuery, HistogramSlot, Period, SessionGroup } from '../contract.ts'
import { DAY_MS, FINE_MS, floorTo } from '../fact-tally.ts'
import { FACT_FIELDS, type FactField } from '../facts.ts'
import type { Condition } from '../query/session-conditions.ts'
import { phrase, SQLITE } from './dialect.ts'

const FACTS_DEFAULT = 100
/** Below this span events themselves are counted: a bar of ten minutes would be too broad. */
const BY_EVENTS_MS = 6 * 3_600_000

type All = (sql: string, values: SQLInputValue[]) => Record<string, unknown>[]

/** Questions that are answered from what was counted when events were stored. */
export class FactReader {
  readonly #all: All

  constructor(all: All) {
    this.#all = all
  }

  async facts({ field, period, contains, isNew, limit = FACTS_DEFAULT, offset = 0 }: FactQuery): Promise<FactCount[]> {
    const wanted = contains === undefined ? undefined : termsWith(field, contains)
    const rows = period
      ? this.#factsOfPeriod(field, period, { wanted, isNew }, limit, offset)
      : this.#factsOfAll(field, wanted, limit, offset)
    return rows.map((row) => ({
      value: String(row.value),
      count: Number(row.n),
      firstSeen: Number(row.first_seen),
      lastSeen: Number(row.last_seen),
    }))
  }

  async factTotals(field: FactField, period: Period): Promise<{ values: number; count: number }> {
    const tally = tallyOf(field, period)
    const [row] = this.#all(`SELECT count(DISTINCT term) AS terms, coalesce(sum(count), 0) AS n FROM (${tally.sql})`, tally.values)
    return { values: Number(row?.terms), count: Number(row?.n) }
  }

  async histogram(field: FactField, period: Period, slots: number): Promise<HistogramSlot[]> {
    const span = period.until - period.since
    const isFine = field === 'lure' && span < BY_EVENTS_MS
    // Bars are as wide as the slots, rounded up to what was counted.
    const width = isFine ? Math.max(1, Math.ceil(span / slots)) : Math.ceil(span / slots / FINE_MS) * FINE_MS
    const start = isFine ? period.since : floorTo(period.since, FINE_MS)
    const rows = isFine ? this.#eventsBySlot(start, period.until, width) : this.#tallyBySlot(field, start, period.until, width)
    const found: HistogramSlot[] = []
    for (let at = start; at < period.until; at += width) found.push({ start: at, counts: {} })
    for (const row of rows) {
      const slot = found[Number(row.slot)]
      if (slot) slot.counts[String(row.value)] = Number(row.n)
    }
    return found
  }

  async sessionFacts(session: string): Promise<{ field: FactField; value: string; count: number }[]> {
    const sql = `
      SELECT t.field, t.value, x.count AS n FROM session_term x JOIN term t ON t.id = x.term
      WHERE x.session = ? AND t.field NOT IN ('input', 'request', 'answer') ORDER BY t.field, n DESC LIMIT 1000`
    return this.#all(sql, [session]).map((row) => ({
      field: String(row.field) as FactField,
      value: String(row.value),
      count: Number(row.n),
    }))
  }

  async sessionGroups({ since, until }: Period): Promise<SessionGroup[]> {
    const sql = `
      SELECT signature, coalesce(lure, '') AS lure, coalesce(fingerprint, '') AS fingerprint, coalesce(artifact, '') AS artifact,
             count(*) AS sessions, count(DISTINCT src_ip) AS sources, max(turns) AS turns,
             min(started_at) AS first_seen, max(last_at) AS last_seen,
             (SELECT id FROM session l WHERE l.signature = s.signature AND l.lure IS s.lure AND l.fingerprint IS s.fingerprint
              AND l.artifact IS s.artifact AND l.started_at >= ?1 AND l.started_at < ?2 ORDER BY l.started_at DESC LIMIT 1) AS sample
      FROM session s INDEXED BY session_keys
      WHERE signature IS NOT NULL AND started_at >= ?1 AND started_at < ?2
      GROUP BY s.signature, s.lure, s.fingerprint, s.artifact`
    return this.#all(sql, [since, until]).map((row) => ({
      signature: String(row.signature),
      lure: String(row.lure),
      fingerprint: String(row.fingerprint),
      artifact: String(row.artifact),
      sessions: Number(row.sessions),
      sources: Number(row.sources),
      turns: Number(row.turns),
      firstSeen: Number(row.first_seen),
      lastSeen: Number(row.last_seen),
      sample: String(row.sample),
    }))
  }

  /** A searched text is found before anything is counted, and the few that are asked for are picked before their texts are read. */
  #factsOfPeriod(
    field: FactField,
    period: Period,
    { wanted, isNew = false }: { wanted: Condition | undefined; isNew: boolean | undefined },
    limit: number,
    offset: number,
  ): Record<string, unknown>[] {
    const tally = tallyOf(field, period, wanted && 'term IN wanted')
    const withWanted = wanted ? `WITH wanted AS MATERIALIZED (${wanted.sql})` : ''
    const counted = `SELECT term, sum(count) AS n FROM (${tally.sql}) GROUP BY term`
    const values = [...(wanted?.values ?? []), ...tally.values]
    if (isNew) {
      const sql = `
        ${withWanted} SELECT t.value, n, t.first_seen, t.last_seen FROM (${counted}) JOIN term t ON t.id = term
        WHERE t.first_seen >= ? ORDER BY n DESC, t.id LIMIT ? OFFSET ?`
      return this.#all(sql, [...values, period.since, limit, offset])
    }
    const sql = `
      ${withWanted} SELECT t.value, n, t.first_seen, t.last_seen FROM (${counted} ORDER BY n DESC, term LIMIT ? OFFSET ?)
      JOIN term t ON t.id = term ORDER BY n DESC, t.id`
    return this.#all(sql, [...values, limit, offset])
  }

  #factsOfAll(field: FactField, wanted: Condition | undefined, limit: number, offset: number): Record<string, unknown>[] {
    const where = wanted ? `t.field = ? AND t.id IN (${wanted.sql})` : 't.field = ?'
    const sql = `SELECT t.value, t.count AS n, t.first_seen, t.last_seen FROM term t WHERE ${where} ORDER BY n DESC, t.id LIMIT ? OFFSET ?`
    return this.#all(sql, [field, ...(wanted?.values ?? []), limit, offset])
  }

  /** Node binds numbers as REAL, so a division keeps its fraction. */
  #eventsBySlot(start: number, until: number, width: number): Record<string, unknown>[] {
    const sql = `
      SELECT CAST((time - ?1) / ?3 AS INTEGER) AS slot, lure AS value, count(*) AS n FROM event
      WHERE time >= ?1 AND time < ?2 AND lure IS NOT NULL GROUP BY 1, 2`
    return this.#all(sql, [start, until, width])
  }

  #tallyBySlot(field: FactField, start: number, until: number, width: number): Record<string, unknown>[] {
    const sql = `
      SELECT slot, t.value, n FROM (
        SELECT CAST((bucket - ?2) / ?4 AS INTEGER) AS slot, term, sum(count) AS n FROM tally_fine
        WHERE field = ?1 AND bucket >= ?2 AND bucket < ?3 GROUP BY 1, 2) JOIN term t ON t.id = term`
    return this.#all(sql, [field, start, until, width])
  }
}

/** Ids of terms that have a text in them, of other fields too where the index alone says it. */
function termsWith(field: FactField, text: string): Condition {
  const isIndexed = FACT_FIELDS[field] === 'text' && !text.includes('*') && Array.from(text).length >= 3
  if (isIndexed) return { sql: 'SELECT rowid AS id FROM term_text WHERE term_text MATCH ?', values: [phrase(text)] }
  const { sql, values } = SQLITE.textTerms(field, text)
  return { sql: `SELECT t.id FROM term t WHERE ${sql}`, values }
}

/** The counts of a field within a period, rounded out to ten minutes: whole days as such, ten minutes at both ends. */
function tallyOf(field: FactField, { since, until }: Period, only?: string): Condition {
  const start = floorTo(since, FINE_MS)
  const end = floorTo(until - 1, FINE_MS) + FINE_MS
  const firstDay = floorTo(start + DAY_MS - 1, DAY_MS)
  const lastDay = floorTo(end, DAY_MS)
  const part = (table: string): string =>
    `SELECT term, count FROM ${table} WHERE field = ? AND bucket >= ? AND bucket < ?${only ? ` AND ${only}` : ''}`
  if (firstDay >= lastDay) return { sql: part('tally_fine'), values: [field, start, end] }
  return {
    sql: [part('tally_fine'), part('tally_day'), part('tally_fine')].join(' UNION ALL '),
    values: [field, start, firstDay, field, firstDay, lastDay, field, lastDay, end],
  }
}
