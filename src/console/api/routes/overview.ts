import { LRUCache } from 'lru-cache'
import type { EventReader, FactCount, Period } from '../../../store/contract.ts'
import type { FactField } from '../../../store/facts.ts'
import type { Routes } from '../app.ts'
import { PeriodQuery, periodBefore, periodOf } from '../period.ts'
import { countedRow } from '../rows.ts'
import type { Services } from '../services.ts'
import { Overview } from '../shapes.ts'

const SLOTS = 60
const TOP = 10
/** Pages that many people look at ask once for all of them, and only so often. */
const FRESH_MS = 5_000
const TOP_FIELDS = [
  'lure',
  'input',
  'request',
  'credential',
  'src_ip',
  'country',
  'asn',
  'port',
  'source',
] as const satisfies readonly FactField[]

export const overviewRoutes: Routes = (app, services) => {
  const cache = new LRUCache<string, Promise<Overview>>({ max: 50, ttl: FRESH_MS })
  app.get(
    '/overview',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Figures of a period against the one before, and what was seen most',
        querystring: PeriodQuery,
        response: { 200: Overview },
      },
    },
    ({ query }) => {
      const period = periodOf(query)
      const key = `${Math.round(period.since / FRESH_MS)} ${Math.round(period.until / FRESH_MS)}`
      const known = cache.get(key)
      if (known) return known
      const fresh = overviewOf(period, services)
      cache.set(key, fresh)
      fresh.catch(() => cache.delete(key))
      return fresh
    },
  )
}

export async function overviewOf(period: Period, services: Services): Promise<Overview> {
  const store = services.store()
  const before = periodBefore(period)
  const campaigns = (await services.campaigns()).filter(({ sessions }) => sessions > 1)
  const startedIn = ({ since, until }: Period): number =>
    campaigns.filter(({ firstSeen }) => firstSeen >= since && firstSeen < until).length
  const figure = async (of: (period: Period) => number | Promise<number>) => ({ now: await of(period), before: await of(before) })
  const top = {} as Overview['top']
  for (const field of TOP_FIELDS) {
    top[field] = (await store.facts({ field, period, limit: TOP })).map((fact) => countedRow(fact, period))
  }
  for (const row of top.src_ip) Object.assign(row, { country: services.geo.locate(row.value).country })
  return {
    period,
    before,
    figures: {
      events: await figure(async (p) => (await store.factTotals('lure', p)).count),
      sources: await figure(async (p) => (await store.factTotals('src_ip', p)).values),
      sessions: await figure((p) => store.countSessions(p)),
      newCampaigns: await figure(startedIn),
      modelAnswers: await figure((p) => modelAnswers(store, p)),
      latencyMs: await figure(async (p) => medianOf(await store.facts({ field: 'latency', period: p, limit: 1000 }))),
    },
    lures: await store.histogram('lure', period, SLOTS),
    top,
    geo: [...services.geo.sources],
  }
}

async function modelAnswers(store: EventReader, period: Period): Promise<number> {
  const sources = await store.facts({ field: 'source', period })
  return sources.find(({ value }) => value === 'llm')?.count ?? 0
}

/** The median of counted numbers, 0 of none. */
function medianOf(facts: readonly FactCount[]): number {
  const steps = facts.map(({ value, count }) => ({ value: Number(value), count })).sort((a, b) => a.value - b.value)
  const half = steps.reduce((sum, { count }) => sum + count, 0) / 2
  let seen = 0
  for (const { value, count } of steps) {
    seen += count
    if (seen >= half) return value
  }
  return 0
}
