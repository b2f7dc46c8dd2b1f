import { createHash } from 'node:crypto'
import type { HeaderLine, HeaderList } from '../headers.ts'
import type { WebResponse } from '../response.ts'
import type { Outgoing, PageFacts, Refusal, WebServer } from '../server.ts'
import type { Framing } from '../wire/framing.ts'
import type { RequestHead, RequestLine } from '../wire/request-head.ts'
import { readTarget } from '../wire/target.ts'
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
/** Methods that must bring a body's length. */
const WITH_BODY = new Set(['POST', 'PUT'])

/** host-strict: labels without underscores and none of them empty. */
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.?)(?::\d+)?$/

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
    emptyLines: 0,
    chunkCase: 'lower',
    dynamicLength: Number.POSITIVE_INFINITY,
    headLength: 'always',
    files: {
      modifiedSince: 'not-after',
      preconditions: false,
      notModified: { contentType: true, acceptRanges: false },
      rangeMinor: 1,
      rangeOnHead: false,
      rangesOnPost: false,
      untyped: 'application/octet-stream',
      pathInfo: true,
      // http_range.c coalesces ranges that lie closer than the head of a part is long.
      mergeGap: 80,
      badRange: 'refuse',
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
      for (const flaw of flaws) if (flaw !== 'fold') return { status: 400 }
      if (line.padded) return { status: 400 }
      if (!METHODS.has(line.method)) return { status: 501 }
      const hosts = new Set(headers.all('host'))
      const [host] = hosts
      if (hosts.size > 1 || (host !== undefined && !HOST.test(host))) return { status: 400 }
      const [, authority] = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/]*)/.exec(line.target) ?? []
      if (authority !== undefined && host !== undefined && authority.toLowerCase() !== host.toLowerCase()) return { status: 400 }
      if (host === undefined && !line.protocol?.endsWith('.0')) return { status: 400 }
      if (framing.kind === 'invalid') return { status: framing.why === 'coding' ? 501 : 400 }
      if (framing.kind === 'chunked' && framing.conflict) return { status: 400 }
      if (framing.kind === 'chunked' && line.protocol?.endsWith('.0')) return { status: 400 }
      if (framing.kind === 'none' && WITH_BODY.has(line.method)) return { status: 411 }
      return undefined
    },

    tooLarge: (what) => (what === 'body' ? { status: 413 } : { status: 431, minor: 0 }),
    timeout: () => undefined,
    badChunk: () => ({ status: 400 }),
    serverWide: (method) => (method === 'OPTIONS' ? { status: 200, headers: allow, body: '' } : undefined),

    readTarget: (target) =>
      readTarget(target, { aboveRoot: 'clamp', encodedSlash: 'decode', nul: 'refuse', badPercent: 'keep', fragment: 'cut' }),
    minorVersion: ({ protocol }) => (protocol === 'HTTP/1.1' ? 1 : 0),

    page,

    methodOnFile(method, exists, facts) {
      if (!exists) return page(404, facts)
      if (method === 'OPTIONS') return { status: 200, headers: allow, body: '' }
      return method === 'GET' || method === 'HEAD' || method === 'POST' ? undefined : page(501, facts)
    },

    toFolder: (path, facts) => page(301, { ...facts, location: path }),

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
  const [, major, minor] = /^HTTP\/(\d{1,4})(?:\.(\d{1,3}))?$/.exec(protocol) ?? []
  if (major === undefined) return { status: 400 }
  return major === '1' && (minor === '0' || minor === '1') ? undefined : { status: 505 }
}
