import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { DslError, type Facts, holds } from './scanner-dsl.ts'

const Matcher = z.object({
  type: z.enum(['word', 'status', 'regex', 'dsl', 'event']),
  part: z.string().default('body'),
  words: z.array(z.string()).default([]),
  status: z.array(z.number()).default([]),
  regex: z.array(z.object({ re: z.string(), flags: z.string().default('') })).default([]),
  dsl: z.array(z.string()).default([]),
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
  /** Which request it is of several that are judged together. */
  chain: z.object({ step: z.number(), of: z.number() }).optional(),
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

/** An answer to a step of a probe. */
export interface ProbeReply {
  /** Head and body, as text. */
  text: string
  seconds: number
  step?: number
}

/**
 * Whether the scanner would report a find. What needs a call-back counts as not met: none of ours ever calls. So do events of ours,
 * and what needs a step that was not recorded.
 */
export function isFound({ match }: Probe, replies: string | readonly ProbeReply[]): boolean {
  const facts = factsOf(typeof replies === 'string' ? [{ text: replies, seconds: 0 }] : replies)
  const verdicts = match.matchers.map((matcher) => {
    const part = matcher.part === 'all' ? 'response' : matcher.part
    const text = String(facts[part] ?? '')
    const tests = {
      event: () => [false],
      status: () => matcher.status.map((status) => facts.status_code === status),
      word: () => matcher.words.map((word) => facts[part] !== undefined && text.includes(word)),
      regex: () => matcher.regex.map(({ re, flags }) => facts[part] !== undefined && new RegExp(re, flags.replace('g', '')).test(text)),
      dsl: () => matcher.dsl.map((expression) => isMet(expression, facts)),
    }[matcher.type]()
    const isAll = matcher.condition === 'and' ? tests.every(Boolean) : tests.some(Boolean)
    return isAll !== matcher.negative
  })
  return match.condition === 'and' ? verdicts.every(Boolean) : verdicts.some(Boolean)
}

function isMet(expression: string, facts: Facts): boolean {
  try {
    return holds(expression, facts)
  } catch (error) {
    // Some templates have quotes that nobody can read.
    if (error instanceof DslError) return false
    throw error
  }
}

/** Names without a number are those of the last answer. */
function factsOf(replies: readonly ProbeReply[]): Facts {
  const facts: Record<string, string | number> = {}
  for (const { text, seconds, step } of replies) {
    const end = text.indexOf('\r\n\r\n')
    const header = text.slice(0, end < 0 ? text.length : end)
    const body = end < 0 ? '' : text.slice(end + 4)
    const line = (name: string): string => new RegExp(`\\r\\n${name}: *([^\\r]*)`, 'i').exec(header)?.[1] ?? ''
    const own = {
      response: text,
      header,
      body,
      status_code: Number(header.slice(9, 12)),
      content_type: line('content-type'),
      content_length: body.length,
      location: line('location'),
      duration: seconds,
    }
    for (const [name, value] of Object.entries(own)) {
      facts[name] = value
      if (step !== undefined) facts[`${name}_${step}`] = value
    }
  }
  return facts
}
