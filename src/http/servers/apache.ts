import { createHash } from 'node:crypto'
import type { HeaderLine, HeaderList } from '../headers.ts'
import { escapeHtml } from '../html.ts'
import type { WebResponse } from '../response.ts'
import type { GzipRules, Outgoing, PageFacts, Refusal, WebServer } from '../server.ts'
import type { Framing } from '../wire/framing.ts'
import type { RequestHead, RequestLine } from '../wire/request-head.ts'
import { readTarget } from '../wire/target.ts'
import { APACHE_OTHER, APACHE_PAGES, APACHE_REASONS } from './apache-pages.ts'
import { headOf } from './head-lines.ts'
import { mimeType } from './mime-types.ts'
import { REASONS } from './reasons.ts'

export interface ApacheOptions {
  /** The Server header: `Apache/2.4.62 (Debian)`. */
  header: string
  /** ServerName: shown to clients that send no Host. */
  hostname: string
  /** ServerSignature, on in Debian's conf-enabled/security.conf: the last line of error pages. */
  signature?: boolean
  /** TraceEnable, off in Debian's conf-enabled/security.conf. */
  trace?: boolean
  /** mod_deflate, on in Debian. */
  deflate?: boolean
  /** LimitRequestBody, bytes; 1 GiB since 2.4.53. */
  maxBody?: number
  /** ServerAdmin. */
  admin?: string
  /** KeepAliveTimeout. */
  keepAliveSeconds?: number
}

/** Methods that Apache knows (ap_method_number_of); any other is 501. */
const METHODS = new Set(
  (
    'GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK VERSION-CONTROL ' +
    'CHECKOUT UNCHECKOUT CHECKIN UPDATE LABEL REPORT MKWORKSPACE MKACTIVITY BASELINE-CONTROL MERGE'
  ).split(' '),
)
/** ap_status_drops_connection */
const CLOSING = new Set([400, 408, 411, 413, 414, 500, 501, 503])
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** HttpProtocolOptions Strict: no user, no empty label, and nothing but digits behind the colon. */
const HOST = /^(?!.*\.\.)(?:\[[0-9A-Fa-f:.]+\]|[^\s/\0@<>:?#[\]\\]+)(?::\d*)?$/
const BAD: Refusal = { status: 400 }

/** mods-available/deflate.conf */
const DEFLATE: GzipRules = {
  types:
    /^(text\/(html|plain|xml|css|javascript)|application\/(x-javascript|javascript|ecmascript|rss\+xml|wasm|xml))(;(?! charset=iso)|$)/,
  statuses: new Set([200]),
  // Shorter ones could only grow: 18 bytes of gzip around, and what mod_deflate adds to that.
  minLength: 69,
  minMinor: 0,
  notForProxies: false,
  level: 6,
  announces: 64 * 1024,
  head: true,
  etag: (etag) => etag.replace(/"$/, '-gzip"'),
  keepsRanges: true,
  vary: true,
}

/** Apache 2.4 as Debian 12 configures it. Source: recordings in test/http/truth/apache*.json. */
export function apache(options: ApacheOptions): WebServer {
  const {
    header,
    hostname,
    signature = true,
    trace = false,
    deflate = true,
    maxBody = 2 ** 30,
    admin = 'webmaster@localhost',
    keepAliveSeconds = 5,
  } = options
  const allow = `OPTIONS,HEAD,GET,POST${trace ? ',TRACE' : ''}`

  const page = (status: number, facts: PageFacts, variant = ''): WebResponse => {
    const title = APACHE_REASONS[status] ?? REASONS[status] ?? ''
    const detail = (APACHE_PAGES[variant] ?? APACHE_PAGES[status] ?? APACHE_OTHER)
      .replace('{method}', () => escapeHtml(facts.method))
      .replace('{location}', () => escapeHtml(facts.location ?? ''))
      .replace('{expect}', () => escapeHtml(facts.headers.get('expect') ?? ''))
      .replace('{admin}', () => admin)
    // What was refused while it was read has not set the name of the host yet.
    const shown = status === 400 ? { ...facts, host: '' } : facts
    const address = signature ? `<hr>\n<address>${header} Server at ${ownName(shown)}</address>\n` : ''
    const body =
      `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\n<html><head>\n` +
      `<title>${status} ${title}</title>\n</head><body>\n<h1>${title}</h1>\n${detail}${address}</body></html>\n`
    const headers: HeaderLine[] = [['Content-Type', 'text/html; charset=iso-8859-1']]
    if (facts.location !== undefined) headers.push(['Location', facts.location])
    if (status === 405 || status === 501) headers.push(['Allow', variant === 'methods' ? allow : ''])
    return { status, headers, body }
  }

  const ownName = ({ host, scheme }: PageFacts): string => {
    const [, name = hostname, port] = /^([^:]{1,255}|\[[^\]]{1,60}\])(?::(\d{1,5}))?$/.exec(host) ?? []
    return `${escapeHtml(name)} Port ${port ?? (scheme === 'https' ? 443 : 80)}`
  }

  return {
    name: 'apache',
    limits: {
      // LimitRequestLine, LimitRequestFieldSize, LimitRequestFields
      requestLine: 8190,
      headerLine: 8190,
      head: 100 * 8192,
      headers: 100,
      body: maxBody,
      // mod_reqtimeout: header=20-40,minrate=500
      headMs: 20_000,
      bodyMs: 20_000,
      idleMs: keepAliveSeconds * 1000,
      requests: 101,
    },
    answersBeforeBody: false,
    unreadBody: 'discard',
    lingersOpen: false,
    emptyLines: 10,
    chunkCase: 'lower',
    // mod_php flushes its first 8 KB before the end is known.
    dynamicLength: 8192,
    headLength: 'files',
    files: {
      modifiedSince: 'not-after',
      preconditions: true,
      notModified: { contentType: false, acceptRanges: true },
      rangeMinor: 0,
      rangeOnHead: true,
      rangesOnPost: true,
      pathInfo: false,
      mergeGap: 0,
      badRange: 'ignore',
      partial: 'both',
      failed: {
        412: { page: false, closes: false, announced: true, validators: true, contentRange: false },
        416: { page: true, closes: false, announced: false, validators: false, contentRange: false },
      },
      multipart: {
        lead: '\r\n',
        typeName: 'Content-type',
        rangeName: 'Content-range',
        // One boundary a process, drawn at its start (ap_multipart_boundary).
        boundary: () => createHash('sha256').update(`${header}/${hostname}/${admin}`).digest('hex').slice(0, 16),
      },
    },
    gzip: deflate ? DEFLATE : undefined,

    judgePartialLine: () => undefined,

    judgeLine({ method, target, protocol, bareLf, padded }: RequestLine): Refusal | 'simple' | undefined {
      // HttpProtocolOptions Strict
      if (bareLf || padded || !TOKEN.test(method) || target === '' || target.includes(' ')) return BAD
      if (protocol === undefined) return method === 'GET' ? 'simple' : BAD
      return /^HTTP\/[1-9]\.[0-9]$/.test(protocol) ? undefined : BAD
    },

    judgeHead(head: RequestHead, headers: HeaderList, framing: Framing): Refusal | undefined {
      for (const flaw of head.flaws) if (flaw !== 'fold') return BAD
      const hosts = headers.all('host')
      if (hosts.length > 1 || (hosts[0] !== undefined && !HOST.test(hosts[0]))) return BAD
      if (hosts.length === 0 && !head.line.protocol?.endsWith('1.0')) return BAD
      if (framing.kind === 'invalid') return BAD
      const expect = headers.get('expect')
      if (expect !== undefined && expect.toLowerCase() !== '100-continue') return { status: 417, closesUnsaid: true }
      return METHODS.has(head.line.method) ? undefined : { status: 501, page: 'methods' }
    },

    tooLarge(what) {
      if (what === 'request-line') return { status: 414 }
      if (what === 'body') return { status: 413, unannounced: true }
      return { status: 400, page: what === 'headers' ? 'header-count' : 'header-size' }
    },
    timeout: (during) => (during === 'line' ? undefined : { status: 408 }),
    badChunk: () => ({ status: 400, unannounced: true }),
    serverWide: (method) => (method === 'OPTIONS' ? { status: 200, body: '' } : undefined),

    readTarget(target, method) {
      if (method === 'CONNECT') return { path: '/', search: '', authority: target }
      // As the one that is named: no user, and no scheme of others.
      if (/^(?!https?:)[a-z][a-z0-9+.-]*:\/\//i.test(target) || /^https?:\/\/[^/]*@/i.test(target)) return { problem: 'refuse' }
      const rules = { aboveRoot: 'refuse', encodedSlash: 'not-found', nul: 'not-found', badPercent: 'refuse', fragment: 'refuse' } as const
      return readTarget(target, rules)
    },
    minorVersion: ({ protocol }) => (protocol === undefined || protocol.endsWith('1.0') ? 0 : 1),

    page,

    methodOnFile(method, exists, facts, type) {
      if (method === 'OPTIONS') {
        const typed: HeaderLine[] = exists && type ? [['Content-Type', type]] : []
        return { status: 200, headers: [['Allow', allow], ...typed], body: '' }
      }
      if (method === 'GET' || method === 'HEAD' || method === 'POST') return exists ? undefined : page(404, facts)
      if (method === 'TRACE' && trace) return undefined
      return page(405, facts, method === 'TRACE' ? '' : 'methods')
    },

    toFolder(path, facts) {
      const host = facts.host || hostname
      return page(301, { ...facts, location: `${facts.scheme}://${host}${path}` })
    },

    contentType: (path) => mimeType(path, 'apache'),

    // FileETag MTime Size; microseconds of the file's time.
    etag: ({ size, modified }) => `"${size.toString(16)}-${Math.round(modified * 1000).toString(16)}"`,

    keepsAfter: (status) => !CLOSING.has(status),

    head(out: Outgoing): string {
      const { request, keepAlive, requestsLeft } = out
      const saysKeepAlive = keepAlive && request.headers.lists('connection', 'keep-alive')
      const length: [string, string | undefined] = ['Content-Length', out.length?.toString()]
      const range: [string, string | undefined] = ['Content-Range', out.contentRange]
      // mod_deflate stands before the filter that counts, so a compressed length comes behind its fields.
      const size: [string, string | undefined][] = out.contentEncoding
        ? [['Vary', out.vary], ['Content-Encoding', out.contentEncoding], range, length]
        : [length, range, ['Vary', out.vary]]
      return headOf(`HTTP/1.1 ${out.status} ${out.reason ?? APACHE_REASONS[out.status] ?? REASONS[out.status] ?? ''}`, [
        ['Date', out.date],
        ['Server', out.server ?? header],
        ...out.headers,
        ['Last-Modified', out.lastModified],
        ['ETag', out.etag],
        ['Accept-Ranges', out.acceptRanges ? 'bytes' : undefined],
        ...size,
        ['Keep-Alive', saysKeepAlive ? `timeout=${keepAliveSeconds}, max=${requestsLeft}` : undefined],
        ['Connection', keepAlive ? (saysKeepAlive ? 'Keep-Alive' : undefined) : 'close'],
        ['Transfer-Encoding', out.chunked ? 'chunked' : undefined],
        ['Content-Type', out.contentType],
      ])
    },
  }
}
