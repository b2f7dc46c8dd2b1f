import type { DeadLetter } from '../../events/bus.ts'
import type { SundewEvent } from '../../events/schema.ts'
import type {
  EventQuery,
  EventReader,
  FacetField,
  FactCount,
  FactQuery,
  HistogramSlot,
  Period,
  SessionGroup,
  SessionQuery,
  SessionSummary,
} from '../contract.ts'
import type { FactField } from '../facts.ts'
import { type Conditions, countedSessions, type RowForm, SESSIONS_DEFAULT, sessionOf } from './reading.ts'

/** Questions that are answered from what was counted when events were stored. */
export type FactQuestions = Pick<EventReader, 'facts' | 'factTotals' | 'histogram' | 'sessionFacts' | 'sessionGroups'>

/** A reader, and what an operator's tools ask of one beyond {@link EventReader}. */
export interface FullReader extends EventReader {
  /** What did not fit its schema, newest first; 100 of them unless `limit` says otherwise. */
  deadLetters(limit?: number): Promise<DeadLetter[]>
}

/** What the readers of both databases do alike. `Value` is what a parameter may be; parameters are `?`. */
export abstract class Reader<Value> implements FullReader {
  protected abstract readonly counted: FactQuestions
  /** `SELECT … FROM session s`, with the tags and the sources of answers. */
  protected abstract readonly selectSession: string
  protected abstract readonly form: RowForm
  /** @throws {StoreError} */
  protected abstract all(sql: string, values: (Value | number)[]): Promise<Record<string, unknown>[]>
  protected abstract conditions(query: SessionQuery): Conditions<Value>

  abstract session(id: string): Promise<SessionSummary | undefined>
  abstract events(query: EventQuery): Promise<SundewEvent[]>
  abstract facets(query: SessionQuery, fields: readonly FacetField[]): Promise<Record<string, { value: string; count: number }[]>>
  abstract counts(since?: number): ReturnType<EventReader['counts']>

  async sessions(query: SessionQuery): Promise<SessionSummary[]> {
    const where = this.conditions(query)
    const sql = `${this.selectSession} ${where.sql} ORDER BY s.started_at DESC, s.id DESC LIMIT ? OFFSET ?`
    const rows = await this.all(sql, [...where.values, query.limit ?? SESSIONS_DEFAULT, query.offset ?? 0])
    return rows.map((row) => sessionOf(row, this.form))
  }

  async countSessions(query: SessionQuery): Promise<number> {
    const where = this.conditions(query)
    const sql = `SELECT count(*) AS n FROM ${countedSessions(where.sql, query.where !== undefined)}`
    return Number((await this.all(sql, where.values))[0]?.n)
  }

  async deadLetters(limit = 100): Promise<DeadLetter[]> {
    const rows = await this.all('SELECT reason, body FROM dead_letter ORDER BY time DESC, id DESC LIMIT ?', [limit])
    return rows.map((row) => ({
      event: JSON.parse(String(row.body)) as SundewEvent,
      reason: this.form.text(String(row.reason)),
    }))
  }

  facts(query: FactQuery): Promise<FactCount[]> {
    return this.counted.facts(query)
  }

  factTotals(field: FactField, period: Period): Promise<{ values: number; count: number }> {
    return this.counted.factTotals(field, period)
  }

  histogram(field: FactField, period: Period, slots: number): Promise<HistogramSlot[]> {
    return this.counted.histogram(field, period, slots)
  }

  sessionFacts(session: string): Promise<{ field: FactField; value: string; count: number }[]> {
    return this.counted.sessionFacts(session)
  }

  sessionGroups(period: Period): Promise<SessionGroup[]> {
    return this.counted.sessionGroups(period)
  }
}

/** The questions of a store, which it puts to the reader that it has open. */
export abstract class AnsweringStore implements FullReader {
  /** @throws {StoreError} when nothing can be read */
  protected abstract reader(): FullReader

  async sessions(query: SessionQuery): Promise<SessionSummary[]> {
    return this.reader().sessions(query)
  }

  async session(id: string): Promise<SessionSummary | undefined> {
    return this.reader().session(id)
  }

  async events(query: EventQuery): Promise<SundewEvent[]> {
    return this.reader().events(query)
  }

  async counts(since?: number): Promise<{ events: number; sessions: number; sources: number; deadLetters: number }> {
    return this.reader().counts(since)
  }

  async countSessions(query: SessionQuery): Promise<number> {
    return this.reader().countSessions(query)
  }

  async facets(query: SessionQuery, fields: readonly FacetField[]): Promise<Record<string, { value: string; count: number }[]>> {
    return this.reader().facets(query, fields)
  }

  async facts(query: FactQuery): Promise<FactCount[]> {
    return this.reader().facts(query)
  }

  async factTotals(field: FactField, period: Period): Promise<{ values: number; count: number }> {
    return this.reader().factTotals(field, period)
  }

  async histogram(field: FactField, period: Period, slots: number): Promise<HistogramSlot[]> {
    return this.reader().histogram(field, period, slots)
  }

  async sessionFacts(session: string): Promise<{ field: FactField; value: string; count: number }[]> {
    return this.reader().sessionFacts(session)
  }

  async sessionGroups(period: Period): Promise<SessionGroup[]> {
    return this.reader().sessionGroups(period)
  }

  async deadLetters(limit?: number): Promise<DeadLetter[]> {
    return this.reader().deadLetters(limit)
  }
}
