import { escapeHtml, httpDate } from '../../http/index.ts'
import pages from './privoxy-3.0.34.json' with { type: 'json' }
import { headText, type SquidReply } from './squid.ts'

/** The Privoxy that is played, as its pages tell. */
export interface PrivoxyFacts {
  hostname: string
  address: string
  port: number
}

/** An answer of one line of text; Privoxy closes behind each. */
export function plainRefusal(why: 'header' | 'ftp'): SquidReply {
  const [what, body] =
    why === 'ftp' ? ['request', "Invalid request. Privoxy doesn't support FTP.\n"] : ['header', 'Invalid header received from client.\n']
  const head = headText(`400 Invalid ${what} received from client`, [
    ['Content-Type', 'text/plain'],
    ['Connection', 'close'],
  ])
  return { status: 400, head, body: Buffer.from(body) }
}

/** The page for a far end that was not reached. @param url as the page shows it */
export function failure(kind: 'unknown-name' | 'refused', url: string, host: string, facts: PrivoxyFacts): SquidReply {
  const values: Record<string, string> = {
    url: escapeHtml(url),
    host: escapeHtml(host),
    ip: escapeHtml(host),
    proxy: facts.hostname,
    address: facts.address,
    port: String(facts.port),
  }
  const body = Buffer.from(
    pages[kind].replace(/\{(url|host|ip|proxy|address|port)\}/g, (_, name: string) => values[name] ?? ''),
    'latin1',
  )
  const head = headText(kind === 'refused' ? '503 Connect failed' : '404 No such domain', [
    ['Content-Length', String(body.length)],
    ['Content-Type', 'text/html'],
    ['Cache-Control', 'no-cache'],
    ['Date', httpDate(Date.now())],
    // These two are constants of Privoxy, cgi.c.
    ['Last-Modified', 'Wed, 08 Jun 1955 12:00:00 GMT'],
    ['Expires', 'Sat, 17 Jun 2000 12:00:00 GMT'],
    ['Pragma', 'no-cache'],
    ['Connection', 'close'],
  ])
  return { status: kind === 'refused' ? 503 : 404, head, body }
}

/** TRACE and what else it does not implement. */
export function notImplemented(): SquidReply {
  const now = Date.now()
  const head = headText('501 Not Implemented', [
    ['Content-Length', '0'],
    ['Content-Type', 'text/html'],
    ['Date', httpDate(now)],
    ['Last-Modified', 'Sat, 17 Jun 2000 12:00:00 GMT'],
    ['Expires', httpDate(now + 600_000)],
    ['Connection', 'close'],
  ])
  return { status: 501, head, body: Buffer.alloc(0) }
}
