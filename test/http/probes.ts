import { readFileSync } from 'node:fs'
import { z } from 'zod'

const Matcher = z.object({
  type: z.enum(['word', 'status', 'regex', 'dsl', 'event']),
  part: z.string().default('body'),
  words: z.array(z.string()).default([]),
  status: z.array(z.number()).default([]),
  regex: z.array(z.object({ re: z.string(), flags: z.string().default('') })).default([]),
  condition: z.enum(['and', 'or']).default('or'),
  negative: z.boolean().default(false),
})

/** One request of a scanner, and what it takes for a find. */
const Probe = z.object({
  name: z.string(),
  method: z.string(),
  path: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  class: z.string(),
  product: z.string(),
  match: z.object({ condition: z.enum(['and', 'or']), matchers: z.array(Matcher) }),
})
export type Probe = z.infer<typeof Probe>

/** Recorded probes of nuclei and its kin, by class and product. */
export function probes(): Probe[] {
  return z.array(Probe).parse(JSON.parse(readFileSync(new URL('./http-probes.json', import.meta.url), 'utf8')))
}

/** The probe as bytes for one connection. */
export function probeRequest({ method, path, headers, body }: Probe, host = 'www.test.lan'): Buffer {
  const lines = Object.entries({ Host: host, 'User-Agent': 'Mozilla/5.0', Connection: 'close', ...headers })
  if (body) lines.push(['Content-Length', String(Buffer.byteLength(body))])
  const head = `${method} ${path} HTTP/1.1\r\n${lines.map(([n, v]) => `${n}: ${v.replaceAll(/[\r\n]/g, ' ')}\r\n`).join('')}\r\n`
  return Buffer.concat([Buffer.from(head), Buffer.from(body)])
}

/**
 * Whether the scanner would report a find. Conditions that need more than this one answer (dsl over several steps, call-backs,
 * events of ours) count as not met.
 */
export function isFound({ match }: Probe, reply: string): boolean {
  const end = reply.indexOf('\r\n\r\n')
  const head = reply.slice(0, end < 0 ? reply.length : end)
  const body = end < 0 ? '' : reply.slice(end + 4)
  const verdicts = match.matchers.map((matcher) => {
    const text = matcher.part === 'header' ? head : matcher.part === 'all' ? reply : matcher.part === 'body' ? body : undefined
    if (matcher.type === 'dsl' || matcher.type === 'event' || (matcher.type !== 'status' && text === undefined)) return false
    const tests =
      matcher.type === 'status'
        ? matcher.status.map((status) => head.startsWith(`HTTP/1.1 ${status} `))
        : matcher.type === 'word'
          ? matcher.words.map((word) => (text as string).includes(word))
          : matcher.regex.map(({ re, flags }) => new RegExp(re, flags.replace('g', '')).test(text as string))
    const isMet = matcher.condition === 'and' ? tests.every(Boolean) : tests.some(Boolean)
    return isMet !== matcher.negative
  })
  return match.condition === 'and' ? verdicts.every(Boolean) : verdicts.some(Boolean)
}
