import { createHash } from 'node:crypto'
import { type HeaderList, listsToken } from '../headers.ts'
import { escapeHtml } from '../html.ts'
import type { WebResponse } from '../response.ts'
import type { Outgoing, PageFacts, Refusal, WebServer } from '../server.ts'
import { TOLERANT_CHUNKS } from '../wire/chunked.ts'
import { type Framing, framingOf } from '../wire/framing.ts'
import type { RequestHead, RequestLine } from '../wire/request-head.ts'
import { readTarget } from '../wire/target.ts'
import { headOf } from './head-lines.ts'
import { mimeType } from './mime-types.ts'
import { REASONS } from './reasons.ts'

const METHODS = new Set(['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])
const KEEP_ALIVE_SECONDS = 20

/** Errors whose page says more than its title (file.c). */
const DETAILS: Readonly<Record<number, string>> = {
  403: "You don't have permission to access {url} on this server.",
  404: 'The requested URL {url} was not found on this server.',
}
const SUMMARIES: Readonly<Record<number, string>> = { 413: 'Request Entity Too Large' }

/** OpenWrt's uhttpd (client.c, file.c, utils.c of its sources). It names itself nowhere and dates only files. */
export function uhttpd(): WebServer {
  const page = (status: number, facts: PageFacts): WebResponse => {
    const title = `<h1>${SUMMARIES[status] ?? REASONS[status] ?? ''}</h1>`
    const detail = DETAILS[status]?.replace('{url}', () => escapeHtml(facts.target))
    return { status, headers: [['Content-Type', 'text/html']], body: pieces(detail === undefined ? [title] : [title, detail]) }
  }

  return {
    name: 'uhttpd',
    limits: {
      requestLine: 4096,
      headerLine: 4096,
      head: 64 * 1024,
      headers: 10_000,
      headMs: 30_000,
      bodyMs: 30_000,
      idleMs: KEEP_ALIVE_SECONDS * 1000,
      requests: 1000,
    },
    answersBeforeBody: true,
    unreadBody: 'close',
    lingersOpen: false,
    emptyLines: { first: Number.POSITIVE_INFINITY, later: Number.POSITIVE_INFINITY, bareLf: true },
    chunks: TOLERANT_CHUNKS,
    idleExpect: 'nothing',
    chunkCase: 'upper',
    dynamicLength: -1,
    tellsHeadLength: (isFile) => isFile,
    hasConnectionToken: listsToken,
    framing: framingOf,
    files: {
      modifiedSince: 'not-after',
      preconditions: true,
      needsBothValidators: false,
      joinsLines: false,
      starInList: false,
      badDateFails: false,
      dateZone: 'GMT',
      ifRange: 'date',
      notModified: { contentType: false, acceptRanges: false },
      rangeMinor: Number.POSITIVE_INFINITY,
      rangeOnHead: false,
      rangesOnPost: false,
      pathInfo: true,
      ranges: { blanks: '', wrong: 'ignore', most: 0, beyond: 'ignore' },
      partial: 'both',
      failed: {
        412: { page: false, closes: false, announced: false, validators: false, contentRange: false },
        416: { page: false, closes: false, announced: false, validators: false, contentRange: false },
      },
      multipart: { lead: '', typeName: 'Content-Type', rangeName: 'Content-Range', boundary: () => '' },
    },
    gzip: undefined,

    judgePartialLine: () => undefined,

    judgeLine({ method, target, protocol, bareLf }: RequestLine): Refusal | undefined {
      const isKnown = METHODS.has(method) && /^HTTP\/(0\.9|1\.[01])$/.test(protocol ?? '')
      return isKnown && target !== '' && !target.includes(' ') && !bareLf ? undefined : { status: 400, minor: 0 }
    },

    judgeHead(_head: RequestHead, headers: HeaderList, framing: Framing): Refusal | undefined {
      if (framing.kind === 'invalid' || (framing.kind === 'chunked' && framing.conflict)) return { status: 400 }
      const expect = headers.get('expect')
      return expect !== undefined && expect.toLowerCase() !== '100-continue' ? { status: 412 } : undefined
    },

    tooLarge: () => ({ status: 413 }),
    timeout: () => undefined,
    badChunk: () => ({ status: 400 }),
    serverWide: () => undefined,

    readTarget: (target) => {
      const parts = readTarget(target, {
        aboveRoot: 'refuse',
        encodedSlash: 'decode',
        nul: 'not-found',
        badPercent: 'refuse',
        fragment: 'cut',
      })
      return 'problem' in parts ? { problem: 'not-found' } : parts
    },
    minorVersion: ({ protocol }) => (protocol === 'HTTP/1.1' ? 1 : 0),

    page,

    methodOnFile(method, exists, facts) {
      if (!exists) return page(404, facts)
      return method === 'PUT' || method === 'DELETE' ? { status: 405, body: pieces([]) } : undefined
    },

    toFolder: (path) => ({ status: 302, headers: [['Location', path]], body: pieces([]) }),

    contentType: (path) => mimeType(path, 'uhttpd') ?? 'application/octet-stream',

    // "inode-size-mtime" in hex; the inode of a file that is not there is ours to choose.
    etag: ({ path, size, modified }) => `"${inode(path)}-${size.toString(16)}-${Math.floor(modified / 1000).toString(16)}"`,

    keepsAfter: () => true,

    head(out: Outgoing): string {
      const isFile = out.etag !== undefined
      return headOf(`HTTP/1.${out.request.minor} ${out.status} ${out.reason ?? SUMMARIES[out.status] ?? REASONS[out.status] ?? ''}`, [
        ['Connection', out.keepAlive ? 'Keep-Alive' : 'close'],
        ['Transfer-Encoding', out.chunked ? 'chunked' : undefined],
        ['Keep-Alive', out.keepAlive ? `timeout=${KEEP_ALIVE_SECONDS}` : undefined],
        ['ETag', out.etag],
        ['Last-Modified', out.lastModified],
        ['Date', isFile ? out.date : undefined],
        ['Content-Type', out.contentType],
        ['Content-Length', isFile ? out.length?.toString() : undefined],
        ...out.headers,
      ])
    },
  }
}

function inode(path: string): string {
  return (createHash('sha1').update(path).digest().readUInt16BE() + 0x200).toString(16)
}

/** A body in the pieces that the server writes it in: each becomes a chunk. */
async function* pieces(texts: readonly string[]): AsyncIterable<Buffer> {
  for (const text of texts) yield Buffer.from(text)
}
