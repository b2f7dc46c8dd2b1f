import { type HeaderLine, HeaderList } from './headers.ts'

/** One part of a multipart body (RFC 7578). */
export interface Part {
  headers: HeaderList
  /** `name` of its Content-Disposition. */
  name: string
  /** `filename` of its Content-Disposition: the part is a file. */
  filename: string | undefined
  contentType: string | undefined
  body: Buffer
}

const MOST_PARTS = 200
const LONGEST_HEAD = 16 * 1024
const HEAD_END = Buffer.from('\r\n\r\n')

/** The boundary of a multipart Content-Type, or undefined. */
export function boundaryOf(contentType: string): string | undefined {
  if (!/^multipart\//i.test(contentType)) return undefined
  const [, quoted, bare] = /;\s{0,8}boundary=(?:"([^"]{1,200})"|([^\s;]{1,200}))/i.exec(contentType) ?? []
  return quoted ?? bare
}

/** Cuts a multipart body into its parts. Never throws: what cannot be read is left out, a body that was cut gives its parts so far. */
export function parseMultipart(body: Buffer, boundary: string): Part[] {
  const mark = Buffer.from(`--${boundary}`, 'latin1')
  const parts: Part[] = []
  let at = body.indexOf(mark)
  while (at >= 0 && parts.length < MOST_PARTS) {
    const start = at + mark.length
    // `--boundary--` ends the body.
    if (body[start] === 0x2d && body[start + 1] === 0x2d) break
    const next = body.indexOf(mark, start)
    const part = readPart(body.subarray(start, next < 0 ? body.length : next))
    if (part) parts.push(part)
    at = next
  }
  return parts
}

function readPart(bytes: Buffer): Part | undefined {
  const headEnd = bytes.indexOf(HEAD_END)
  if (headEnd < 0 || headEnd > LONGEST_HEAD) return undefined
  const headers = new HeaderList(readHeaders(bytes.subarray(0, headEnd).toString('latin1')))
  const disposition = headers.get('content-disposition') ?? ''
  const content = bytes.subarray(headEnd + HEAD_END.length)
  const isEnded = content.at(-2) === 0x0d && content.at(-1) === 0x0a
  return {
    headers,
    name: parameter(disposition, 'name') ?? '',
    filename: parameter(disposition, 'filename'),
    contentType: headers.get('content-type'),
    body: isEnded ? content.subarray(0, -2) : content,
  }
}

function readHeaders(text: string): HeaderLine[] {
  return text
    .split('\r\n')
    .map((line): HeaderLine => [line.slice(0, line.indexOf(':')).trim(), line.slice(line.indexOf(':') + 1).trim()])
    .filter(([name]) => name !== '')
}

/** A parameter of a Content-Disposition; browsers write `"` in a name as `%22` (WHATWG, multipart/form-data). */
function parameter(disposition: string, name: string): string | undefined {
  for (const [, key, quoted, bare] of disposition.matchAll(/;\s{0,8}([A-Za-z*]{1,32})=(?:"([^"]{0,1024})"|([^\s;]{0,1024}))/g)) {
    if (key?.toLowerCase() === name) return Buffer.from((quoted ?? bare ?? '').replaceAll('%22', '"'), 'latin1').toString('utf8')
  }
  return undefined
}
