import { type HeaderLine, listsToken } from '../headers.ts'
import type { WebResponse } from '../response.ts'
import type { Outgoing, PageFacts, WebServer, WireLimits } from '../server.ts'
import { TOLERANT_CHUNKS } from '../wire/chunked.ts'
import { framingOf } from '../wire/framing.ts'
import { readTarget } from '../wire/target.ts'
import { headOf } from './head-lines.ts'
import { mimeType } from './mime-types.ts'
import { REASONS } from './reasons.ts'

export interface ApplicationServerOptions {
  name: string
  /**
   * Names of the header lines that it may send, in its order and case; `*` = here come those of the site. A line is sent
   * when it has a value: `Server` from `server`, `Date`, `Content-Type`, `Content-Length`, `Transfer-Encoding`,
   * `Connection`, `Keep-Alive`, `ETag`, `Last-Modified`, `Accept-Ranges`, `Content-Range`, `Content-Encoding`, `Vary`.
   */
  order: readonly string[]
  /** Value of its Server line. */
  server?: string
  /** Value of its Connection line while the connection stays; absent = the line comes with `close` only. */
  keepAlive?: string
  /** Reason phrases of its own; `undefined` status → those of RFC 9110. */
  reasons?: Readonly<Record<number, string>>
  /** Leaves the reason phrase out (Undertow, HTTP/2-minded servers). */
  bareStatus?: boolean
  /** Answers in the version of the request (Netty copies it) instead of HTTP/1.1. */
  echoesVersion?: boolean
  /** Its own page for an error that no site was asked about; the default has no body. */
  page?: (status: number, facts: PageFacts) => WebResponse
  limits?: Partial<WireLimits>
}

const LIMITS: WireLimits = {
  requestLine: 8192,
  headerLine: 8192,
  head: 16 * 1024,
  headers: 200,
  headMs: 60_000,
  bodyMs: 60_000,
  idleMs: 60_000,
  requests: 1000,
}

/**
 * The HTTP side of an application that serves itself: Elasticsearch's Netty, a Go program, a device. It reads requests
 * tolerantly, and writes the header lines that its options name.
 *
 * @example
 * const server = applicationServer({ name: 'elasticsearch', order: ['content-type', 'content-length', '*'] })
 */
export function applicationServer(options: ApplicationServerOptions): WebServer {
  const { name, order, server, keepAlive, reasons = {}, bareStatus = false, echoesVersion = false, page = emptyPage, limits = {} } = options
  return {
    name,
    limits: { ...LIMITS, ...limits },
    answersBeforeBody: false,
    unreadBody: 'close',
    lingersOpen: false,
    emptyLines: { first: Number.POSITIVE_INFINITY, later: Number.POSITIVE_INFINITY, bareLf: true },
    chunks: TOLERANT_CHUNKS,
    idleExpect: 'nothing',
    chunkCase: 'lower',
    dynamicLength: Number.POSITIVE_INFINITY,
    tellsHeadLength: () => true,
    hasConnectionToken: listsToken,
    framing: framingOf,
    files: {
      modifiedSince: 'not-after',
      preconditions: false,
      needsBothValidators: false,
      joinsLines: false,
      starInList: false,
      badDateFails: false,
      dateZone: 'GMT',
      ifRange: 'date',
      notModified: { contentType: false, acceptRanges: false },
      rangeMinor: 0,
      rangeOnHead: true,
      rangesOnPost: true,
      pathInfo: false,
      ranges: { blanks: ' \t', wrong: 'ignore', most: 100, beyond: 'ignore', merge: { gap: 0, with: 'any' } },
      partial: 'both',
      failed: {
        412: { page: true, closes: false, announced: true, validators: false, contentRange: false },
        416: { page: true, closes: false, announced: true, validators: false, contentRange: true },
      },
      multipart: { lead: '', typeName: 'Content-Type', rangeName: 'Content-Range', boundary: () => 'BYTERANGE' },
    },
    gzip: undefined,
    judgePartialLine: () => undefined,
    judgeLine: ({ method, target, protocol }) =>
      method && target && protocol && /^HTTP\/1\.[0-9]$/.test(protocol) ? undefined : { status: 400 },
    judgeHead: (_head, _headers, framing) => (framing.kind === 'invalid' ? { status: 400 } : undefined),
    tooLarge: (what) => ({ status: what === 'body' ? 413 : what === 'request-line' ? 414 : 431 }),
    timeout: () => undefined,
    badChunk: () => ({ status: 400 }),
    readTarget: (target) =>
      readTarget(target, { aboveRoot: 'clamp', encodedSlash: 'decode', nul: 'refuse', badPercent: 'keep', fragment: 'cut' }),
    minorVersion: ({ protocol }) => (protocol?.endsWith('.0') ? 0 : 1),
    serverWide: (method, target) => (method === 'OPTIONS' && target === '*' ? { status: 200, body: '' } : undefined),
    page,
    methodOnFile: (method, exists, facts) =>
      exists && (method === 'GET' || method === 'HEAD') ? undefined : page(exists ? 405 : 404, facts),
    toFolder: (path) => ({ status: 301, headers: [['Location', path]], body: '' }),
    contentType: (path) => mimeType(path, 'nginx') ?? 'application/octet-stream',
    etag: ({ size, modified }) => `"${modified.toString(16)}-${size.toString(16)}"`,
    keepsAfter: () => true,
    head(out: Outgoing): string {
      const reason = bareStatus ? '' : (out.reason ?? reasons[out.status] ?? REASONS[out.status] ?? '')
      const values = new Map<string, string | undefined>([
        ['server', out.server ?? server],
        ['date', out.date],
        ['content-type', out.contentType],
        ['content-length', out.length?.toString()],
        ['transfer-encoding', out.chunked ? 'chunked' : undefined],
        ['connection', out.keepAlive ? keepAlive : 'close'],
        ['etag', out.etag],
        ['last-modified', out.lastModified],
        ['accept-ranges', out.acceptRanges ? 'bytes' : undefined],
        ['content-range', out.contentRange],
        ['content-encoding', out.contentEncoding],
        ['vary', out.vary],
      ])
      const lines = order.flatMap((line): (HeaderLine | [string, undefined])[] =>
        line === '*' ? [...out.headers] : [[line, values.get(line.toLowerCase()) as string]],
      )
      return headOf(`HTTP/1.${echoesVersion ? out.request.minor : 1} ${out.status} ${reason}`, lines)
    },
  }
}

function emptyPage(status: number): WebResponse {
  return { status, body: '' }
}
