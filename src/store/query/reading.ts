import { z } from 'zod'
import { COUNTED_SESSIONS, type FacetField, type SessionSummary } from '../contract.ts'
import type { Condition } from './session-conditions.ts'

/** What the readers of both databases have in common. */

export const SESSIONS_DEFAULT = 100
export const EVENTS_DEFAULT = 1000
export const FACET_VALUES = 12

/** Facets that are a column of `session`. */
export const FACET_COLUMNS: Partial<Record<FacetField, string>> = {
  lure: 'lure',
  persona: 'persona',
  sensor: 'sensor',
  port: 'dst_port',
  src_ip: 'src_ip',
}

/** `session s` with the conditions; those with a query stop at so many, which is enough to say "more than". */
export function countedSessions(where: string, hasQuery: boolean): string {
  if (!hasQuery) return `session s ${where}`
  return `(SELECT 1 FROM session s ${where} ORDER BY s.started_at DESC LIMIT ${COUNTED_SESSIONS}) AS found`
}

/** The common table `hit`: sessions whose facets are counted, in one pass for all fields. */
export function facetQuery(where: string, fields: readonly FacetField[], counts: (field: FacetField) => string): string {
  return `
    WITH hit AS MATERIALIZED (
      SELECT s.id, s.lure, s.persona, s.sensor, s.dst_port, s.src_ip FROM session s ${where}
      ORDER BY s.started_at DESC, s.id DESC LIMIT ${COUNTED_SESSIONS})
    ${fields.map(counts).join(' UNION ALL ')}`
}

/** Fields that a facet query is given as values, in their order: those that are terms. */
export function termFields(fields: readonly FacetField[]): FacetField[] {
  return fields.filter((field) => FACET_COLUMNS[field] === undefined && field !== 'tag')
}

/** Rows `facet, value, n` by field, a field without any included. */
export function facetsOf(
  rows: readonly Record<string, unknown>[],
  fields: readonly FacetField[],
): Record<string, { value: string; count: number }[]> {
  const facets: Record<string, { value: string; count: number }[]> = Object.fromEntries(fields.map((field) => [field, []]))
  for (const row of rows) facets[String(row.facet)]?.push({ value: String(row.value), count: Number(row.n) })
  return facets
}

const Strings = z.array(z.string())
const Counts = z.record(z.string(), z.number())
const number = z.number().nullable()
const string = z.string().nullable()

const SessionRow = z.object({
  id: z.string(),
  sensor: z.string(),
  lure: string,
  stands_for: string,
  persona: string,
  src_ip: string,
  src_port: number,
  dst_port: number,
  started_at: z.number(),
  ended_at: number,
  events: z.number(),
  turns: z.number(),
  logins: z.number(),
  credential: string,
  artifacts: z.number(),
  tags: z.unknown(),
  signature: string,
  last_input: string,
  answers: z.unknown(),
})

/** How a database writes what is not a plain column. */
export interface RowForm {
  /** Text as it was stored. */
  text(stored: string): string
  /** A list or an object of JSON. */
  json(value: unknown): unknown
}

/** A row of `session` with its tags and the sources of its answers. @throws ZodError when the database holds something else */
export function sessionOf(from: Record<string, unknown>, { text, json }: RowForm): SessionSummary {
  const row = SessionRow.parse(from)
  const textOf = (value: string | null): string | undefined => (value === null ? undefined : text(value))
  return {
    session: row.id,
    sensor: text(row.sensor),
    lure: textOf(row.lure) ?? '',
    standsFor: row.stands_for === null ? [] : Strings.parse(JSON.parse(text(row.stands_for))),
    persona: textOf(row.persona),
    srcIp: textOf(row.src_ip) ?? '',
    srcPort: row.src_port ?? 0,
    dstPort: row.dst_port ?? 0,
    startedAt: row.started_at,
    endedAt: row.ended_at ?? undefined,
    events: row.events,
    turns: row.turns,
    logins: row.logins,
    credential: textOf(row.credential),
    artifacts: row.artifacts,
    tags: Strings.parse(json(row.tags) ?? []).map(text),
    signature: textOf(row.signature),
    lastInput: textOf(row.last_input),
    answers: Counts.parse(json(row.answers) ?? {}),
  }
}

/** The conditions of a WHERE whose value is given. */
export class Conditions<Value> {
  readonly values: Value[] = []
  readonly #conditions: string[] = []

  add(condition: string, value: Value | undefined): this {
    if (value === undefined) return this
    this.#conditions.push(condition)
    this.values.push(value)
    return this
  }

  addCondition(condition: (Omit<Condition, 'values'> & { values: readonly Value[] }) | undefined): this {
    if (!condition) return this
    this.#conditions.push(condition.sql)
    this.values.push(...condition.values)
    return this
  }

  get sql(): string {
    return this.#conditions.length === 0 ? '' : `WHERE ${this.#conditions.join(' AND ')}`
  }
}
