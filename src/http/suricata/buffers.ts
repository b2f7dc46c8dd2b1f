import type { RequestHead } from '../wire/request-head.ts'
import type { Transform } from './rule.ts'

/** What rules look at. */
export interface MatchedRequest {
  head: RequestHead
  /** The path, decoded, as the server understands it; the target where it understands none. */
  path: string
  body: Buffer
}

/** Bytes of a body that are looked through. */
const BODY = 64 * 1024

type Read = (request: MatchedRequest) => string

const header =
  (name: string): Read =>
  ({ head }) =>
    head.headers
      .filter(([known]) => known.toLowerCase() === name)
      .map(([, value]) => value)
      .join(', ')

const headerLines: Read = ({ head }) => head.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
const bodyOf: Read = ({ body }) => body.toString('latin1', 0, BODY)

/** Sticky buffers of requests. Texts are bytes, one a character. */
export const BUFFERS = {
  'http.uri': ({ head, path }) => {
    const query = head.line.target.indexOf('?')
    return path + (query < 0 ? '' : head.line.target.slice(query))
  },
  'http.uri.raw': ({ head }) => head.line.target,
  'http.method': ({ head }) => head.line.method,
  'http.protocol': ({ head }) => head.line.protocol ?? '',
  'http.request_line': ({ head }) =>
    [head.line.method, head.line.target, head.line.protocol].filter((part) => part !== undefined).join(' '),
  'http.header': headerLines,
  'http.header.raw': ({ head }) => head.raw.toString('latin1').replace(/^[^\n]*\n/, ''),
  'http.header_names': ({ head }) => `\r\n${head.headers.map(([name]) => `${name}\r\n`).join('')}\r\n`,
  'http.start': ({ head }) => head.raw.toString('latin1'),
  'http.request_header': headerLines,
  'http.request_body': bodyOf,
  'http.user_agent': header('user-agent'),
  'http.cookie': header('cookie'),
  'http.host': (request) =>
    header('host')(request)
      .toLowerCase()
      .replace(/:\d{1,5}$/, ''),
  'http.host.raw': header('host'),
  'http.referer': header('referer'),
  'http.accept': header('accept'),
  'http.accept_lang': header('accept-language'),
  'http.accept_enc': header('accept-encoding'),
  'http.content_type': header('content-type'),
  'http.content_len': header('content-length'),
  'http.connection': header('connection'),
  pkt_data: (request) => request.head.raw.toString('latin1') + bodyOf(request),
} as const satisfies Record<string, Read>

export type BufferName = keyof typeof BUFFERS

export function isBufferName(name: string): name is BufferName {
  return Object.hasOwn(BUFFERS, name)
}

/** Modifiers of the rules of Suricata 4 and before, which stand behind their content. */
const MODIFIERS: Readonly<Record<string, BufferName>> = {
  http_uri: 'http.uri',
  uricontent: 'http.uri',
  http_raw_uri: 'http.uri.raw',
  http_method: 'http.method',
  http_header: 'http.header',
  http_raw_header: 'http.header.raw',
  http_client_body: 'http.request_body',
  http_user_agent: 'http.user_agent',
  http_cookie: 'http.cookie',
  http_host: 'http.host',
  http_raw_host: 'http.host.raw',
  http_referer: 'http.referer',
  http_content_type: 'http.content_type',
  http_protocol: 'http.protocol',
}

export function bufferOfModifier(name: string): BufferName | undefined {
  return Object.hasOwn(MODIFIERS, name) ? MODIFIERS[name] : undefined
}

/** The buffers of one request, each made when it is first asked for. */
export class RequestBuffers {
  readonly #request: MatchedRequest
  readonly #made = new Map<string, string>()

  constructor(request: MatchedRequest) {
    this.#request = request
  }

  text(name: BufferName, transforms: readonly Transform[], inLowerCase: boolean): string {
    const key = `${name} ${transforms.join(' ')} ${inLowerCase}`
    const known = this.#made.get(key)
    if (known !== undefined) return known
    const text = inLowerCase
      ? lowerCase(this.text(name, transforms, false))
      : transforms.reduce(transformed, transforms.length > 0 ? this.text(name, [], false) : BUFFERS[name](this.#request))
    this.#made.set(key, text)
    return text
  }
}

/** ASCII alone: other letters may change their length. */
export function lowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

function transformed(text: string, transform: Transform): string {
  switch (transform) {
    case 'to_lowercase':
      return lowerCase(text)
    case 'url_decode':
      return text.replaceAll('+', ' ').replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    case 'strip_whitespace':
      return text.replace(/[ \t\n\v\f\r]+/g, '')
    case 'compress_whitespace':
      return text.replace(/[ \t\n\v\f\r]+/g, ' ')
  }
}
