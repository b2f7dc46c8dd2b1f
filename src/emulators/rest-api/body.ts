import type { WebRequest } from '../../http/index.ts'
import type { Json } from './generate.ts'

const LONGEST = 1024 * 1024
const DEEPEST = 64
const MOST_PARTS = 10_000

export type Body =
  | { kind: 'object'; value: Record<string, Json> }
  | { kind: 'empty' }
  | { kind: 'other'; value: Json }
  | { kind: 'malformed' }
  | { kind: 'too-large' }

/** The body of a request: JSON, or a form as an object of its fields. */
export function bodyOf(request: WebRequest): Body {
  if (request.bodyBytes > LONGEST) return { kind: 'too-large' }
  if (request.body.length === 0) return { kind: 'empty' }
  if (/^(?:application\/x-www-form-urlencoded|multipart\/form-data)/i.test(request.header('content-type') ?? ''))
    return { kind: 'object', value: Object.fromEntries([...request.form()].slice(0, 1_000)) }
  const text = request.body.toString('utf8')
  if (!isBounded(text)) return { kind: 'malformed' }
  const value = request.json() as Json | undefined
  if (value === undefined) return { kind: 'malformed' }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { kind: 'other', value }
  return { kind: 'object', value }
}

/** Whether a text nests no deeper and has no more parts than an API takes. Marks in strings count too: they only make it stricter. */
function isBounded(text: string): boolean {
  let depth = 0
  let parts = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x7b || code === 0x5b) {
      if (++depth > DEEPEST) return false
    } else if (code === 0x7d || code === 0x5d) depth--
    else if (code === 0x2c && ++parts > MOST_PARTS) return false
  }
  return true
}
