import type { SundewEvent } from '../events/schema.ts'

export type Severity = 'low' | 'medium' | 'high' | 'critical'

/** How much an event asks for attention, for systems that sort by it. */
export function severityOf({ type, data, tags = [] }: SundewEvent): Severity {
  if (type === 'honeytoken.returned') return 'critical'
  if (type === 'artifact' || tags.some((tag) => tag.startsWith('cve:') || tag.startsWith('canary:'))) return 'high'
  if ((type === 'login' && data.accepted === true) || type === 'turn' || tags.length > 0) return 'medium'
  return 'low'
}
