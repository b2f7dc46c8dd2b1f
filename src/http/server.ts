import type { HeaderLine, HeaderList } from './headers.ts'
import type { WebResponse } from './response.ts'
import type { ChunkFlaw, ChunkRules } from './wire/chunked.ts'
import type { Framing } from './wire/framing.ts'
import type { DateZone } from './wire/http-date.ts'
import type { RangeRules } from './wire/range.ts'
import type { RequestHead, RequestLine } from './wire/request-head.ts'
import type { TargetResult } from './wire/target.ts'

/** Bounds of a server, in bytes and milliseconds; what happens beyond them is the server's {@link WebServer.tooLarge}. */
export interface WireLimits {
  requestLine: number
  headerLine: number
  /** Whole head. */
  head: number
  headers: number
  /** A longer announced body is refused; undefined = any length. */
  body?: number
  /** From the first byte of a head to its end. */
  headMs: number
  /** Between two pieces of a body. */
  bodyMs: number
  /** Between two requests. */
  idleMs: number
  /** Requests that one connection may bring. */
  requests: number
}

/** A request that the server itself turns down. */
export interface Refusal {
  status: number
  /** Which of the server's pages for this status, when it has several. */
  page?: string
  /** Without Content-Length: the end of the connection ends the page. */
  unannounced?: boolean
  /** In the manner of HTTP/0.9: the page without a head. */
  simple?: boolean
  /** The connection ends although the head does not say so. */
  closesUnsaid?: boolean
  /** Minor version of the answer, where the server had not come to the request's own. */
  minor?: 0 | 1
}

/** What lies in a folder. */
export interface FolderEntry {
  name: string
  isFolder: boolean
  /** Bytes. */
  size: number
  /** UTC milliseconds. */
  modified: number
}

/** An answer that is ready for its head: body and framing are decided. */
export interface Outgoing {
  status: number
  reason: string | undefined
  /** Fields of the site, in its order, without those that have a member of their own here. */
  headers: readonly HeaderLine[]
  dynamic: boolean
  contentType: string | undefined
  /** Bytes of the body; undefined = not announced. */
  length: number | undefined
  /** Coded in chunks. */
  chunked: boolean
  etag: string | undefined
  lastModified: string | undefined
  acceptRanges: boolean
  contentRange: string | undefined
  contentEncoding: string | undefined
  vary: string | undefined
  /** Overrides of the site for what the server says of itself. */
  server: string | undefined
  date: string
  keepAlive: boolean
  /** Requests that this connection may still bring, for Keep-Alive's `max`. */
  requestsLeft: number
  request: RequestSide
}

/** The request, as far as it was understood. */
export interface RequestSide {
  method: string
  minor: number
  headers: HeaderList
}

/** What the server's pages show of the request. */
export interface PageFacts {
  method: string
  /** As sent. */
  target: string
  /** Host header as sent; empty without one. */
  host: string
  scheme: 'http' | 'https'
  localPort: number
  localIp: string
  headers: HeaderList
  /** For redirects. */
  location?: string
}

/** How a server answers a condition or range that fails. */
export interface FailedRule {
  /** With the server's page as body, or with none. */
  page: boolean
  /** Ends the connection although its head says otherwise. */
  closes: boolean
  /** With a Content-Length. */
  announced: boolean
  /** Still shows ETag, Last-Modified and Accept-Ranges of the file. */
  validators: boolean
  /** With `Content-Range: bytes *\/size`. */
  contentRange: boolean
}

/** How a server treats files, conditions and ranges. */
export interface FileRules {
  /** If-Modified-Since matches the same time only (nginx), any time since (RFC 9110 §13.1.3), or one of these up to now (Apache). */
  modifiedSince: 'same' | 'not-after' | 'not-after-nor-future'
  /** Whether it knows If-Match and If-Unmodified-Since. */
  preconditions: boolean
  /** Where both are sent, If-Modified-Since must fit too, not If-None-Match alone. */
  needsBothValidators: boolean
  /** Values of several If-None-Match and Range lines are one list; else the first line counts. */
  joinsLines: boolean
  /** A `*` counts in a list of tags too, not alone only. */
  starInList: boolean
  /** A date of If-Unmodified-Since that is none has passed. */
  badDateFails: boolean
  dateZone: DateZone
  /** If-Range is compared with Last-Modified as a date, or letter by letter. */
  ifRange: 'date' | 'text'
  /** Fields that a 304 has beside its validators. */
  notModified: { contentType: boolean; acceptRanges: boolean }
  /** Oldest minor version whose ranges it serves; infinite = it knows none. */
  rangeMinor: number
  rangeOnHead: boolean
  /** Shows Accept-Ranges with the answer to a POST too, and serves ranges there. */
  rangesOnPost: boolean
  /** Type of a file of no known type, which then has no validators (lighttpd); absent = it goes out without a type. */
  untyped?: string
  /** Serves `/file.txt` for `/file.txt/more` (lighttpd's pathinfo). */
  pathInfo: boolean
  ranges: RangeRules
  /** A part goes out with Accept-Ranges still, or with Content-Range in its place. */
  partial: 'both' | 'content-range'
  failed: { 412: FailedRule; 416: FailedRule }
  multipart: { lead: string; typeName: string; rangeName: string; boundary: () => string }
}

/** How a server compresses. */
export interface GzipRules {
  types: RegExp
  statuses: ReadonlySet<number>
  minLength: number
  minMinor: 0 | 1
  /** Does not compress for a request that came through a proxy (nginx: gzip_proxied off). */
  notForProxies: boolean
  /** Whether lines of Accept-Encoding ask for gzip. */
  isAccepted: (values: readonly string[]) => boolean
  /** Level for zlib; the first bytes of a gzip body show it. */
  level: number
  /** Longest body, before compression, whose compressed length it announces; longer ones go out in chunks. */
  announces: number
  /** Tells a HEAD of the compression too. */
  head: boolean
  /** The validator of a compressed file: nginx makes it weak, Apache adds a suffix. */
  etag: (etag: string) => string
  /** Compressed files may still be asked for in ranges. */
  keepsRanges: boolean
  vary: boolean
}

/**
 * A web server as it shows on the wire: nginx, Apache, lighttpd … One object of it serves any number of visits.
 * Everything here is pure; `serveHttp` reads and writes.
 */
export interface WebServer {
  readonly name: string
  readonly limits: WireLimits
  /** Whether it answers what needs no body before the body came (nginx, lighttpd), or reads it first (Apache). */
  readonly answersBeforeBody: boolean
  /** How it treats a body that it answered without reading. */
  readonly unreadBody: 'discard' | 'close'
  /** Whether its FIN waits until it has read the rest of a refused body (nginx's lingering close), or goes first. */
  readonly lingersOpen: boolean
  /** How many empty lines it skips in front of the first request line, and of later ones (RFC 9112 §2.2). */
  readonly emptyLines: { first: number; later: number; bareLf: boolean }
  readonly chunks: ChunkRules
  /** What `Expect: 100-continue` does where there is no body: nothing, a 100 before a file (nginx), or the close (Apache). */
  readonly idleExpect: 'nothing' | 'welcome-to-file' | 'close'
  readonly files: FileRules
  readonly gzip: GzipRules | undefined
  /** Whether the sizes of its chunks are written `1F4` or `1f4`. */
  readonly chunkCase: 'upper' | 'lower'
  /** Longest body of a program behind it that it holds back to announce its length; longer ones go out in chunks, -1 = all of them. */
  readonly dynamicLength: number
  /** Whether a HEAD is told this length (RFC 9110 §9.3.2 leaves it open). */
  tellsHeadLength(isFile: boolean, length: number): boolean
  /** Whether a value of Connection has a token, as this server looks for it. */
  hasConnectionToken(value: string, token: 'close' | 'keep-alive'): boolean
  framing(headers: HeaderList): Framing
  /** Judges a request line that is not complete: nginx refuses at the first wrong byte. */
  judgePartialLine(bytes: Buffer): Refusal | undefined
  /** Judges a request line before any header came. `simple` = HTTP/0.9: there will be no headers. */
  judgeLine(line: RequestLine): Refusal | 'simple' | undefined
  /** Judges a whole head; undefined = fine. */
  judgeHead(head: RequestHead, headers: HeaderList, framing: Framing): Refusal | undefined
  tooLarge(what: 'request-line' | 'header-line' | 'head' | 'headers' | 'body'): Refusal
  /** What a client that is too slow gets; undefined = the connection just ends. */
  timeout(during: 'line' | 'head' | 'body'): Refusal | undefined
  /** What a client gets whose chunks are wrong. */
  badChunk(flaw: ChunkFlaw): Refusal
  readTarget(target: string, method: string): TargetResult
  /** Minor version of HTTP/1 that a request is treated as; decides keep-alive and chunks. */
  minorVersion(line: RequestLine): number
  /** Answer to `OPTIONS *`, which asks for no place; undefined = the target is a path, or refused like any other wrong one. */
  serverWide(method: string, target: string): WebResponse | undefined
  /** The server's own page for a status. */
  page(status: number, facts: PageFacts, page?: string): WebResponse
  /** Answer of the file handler to a method; undefined = it serves the file. */
  methodOnFile(
    method: string,
    exists: boolean,
    facts: PageFacts,
    file?: { path: string; type: string | undefined },
  ): WebResponse | undefined
  /** The answer to a folder asked for without its slash. @param path of the folder, encoded, with slash and query */
  toFolder(path: string, facts: PageFacts): WebResponse
  /** The page for a folder without an index; absent = it shows none, and refuses. @param folder with a slash at its end */
  listing?(folder: string, entries: readonly FolderEntry[], search: string, facts: PageFacts): WebResponse
  /** A file that the server brings itself, outside of the document root. */
  ownFile?(path: string): { bytes: Buffer; modified: number } | undefined
  /** Type of a file as its configuration has it: `text/html`, `text/css;charset=utf-8`. */
  contentType(path: string): string | undefined
  etag(file: { path: string; size: number; modified: number }): string
  /** Whether it keeps the connection after an answer with this status, of its own or of a program behind it. */
  keepsAfter(status: number, dynamic: boolean, request: RequestSide): boolean
  /** Status line and header lines with the blank line. */
  head(outgoing: Outgoing): string
}
