import type { AlertRule } from '../../config/alerts.ts'
import type { EventReader, Period } from '../../store/contract.ts'
import { parseQuery } from '../../store/query/parse.ts'
import { type Alert, AlertCounter } from './counter.ts'
import { notIgnored } from './watch.ts'

/** Sessions that a preview looks at: the newest. */
const LOOKED_AT = 20_000
const PAGE = 1000

/**
 * Which alerts a rule would have raised in a period.
 * @throws {QueryProblem} when its condition cannot be read
 */
export async function previewOf(rule: AlertRule, store: EventReader, period: Period): Promise<Alert[]> {
  const where = notIgnored(parseQuery(rule.when))
  const found = []
  for (let offset = 0; offset < LOOKED_AT; offset += PAGE) {
    const page = await store.sessions({ where, ...period, limit: PAGE, offset })
    found.push(...page)
    if (page.length < PAGE) break
  }
  const counter = new AlertCounter(rule)
  return found.reverse().flatMap((session) => counter.add(session, session.startedAt) ?? [])
}
