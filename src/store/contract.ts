import type { DeadLetter } from '../events/bus.ts'
import type { Artifact, SundewEvent } from '../events/schema.ts'

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
}

/** Newest first, 100 of them unless `limit` says otherwise; `since` <= start < `until`. */
export interface SessionQuery {
  since?: number
  until?: number
  lure?: string
  srcIp?: string
  /** Only sessions that carry this tag. */
  tag?: string
  limit?: number
  /** Sessions that started before this one (paging, newest first). */
  before?: string
}

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
