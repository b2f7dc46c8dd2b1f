import { evidenceText } from '../events/bytes.ts'
import { coreEvents, type SundewEvent } from '../events/schema.ts'
import type { Fact } from './facts.ts'

/** What a run of events of one session adds to its row. Engines merge it in the transaction that stores the events. */
export interface SessionDelta {
  session: string
  sensor: string
  lure: string | undefined
  standsFor: string[] | undefined
  persona: string | undefined
  /** Addresses that its events came from; the first one is the session's. */
  sources: Set<string>
  srcPort: number | undefined
  dstPort: number | undefined
  startedAt: number
  lastAt: number
  /** Time of the last close. It ends the session only when no visit is open any more. */
  closedAt: number | undefined
  /** Visits opened less visits closed. */
  openVisits: number
  events: number
  turns: number
  logins: number
  credential: string | undefined
  artifacts: number
  tags: Set<string>
  /** What the attacker typed or requested, in order. */
  inputs: string[]
  /** The first that the client showed: its HASSH, JA4H, JA4 or user agent. */
  fingerprint: string | undefined
  /** SHA-256 of the first file. */
  artifact: string | undefined
}

export function emptyDelta(session: string, first: SundewEvent): SessionDelta {
  return {
    session,
    sensor: first.sensor,
    lure: undefined,
    standsFor: undefined,
    persona: undefined,
    sources: new Set(),
    srcPort: undefined,
    dstPort: undefined,
    startedAt: first.time,
    lastAt: first.time,
    closedAt: undefined,
    openVisits: 0,
    events: 0,
    turns: 0,
    logins: 0,
    credential: undefined,
    artifacts: 0,
    tags: new Set(),
    inputs: [],
    fingerprint: undefined,
    artifact: undefined,
  }
}

export function addToDelta(delta: SessionDelta, event: SundewEvent): void {
  delta.lure ??= event.lure
  delta.standsFor ??= event.standsFor
  delta.persona ??= event.persona
  if (event.srcIp !== undefined) delta.sources.add(event.srcIp)
  delta.srcPort ??= event.srcPort
  delta.dstPort ??= event.dstPort
  delta.startedAt = Math.min(delta.startedAt, event.time)
  delta.lastAt = Math.max(delta.lastAt, event.time)
  delta.events++
  for (const tag of event.tags ?? []) delta.tags.add(tag)
  countByType(delta, event)
}

/** Characters of a fingerprint: a user agent may be of any length. */
const FINGERPRINT = 100

export function addFactsToDelta(delta: SessionDelta, facts: readonly Fact[]): void {
  for (const { field, value } of facts) {
    if (field === 'input' || field === 'request') delta.inputs.push(value)
    else if (field === 'artifact') delta.artifact ??= value
    else if (field === 'hassh' || field === 'ja4h' || field === 'ja4' || field === 'user_agent')
      delta.fingerprint ??= value.slice(0, FINGERPRINT)
  }
}

function countByType(delta: SessionDelta, event: SundewEvent): void {
  switch (event.type) {
    case 'session.open':
      delta.openVisits++
      return
    case 'session.close':
      delta.openVisits--
      delta.closedAt = Math.max(delta.closedAt ?? 0, event.time)
      return
    case 'turn':
      delta.turns++
      return
    case 'artifact':
      delta.artifacts++
      return
    case 'login':
      delta.logins++
      delta.credential ??= acceptedCredential(event)
  }
}

/** `user:password`, or the user alone when the login needed no password. */
function acceptedCredential(event: SundewEvent): string | undefined {
  const login = coreEvents.login.safeParse(event.data).data
  if (!login?.accepted) return undefined
  const user = evidenceText(login.username)
  return login.password === undefined ? user : `${user}:${evidenceText(login.password)}`
}
