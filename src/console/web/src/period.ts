import { computed, signal } from '@preact/signals'
import { parameter, search } from './router.ts'

export const SPANS: Readonly<Record<string, { label: string; ms: number }>> = {
  '1h': { label: '1 hour', ms: 3_600_000 },
  '6h': { label: '6 hours', ms: 21_600_000 },
  '24h': { label: '24 hours', ms: 86_400_000 },
  '7d': { label: '7 days', ms: 604_800_000 },
  '30d': { label: '30 days', ms: 2_592_000_000 },
  '90d': { label: '90 days', ms: 7_776_000_000 },
}
export const USUAL_SPAN = '24h'

/** Moves on when the operator asks for what is new, and by itself where a view says so. */
export const now = signal(Date.now())

export function refresh(): void {
  now.value = Date.now()
}

export const span = computed(() => {
  const wanted = parameter('span')
  return wanted in SPANS ? wanted : USUAL_SPAN
})

/** UTC milliseconds: the span up to now, or `since` and `until` of the address. */
export const period = computed(() => {
  const [since, until] = ['since', 'until'].map((name) => Number(search.value.get(name)))
  if (since && until) return { since, until }
  return { since: now.value - (SPANS[span.value]?.ms ?? 0), until: now.value }
})
