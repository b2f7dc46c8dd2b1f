import type { HeaderLine, HeaderList } from '../headers.ts'
import type { WebResponse } from '../response.ts'
import type { Outgoing, PageFacts, Refusal, WebServer } from '../server.ts'
import { nginxAcceptsGzip } from '../wire/accepts-gzip.ts'
import { LARGEST_CHUNK, TOLERANT_CHUNKS } from '../wire/chunked.ts'
import { type Framing, framingOf } from '../wire/framing.ts'
import type { RequestHead, RequestLine } from '../wire/request-head.ts'
import { readTarget } from '../wire/target.ts'
import { headOf } from './head-lines.ts'
import { mimeType } from './mime-types.ts'
import { REASONS } from './reasons.ts'

export interface NginxOptions {
  /** The Server header: `nginx/1.22.1`, or `nginx` with server_tokens off. */
  header: string
  /** client_max_body_size, bytes. */
  maxBody?: number
  /** `gzip on` of Debian's nginx.conf. */
  gzip?: boolean
}

/** Status lines that nginx words its own way (ngx_http_header_filter_module.c). */
const STATUS_LINES: Readonly<Record<number, string>> = {
  302: 'Moved Temporarily',
  405: 'Not Allowed',
  408: 'Request Time-out',
  413: 'Request Entity Too Large',
  414: 'Request-URI Too Large',
  416: 'Requested Range Not Satisfiable',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
}

/** Titles of the built-in pages where they differ from the status line (ngx_http_special_response.c). */
const TITLES: Readonly<Record<string, string>> = {
  302: 'Found',
  401: 'Authorization Required',
  'large-header': 'Request Header Or Cookie Too Large',
  'plain-on-tls': 'The plain HTTP request was sent to HTTPS port',
}

/** Errors behind which nginx closes (ngx_http_special_response_handler). */
const CLOSING = new Set([400, 413, 414, 500, 501])

/** Keeps MSIE and Chrome from showing a page of their own: error pages are longer for them. */
const PADDING = '<!-- a padding to disable MSIE and Chrome friendly error page -->\r\n'.repeat(6)

const BAD: Refusal = { status: 400 }
/** Fields that may come once: ngx_http_process_unique_header_line. */
const UNIQUE = (
  'if-modified-since if-unmodified-since if-match if-none-match content-length content-range if-range transfer-encoding expect ' +
  'authorization'
).split(' ')
const METHOD_BYTE = /^[A-Z_-]*$/
/** A path, or an address whose host has no user before it and no other signs than these. */
const TARGET = /^(?:\/|[A-Za-z][A-Za-z0-9+.-]*:\/\/(?:\[[0-9A-Za-z:.~_-]+\]|[A-Za-z0-9.-]+)(?::\d*)?(?:[/?#]|$))/

/** nginx 1.22 as Debian 12 configures it. Source: recordings in test/http/truth/nginx*.json, and the nginx sources named at each rule. */
export function nginx({ header, maxBody = 1024 * 1024, gzip = true }: NginxOptions): WebServer {
  // ngx_http_range_filter numbers its boundaries, from a start of its own in every worker.
  let boundary = 0

  const page = (status: number, facts: PageFacts, variant = ''): WebResponse => {
    const reason = STATUS_LINES[status] ?? REASONS[status] ?? ''
    const title = `${status} ${TITLES[variant] ?? TITLES[status] ?? reason}`
    const heading = variant ? `${status} ${reason}` : title
    const detail = variant ? `<center>${TITLES[variant]}</center>\r\n` : ''
    const body =
      `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${heading}</h1></center>\r\n${detail}` +
      `<hr><center>${header}</center>\r\n</body>\r\n</html>\r\n${status >= 400 && isPadded(facts.headers) ? PADDING : ''}`
    const headers: HeaderLine[] = [['Content-Type', 'text/html']]
    if (facts.location !== undefined) headers.push(['Location', facts.location])
    return { status, headers, body }
  }

  return {
    name: 'nginx',
    limits: {
      // large_client_header_buffers 4 8k: a line with its end has to fit into one of them.
      requestLine: 8190,
      headerLine: 8190,
      head: 32 * 1024,
      headers: 10_000,
      body: maxBody,
      headMs: 60_000,
      bodyMs: 60_000,
      idleMs: 75_000,
      requests: 1000,
    },
    answersBeforeBody: true,
    unreadBody: 'discard',
    lingersOpen: true,
    emptyLines: { first: Number.POSITIVE_INFINITY, later: Number.POSITIVE_INFINITY, bareLf: true },
    // ngx_http_parse_chunked adds to a size, and refuses what would grow beyond 2^63.
    chunks: { ...TOLERANT_CHUNKS, largest: LARGEST_CHUNK - 5n },
    idleExpect: 'welcome-to-file',
    chunkCase: 'lower',
    dynamicLength: -1,
    tellsHeadLength: () => true,
    // ngx_http_process_connection looks for the letters, wherever they stand.
    hasConnectionToken: (value, token) => value.toLowerCase().includes(token),
    framing: framingOf,
    files: {
      modifiedSince: 'same',
      preconditions: true,
      needsBothValidators: true,
      joinsLines: false,
      starInList: false,
      badDateFails: true,
      dateZone: 'any',
      ifRange: 'date',
      notModified: { contentType: false, acceptRanges: false },
      rangeMinor: 0,
      rangeOnHead: true,
      rangesOnPost: true,
      pathInfo: false,
      ranges: { blanks: ' ', wrong: 'refuse', most: Number.POSITIVE_INFINITY, beyond: 'ignore' },
      partial: 'content-range',
      failed: {
        412: { page: true, closes: true, announced: true, validators: false, contentRange: false },
        416: { page: true, closes: false, announced: true, validators: false, contentRange: true },
      },
      multipart: {
        lead: '\r\n',
        typeName: 'Content-Type',
        rangeName: 'Content-Range',
        boundary: () => String(++boundary).padStart(20, '0'),
      },
    },
    gzip: gzip
      ? {
          types: /^text\/html(;|$)/,
          statuses: new Set([200, 403, 404]),
          minLength: 20,
          minMinor: 1,
          notForProxies: true,
          isAccepted: nginxAcceptsGzip,
          level: 1,
          announces: 0,
          head: true,
          etag: (etag) => (etag.startsWith('W/') ? etag : `W/${etag}`),
          keepsRanges: false,
          vary: false,
        }
      : undefined,

    judgePartialLine(bytes) {
      if (/\r[^\n]/.test(bytes.toString('latin1'))) return BAD
      const space = bytes.indexOf(0x20)
      const method = bytes.subarray(0, space < 0 ? bytes.length : space).toString('latin1')
      return METHOD_BYTE.test(method) ? undefined : BAD
    },

    judgeLine(line: RequestLine): Refusal | 'simple' | undefined {
      if (!line.method || !METHOD_BYTE.test(line.method)) return BAD
      // A CONNECT takes host:port, which nginx 1.22 does not bear as target.
      if (line.target.includes(' ') || !TARGET.test(line.target)) return BAD
      if (line.protocol === undefined) return line.method === 'GET' ? 'simple' : { ...BAD, simple: true }
      const [, major, minor] = /^HTTP\/([1-9]\d{0,3})(?:\.(\d{1,3}))?$/.exec(line.protocol) ?? []
      if (major === undefined) return BAD
      // ngx_http_parse_request_line: the major number is judged as soon as it is above 1.
      if (Number(major) > 1) return { status: 505 }
      if (minor === undefined || Number(major) < 1) return BAD
      return undefined
    },

    judgeHead(head: RequestHead, headers: HeaderList, framing: Framing): Refusal | undefined {
      for (const flaw of ['space-before-colon', 'fold', 'nul', 'empty-name', 'bare-cr'] as const) if (head.flaws.has(flaw)) return BAD
      if (UNIQUE.some((name) => headers.all(name).length > 1)) return BAD
      // A tab is part of the value.
      if (head.flaws.has('tab-around')) return headers.has('transfer-encoding') ? { status: 501 } : BAD
      // ngx_http_parse_header_line: nothing up to a space in a name; other signs make the line one that is passed over.
      if (head.headers.some(([name]) => /[\0- \x7f]/.test(name))) return BAD
      const hosts = headers.all('host')
      if (hosts.length > 1 || (hosts[0] !== undefined && !isHost(hosts[0]))) return BAD
      if (framing.kind === 'invalid') return framing.why === 'coding' ? { status: 501 } : BAD
      if (framing.kind === 'chunked' && (framing.conflict || head.line.protocol?.endsWith('.0'))) return BAD
      if (!hosts[0] && !head.line.protocol?.endsWith('.0') && !head.line.target.includes('://')) return BAD
      // ngx_http_process_request_header
      if (head.line.method === 'TRACE' || head.line.method === 'CONNECT') return { status: 405 }
      return undefined
    },

    tooLarge(what) {
      if (what === 'request-line') return { status: 414 }
      return what === 'body' ? { status: 413 } : { status: 400, page: 'large-header' }
    },
    timeout: () => undefined,
    badChunk: () => BAD,
    serverWide: () => undefined,

    readTarget: (target) =>
      readTarget(target, { aboveRoot: 'refuse', encodedSlash: 'decode', nul: 'refuse', badPercent: 'refuse', fragment: 'cut' }),

    minorVersion: ({ protocol }) => (protocol === undefined || protocol.endsWith('.0') ? 0 : 1),

    page,

    methodOnFile(method, exists, facts, file) {
      if (!exists) return page(404, facts)
      // A folder without an index is refused before its method is.
      if (file === undefined && method === 'POST') return undefined
      return method === 'GET' || method === 'HEAD' ? undefined : page(405, facts)
    },

    toFolder(path, facts) {
      if (!['GET', 'HEAD', 'POST'].includes(facts.method)) return page(405, facts)
      return page(301, { ...facts, location: `${ownOrigin(facts)}${path}` })
    },

    contentType: (path) => mimeType(path, 'nginx') ?? 'application/octet-stream',

    etag: ({ size, modified }) => `"${Math.floor(modified / 1000).toString(16)}-${size.toString(16)}"`,

    keepsAfter: (status, dynamic) => dynamic || !CLOSING.has(status),

    head(out: Outgoing): string {
      // A program behind it words its own status line: PHP says `302 Found`.
      const reason = out.reason ?? (out.dynamic ? undefined : STATUS_LINES[out.status]) ?? REASONS[out.status] ?? ''
      // Its own redirects stand before Connection; those of a program stay where the program put them.
      const own = out.dynamic ? [] : out.headers.filter(([name]) => name === 'Location')
      return headOf(`HTTP/1.1 ${out.status} ${reason}`.trimEnd(), [
        ['Server', out.server ?? header],
        ['Date', out.date],
        ['Content-Type', out.contentType],
        ['Content-Length', out.length?.toString()],
        ['Last-Modified', out.lastModified],
        ...own,
        ['Transfer-Encoding', out.chunked ? 'chunked' : undefined],
        ['Connection', out.keepAlive ? 'keep-alive' : 'close'],
        ['Vary', out.vary],
        ...out.headers.filter((line) => !own.includes(line)),
        ['ETag', out.etag],
        ['Accept-Ranges', out.acceptRanges ? 'bytes' : undefined],
        ['Content-Range', out.contentRange],
        ['Content-Encoding', out.contentEncoding],
      ])
    },
  }
}

/** ngx_http_validate_host: a name is left when the port and one dot at the end are off; an empty Host is judged later. */
function isHost(host: string): boolean {
  if (host === '') return true
  return /^(?!.*\.\.)[^\s/\0\x7f]*$/.test(host) && /^(?:\[|[^.:]|\.[^.:])/.test(host)
}

/** absolute_redirect on, port_in_redirect on: the client's host name with the port of this socket. */
function ownOrigin({ scheme, host, localIp, localPort }: PageFacts): string {
  const name = host.toLowerCase().replace(/\.?(?::\d*)?$/, '') || (localIp.includes(':') ? `[${localIp}]` : localIp)
  const isUsual = localPort === (scheme === 'https' ? 443 : 80)
  return `${scheme}://${name}${isUsual ? '' : `:${localPort}`}`
}

/** ngx_http_process_user_agent: MSIE that is no Opera, or Chrome that is no Gecko browser. */
function isPadded(headers: HeaderList): boolean {
  const agent = headers.get('user-agent') ?? ''
  const isOpera = agent.includes('Opera')
  if (agent.includes('MSIE ') && !isOpera) return true
  return !isOpera && !agent.includes('Gecko/') && agent.includes('Chrome/')
}
