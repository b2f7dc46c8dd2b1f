import { z } from 'zod'
import type { Routes } from '../app.ts'
import { NotFound } from '../not-found.ts'
import { PeriodQuery, periodOf } from '../period.ts'
import { sessionRow } from '../rows.ts'
import { CampaignShape, SessionRow } from '../shapes.ts'

const SHOWN = 200
const SESSIONS = 50

export const campaignRoutes: Routes = (app, services) => {
  app.get(
    '/campaigns',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Sessions of one script at work, most sessions first',
        querystring: PeriodQuery.extend({ least: z.coerce.number().int().min(1).default(2) }),
        response: { 200: z.object({ total: z.number(), campaigns: z.array(CampaignShape) }) },
      },
    },
    async ({ query }) => {
      const { since, until } = periodOf(query)
      const all = (await services.campaigns()).filter((c) => c.sessions >= query.least && c.lastSeen >= since && c.firstSeen < until)
      const store = services.store()
      const campaigns = await Promise.all(
        all
          .slice(0, SHOWN)
          .map(async (c) => ({ ...c, lastInput: (await store.session(c.sample))?.lastInput, isNew: c.firstSeen >= since })),
      )
      return { total: all.length, campaigns }
    },
  )

  app.get(
    '/campaigns/:id',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'A campaign with its latest sessions',
        params: z.object({ id: z.string().regex(/^[0-9a-f]{12}$/) }),
        response: { 200: z.object({ campaign: CampaignShape, sessions: z.array(SessionRow) }) },
      },
    },
    async ({ params }) => {
      const campaign = (await services.campaigns()).find(({ id }) => id === params.id)
      if (!campaign) throw new NotFound(`campaign ${params.id}`)
      const parts = campaign.signatures.slice(0, 50).map((value) => ({ kind: 'is', field: 'signature', value }) as const)
      const sessions = await services.store().sessions({ where: { kind: 'or', parts }, limit: SESSIONS })
      return { campaign: { ...campaign, isNew: false }, sessions: sessions.map((session) => sessionRow(session, services)) }
    },
  )
}
