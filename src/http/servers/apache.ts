import { createHash } from 'node:crypto'
import type { HeaderLine } from '../headers.ts'
import { escapeHtml } from '../html.ts'
import type { WebResponse } from '../response.ts'
import type { GzipRules, Outgoing, PageFacts, WebServer } from '../server.ts'
import { apacheAcceptsGzip } from '../wire/accepts-gzip.ts'
import { LARGEST_CHUNK } from '../wire/chunked.ts'
import { framingOf } from '../wire/framing.ts'
import { apacheIcon, apacheListing } from './apache-listing.ts'
import { APACHE_OTHER, APACHE_PAGES, APACHE_REASONS } from './apache-pages.ts'
import { hostOfRefusal, judgeHead, judgeLine, LONGEST_LINE, readApacheTarget, splitHost } from './apache-requests.ts'
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
  /** Time zone of the machine, IANA name: that of the times in listings. */
  zone?: string
}

/** ap_status_drops_connection */
const CLOSING = new Set([400, 408, 411, 413, 414, 500, 501, 503])
/** mods-available/setenvif.conf: BrowserMatch … nokeepalive. */
const SHORT_BREATHED = /Mozilla\/2|MSIE 4\.0b2;/
/** … downgrade-1.0 force-response-1.0 */
const OF_1997 = /MSIE 4\.0b2;/

/** mods-available/deflate.conf */
const DEFLATE: GzipRules = {
  types:
    /^(text\/(html|plain|xml|css|javascript)|application\/(x-javascript|javascript|ecmascript|rss\+xml|wasm|xml))(;(?! charset=iso)|$)/,
  statuses: new Set([200]),
  // Shorter ones could only grow: 18 bytes of gzip around, and what mod_deflate adds to that.
  minLength: 69,
  minMinor: 0,
  notForProxies: false,
  isAccepted: apacheAcceptsGzip,
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
    zone = 'UTC',
  } = options
  const allow = `OPTIONS,HEAD,GET,POST${trace ? ',TRACE' : ''}`

  const page = (status: number, facts: PageFacts, variant = ''): WebResponse => {
    const title = APACHE_REASONS[status] ?? REASONS[status] ?? ''
    const detail = (APACHE_PAGES[variant] ?? APACHE_PAGES[status] ?? APACHE_OTHER)
      .replace('{method}', () => escapeHtml(facts.method))
      .replace('{location}', () => escapeHtml(facts.location ?? ''))
      .replace('{expect}', () => escapeHtml(facts.headers.all('expect').join(', ')))
      .replace('{admin}', () => admin)
    const shown = status === 400 && variant ? { ...facts, host: hostOfRefusal(facts.host, variant) } : facts
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
    const { name, port } = splitHost(host)
    return `${escapeHtml(name.replace(/^\[|\]$/g, '') || hostname)} Port ${port ?? (scheme === 'https' ? 443 : 80)}`
  }

  const ownHost = ({ host, scheme }: PageFacts): string => {
    const { name, port } = splitHost(host)
    const isUsual = port === undefined || Number(port) === (scheme === 'https' ? 443 : 80)
    return `${name || hostname}${isUsual ? '' : `:${port}`}`
  }

  return {
    name: 'apache',
    limits: {
      // LimitRequestLine, LimitRequestFieldSize, LimitRequestFields
      requestLine: LONGEST_LINE,
      headerLine: LONGEST_LINE,
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
    emptyLines: { first: 10, later: 10, bareLf: false },
    chunks: { bareLf: false, longestLine: LONGEST_LINE, strictTrailers: true, largest: LARGEST_CHUNK },
    idleExpect: 'close',
    chunkCase: 'lower',
    // mod_php flushes its first 8 KB before the end is known.
    dynamicLength: 8192,
    tellsHeadLength: (isFile, length) => isFile && length > 0,
    // ap_find_token: words between anything that is no part of one.
    hasConnectionToken: (value, token) =>
      value
        .toLowerCase()
        .split(/[^a-z0-9-]+/)
        .includes(token),
    // The last coding counts, and the lines are one list.
    framing: (headers) => framingOf(headers, (codings) => /(?:^|[\s,])chunked$/.test(codings.join(', ').trim())),
    files: {
      modifiedSince: 'not-after-nor-future',
      preconditions: true,
      needsBothValidators: true,
      joinsLines: true,
      starInList: false,
      badDateFails: false,
      dateZone: 'word',
      ifRange: 'date',
      notModified: { contentType: false, acceptRanges: true },
      rangeMinor: 0,
      rangeOnHead: true,
      rangesOnPost: true,
      pathInfo: false,
      // MaxRanges 200
      ranges: { blanks: '', wrong: 'ignore', most: 200, beyond: 'ignore', merge: { gap: 0, with: 'last' } },
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
    judgeLine,
    judgeHead,
    readTarget: readApacheTarget,

    tooLarge(what) {
      if (what === 'request-line') return { status: 414 }
      if (what === 'body') return { status: 413, unannounced: true }
      return { status: 400, page: what === 'headers' ? 'header-count' : 'header-size' }
    },
    timeout: (during) => (during === 'line' ? undefined : { status: 408 }),
    badChunk(flaw) {
      if (flaw === 'size') return { status: 413, unannounced: true }
      return flaw === 'syntax'
        ? { status: 400, unannounced: true }
        : { status: 400, ...(flaw === 'trailer-size' && { page: 'header-size' }) }
    },
    // An address without a path asks for no place either.
    serverWide: (method, target) =>
      method === 'OPTIONS' && (target === '*' || /^https?:\/\/[^/?#]+$/i.test(target)) ? { status: 200, body: '' } : undefined,

    minorVersion: ({ protocol }) => (protocol === undefined || protocol.endsWith('1.0') ? 0 : 1),

    page,

    methodOnFile(method, exists, facts, file) {
      if (method === 'OPTIONS') {
        const type = file ? file.type : exists ? 'httpd/unix-directory' : undefined
        const typed: HeaderLine[] = type ? [['Content-Type', type]] : []
        return { status: 200, headers: [['Allow', allow], ...typed], body: '' }
      }
      if (method === 'GET' || method === 'HEAD' || method === 'POST') return exists ? undefined : page(404, facts)
      if (method === 'TRACE' && trace) return undefined
      return page(405, facts, method === 'TRACE' ? '' : 'methods')
    },

    toFolder(path, facts) {
      const query = facts.target.endsWith('?') && !path.includes('?') ? '?' : ''
      return page(301, { ...facts, location: `${facts.scheme}://${ownHost(facts)}${path}${query}` })
    },

    listing(folder, entries, search, facts) {
      if (facts.method === 'POST') return page(404, facts)
      const address = signature ? `<address>${header} Server at ${ownName(facts)}</address>\n` : ''
      const body = apacheListing({ folder, entries, search, zone, address })
      return { status: 200, headers: [['Content-Type', 'text/html;charset=UTF-8']], body, dynamic: true }
    },
    ownFile: apacheIcon,

    contentType: (path) => mimeType(path, 'apache'),

    // FileETag MTime Size; microseconds of the file's time.
    etag: ({ size, modified }) => `"${size.toString(16)}-${Math.round(modified * 1000).toString(16)}"`,

    keepsAfter: (status, _dynamic, { headers }) => !CLOSING.has(status) && !SHORT_BREATHED.test(headers.get('user-agent') ?? ''),

    head(out: Outgoing): string {
      const { request, keepAlive, requestsLeft } = out
      const saysKeepAlive = keepAlive && request.headers.lists('connection', 'keep-alive')
      const length: [string, string | undefined] = ['Content-Length', out.length?.toString()]
      const range: [string, string | undefined] = ['Content-Range', out.contentRange]
      // mod_deflate stands before the filter that counts, so the length of what was made or compressed comes behind its fields.
      const isCounted = out.contentEncoding !== undefined || out.dynamic
      const size: [string, string | undefined][] = isCounted
        ? [['Vary', out.vary], ['Content-Encoding', out.contentEncoding], range, length]
        : [length, range, ['Vary', out.vary]]
      const minor = OF_1997.test(request.headers.get('user-agent') ?? '') ? 0 : 1
      return headOf(`HTTP/1.${minor} ${out.status} ${out.reason ?? APACHE_REASONS[out.status] ?? REASONS[out.status] ?? ''}`, [
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
