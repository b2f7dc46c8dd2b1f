import type { HeaderLine } from '../headers.ts'

export interface RequestLine {
  /** The line without its line end. */
  raw: Buffer
  method: string
  /** Everything between the method and the protocol, spaces included. */
  target: string
  /** The last word when there are three or more: `HTTP/1.1`. Absent in an HTTP/0.9 request (RFC 1945 §4.1). */
  protocol: string | undefined
  /** Ended by LF alone. */
  bareLf: boolean
  /** More spaces than one between the words, or some at the end. */
  padded: boolean
}

/** Ways in which header lines may be wrong; servers differ in which they bear. */
export type HeaderFlaw =
  | 'no-colon'
  | 'space-before-colon'
  | 'fold'
  /** A continuation of nothing but blanks. */
  | 'blank-fold'
  | 'control'
  | 'nul'
  | 'name'
  | 'empty-name'
  | 'bare-cr'
  /** One CR more in front of a line end. */
  | 'extra-cr'
  | 'bare-lf'
  /** The blank line at the end is LF alone. */
  | 'bare-lf-end'
  /** A tab beside the value of a field that frames the body. */
  | 'tab-around'

export interface RequestHead {
  /** Everything as it came, blank line included. */
  raw: Buffer
  line: RequestLine
  headers: HeaderLine[]
  flaws: ReadonlySet<HeaderFlaw>
  /** Header lines, those without a colon included. */
  lines: number
  /** Bytes of the longest header line. */
  longestLine: number
}

const SPACE = 0x20
const CR = 0x0d
const LF = 0x0a
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** Reads a request line. Any bytes give a result: what is wrong with it is for the played server to say. */
export function parseRequestLine(raw: Buffer, bareLf: boolean): RequestLine {
  const text = trimSpaces(raw.toString('latin1'))
  const first = text.indexOf(' ')
  if (first < 0) return { raw, method: text, target: '', protocol: undefined, bareLf, padded: text.length < raw.length }
  const method = text.slice(0, first)
  const rest = trimSpaces(text.slice(first + 1), true)
  const last = rest.lastIndexOf(' ')
  const target = last < 0 ? rest : trimSpaces(rest.slice(0, last))
  const protocol = last < 0 ? undefined : rest.slice(last + 1)
  const tight = method.length + 1 + target.length + (protocol === undefined ? 0 : protocol.length + 1)
  return { raw, method, target, protocol, bareLf, padded: tight < raw.length }
}

/** Without the spaces at the end, and those at the front too when `both`. */
function trimSpaces(text: string, both = false): string {
  let from = 0
  let to = text.length
  while (both && from < to && text.charCodeAt(from) === SPACE) from++
  while (to > from && text.charCodeAt(to - 1) === SPACE) to--
  return text.slice(from, to)
}

/** Reads a whole head, from the request line to the blank line. Any bytes give a result. */
export function parseRequestHead(raw: Buffer): RequestHead {
  const flaws = new Set<HeaderFlaw>()
  const lines = splitLines(raw, flaws)
  const [first = { bytes: raw.subarray(0, 0), bareLf: false }, ...rest] = lines
  const headers: [string, string][] = []
  let count = 0
  let longestLine = 0
  for (const { bytes, bareLf } of rest) {
    if (bytes.length === 0) break
    count++
    longestLine = Math.max(longestLine, bytes.length)
    if (bareLf) flaws.add('bare-lf')
    inspect(bytes, flaws)
    const previous = headers.at(-1)
    const isFolded = bytes[0] === SPACE || bytes[0] === 0x09
    if (isFolded) flaws.add('fold')
    if (isFolded && previous) {
      if (isBlankLine(bytes)) flaws.add('blank-fold')
      // RFC 9112 §5.2: an obsolete continuation of the value before.
      previous[1] = `${previous[1]} ${bytes.toString('latin1').trim()}`
      continue
    }
    const header = parseHeaderLine(bytes, flaws)
    if (header) headers.push(header)
  }
  return { raw, line: parseRequestLine(first.bytes, first.bareLf), headers, flaws, lines: count, longestLine }
}

function parseHeaderLine(bytes: Buffer, flaws: Set<HeaderFlaw>): [string, string] | undefined {
  const text = bytes.toString('latin1')
  const colon = text.indexOf(':')
  if (colon < 0) {
    flaws.add('no-colon')
    return undefined
  }
  const name = text.slice(0, colon)
  if (name === '') flaws.add('empty-name')
  else if (name.trimEnd() !== name) flaws.add('space-before-colon')
  else if (!TOKEN.test(name)) flaws.add('name')
  const value = text.slice(colon + 1)
  if (/^(?:content-length|transfer-encoding)$/i.test(name) && /^ *\t|\t$/.test(value)) flaws.add('tab-around')
  return [name.trim(), trimBlanks(value)]
}

function isBlankLine(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === SPACE || byte === 0x09)
}

function inspect(bytes: Buffer, flaws: Set<HeaderFlaw>): void {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === CR) end--
  if (end < bytes.length) flaws.add('extra-cr')
  for (const byte of bytes.subarray(0, end)) {
    if (byte >= SPACE && byte !== 0x7f) continue
    if (byte === 0) flaws.add('nul')
    else if (byte === CR) flaws.add('bare-cr')
    else if (byte !== 0x09) flaws.add('control')
  }
}

function splitLines(raw: Buffer, flaws: Set<HeaderFlaw>): { bytes: Buffer; bareLf: boolean }[] {
  const lines: { bytes: Buffer; bareLf: boolean }[] = []
  let from = 0
  while (from < raw.length) {
    const lf = raw.indexOf(LF, from)
    if (lf < 0) {
      lines.push({ bytes: raw.subarray(from), bareLf: false })
      break
    }
    const bareLf = lf === from || raw[lf - 1] !== CR
    const bytes = raw.subarray(from, bareLf ? lf : lf - 1)
    if (bareLf && bytes.length === 0) flaws.add('bare-lf-end')
    lines.push({ bytes, bareLf })
    from = lf + 1
  }
  return lines
}

/** Only spaces and tabs: `trim()` would take other bytes of the value too. */
function trimBlanks(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && isBlank(text.charCodeAt(from))) from++
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--
  return text.slice(from, to)
}

function isBlank(unit: number): boolean {
  return unit === SPACE || unit === 0x09
}

/**
 * Offset behind the blank line that ends a head, or -1 while it has not come. A line may end with CRLF or LF.
 * @param from where an earlier look stopped
 */
export function endOfHead(bytes: Buffer, from = 0): number {
  for (let at = bytes.indexOf(LF, from); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3
  }
  return -1
}
