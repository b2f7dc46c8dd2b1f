import { z } from 'zod'
import type { Period } from '../../store/contract.ts'

const DAY_MS = 86_400_000

/** `since` and `until` in UTC milliseconds; the last day unless they say otherwise. */
export const PeriodQuery = z.object({
  since: z.coerce.number().int().nonnegative().optional(),
  until: z.coerce.number().int().positive().optional(),
})

export function periodOf({ since, until = Date.now() }: z.infer<typeof PeriodQuery>): Period {
  const start = since ?? until - DAY_MS
  return { since: Math.min(start, until - 1), until }
}

/** The period of the same length before it. */
export function periodBefore({ since, until }: Period): Period {
  return { since: Math.max(0, since - (until - since)), until: since }
}
