import { createHash } from 'node:crypto'
import { type HeaderLine, HeaderList } from '../headers.ts'
import type { WebResponse } from '../response.ts'
import type { Outgoing, PageFacts, Refusal, WebServer } from '../server.ts'
import { TOLERANT_CHUNKS } from '../wire/chunked.ts'
import { type Framing, framingOf } from '../wire/framing.ts'
import type { HeaderFlaw, RequestHead, RequestLine } from '../wire/request-head.ts'
import { readTarget, type TargetRules } from '../wire/target.ts'
import { headOf } from './head-lines.ts'
import { mimeType } from './mime-types.ts'
import { REASONS } from './reasons.ts'

export interface LighttpdOptions {
  /** The Server header: `lighttpd/1.4.69`. */
  header: string
  /** server.max-request-size, bytes; undefined = any. */
  maxBody?: number
}

/** Methods that lighttpd knows (http_kv.c); any other is 501. */
const METHODS = new Set(
  (
    'GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT COPY LABEL LINK LOCK MERGE ' +
    'MKACTIVITY MKCALENDAR MKCOL MKREDIRECTREF MKWORKSPACE MOVE ORDERPATCH PATCH PROPFIND PROPPATCH REBIND REPORT SEARCH ' +
    'UNBIND UNCHECKOUT UNLINK UNLOCK UPDATE UPDATEREDIRECTREF VERSION-CONTROL'
  ).split(' '),
)

/** host-strict: labels without underscores and none of them empty. */
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9-]*(?:\.[A-Za-z0-9][A-Za-z0-9-]*)*\.?)(?::(\d{0,5}))?$/
/** url.access-deny of Debian's lighttpd.conf. */
const DENIED = /(?:~|\.inc)$/
/** static-file.exclude-extensions: what a program behind it would answer. */
const EXCLUDED = /\.(?:php|pl|fcgi)$/

const BORNE: ReadonlySet<HeaderFlaw> = new Set(['fold', 'blank-fold', 'tab-around', 'bare-lf-end'])
const RULES: TargetRules = {
  aboveRoot: 'clamp',
  encodedSlash: 'decode',
  nul: 'refuse',
  badPercent: 'keep',
  fragment: 'cut',
  query: 'last',
  invalidUtf8: 'refuse',
}

/** lighttpd 1.4.69 as Debian 12 configures it. Source: recordings in test/http/truth/lighttpd*.json. */
export function lighttpd({ header, maxBody }: LighttpdOptions): WebServer {
  const page = (status: number, facts: PageFacts): WebResponse => {
    if (facts.location !== undefined) return { status, headers: [['Location', facts.location]], body: '' }
    const title = `${status} ${REASONS[status] ?? ''}`
    const body =
      '<?xml version="1.0" encoding="iso-8859-1"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"\n' +
      '         "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\n' +
      `<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">\n <head>\n  <title>${title}</title>\n </head>\n` +
      ` <body>\n  <h1>${title}</h1>\n </body>\n</html>\n`
    return { status, headers: [['Content-Type', 'text/html']], body }
  }
  const allow: readonly HeaderLine[] = [['Allow', 'OPTIONS, GET, HEAD, POST']]

  return {
    name: 'lighttpd',
    limits: {
      requestLine: 8192,
      headerLine: 8192,
      head: 8192,
      headers: 10_000,
      ...(maxBody === undefined ? {} : { body: maxBody }),
      headMs: 60_000,
      bodyMs: 60_000,
      idleMs: 5_000,
      requests: 1000,
    },
    answersBeforeBody: true,
    unreadBody: 'close',
    lingersOpen: false,
    emptyLines: { first: 0, later: 1, bareLf: true },
    chunks: TOLERANT_CHUNKS,
    idleExpect: 'nothing',
    chunkCase: 'lower',
    dynamicLength: Number.POSITIVE_INFINITY,
    tellsHeadLength: (isFile, length) => isFile || length > 0,
    hasConnectionToken: (value, token) =>
      value
        .toLowerCase()
        .split(/[\s,;]+/)
        .includes(token),
    // A field without a value is as good as not sent.
    framing: (headers) =>
      framingOf(new HeaderList(headers.lines.filter(([, value]) => value !== '')), (codings) => codings.every((one) => one === 'chunked')),
    files: {
      modifiedSince: 'not-after',
      preconditions: false,
      needsBothValidators: false,
      joinsLines: false,
      starInList: true,
      badDateFails: false,
      dateZone: 'GMT',
      ifRange: 'text',
      notModified: { contentType: true, acceptRanges: false },
      rangeMinor: 1,
      rangeOnHead: false,
      rangesOnPost: false,
      untyped: 'application/octet-stream',
      pathInfo: true,
      // http_range.c reads ten, and coalesces those that lie closer than the head of a part is long.
      ranges: { blanks: ' \t', wrong: 'skip', most: 10, beyond: 'cut', merge: { gap: 80, with: 'any' } },
      partial: 'both',
      failed: {
        412: { page: true, closes: false, announced: true, validators: false, contentRange: false },
        416: { page: true, closes: false, announced: true, validators: false, contentRange: false },
      },
      multipart: { lead: '', typeName: 'Content-Type', rangeName: 'Content-Range', boundary: () => 'fkj49sn38dcn3' },
    },
    gzip: undefined,

    // A control character in front is refused at once; else it waits for the whole head, whatever the first line is.
    judgePartialLine: (bytes) => ((bytes[0] ?? 0x20) < 0x20 ? { status: 400, minor: 0 } : undefined),
    judgeLine: ({ raw }) => ((raw[0] ?? 0) < 0x20 ? { status: 400, minor: 0 } : undefined),

    judgeHead(head: RequestHead, headers: HeaderList, framing: Framing): Refusal | undefined {
      const { line, flaws } = head
      const early = judgeLine(line)
      if (early) return { ...early, minor: 0 }
      for (const flaw of flaws) if (!BORNE.has(flaw)) return { status: 400 }
      if (line.padded) return { status: 400 }
      if (!METHODS.has(line.method)) return { status: 501 }
      const hosts = new Set(headers.all('host'))
      const [host] = hosts
      if (hosts.size > 1 || (host !== undefined && !isHost(host))) return { status: 400 }
      if (line.method === 'CONNECT') return { status: /^[/\d]/.test(line.target) ? 405 : 400 }
      // burl.c: only what its own clients ask for, and with a path.
      if (!line.target.startsWith('/') && line.target !== '*' && !/^https?:\/\/[^/]+\//i.test(line.target)) return { status: 400 }
      const [, authority] = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/]*)/.exec(line.target) ?? []
      if (authority !== undefined && host !== undefined && authority.toLowerCase() !== host.toLowerCase()) return { status: 400 }
      if (host === undefined && !line.protocol?.endsWith('.0')) return { status: 400 }
      if (framing.kind === 'invalid') return { status: framing.why === 'coding' ? 501 : 400 }
      if (framing.kind === 'chunked' && framing.conflict) return { status: 400 }
      if (framing.kind === 'chunked' && line.protocol?.endsWith('.0')) return { status: 400 }
      if (framing.kind === 'none' && line.method === 'POST') return { status: 411 }
      const hasBody = framing.kind === 'chunked' || (framing.kind === 'length' && framing.bytes > 0)
      if (hasBody && (line.method === 'GET' || line.method === 'HEAD')) return { status: 400 }
      return undefined
    },

    tooLarge: (what) => (what === 'body' ? { status: 413 } : { status: 431, minor: 0 }),
    timeout: () => undefined,
    badChunk: () => ({ status: 400 }),
    serverWide: (method, target) => (method === 'OPTIONS' && target === '*' ? { status: 200, headers: allow, body: '' } : undefined),

    readTarget(target) {
      // url-ctrls-reject
      if (/%(?:[01][0-9A-F]|7F)/i.test(target)) return { problem: 'refuse' }
      const parts = readTarget(target, RULES)
      if ('problem' in parts) return parts
      return DENIED.test(parts.path) ? { problem: 'forbidden' } : parts
    },
    minorVersion: ({ protocol }) => (protocol === 'HTTP/1.1' ? 1 : 0),

    page,

    methodOnFile(method, exists, facts, file) {
      if (!exists) return page(404, facts)
      if (file && (DENIED.test(file.path) || EXCLUDED.test(file.path))) return page(403, facts)
      if (method === 'OPTIONS') return { status: 200, headers: allow, body: '' }
      return method === 'GET' || method === 'HEAD' || method === 'POST' ? undefined : page(501, facts)
    },

    toFolder: (path, facts) => page(301, { ...facts, location: withPlainQuery(path) }),

    contentType: (path) => mimeType(path, 'lighttpd') ?? 'application/octet-stream',

    // etag.c hashes inode, size and time to 32 bits; the inode of a file that is not there is ours to choose.
    etag: ({ path, size, modified }) => `"${createHash('sha1').update(`${path}\0${size}\0${modified}`).digest().readUInt32BE()}"`,

    keepsAfter: () => true,

    head(out: Outgoing): string {
      const connection = out.request.minor === 0 ? (out.keepAlive ? 'keep-alive' : 'close') : out.keepAlive ? undefined : 'close'
      return headOf(`HTTP/1.${out.request.minor} ${out.status} ${out.reason ?? REASONS[out.status] ?? ''}`, [
        ...out.headers,
        // php-cgi writes the name this way, and lighttpd passes it on.
        [out.dynamic ? 'Content-type' : 'Content-Type', out.contentType],
        ['ETag', out.etag],
        ['Last-Modified', out.lastModified],
        ['Content-Encoding', out.contentEncoding],
        ['Vary', out.vary],
        ['Content-Length', out.length?.toString()],
        ['Accept-Ranges', out.acceptRanges ? 'bytes' : undefined],
        ['Content-Range', out.contentRange],
        ['Transfer-Encoding', out.chunked ? 'chunked' : undefined],
        ['Connection', connection],
        ['Date', out.date],
        ['Server', out.server ?? header],
      ])
    },
  }
}

function judgeLine({ method, target, protocol, bareLf, raw }: RequestLine): Refusal | undefined {
  if (bareLf || method === undefined || target === '' || protocol === undefined || raw.at(-1) === 0x20) return { status: 400 }
  if (/^HTTP\/1\.[01]$/.test(protocol)) return undefined
  // http_request_parse_proto_loose: more behind a version that it knows is wrong, any other version is one that it has not.
  if (/^HTTP\/1\.[01]/.test(protocol)) return { status: 400 }
  return protocol.startsWith('HTTP/') || target.endsWith(' HTTP/') ? { status: 505 } : { status: 400 }
}

function isHost(host: string): boolean {
  const [found, port = ''] = HOST.exec(host) ?? []
  return found !== undefined && (port === '' || (Number(port) > 0 && Number(port) < 65_536))
}

/** url-normalize-unreserved and -required over the query that a redirect takes along (burl_normalize_basic). */
function withPlainQuery(location: string): string {
  const mark = location.indexOf('?')
  if (mark < 0) return location
  const query = location
    .slice(mark + 1)
    .replace(/%([0-9A-Fa-f]{2})/g, (coded, hex: string) => {
      const sign = String.fromCharCode(Number.parseInt(hex, 16))
      return /[A-Za-z0-9._~/?-]/.test(sign) ? sign : coded.toUpperCase()
    })
    .replace(/%(?![0-9A-F]{2})|[^!#$%&'()*+,\-./0-9:;=?@A-Z_a-z~]/g, (sign) => percent(sign))
  return `${location.slice(0, mark)}?${query}`
}

function percent(sign: string): string {
  return `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}
