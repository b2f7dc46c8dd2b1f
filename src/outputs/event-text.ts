import { Evidence, evidenceText, fromEvidence } from '../events/bytes.ts'
import type { SundewEvent } from '../events/schema.ts'

/** A value of an event's data as text for people; undefined for what is not there. */
export function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  const evidence = Evidence.safeParse(value).data
  if (evidence !== undefined) return evidenceText(evidence)
  if (typeof value === 'object') return JSON.stringify(value)
  return String(value)
}

/** The bytes of a value that is evidence; none for anything else. */
export function bytesOf(value: unknown): Buffer {
  const evidence = Evidence.safeParse(value).data
  return evidence === undefined ? Buffer.alloc(0) : fromEvidence(evidence)
}

/** Data with its evidence as text: what other systems index. Keeps the shape. */
export function readable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readable)
  if (typeof value !== 'object' || value === null) return value
  if ('base64' in value && typeof value.base64 === 'string' && Object.keys(value).length === 1) return textOf(value)
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, readable(one)]))
}

/** What the attacker typed or asked in one line, where the event says so. */
export function inputOf({ type, data }: SundewEvent): string | undefined {
  if (type === 'turn') {
    const detail = data.detail as { method?: unknown; target?: unknown } | undefined
    if (data.kind === 'web' && detail) return `${textOf(detail.method) ?? ''} ${textOf(detail.target) ?? ''}`.trim()
    return textOf(data.input)?.trim()
  }
  if (Array.isArray(data.args)) return data.args.map((one) => textOf(one) ?? '').join(' ')
  return textOf(data.command ?? data.statement ?? data.query)
}

/** One line that says what happened: `login root:123456 refused`. */
export function summaryOf(event: SundewEvent): string {
  const { type, data } = event
  if (type === 'login') {
    const password = textOf(data.password)
    return `login ${textOf(data.username) ?? ''}${password === undefined ? '' : `:${password}`} ${data.accepted ? 'accepted' : 'refused'}`
  }
  const input = inputOf(event)
  return input === undefined ? `${event.lure ?? event.sensor} ${type}` : `${event.lure ?? ''} ${input}`.trim()
}

/** ATT&CK techniques among the tags. */
export function techniquesOf({ tags = [] }: SundewEvent): string[] {
  return tags.filter((tag) => tag.startsWith('attack:')).map((tag) => tag.slice('attack:'.length))
}
