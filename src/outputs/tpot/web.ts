import type { SundewEvent } from '../../events/schema.ts'
import { textOf } from '../event-text.ts'

/** A request as the logs of web honeypots tell it. */
export interface WebRequestFields {
  method: string
  target: string
  path: string
  query: string
  /** `HTTP/1.1` */
  protocol: string
  host: string
  headers: readonly (readonly [string, string])[]
  header(name: string): string | undefined
  body: string
  status: number
}

/** Reads an event `<lure>.request`. */
export function requestOf({ data }: SundewEvent): WebRequestFields {
  const headers = (Array.isArray(data.headers) ? data.headers : []).map(
    (one: unknown) => (Array.isArray(one) ? [textOf(one[0]) ?? '', textOf(one[1]) ?? ''] : ['', '']) as [string, string],
  )
  return fieldsOf(
    textOf(data.method) ?? '',
    textOf(data.target) ?? '',
    textOf(data.version) ?? '',
    headers,
    textOf(data.body) ?? '',
    Number(data.status ?? 0),
  )
}

/** Reads a turn of kind `web`, whose input and output are the bytes of request and answer. */
export function exchangeOf({ data }: SundewEvent): { request: WebRequestFields; answer: { headers: [string, string][]; body: string } } {
  const { first, headers, body } = parted(textOf(data.input) ?? '')
  const [method = '', target = '', protocol = ''] = first.split(' ')
  const answer = parted(textOf(data.output) ?? '')
  const status = Number((data.detail as { status?: unknown } | undefined)?.status ?? 0)
  return { request: fieldsOf(method, target, protocol, headers, body, status), answer: { headers: answer.headers, body: answer.body } }
}

function fieldsOf(
  method: string,
  target: string,
  protocol: string,
  headers: [string, string][],
  body: string,
  status: number,
): WebRequestFields {
  const header = (name: string): string | undefined => headers.find(([n]) => n.toLowerCase() === name)?.[1]
  const mark = target.indexOf('?')
  return {
    method,
    target,
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? '' : target.slice(mark + 1),
    protocol,
    host: header('host') ?? '',
    headers,
    header,
    body,
    status,
  }
}

/** First line, header lines and body of a message as it was on the wire; bytes that are no text stand as `\xNN`. */
function parted(message: string): { first: string; headers: [string, string][]; body: string } {
  const head = /\r?\n\r?\n|\\x0d\\x0a\\x0d\\x0a/.exec(message)
  const top = head ? message.slice(0, head.index) : message
  const [first = '', ...rest] = top.split(/\r?\n|\\x0d\\x0a/)
  const headers = rest.flatMap((line): [string, string][] => {
    const colon = line.indexOf(':')
    return colon > 0 ? [[line.slice(0, colon), line.slice(colon + 1).trim()]] : []
  })
  return { first, headers, body: head ? message.slice(head.index + head[0].length) : '' }
}

/** An attacker names headers as it likes: these have a field of the index each, all others share one. */
const KNOWN_HEADERS = new Set([
  'Accept',
  'Accept-Encoding',
  'Accept-Language',
  'Allow',
  'Authorization',
  'Cache-Control',
  'Connection',
  'Content-Encoding',
  'Content-Length',
  'Content-Type',
  'Cookie',
  'Date',
  'Host',
  'Location',
  'Origin',
  'Referer',
  'Server',
  'Set-Cookie',
  'User-Agent',
  'Www-Authenticate',
  'X-Api-Version',
  'X-Forwarded-For',
  'X-Powered-By',
])

/** Headers as fields under their names in the usual spelling; those without a field of their own as lines of `other`. */
export function headerFields(headers: readonly (readonly [string, string])[]): Record<string, string> {
  const fields: Record<string, string> = {}
  const others: string[] = []
  for (const [name, value] of headers) {
    const usual = name.toLowerCase().replaceAll(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())
    if (KNOWN_HEADERS.has(usual)) fields[usual] = value
    else others.push(`${name}: ${value}`)
  }
  return others.length > 0 ? { ...fields, other: others.join('\n') } : fields
}

/** Browser and system as far as a user agent says; the words of the boards. */
export function agentOf(userAgent: string | undefined): { browser: string; os: string } {
  const text = userAgent ?? ''
  const browser =
    /(Firefox|Edg|Chrome|Safari|curl|python-requests|Go-http-client|Wget|zgrab|Nmap|sqlmap|Nuclei)/i.exec(text)?.[1] ?? 'Other'
  const os = /(Windows|Android|iPhone|Mac OS X|Linux)/.exec(text)?.[1] ?? 'Other'
  return { browser, os }
}
