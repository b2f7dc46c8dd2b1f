import { z } from 'zod'
import type { SessionQuery } from '../../store/contract.ts'
import { parseQuery } from '../../store/query/parse.ts'
import { PeriodQuery, periodOf } from './period.ts'

/** A period and a text in the query language. */
export const SessionsQuery = PeriodQuery.extend({ q: z.string().max(2000).default('') })

/** @throws {QueryProblem} */
export function sessionQuery(query: z.infer<typeof SessionsQuery>): SessionQuery {
  const where = parseQuery(query.q)
  return { ...periodOf(query), ...(where ? { where } : {}) }
}
