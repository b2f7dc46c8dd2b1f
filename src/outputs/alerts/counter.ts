import { LRUCache } from 'lru-cache'
import type { AlertRule } from '../../config/alerts.ts'
import { atMost } from '../../config/at-most.ts'
import { networkOf } from '../../sensor/address.ts'
import type { SessionSummary } from '../../store/contract.ts'

/** Groups of one rule that are remembered at once; the one that was quiet the longest is forgotten first. */
const GROUPS = 10_000
/** Sessions that an alert names. */
const NAMED = 10

/** What a rule found: enough of it came together. */
export interface Alert {
  rule: string
  /** The value that the sessions share; `all` where they are counted together. */
  group: string
  count: number
  /** The latest, at most ten. */
  sessions: string[]
  /** UTC milliseconds. */
  time: number
}

interface Group {
  seen: { session: string; at: number }[]
  toldAt: number
}

/** Counts the sessions of one rule by group, within its window, and says when there are enough. */
export class AlertCounter {
  readonly #rule: AlertRule
  readonly #groups = new LRUCache<string, Group>({ ...atMost(GROUPS) })

  constructor(rule: AlertRule) {
    this.#rule = rule
  }

  /** @param at when the session matched. The same session counts once. */
  add(session: SessionSummary, at: number): Alert | undefined {
    const { name, count, window, coolDown } = this.#rule
    const value = groupOf(session, this.#rule.group)
    const group = this.#groups.get(value) ?? { seen: [], toldAt: Number.NEGATIVE_INFINITY }
    this.#groups.set(value, group)
    if (group.seen.some((one) => one.session === session.session)) return undefined
    group.seen.push({ session: session.session, at })
    // Only so many are looked at as are needed: a flood of one source must not grow.
    group.seen = group.seen.filter((one) => one.at > at - window).slice(-Math.max(count, NAMED))
    if (group.seen.length < count || at - group.toldAt < coolDown) return undefined
    group.toldAt = at
    return { rule: name, group: value, count: group.seen.length, sessions: group.seen.slice(-NAMED).map((one) => one.session), time: at }
  }
}

function groupOf({ srcIp, lure, persona }: SessionSummary, by: AlertRule['group']): string {
  switch (by) {
    case 'src_ip':
      return srcIp
    case 'network':
      return networkOf(srcIp)
    case 'lure':
      return lure
    case 'persona':
      return persona ?? ''
    case 'all':
      return 'all'
  }
}
