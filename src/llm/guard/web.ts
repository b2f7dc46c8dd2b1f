import { z } from 'zod'
import type { AnswerRule } from './rule.ts'

const WebAnswer = z.looseObject({
  status: z.number(),
  headers: z.array(z.object({ name: z.string(), value: z.string() })),
  body: z.string(),
})

/** Names that applications set; a model's own inventions (`User`, `Message`) would be seen at once. Any `X-…` may stay. */
const APPLICATION = new Set([
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-allow-origin',
  'access-control-expose-headers',
  'access-control-max-age',
  'allow',
  'cache-control',
  'content-disposition',
  'content-language',
  'content-location',
  'content-security-policy',
  'content-security-policy-report-only',
  'content-type',
  'expires',
  'link',
  'location',
  'p3p',
  'permissions-policy',
  'pragma',
  'referrer-policy',
  'refresh',
  'retry-after',
  'set-cookie',
  'strict-transport-security',
  'vary',
  'www-authenticate',
  'dav',
  'ms-author-via',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'cross-origin-embedder-policy',
])

/** RFC 9110 §5.1 and §5.5: a token, and a value of visible characters. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/
const VALUE = /^[\x20-\x7e\t\xa0-\xff]{0,4096}$/

/**
 * Takes out headers that no application sets: the server's own (lengths, dates, encodings, its name: a model's are wrong),
 * inventions, what cannot stand in a response, and what comes twice where it may come once.
 */
export const webHeaders: AnswerRule = {
  name: 'web-headers',
  kinds: ['web'],
  examine(answer) {
    const verdict = WebAnswer.safeParse(answer)
    if (!verdict.success) return answer
    const seen = new Set<string>()
    const headers = verdict.data.headers.filter(({ name, value }) => {
      const known = name.toLowerCase()
      const setByApplications = APPLICATION.has(known) || known.startsWith('x-')
      if (!setByApplications || !NAME.test(name) || !VALUE.test(value)) return false
      if (seen.has(known) && !['set-cookie', 'link', 'vary', 'www-authenticate'].includes(known)) return false
      seen.add(known)
      return true
    })
    return headers.length === verdict.data.headers.length ? answer : { ...verdict.data, headers }
  },
}

/** What a body is, by how it begins. */
function sniffed(body: string): string | undefined {
  const start = body.trimStart().slice(0, 256).toLowerCase()
  if (start === '') return undefined
  if (start.startsWith('<?xml')) return 'application/xml'
  if (start.startsWith('<!doctype html') || /^<(html|head|body|div|p|h[1-6]|table|form|title|script|center|ul|meta|!--)[\s>]/.test(start))
    return 'text/html'
  return isJson(body) ? 'application/json' : undefined
}

function isJson(body: string): boolean {
  if (!/^\s*[{[]/.test(body)) return false
  try {
    JSON.parse(body)
    return true
  } catch {
    // Looks like JSON and is none: some other text then.
    return false
  }
}

/** A content type that contradicts the body becomes the right one; half a JSON cannot be saved. */
export const contentType: AnswerRule = {
  name: 'content-type',
  kinds: ['web'],
  examine(answer) {
    const verdict = WebAnswer.safeParse(answer)
    if (!verdict.success) return answer
    const { headers, body } = verdict.data
    const at = headers.findIndex((h) => h.name.toLowerCase() === 'content-type')
    const named = (headers[at]?.value ?? '').toLowerCase()
    const is = sniffed(body)
    // A log may begin with a bracket; what begins with a brace, or is called JSON, is JSON or broken.
    const meantAsJson = /^\s*\{/.test(body) ? !/script|css|plain/.test(named) : /^\s*\[/.test(body) && named.includes('json')
    if (meantAsJson && is !== 'application/json') return undefined
    const right = typeFor(named, is)
    if (right === undefined) return answer
    const name = headers[at]?.name ?? 'Content-Type'
    const rest = headers.filter((_, i) => i !== at)
    return { ...verdict.data, headers: [{ name, value: right }, ...rest] }
  },
}

/** @returns the type to set, undefined when the named one may stay */
function typeFor(named: string, is: string | undefined): string | undefined {
  const plain = !is
  if (named === '') return is ?? 'text/plain'
  if (is === 'text/html' && /json|xml(?!;)|image|octet|javascript|css/.test(named) && !/xhtml/.test(named)) return 'text/html'
  if (is === 'application/json' && /html|xml|image|css/.test(named)) return 'application/json'
  if (is === 'application/xml' && /json|css|image|javascript/.test(named)) return 'application/xml'
  if (plain && /json|image|audio|video|font|pdf|zip|gzip/.test(named)) return 'text/plain'
  return undefined
}
