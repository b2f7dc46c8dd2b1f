import type { SQLInputValue } from 'node:sqlite'
import type { FactCount, FactQuery, HistogramSlot, Period, SessionGroup } from '../contract.ts'
import { DAY_MS, FINE_MS, floorTo } from '../fact-tally.ts'
import type { FactField } from '../facts.ts'
import type { Condition } from '../query/session-conditions.ts'
import { SQLITE } from './dialect.ts'

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

  async facts(query: FactQuery): Promise<FactCount[]> {
    const { field, period, contains, isNew, limit = FACTS_DEFAULT, offset = 0 } = query
    const conditions: Condition[] = contains === undefined ? [] : [SQLITE.textTerms(field, contains)]
    if (isNew && period) conditions.push({ sql: 't.first_seen >= ?', values: [period.since] })
    const rows = period ? this.#factsOfPeriod(field, period, conditions, limit, offset) : this.#factsOfAll(field, conditions, limit, offset)
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

  #factsOfPeriod(field: FactField, period: Period, conditions: Condition[], limit: number, offset: number): Record<string, unknown>[] {
    const tally = tallyOf(field, period)
    const counted = `SELECT term, sum(count) AS n FROM (${tally.sql}) GROUP BY term`
    if (conditions.length === 0) {
      // The few that are asked for are picked before their texts are read.
      const sql = `
        SELECT t.value, n, t.first_seen, t.last_seen FROM (${counted} ORDER BY n DESC, term LIMIT ? OFFSET ?)
        JOIN term t ON t.id = term ORDER BY n DESC, t.id`
      return this.#all(sql, [...tally.values, limit, offset])
    }
    const where = conditions.map(({ sql }) => sql).join(' AND ')
    const sql = `
      SELECT t.value, n, t.first_seen, t.last_seen FROM (${counted}) JOIN term t ON t.id = term
      WHERE ${where} ORDER BY n DESC, t.id LIMIT ? OFFSET ?`
    return this.#all(sql, [...tally.values, ...conditions.flatMap(({ values }) => values), limit, offset])
  }

  #factsOfAll(field: FactField, conditions: Condition[], limit: number, offset: number): Record<string, unknown>[] {
    const where = ['t.field = ?', ...conditions.map(({ sql }) => sql)].join(' AND ')
    const sql = `SELECT t.value, t.count AS n, t.first_seen, t.last_seen FROM term t WHERE ${where} ORDER BY n DESC, t.id LIMIT ? OFFSET ?`
    return this.#all(sql, [field, ...conditions.flatMap(({ values }) => values), limit, offset])
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
