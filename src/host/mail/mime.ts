/**
 * The structure of a message, RFC 5322 and RFC 2045, as offsets into its bytes. Nothing is refused: what breaks the format
 * is read the way mail servers read it. Every bound is fixed, so any bytes are looked at in linear time.
 */

const MOST_HEADERS = 1000
const MOST_PARTS = 256
const DEEPEST = 10

export interface MimeHeader {
  name: string
  /** Unfolded, one character a byte (latin1). */
  value: string
  /** From the name to behind the last line end. */
  start: number
  end: number
}

/** A header value with parameters: `text/plain; charset=utf-8`. */
export interface Parameterized {
  value: string
  parameters: [name: string, value: string][]
}

export interface MimePart {
  headers: MimeHeader[]
  start: number
  bodyStart: number
  end: number
  type: string
  subtype: string
  parameters: [name: string, value: string][]
  disposition: Parameterized | undefined
  encoding: string
  /** Of a multipart. */
  parts: MimePart[]
  /** Of a message/rfc822. */
  message: MimePart | undefined
}

export function parseMime(bytes: Buffer): MimePart {
  return parsePart(bytes, 0, bytes.length, { parts: 0 }, 0, 'text/plain')
}

function parsePart(bytes: Buffer, start: number, end: number, count: { parts: number }, depth: number, defaultType: string): MimePart {
  count.parts++
  const { headers, bodyStart } = parseHeaders(bytes, start, end)
  const content = parseParameters(headerOf(headers, 'content-type') ?? defaultType)
  const [type = '', subtype = ''] = (content.value.includes('/') ? content.value : defaultType).split('/', 2)
  const disposition = headerOf(headers, 'content-disposition')
  const part: MimePart = {
    headers,
    start,
    bodyStart,
    end,
    type: type.trim(),
    subtype: subtype.trim(),
    parameters: content.parameters,
    disposition: disposition ? parseParameters(disposition) : undefined,
    encoding: headerOf(headers, 'content-transfer-encoding')?.split(';', 1)[0]?.trim() || '7bit',
    parts: [],
    message: undefined,
  }
  if (depth >= DEEPEST) return part
  const kind = part.type.toLowerCase()
  const boundary = parameterOf(part.parameters, 'boundary')
  if (kind === 'multipart' && boundary) {
    const inner = part.subtype.toLowerCase() === 'digest' ? 'message/rfc822' : 'text/plain'
    for (const [from, to] of splitParts(bytes, bodyStart, end, boundary)) {
      if (count.parts >= MOST_PARTS) break
      part.parts.push(parsePart(bytes, from, to, count, depth + 1, inner))
    }
  } else if (kind === 'message' && part.subtype.toLowerCase() === 'rfc822' && count.parts < MOST_PARTS) {
    part.message = parsePart(bytes, bodyStart, end, count, depth + 1, 'text/plain')
  }
  return part
}

/** Headers up to and including the empty line. */
function parseHeaders(bytes: Buffer, start: number, end: number): { headers: MimeHeader[]; bodyStart: number } {
  const headers: MimeHeader[] = []
  let at = start
  while (at < end) {
    const lineEnd = nextLine(bytes, at, end)
    const text = bytes.toString('latin1', at, lineEnd).replace(/\r?\n$/, '')
    if (text === '') return { headers, bodyStart: lineEnd }
    const last = headers.at(-1)
    if (/^[ \t]/.test(text) && last) {
      last.value += text
      last.end = lineEnd
    } else if (headers.length < MOST_HEADERS) {
      const colon = text.indexOf(':')
      const [name, value] = colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)]
      headers.push({ name: name.trim(), value, start: at, end: lineEnd })
    }
    at = lineEnd
  }
  return { headers, bodyStart: end }
}

/** Offset behind the LF of the line at `at`. */
function nextLine(bytes: Buffer, at: number, end: number): number {
  const lf = bytes.indexOf(0x0a, at)
  return lf < 0 || lf >= end ? end : lf + 1
}

/** The parts between delimiter lines, RFC 2046 §5.1.1: the line end before a delimiter belongs to the delimiter. */
function splitParts(bytes: Buffer, start: number, end: number, boundary: string): [start: number, end: number][] {
  const mark = Buffer.from(`--${boundary}`, 'latin1')
  const parts: [number, number][] = []
  let open: number | undefined
  let at = start
  while (at < end && parts.length < MOST_PARTS) {
    const found = bytes.indexOf(mark, at)
    if (found < 0 || found + mark.length > end) break
    at = nextLine(bytes, found, end)
    if (found !== start && bytes[found - 1] !== 0x0a) continue
    if (open !== undefined) parts.push([open, Math.max(open, lineBreakBefore(bytes, found))])
    const isLast = bytes[found + mark.length] === 0x2d && bytes[found + mark.length + 1] === 0x2d
    open = isLast ? undefined : at
    if (isLast) break
  }
  if (open !== undefined && parts.length < MOST_PARTS) parts.push([open, end])
  return parts
}

function lineBreakBefore(bytes: Buffer, at: number): number {
  if (bytes[at - 1] !== 0x0a) return at
  return bytes[at - 2] === 0x0d ? at - 2 : at - 1
}

/** Value of the first header of that name (lower case), unfolded and trimmed. */
export function headerOf(headers: readonly MimeHeader[], name: string): string | undefined {
  return headers.find((header) => header.name.toLowerCase() === name)?.value.trim()
}

export function parameterOf(parameters: readonly [string, string][], name: string): string | undefined {
  return parameters.find(([key]) => key.toLowerCase() === name)?.[1]
}

/** RFC 2045 §5.1: a value, then `; name=token` or `; name="quoted string"`. */
export function parseParameters(text: string): Parameterized {
  const semicolon = text.indexOf(';')
  const value = (semicolon < 0 ? text : text.slice(0, semicolon)).trim()
  const parameters: [string, string][] = []
  let at = semicolon < 0 ? text.length : semicolon + 1
  while (at < text.length && parameters.length < 100) {
    const equals = text.indexOf('=', at)
    if (equals < 0) break
    const name = text.slice(at, equals).replace(/^[\s;]+|\s+$/g, '')
    const { content, next } = readValue(text, equals + 1)
    if (name) parameters.push([name, content])
    const after = text.indexOf(';', next)
    at = after < 0 ? text.length : after + 1
  }
  return { value, parameters }
}

function readValue(text: string, from: number): { content: string; next: number } {
  let at = from
  while (text[at] === ' ' || text[at] === '\t') at++
  if (text[at] !== '"') {
    const semicolon = text.indexOf(';', at)
    const next = semicolon < 0 ? text.length : semicolon
    return { content: text.slice(at, next).trim(), next }
  }
  let content = ''
  for (at++; at < text.length && text[at] !== '"'; at++) {
    if (text[at] === '\\' && at + 1 < text.length) at++
    content += text[at]
  }
  return { content, next: at + 1 }
}

/** The file name that a part gives itself, RFC 2183 §2.3 and the older `name` of Content-Type; RFC 2231's `filename*` too. */
export function fileNameOf(part: MimePart): string | undefined {
  const places = [
    [part.disposition?.parameters ?? [], 'filename'],
    [part.parameters, 'name'],
  ] as const
  for (const [parameters, name] of places) {
    const plain = parameterOf(parameters, name)
    if (plain) return plain
    const extended = parameterOf(parameters, `${name}*`)
    if (extended) return percentDecoded(extended.slice(extended.lastIndexOf("'") + 1))
  }
  return undefined
}

function percentDecoded(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** The bytes of a part's body with its transfer encoding undone, as lenient as mail readers are. */
export function decodedBody(bytes: Buffer, part: MimePart): Buffer {
  const body = bytes.subarray(part.bodyStart, part.end)
  switch (part.encoding.toLowerCase()) {
    case 'base64':
      return Buffer.from(body.toString('latin1'), 'base64')
    case 'quoted-printable':
      return unquotePrintable(body)
    default:
      return body
  }
}

/** RFC 2045 §6.7. */
function unquotePrintable(body: Buffer): Buffer {
  const text = body.toString('latin1').replace(/=[ \t]{0,998}\r?\n/g, '')
  const plain = text.replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(plain, 'latin1')
}

/** Every part without parts of its own, in order; messages within are opened. */
export function leavesOf(part: MimePart): MimePart[] {
  if (part.message) return leavesOf(part.message)
  return part.parts.length ? part.parts.flatMap(leavesOf) : [part]
}
