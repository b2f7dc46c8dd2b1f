import { z } from 'zod'
import { crackable } from '../../../analysis/crackable.ts'
import type { FactField } from '../../../store/facts.ts'
import type { Routes } from '../app.ts'
import { PeriodQuery, periodOf } from '../period.ts'
import { countedRow } from '../rows.ts'
import { Counted, Slot } from '../shapes.ts'

/** Lists of values that have a page or an export. */
const LISTED = [
  'input',
  'request',
  'credential',
  'username',
  'password',
  'src_ip',
  'country',
  'asn',
  'port',
  'lure',
  'indicator',
  'user_agent',
  'hassh',
  'ja4',
  'ja4h',
  'fingerprint',
  'client',
  'source',
  'model',
  'prompt',
  'guard',
  'answer',
  'artifact',
  'tag',
] as const satisfies readonly FactField[]

const FactsQuery = PeriodQuery.extend({
  contains: z.string().max(500).optional(),
  isNew: z.stringbool().optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
  offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
})

/** Values of a field by how often they were seen: commands, requests, credentials, sources. */
export const factRoutes: Routes = (app, services) => {
  app.get(
    '/facts/:field',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Values of a field in a period, most first',
        params: z.object({ field: z.enum(LISTED) }),
        querystring: FactsQuery,
        response: { 200: z.object({ values: z.number(), count: z.number(), facts: z.array(Counted) }) },
      },
    },
    async ({ params: { field }, query }) => {
      const period = periodOf(query)
      const { contains, isNew, limit, offset } = query
      const store = services.store()
      const facts = await store.facts({ field, period, limit, offset, ...(contains ? { contains } : {}), ...(isNew ? { isNew } : {}) })
      const rows = facts.map((fact) => countedRow(fact, period))
      if (field === 'src_ip') for (const row of rows) Object.assign(row, { country: services.geo.locate(row.value).country })
      return { ...(await store.factTotals(field, period)), facts: rows }
    },
  )

  app.get(
    '/histogram/:field',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'How often the values of a field were seen over time',
        params: z.object({ field: z.enum(['lure', 'source', 'country', 'port']) }),
        querystring: PeriodQuery.extend({ slots: z.coerce.number().int().min(1).max(500).default(60) }),
        response: { 200: z.array(Slot) },
      },
    },
    ({ params, query }) => services.store().histogram(params.field, periodOf(query), query.slots),
  )

  app.get(
    '/credentials/hashcat',
    {
      config: { role: 'analyst' },
      schema: {
        summary: 'Challenges and responses as hashcat reads them',
        querystring: z.object({ mode: z.coerce.number().int().min(0).max(99_999).optional() }),
        produces: ['text/plain'],
      },
    },
    async ({ query }, reply) => {
      const hashes = await services.store().facts({ field: 'hash', limit: 100_000 })
      return reply
        .header('content-disposition', 'attachment; filename="sundew-hashes.txt"')
        .type('text/plain; charset=utf-8')
        .send(`${crackable(hashes, query.mode).join('\n')}\n`)
    },
  )

  app.get(
    '/credentials/wordlist',
    {
      config: { role: 'analyst' },
      schema: {
        summary: 'Tried credentials as lines user:password, most first',
        querystring: PeriodQuery.extend({ field: z.enum(['credential', 'username', 'password']).default('credential') }),
        produces: ['text/plain'],
      },
    },
    async ({ query }, reply) => {
      const facts = await services.store().facts({ field: query.field, period: periodOf(query), limit: 100_000 })
      // What holds a line end would be read as two.
      const lines = facts.map(({ value }) => value).filter((value) => !/[\r\n]/.test(value))
      return reply
        .header('content-disposition', 'attachment; filename="sundew-credentials.txt"')
        .type('text/plain; charset=utf-8')
        .send(`${lines.join('\n')}\n`)
    },
  )
}
