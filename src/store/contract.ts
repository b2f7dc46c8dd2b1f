import type { DeadLetter } from '../events/bus.ts'
import type { Artifact, SundewEvent } from '../events/schema.ts'
import type { FactField } from './facts.ts'
import type { Query } from './query/query.ts'

/** A session as lists show it; everything here derives from its events. */
export interface SessionSummary {
  session: string
  sensor: string
  lure: string
  standsFor: string[]
  persona: string | undefined
  srcIp: string
  srcPort: number
  dstPort: number
  /** UTC milliseconds. */
  startedAt: number
  endedAt: number | undefined
  events: number
  turns: number
  logins: number
  /** `user:password` of the accepted login, if any. */
  credential: string | undefined
  artifacts: number
  tags: string[]
  /** Hash over the shapes of its inputs in order; absent while there are none. */
  signature: string | undefined
  /** The first 500 characters of what the attacker sent last. */
  lastInput: string | undefined
  /** Answers by where they came from. */
  answers: Record<string, number>
}

/** Sessions beyond which nobody waits for an exact number. */
export const COUNTED_SESSIONS = 10_000

/** A span of time in UTC milliseconds: `since` <= time < `until`. */
export interface Period {
  since: number
  until: number
}

/**
 * Values of one field by how often they were seen, most first. Periods are rounded out to ten minutes. Without a period the
 * counts are of all that the store holds.
 */
export interface FactQuery {
  field: FactField
  period?: Period
  /** Only values that have this text in them; `*` stands for anything. */
  contains?: string
  /** Only values that were never seen before the period. */
  isNew?: boolean
  /** 100 of them unless `limit` says otherwise. */
  limit?: number
  offset?: number
}

export interface FactCount {
  value: string
  count: number
  /** UTC milliseconds, of all that the store holds. */
  firstSeen: number
  lastSeen: number
}

/** How often the values of a field were seen between `start` and the next slot. */
export interface HistogramSlot {
  /** UTC milliseconds. */
  start: number
  counts: Record<string, number>
}

/** Sessions with the same keys, as campaigns are made of. */
export interface SessionGroup {
  signature: string
  lure: string
  /** HASSH, else JA4H, JA4 or user agent; empty where a lure has no fingerprint of a client. */
  fingerprint: string
  /** SHA-256, empty when the sessions left none. */
  artifact: string
  sessions: number
  sources: number
  turns: number
  firstSeen: number
  lastSeen: number
  /** One of the sessions, the latest. */
  sample: string
}

/** Newest first, 100 of them unless `limit` says otherwise; `since` <= start < `until`. */
export interface SessionQuery {
  since?: number
  until?: number
  lure?: string
  srcIp?: string
  /** Only sessions that carry this tag. */
  tag?: string
  where?: Query
  limit?: number
  /** Sessions that started before this one (paging, newest first). */
  before?: string
  /** Skips so many; with `until` a long list stays the same while one scrolls through it. */
  offset?: number
}

export type FacetField =
  | 'lure'
  | 'persona'
  | 'sensor'
  | 'port'
  | 'src_ip'
  | 'tag'
  | 'country'
  | 'asn'
  | 'source'
  | 'hassh'
  | 'prompt'
  | 'model'

/** By id, oldest first, 1000 of them unless `limit` says otherwise; `since` <= time < `until`. */
export interface EventQuery {
  session?: string
  since?: number
  until?: number
  type?: string
  lure?: string
  srcIp?: string
  /** Events after this id, oldest first. */
  after?: string
  /** The newest `limit` events instead of the oldest; still in order of time. */
  latest?: boolean
  limit?: number
}

/** The questions that a store answers, from the process that writes it or from another. They reject with a StoreError. */
export interface EventReader {
  sessions(query: SessionQuery): Promise<SessionSummary[]>
  /** By its id, or by a beginning of it that is unique. */
  session(id: string): Promise<SessionSummary | undefined>
  events(query: EventQuery): Promise<SundewEvent[]>
  /** With `where` no more than {@link COUNTED_SESSIONS} are counted. */
  countSessions(query: SessionQuery): Promise<number>
  /** Values of fields among the newest {@link COUNTED_SESSIONS} that a query finds, most first, a dozen each. */
  facets(query: SessionQuery, fields: readonly FacetField[]): Promise<Record<string, { value: string; count: number }[]>>
  facts(query: FactQuery): Promise<FactCount[]>
  /** How many different values of a field there were, and how often in all. */
  factTotals(field: FactField, period: Period): Promise<{ values: number; count: number }>
  histogram(field: FactField, period: Period, slots: number): Promise<HistogramSlot[]>
  /** The values of some fields of one session. */
  sessionFacts(session: string): Promise<{ field: FactField; value: string; count: number }[]>
  sessionGroups(period: Period): Promise<SessionGroup[]>
  /** `sources` are the addresses of those sessions. */
  counts(since?: number): Promise<{ events: number; sessions: number; sources: number; deadLetters: number }>
}

/**
 * Where events live. One conformance suite (test/store/event-store.conformance.ts) holds for every engine.
 * `append` never throws and never waits; what it accepted survives a crash at most `flushMs` later.
 */
export interface EventStore extends EventReader {
  append(event: SundewEvent): void
  deadLetter(letter: DeadLetter): void
  /** Resolves when everything appended so far is durable. */
  flush(): Promise<void>
  /** Deletes by age and by size, oldest first. */
  retain(policy: { days: number; bytes: number }): Promise<{ deletedEvents: number }>
  health(): StoreHealth
  close(): Promise<void>
}

export interface StoreHealth {
  engine: string
  /** Events accepted and not yet in the database. */
  waiting: number
  /** Events lying in the spool because the database or disk refuses. */
  spooled: number
  /** Events that could be kept nowhere since the start: a loss. */
  refused?: number
  /** On disk: database, spool and artifacts. */
  bytes: number
  /** What is wrong now, with its cure; absent when well. */
  trouble?: { what: string; cure: string }
}

export interface ArtifactStore {
  /** Stores bytes once; larger than the cap are cut and marked. Never throws on a full disk: the facts are kept. */
  put(bytes: Uint8Array): Artifact
  /** The same facts without keeping the bytes. */
  describe(bytes: Uint8Array): Artifact
  get(sha256: string): Buffer | undefined
  list(limit?: number): (Artifact & { firstSeen: number })[]
}

/**
 * Small things that must outlive a restart, by scope and key: remembered logins, worlds, cached answers, pins.
 * Always local to the sensor and synchronous, whatever engine keeps the events.
 */
export interface StateStore {
  get(scope: string, key: string): Buffer | undefined
  set(scope: string, key: string, value: Uint8Array | string): void
  delete(scope: string, key: string): void
  /** Deletes a whole scope. */
  clear(scope: string): void
  entries(scope: string): Iterable<{ key: string; value: Buffer; updatedAt: number }>
}
