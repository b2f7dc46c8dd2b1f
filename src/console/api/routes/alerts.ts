import { z } from 'zod'
import { previewOf } from '../../../outputs/alerts/preview.ts'
import type { Routes } from '../app.ts'
import { NotFound } from '../not-found.ts'
import { PeriodQuery, periodOf } from '../period.ts'
import { AlertRuleShape, AlertShape } from '../shapes.ts'

const PREVIEW_MS = 7 * 86_400_000

/** What rules of sundew.yaml told, and would have told. */
export const alertRoutes: Routes = (app, services) => {
  app.get(
    '/alerts',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Alerts of a period, newest first, and the rules that raise them',
        querystring: PeriodQuery.extend({ limit: z.coerce.number().int().min(1).max(1000).default(200) }),
        response: { 200: z.object({ alerts: z.array(AlertShape), rules: z.array(AlertRuleShape) }) },
      },
    },
    async ({ query }) => {
      const events = await services.store().events({ type: 'alert', ...periodOf(query), latest: true, limit: query.limit })
      return { alerts: events.reverse().map(({ data }) => AlertShape.parse(data)), rules: services.settings.alerts.rules }
    },
  )

  app.get(
    '/alerts/:rule/preview',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'What a rule would have told in the last seven days',
        params: z.object({ rule: z.string().max(64) }),
        response: { 200: z.array(AlertShape) },
      },
    },
    async ({ params }) => {
      const rule = services.settings.alerts.rules.find(({ name }) => name === params.rule)
      if (!rule) throw new NotFound(`rule ${params.rule}`)
      const until = Date.now() + 1
      return (await previewOf(rule, services.store(), { since: until - PREVIEW_MS, until })).reverse()
    },
  )
}
