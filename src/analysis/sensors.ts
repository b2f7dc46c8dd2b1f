import { z } from 'zod'
import { coreEvents, type SundewEvent } from '../events/schema.ts'
import type { EventReader } from '../store/contract.ts'

/** A sensor speaks once a minute; after three of them without a word it is called silent. */
export const SILENT_MS = 180_000
/** Events that wait longer than this are told of. */
const BEHIND_MS = 60_000
const DAY_MS = 86_400_000
const RECENT_MS = 600_000
/** Words of sensors that are looked at for who speaks now, and for who has started and ended before. */
const MOST_RECENT = 20_000
const MOST_STARTS = 2_000
const MOST_SENSORS = 10_000

export const SensorState = z.enum(['up', 'behind', 'silent', 'stopped', 'never'])
export type SensorState = z.infer<typeof SensorState>

/** One sensor of a hive, or the one whose store this is. Times are UTC milliseconds by the sensor's own clock. */
export interface SensorSummary {
  name: string
  /** `never`: it was admitted and has not been heard of. */
  state: SensorState
  version?: string | undefined
  startedAt?: number | undefined
  firstSeen?: number | undefined
  lastSeen?: number | undefined
  /** Events since its first, and of the last day. */
  events: number
  eventsOfDay: number
  /** Age of the oldest event that the hive lacked when the sensor spoke last. */
  behindMs: number
  lures?: number | undefined
  ports?: number | undefined
  connections?: number | undefined
  memoryBytes?: number | undefined
  /** What the sensor said is wrong with its link. */
  trouble?: string | undefined
}

/**
 * The sensors whose events a store holds, the silent ones first.
 * @param admitted names of those that may speak, heard of or not
 */
export async function sensorsOf(
  store: Pick<EventReader, 'facts' | 'events'>,
  { now = Date.now(), admitted = [] as readonly string[] } = {},
): Promise<SensorSummary[]> {
  const [ever, day, words, starts, ends] = await Promise.all([
    store.facts({ field: 'sensor', limit: MOST_SENSORS }),
    store.facts({ field: 'sensor', period: { since: now - DAY_MS, until: now + 1 }, limit: MOST_SENSORS }),
    store.events({ type: 'sensor.status', since: now - RECENT_MS, latest: true, limit: MOST_RECENT }),
    store.events({ type: 'sensor.start', latest: true, limit: MOST_STARTS }),
    store.events({ type: 'sensor.stop', latest: true, limit: MOST_STARTS }),
  ])
  const [word, start, end] = [latestOf(words), latestOf(starts), latestOf(ends)]
  const names = new Set([...admitted, ...ever.map(({ value }) => value), ...start.keys()])
  const found = [...names].map((name): SensorSummary => {
    const seen = ever.find(({ value }) => value === name)
    const begun = start.get(name)
    // What it said before its last start is of another process.
    const spoken = (word.get(name)?.time ?? 0) > (begun?.time ?? 0) ? word.get(name) : undefined
    const status = coreEvents['sensor.status'].safeParse(spoken?.data).data
    const first = coreEvents['sensor.start'].safeParse(begun?.data).data
    const startedAt = status?.startedAt ?? begun?.time
    const lastSeen = Math.max(seen?.lastSeen ?? 0, begun?.time ?? 0) || undefined
    const isOver = (end.get(name)?.time ?? 0) > Math.max(begun?.time ?? 0, word.get(name)?.time ?? 0)
    return {
      name,
      state: stateOf({ now, lastSeen, isOver, behindMs: status?.behindMs ?? 0 }),
      version: status?.version ?? first?.version,
      startedAt,
      firstSeen: seen?.firstSeen ?? begun?.time,
      lastSeen,
      events: seen?.count ?? 0,
      eventsOfDay: day.find(({ value }) => value === name)?.count ?? 0,
      behindMs: status?.behindMs ?? 0,
      lures: status?.lures ?? first?.lures,
      ports: status?.ports,
      connections: status?.connections,
      memoryBytes: status?.memoryBytes,
      trouble: status?.trouble,
    }
  })
  return found.sort((a, b) => URGENCY[a.state] - URGENCY[b.state] || a.name.localeCompare(b.name))
}

const URGENCY: Readonly<Record<SensorState, number>> = { silent: 0, behind: 1, stopped: 2, never: 3, up: 4 }

interface Seen {
  now: number
  lastSeen: number | undefined
  /** It has said good-bye. */
  isOver: boolean
  behindMs: number
}

function stateOf({ now, lastSeen, isOver, behindMs }: Seen): SensorState {
  if (lastSeen === undefined) return 'never'
  if (isOver) return 'stopped'
  if (now - lastSeen > SILENT_MS) return 'silent'
  return behindMs > BEHIND_MS ? 'behind' : 'up'
}

/** Events come in the order of their ids, so that the last of each sensor stays. */
function latestOf(events: readonly SundewEvent[]): Map<string, SundewEvent> {
  return new Map(events.map((event) => [event.sensor, event]))
}
