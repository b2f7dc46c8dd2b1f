import type { HeaderLine } from '../../http/index.ts'
import { escapeHtml, httpDate } from '../../http/index.ts'
import squid from './squid-5.7.json' with { type: 'json' }

export type SquidError = keyof typeof squid.pages

/** The Squid that is played: its name, and its port as it tells them. */
export interface SquidFacts {
  hostname: string
  port: number
}

export interface SquidReply {
  status: number
  head: string
  body: Buffer
}

const SOFTWARE = 'squid/5.7'

/** What Squid adds to every answer, its own or one that it fetched. */
export function trailer({ hostname, port }: SquidFacts, lookup: 'MISS' | 'NONE'): HeaderLine[] {
  return [
    ['X-Cache', `MISS from ${hostname}`],
    ['X-Cache-Lookup', `${lookup} from ${hostname}:${port}`],
    ['Via', `1.1 ${hostname} (${SOFTWARE})`],
  ]
}

/** The request as Squid sends it on. @param headers of the client's request, in their order */
export function forwardedHead(
  request: { method: string; path: string; version: string; headers: readonly HeaderLine[] },
  target: { host: string; port: number; scheme: string },
  client: string,
  { hostname }: SquidFacts,
): string {
  const { method, path, version, headers } = request
  const authority = target.port === 80 ? target.host : `${target.host}:${target.port}`
  const kept = headers.filter(([name]) => !HOP_BY_HOP.has(name.toLowerCase()) && name.toLowerCase() !== 'host')
  const lines: HeaderLine[] = [
    ...kept,
    ['Host', authority],
    ['Via', `${version.slice(5)} ${hostname} (${SOFTWARE})`],
    ['X-Forwarded-For', client],
    ['Cache-Control', 'max-age=259200'],
    ['Connection', 'close'],
  ]
  return `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}

/** Fields that concern one connection (RFC 9110 §7.6.1), and those that are said to the proxy. */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'proxy-authenticate',
  'te',
  'trailer',
  'upgrade',
])

/**
 * An answer of Squid's own.
 * @param url as the page shows it: a query is cut off behind its question mark
 * @param detail what stands behind the name in X-Squid-Error: an errno
 * @param lookup undefined for an answer to a tunnel that could not be made, which has no such lines and closes
 */
export function errorReply(
  error: SquidError,
  given: { url: string; host?: string; detail?: number; lookup?: 'MISS' | 'NONE'; keepAlive: boolean; extra?: HeaderLine[] },
  facts: SquidFacts,
): SquidReply {
  const { status, page } = squid.pages[error]
  const now = httpDate(Date.now())
  const [beforeQuery = '', query] = given.url.split('?', 2)
  const values: Record<string, string> = {
    style: squid.style,
    url: escapeHtml(query === undefined ? beforeQuery : `${beforeQuery}?`),
    host: escapeHtml(given.host ?? ''),
    date: now,
    proxy: facts.hostname,
  }
  const body = Buffer.from(
    page.replace(/\{(style|url|host|date|proxy)\}/g, (_, name: string) => values[name] ?? ''),
    'latin1',
  )
  const lines: HeaderLine[] = [
    ['Server', SOFTWARE],
    ['Mime-Version', '1.0'],
    ['Date', now],
    ['Content-Type', 'text/html;charset=utf-8'],
    ['Content-Length', String(body.length)],
    ['X-Squid-Error', `${error} ${given.detail ?? 0}`],
    ['Vary', 'Accept-Language'],
    ['Content-Language', 'en'],
    ...(given.extra ?? []),
    ...(given.lookup ? [...trailer(facts, given.lookup), ['Connection', given.keepAlive ? 'keep-alive' : 'close'] as const] : []),
  ]
  return { status: Number(status.slice(0, 3)), head: headText(status, lines), body }
}

/** TRACE with Max-Forwards: 0 ends here (RFC 9110 §9.3.8). */
export function traceReply(echo: string, keepAlive: boolean, facts: SquidFacts): SquidReply {
  const now = httpDate(Date.now())
  const body = Buffer.from(echo, 'latin1')
  const lines: HeaderLine[] = [
    ['Server', SOFTWARE],
    ['Mime-Version', '1.0'],
    ['Date', now],
    ['Content-Type', 'message/http'],
    ['Content-Length', String(body.length)],
    ['Expires', now],
    ...trailer(facts, 'NONE'),
    ['Connection', keepAlive ? 'keep-alive' : 'close'],
  ]
  return { status: 200, head: headText('200 OK', lines), body }
}

export function headText(status: string, lines: readonly HeaderLine[]): string {
  return `HTTP/1.1 ${status}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}
