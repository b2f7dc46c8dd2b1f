import { z } from 'zod'
import { ATTACK_DOMAINS, navigatorLayer } from '../../../analysis/attack/navigator.ts'
import { tactics, techniques } from '../../../analysis/attack/rules.ts'
import { honeytokenReturns, honeytokensOf, mintedReturns } from '../../../analysis/honeytokens.ts'
import { recognition } from '../../../analysis/recognised.ts'
import { mintedTokens } from '../../../host/honeytokens/mint.ts'
import type { Period } from '../../../store/contract.ts'
import type { Routes } from '../app.ts'
import { PeriodQuery, periodOf } from '../period.ts'
import type { Services } from '../services.ts'
import { AttackMatrix, Honeytokens, RecognitionShape } from '../shapes.ts'

/** Minted honeytokens that are listed. */
const NEWEST = 500

/** ATT&CK, signs of having been recognised, honeytokens that returned. */
export const analysisRoutes: Routes = (app, services) => {
  app.get(
    '/attack',
    {
      config: { role: 'viewer' },
      schema: { summary: 'Techniques seen in a period, by tactic', querystring: PeriodQuery, response: { 200: AttackMatrix } },
    },
    async ({ query }) => {
      const counts = await techniqueCounts(periodOf(query), services)
      return {
        tactics: Object.entries(tactics).map(([id, name]) => ({
          id,
          name,
          techniques: [...techniques.values()]
            .filter((technique) => technique.tactics.includes(id))
            .map((technique) => ({ id: technique.id, name: technique.name, count: counts.get(technique.id) ?? 0 })),
        })),
      }
    },
  )

  app.get(
    '/attack/navigator',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Those of one matrix as a layer of the ATT&CK Navigator',
        querystring: PeriodQuery.extend({ domain: z.enum(ATTACK_DOMAINS).default('enterprise-attack') }),
        produces: ['application/json'],
      },
    },
    async ({ query }, reply) => {
      const period = periodOf(query)
      const layer = navigatorLayer(query.domain, await techniqueCounts(period, services), period)
      return reply
        .header('content-disposition', `attachment; filename="sundew-${query.domain}-layer.json"`)
        .type('application/json')
        .send(JSON.stringify(layer))
    },
  )

  app.get(
    '/recognised',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Signs of having been recognised, by persona and prompt version',
        querystring: PeriodQuery,
        response: { 200: z.array(RecognitionShape) },
      },
    },
    ({ query }) => recognition(services.store(), periodOf(query)),
  )

  app.get(
    '/honeytokens',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Secrets that were shown to somebody, and those that somebody has tried',
        response: { 200: Honeytokens },
      },
    },
    async () => {
      const planted = services.personas().flatMap(honeytokensOf)
      const store = services.store()
      const returns = [...(await mintedReturns(store)), ...(await honeytokenReturns(planted, store))]
      const minted = mintedTokens(services.state)
      return {
        planted: planted.length,
        minted: minted.length,
        newest: minted.slice(-NEWEST).reverse(),
        returns: returns.sort((a, b) => b.lastSeen - a.lastSeen),
      }
    },
  )
}

async function techniqueCounts(period: Period, services: Services): Promise<Map<string, number>> {
  const tags = await services.store().facts({ field: 'tag', period, contains: 'attack:', limit: 1000 })
  return new Map(tags.map(({ value, count }) => [value.replace('attack:', ''), count]))
}
