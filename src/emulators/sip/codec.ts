/** SIP messages (RFC 3261 §7, §25) as far as a PBX needs them: start line, headers in their order, body. */

import { ownCopy } from '../../host/files/content.ts'

/** Bytes that are no SIP request. */
export class SipError extends Error {}

export const LARGEST_HEAD = 16 * 1024
/** chan_sip reads no more than 20 KiB of a message. */
export const LARGEST_BODY = 16 * 1024
const MOST_HEADERS = 128

export interface SipRequest {
  method: string
  uri: string
  /** In the order of the message; compact names are written out, all in lower case. */
  headers: readonly (readonly [name: string, value: string])[]
  body: Buffer
}

export interface SipResponse {
  status: number
  reason: string
  headers: readonly (readonly [name: string, value: string])[]
  body: string
}

/** RFC 3261 §7.3.3 and the extensions' own. */
const COMPACT: Readonly<Record<string, string>> = {
  v: 'via',
  f: 'from',
  t: 'to',
  i: 'call-id',
  m: 'contact',
  l: 'content-length',
  c: 'content-type',
  s: 'subject',
  k: 'supported',
  e: 'content-encoding',
  o: 'event',
  r: 'refer-to',
}

/** Reads one request. Bytes are taken as latin1, so that nothing is lost. @throws SipError */
export function parseRequest(bytes: Buffer): SipRequest {
  const end = bytes.indexOf('\r\n\r\n')
  const head = bytes.toString('latin1', 0, end < 0 ? bytes.length : end)
  const body = ownCopy(bytes.subarray(end < 0 ? bytes.length : end + 4))
  if (head.length > LARGEST_HEAD) throw new SipError('head too large')
  return { ...parseHead(head), body: body.subarray(0, LARGEST_BODY) }
}

/** @throws SipError */
export function parseHead(head: string): Omit<SipRequest, 'body'> {
  const [start = '', ...lines] = head.split(/\r?\n/)
  const [method = '', uri = '', version = '', ...rest] = start.split(' ')
  if (!/^[A-Za-z]{1,32}$/.test(method) || uri === '' || version.toUpperCase() !== 'SIP/2.0' || rest.length > 0)
    throw new SipError('not a request line')
  return { method: method.toUpperCase(), uri, headers: parseHeaders(lines) }
}

/** Headers of a message whose start line cannot be read. @throws SipError */
export function headersOf(bytes: Buffer): SipRequest['headers'] {
  const [, ...lines] = bytes.toString('latin1', 0, LARGEST_HEAD).split('\r\n\r\n', 1)[0]!.split(/\r?\n/)
  return parseHeaders(lines)
}

/** @throws SipError */
function parseHeaders(lines: readonly string[]): [string, string][] {
  const headers: [string, string][] = []
  for (const line of lines) {
    const last = headers.at(-1)
    if (/^[ \t]/.test(line) && last) last[1] += ` ${line.trim()}`
    else {
      const colon = line.indexOf(':')
      if (colon <= 0) continue
      if (headers.length >= MOST_HEADERS) throw new SipError('too many headers')
      const name = line.slice(0, colon).trim().toLowerCase()
      headers.push([COMPACT[name] ?? name, line.slice(colon + 1).trim()])
    }
  }
  return headers
}

/** The first header of that name. */
export function header({ headers }: Pick<SipRequest, 'headers'>, name: string): string | undefined {
  return headers.find(([one]) => one === name)?.[1]
}

/** Every header of that name, in the order of the message. */
export function allOf({ headers }: Pick<SipRequest, 'headers'>, name: string): string[] {
  return headers.filter(([one]) => one === name).map(([, value]) => value)
}

export function encodeResponse({ status, reason, headers, body }: SipResponse): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  // Transactions keep their last answer.
  return ownCopy(
    Buffer.from(`SIP/2.0 ${status} ${reason}\r\n${lines}Content-Length: ${Buffer.byteLength(body, 'latin1')}\r\n\r\n${body}`, 'latin1'),
  )
}

/** Bytes of the body as the head announces them. @throws SipError */
export function contentLength(head: string): number {
  const [, length] = /\r\n(?:content-length|l)[ \t]*:[ \t]*(\d{1,9})[ \t]*(?:\r\n|$)/i.exec(head) ?? []
  const bytes = Number(length ?? 0)
  if (bytes > LARGEST_BODY) throw new SipError(`a body of ${bytes} bytes`)
  return bytes
}

/** `"Alice" <sip:alice@host:5060;x=y>;tag=1`: display name, parts of the URI, tag. */
export interface NameAddress {
  display: string
  user: string
  host: string
  tag: string | undefined
}

export function parseNameAddress(value: string): NameAddress {
  const open = value.indexOf('<')
  const close = value.indexOf('>', open)
  const isBracketed = open >= 0 && close > open
  const uri = isBracketed ? value.slice(open + 1, close) : (value.split(';', 1)[0] as string)
  const parameters = isBracketed ? value.slice(close + 1) : value.slice(uri.length)
  const display = isBracketed ? value.slice(0, open).trim().replace(/^"|"$/g, '') : ''
  const tag = parameters
    .split(';')
    .map((one) => one.trim())
    .find((one) => one.toLowerCase().startsWith('tag='))
    ?.slice(4)
  return { display, ...uriParts(uri), tag }
}

export function uriParts(uri: string): { user: string; host: string } {
  const rest = uri.replace(/^\s*(sips?|tel):/i, '')
  const at = rest.lastIndexOf('@')
  const user = (at < 0 ? '' : rest.slice(0, at)).split(/[:;]/, 1)[0] as string
  const host = (at < 0 ? rest : rest.slice(at + 1)).split(/[;?>]/, 1)[0] as string
  return { user: unescaped(/^\s*tel:/i.test(uri) ? host : user), host }
}

/** `%2B44` is `+44` (RFC 3261 §19.1.2). */
function unescaped(user: string): string {
  return user.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** RFC 3261 §18.2.1, RFC 3581: the top Via tells where the request came from. One header may hold several (§7.3.1). */
export function answerVia(header: string, source: { ip: string; port: number }): string {
  const comma = header.indexOf(',')
  const [via, others] = comma < 0 ? [header, ''] : [header.slice(0, comma), header.slice(comma)]
  const parameters = via.split(';')
  const hasRport = parameters.some((one) => /^\s*rport\s*$/i.test(one))
  const kept = parameters.filter((one) => !/^\s*(rport|received)\s*(=|$)/i.test(one)).join(';')
  return `${kept};received=${source.ip}${hasRport ? `;rport=${source.port}` : ''}${others}`
}
