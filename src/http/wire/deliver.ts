import { gzipSync } from 'node:zlib'
import { HeaderList, withoutHeaders } from '../headers.ts'
import type { WebResponse } from '../response.ts'
import type { FileRules, Outgoing, PageFacts, RequestSide, WebServer } from '../server.ts'
import { gzipped } from './held-back.ts'
import { httpDate, parseHttpDate } from './http-date.ts'
import { type ByteRange, mergeRanges, readRanges } from './range.ts'

/** An answer ready for the wire. */
export interface Delivery {
  status: number
  head: string
  body: Buffer | AsyncIterable<Buffer>
  chunked: boolean
  keepAlive: boolean
}

export interface DeliveryFacts {
  server: WebServer
  request: RequestSide
  page: PageFacts
  /** Whether client and server so far agree to go on. */
  keepAlive: boolean
  requestsLeft: number
  /** UTC milliseconds. */
  now: number
  /** Path of the request, for the validator of a file. */
  path: string
  /** Without a head: HTTP/0.9. */
  simple: boolean
  /** Let the end of the connection end the body. */
  unannounced?: boolean
}

/** Fields that the server decides; what a site says of them is taken into account below. */
const SERVER_FIELDS = [
  'content-type',
  'content-length',
  'content-encoding',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'date',
  'server',
  'etag',
  'last-modified',
  'accept-ranges',
  'content-range',
  'vary',
]
const EMPTY = Buffer.alloc(0)

/** Makes of a site's answer what the played server would send: conditions, compression, ranges, framing, head. */
export function deliver(response: WebResponse, facts: DeliveryFacts): Delivery {
  const draft = draftOf(response, facts)
  const isDecided = response.file !== undefined && !response.file.isUnvalidated && applyConditions(draft, facts)
  if (!isDecided) {
    compress(draft, facts)
    if (response.file) applyRange(draft, facts)
  }
  frame(draft, facts)
  return {
    status: draft.out.status,
    head: facts.server.head(draft.out),
    body: draft.body,
    chunked: draft.out.chunked,
    keepAlive: draft.out.keepAlive && !draft.closes,
  }
}

interface Draft {
  out: Outgoing
  body: Buffer | AsyncIterable<Buffer>
  isFile: boolean
  /** A program's output that is longer than the server holds back: it goes on to come. */
  isHeldBack: boolean
  /** The connection ends although the head says otherwise: nginx behind a 412. */
  closes: boolean
}

function draftOf(response: WebResponse, { server, request, keepAlive, requestsLeft, now, path }: DeliveryFacts): Draft {
  const { status, file } = response
  const given = new HeaderList(response.headers ?? [])
  const body = typeof response.body === 'string' ? Buffer.from(response.body, 'utf8') : (response.body ?? EMPTY)
  const size = Buffer.isBuffer(body) ? body.length : undefined
  const isWholeFile = file !== undefined && size !== undefined && status === 200
  const isValidated = isWholeFile && !file.isUnvalidated
  return {
    body,
    isFile: file !== undefined,
    isHeldBack: response.heldBack ?? false,
    closes: false,
    out: {
      status,
      reason: response.reason,
      headers: withoutHeaders(given.lines, ...SERVER_FIELDS),
      dynamic: response.dynamic ?? false,
      contentType: given.get('content-type'),
      length: size,
      chunked: false,
      etag: given.get('etag') ?? (isValidated ? server.etag({ path: file.path ?? path, size, modified: file.modified }) : undefined),
      lastModified: given.get('last-modified') ?? (isValidated ? httpDate(file.modified) : undefined),
      acceptRanges: given.has('accept-ranges') || (isWholeFile && showsRanges(request, server)),
      contentRange: given.get('content-range'),
      contentEncoding: given.get('content-encoding'),
      vary: given.get('vary'),
      server: given.get('server'),
      date: given.get('date') ?? httpDate(now),
      keepAlive:
        keepAlive &&
        !response.close &&
        !given.lists('connection', 'close') &&
        server.keepsAfter(status, response.dynamic ?? false, request),
      requestsLeft,
      request,
    },
  }
}

function showsRanges({ method, minor }: RequestSide, { files }: WebServer): boolean {
  return minor >= files.rangeMinor && (files.rangesOnPost || method === 'GET' || method === 'HEAD')
}

/** @returns whether a condition of the request decided the answer (RFC 9110 §13.2.2) */
function applyConditions(draft: Draft, facts: DeliveryFacts): boolean {
  const { out } = draft
  const { files } = facts.server
  const { method, headers } = out.request
  if (out.status !== 200) return false
  const isRead = method === 'GET' || method === 'HEAD'
  const modified = parseHttpDate(out.lastModified ?? '') ?? 0
  if (files.preconditions && isPreconditionFailed(headers, out, modified, files)) {
    replaceByPage(draft, 412, facts)
    return true
  }
  if (!isRead && headers.has('if-none-match') && isNotModified(headers, out, modified, facts)) {
    replaceByPage(draft, 412, facts)
    return true
  }
  if (!isRead || !isNotModified(headers, out, modified, facts)) return false
  out.status = 304
  out.length = undefined
  draft.body = EMPTY
  if (!files.notModified.contentType) out.contentType = undefined
  if (!files.notModified.acceptRanges) out.acceptRanges = false
  return true
}

function isPreconditionFailed(headers: HeaderList, { etag }: Outgoing, modified: number, files: FileRules): boolean {
  const match = lineOf(headers, 'if-match', files)
  if (match !== undefined) return !listsTag(match, etag, 'strong', files)
  const text = headers.get('if-unmodified-since')
  if (text === undefined) return false
  const since = parseHttpDate(text, files.dateZone)
  return since === undefined ? files.badDateFails : modified > since
}

function isNotModified(headers: HeaderList, { etag }: Outgoing, modified: number, { server, now }: DeliveryFacts): boolean {
  const { files } = server
  const none = lineOf(headers, 'if-none-match', files)
  const text = headers.get('if-modified-since')
  if (none !== undefined && !listsTag(none, etag, 'weak', files)) return false
  if (none !== undefined && (text === undefined || !files.needsBothValidators)) return true
  const since = parseHttpDate(text ?? '', files.dateZone)
  if (since === undefined) return false
  if (files.modifiedSince === 'same') return since === modified
  return modified <= since && (files.modifiedSince === 'not-after' || since <= now)
}

function lineOf(headers: HeaderList, name: string, { joinsLines }: FileRules): string | undefined {
  return joinsLines && headers.has(name) ? headers.all(name).join(', ') : headers.get(name)
}

/** Comparison of tags (RFC 9110 §8.8.3.2); the suffix that Apache gives to compressed forms does not count. */
function listsTag(list: string, etag: string | undefined, how: 'weak' | 'strong', { starInList }: FileRules): boolean {
  if (list.trim() === '*') return true
  const plain = (tag: string): string => tag.trim().replace(/-gzip"$/, '"')
  const comparable = (tag: string): string => (how === 'weak' ? plain(tag).replace(/^W\//, '') : plain(tag))
  return list.split(',').some((tag) => (starInList && tag.trim() === '*') || (etag !== undefined && comparable(tag) === comparable(etag)))
}

function applyRange(draft: Draft, facts: DeliveryFacts): void {
  const { out, body } = draft
  const { files } = facts.server
  const { headers, method } = out.request
  const wanted = lineOf(headers, 'range', files)
  if (wanted === undefined || out.status !== 200 || !out.acceptRanges || !Buffer.isBuffer(body)) return
  if (method === 'HEAD' ? !files.rangeOnHead : method !== 'GET' && !files.rangesOnPost) return
  if (!isSameForRange(headers.get('if-range'), out, files)) return
  const found = readRanges(wanted, body.length, files.ranges)
  if (found === 'ignore') return
  if (found === 'unsatisfiable') {
    replaceByPage(draft, 416, facts, body.length)
    return
  }
  const { merge } = files.ranges
  const ranges = merge === undefined ? found : mergeRanges(found, merge)
  const total = ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0)
  if (ranges.length > 1 && total > body.length) return
  out.status = 206
  if (facts.server.files.partial === 'content-range') out.acceptRanges = false
  const [only] = ranges as [ByteRange]
  draft.body = ranges.length === 1 ? body.subarray(only.from, only.to + 1) : multipart(out, body, ranges, files.multipart)
  if (ranges.length === 1) out.contentRange = `bytes ${only.from}-${only.to}/${body.length}`
  out.length = draft.body.length
}

function isSameForRange(condition: string | undefined, { etag, lastModified }: Outgoing, { ifRange, dateZone }: FileRules): boolean {
  if (condition === undefined || condition === etag) return true
  return ifRange === 'text' ? condition === lastModified : parseHttpDate(condition, dateZone) === parseHttpDate(lastModified ?? '')
}

function multipart(
  out: Outgoing,
  body: Buffer,
  ranges: readonly ByteRange[],
  { lead, typeName, rangeName, boundary }: WebServer['files']['multipart'],
): Buffer {
  const mark = boundary()
  const parts: Buffer[] = []
  for (const [index, { from, to }] of ranges.entries()) {
    const type = out.contentType === undefined ? '' : `${typeName}: ${out.contentType}\r\n`
    const head = `${index === 0 ? lead : '\r\n'}--${mark}\r\n${type}${rangeName}: bytes ${from}-${to}/${body.length}\r\n\r\n`
    parts.push(Buffer.from(head, 'latin1'), body.subarray(from, to + 1))
  }
  parts.push(Buffer.from(`\r\n--${mark}--\r\n`))
  out.contentType = `multipart/byteranges; boundary=${mark}`
  return Buffer.concat(parts)
}

/** A condition or range ends in an error of the server: its page takes the place of the file. */
function replaceByPage(draft: Draft, status: 412 | 416, facts: DeliveryFacts, size?: number): void {
  const { out } = draft
  const failed = facts.server.files.failed[status]
  const page = failed.page
    ? facts.server.page(status, facts.page)
    : { status, headers: [['Content-Type', out.contentType ?? '']] as const, body: '' }
  draft.body = Buffer.from(page.body as string)
  draft.closes = failed.closes
  Object.assign(out, {
    status,
    contentType: page.headers?.find(([name]) => name === 'Content-Type')?.[1],
    // Apache tells a HEAD the length of what a GET would not have got.
    length: failed.announced ? (failed.page || out.request.method !== 'HEAD' ? draft.body.length : out.length) : undefined,
    etag: failed.validators ? out.etag : undefined,
    lastModified: failed.validators ? out.lastModified : undefined,
    acceptRanges: failed.validators,
    contentRange: failed.contentRange ? `bytes */${size}` : undefined,
  })
}

function compress(draft: Draft, { server }: DeliveryFacts): void {
  const { out, body, isHeldBack } = draft
  const rules = server.gzip
  if (!rules || !(Buffer.isBuffer(body) || isHeldBack) || out.contentEncoding !== undefined || !rules.statuses.has(out.status)) return
  if (!rules.types.test(out.contentType ?? '') || (out.request.method === 'HEAD' && !(rules.head && draft.isFile))) return
  if (Buffer.isBuffer(body) && body.length < rules.minLength && !(out.dynamic && body.length > server.dynamicLength)) return
  if (rules.vary) out.vary ??= 'Accept-Encoding'
  const { headers, minor } = out.request
  if (!rules.isAccepted(headers.all('accept-encoding')) || minor < rules.minMinor || (rules.notForProxies && headers.has('via'))) return
  out.contentEncoding = 'gzip'
  out.etag = out.etag === undefined ? undefined : rules.etag(out.etag)
  if (!rules.keepsRanges) out.acceptRanges = false
  if (!Buffer.isBuffer(body)) {
    draft.body = gzipped(body, rules.level)
    return
  }
  const packed = gzipSync(body, { level: rules.level })
  draft.body = packed
  out.length = body.length <= rules.announces ? packed.length : undefined
}

/** Decides between Content-Length, chunks and the end of the connection (RFC 9112 §6.3). */
function frame(draft: Draft, { server, unannounced }: DeliveryFacts): void {
  const { out } = draft
  const { method, minor } = out.request
  if (out.status === 204 || out.status === 304 || out.status === 101) {
    draft.body = EMPTY
    out.length = undefined
    if (out.status !== 304) out.contentType = undefined
    return
  }
  if (out.dynamic && out.length !== undefined && out.length > server.dynamicLength) out.length = undefined
  if (method === 'HEAD') {
    draft.body = EMPTY
    if (out.length !== undefined && !server.tellsHeadLength(draft.isFile, out.length)) out.length = undefined
    return
  }
  if (unannounced) out.length = undefined
  if (out.length !== undefined) return
  if (minor >= 1 && !unannounced) out.chunked = true
  else out.keepAlive = false
}
