import { z } from 'zod'
import type { AnswerRule } from './rule.ts'

const WebAnswer = z.looseObject({
  status: z.number(),
  headers: z.array(z.object({ name: z.string(), value: z.string() })),
  body: z.string(),
})

/** Headers that the web server itself knows: lengths, dates, encodings, the connection, its own name. A model's are wrong. */
const OWNED = new Set([
  'accept-ranges',
  'age',
  'alt-svc',
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'date',
  'etag',
  'keep-alive',
  'last-modified',
  'proxy-authenticate',
  'proxy-connection',
  'server',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
])

/** RFC 9110 §5.1 and §5.5: a token, and a value of visible characters. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/
const VALUE = /^[\x20-\x7e\t\xa0-\xff]{0,4096}$/

/** Takes out headers that are the server's, cannot stand in a response, or come twice where they may come once. */
export const webHeaders: AnswerRule = {
  name: 'web-headers',
  kinds: ['web'],
  examine(answer) {
    const verdict = WebAnswer.safeParse(answer)
    if (!verdict.success) return answer
    const seen = new Set<string>()
    const headers = verdict.data.headers.filter(({ name, value }) => {
      const known = name.toLowerCase()
      if (OWNED.has(known) || !NAME.test(name) || !VALUE.test(value)) return false
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

/** A content type that contradicts the body becomes the right one. */
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
