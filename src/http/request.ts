import type { EventSchemas } from '../events/schema.ts'
import type { Endpoint, Visit } from '../sensor/visit.ts'
import type { HeaderList } from './headers.ts'
import { boundaryOf, type Part, parseMultipart } from './multipart.ts'
import type { PageFacts } from './server.ts'
import type { RequestHead } from './wire/request-head.ts'

/** What is known of a request when its head was read and the server has accepted it. */
export interface RequestFacts {
  head: RequestHead
  headers: HeaderList
  path: string
  search: string
  authority: string | undefined
  /** Minor version of HTTP/1: 0 for HTTP/0.9 too, see `simple`. */
  minor: number
  /** An HTTP/0.9 request: it has no headers, and its answer no head. */
  simple: boolean
  scheme: 'http' | 'https'
  visit: Visit<EventSchemas>
}

const MOST_FIELDS = 2_000

/** One request of an attacker, as a site sees it. */
export class WebRequest {
  /** As sent, whatever its case. */
  readonly method: string
  /** The target as sent: `/a%20b?x=1`, `http://host/`, `*`. */
  readonly target: string
  /** Decoded and normalised as the played server does it; begins with `/` (or is `*`). */
  readonly path: string
  /** Query string as sent, without its `?`. */
  readonly search: string
  readonly httpVersion: '0.9' | '1.0' | '1.1'
  /** In the order and case of the wire. */
  readonly headers: HeaderList
  /** The head as it came, to the byte. */
  readonly rawHead: Buffer
  readonly scheme: 'http' | 'https'
  readonly source: Endpoint
  readonly local: Endpoint
  /** Reading from it is the web core's business; record, capture, login, tag, pause and signal are for the site. */
  readonly visit: Visit<EventSchemas>
  readonly #authority: string | undefined
  #body: Buffer = Buffer.alloc(0)
  #bodyBytes = 0
  #query: URLSearchParams | undefined
  #cookies: Map<string, string> | undefined
  #form: URLSearchParams | undefined
  #parts: Part[] | undefined

  constructor(facts: RequestFacts) {
    this.method = facts.head.line.method
    this.target = facts.head.line.target
    this.path = facts.path
    this.search = facts.search
    this.httpVersion = facts.simple ? '0.9' : facts.minor >= 1 ? '1.1' : '1.0'
    this.headers = facts.headers
    this.rawHead = facts.head.raw
    this.scheme = facts.scheme
    this.visit = facts.visit
    this.source = facts.visit.source
    this.local = facts.visit.local
    this.#authority = facts.authority
  }

  /** The body without its transfer coding, cut at what may be held in memory; see `bodyBytes`. */
  get body(): Buffer {
    return this.#body
  }

  /** How many bytes the attacker sent as body. */
  get bodyBytes(): number {
    return this.#bodyBytes
  }

  /** The web core hands the body in when it has come. */
  setBody(kept: Buffer, bytes: number): void {
    this.#body = kept
    this.#bodyBytes = bytes
  }

  header(name: string): string | undefined {
    return this.headers.get(name)
  }

  /** Host (and port) that the client wants: of an absolute target, or the Host header; empty when it says none. */
  get host(): string {
    return this.#authority ?? this.headers.get('host') ?? ''
  }

  get query(): URLSearchParams {
    this.#query ??= parseFields(this.search)
    return this.#query
  }

  /** Cookies by name; of equal names the first counts, as PHP and browsers order them. */
  get cookies(): ReadonlyMap<string, string> {
    this.#cookies ??= parseCookies(this.headers.all('cookie'))
    return this.#cookies
  }

  /** Fields of an `application/x-www-form-urlencoded` body, and the text fields of a multipart one; empty otherwise. */
  form(): URLSearchParams {
    if (this.#form) return this.#form
    const type = this.headers.get('content-type') ?? ''
    if (/^application\/x-www-form-urlencoded/i.test(type)) this.#form = parseFields(this.#body.toString('utf8'))
    else {
      const fields = this.multipart().filter((part) => part.filename === undefined)
      this.#form = new URLSearchParams(fields.map((part): [string, string] => [part.name, part.body.toString('utf8')]))
    }
    return this.#form
  }

  /** Parts of a multipart body; empty when it is none. */
  multipart(): readonly Part[] {
    if (!this.#parts) {
      const boundary = boundaryOf(this.headers.get('content-type') ?? '')
      this.#parts = boundary === undefined ? [] : parseMultipart(this.#body, boundary)
    }
    return this.#parts
  }

  /** The body as JSON, or undefined when it is none. Check it with a schema before you use it. */
  json(): unknown {
    try {
      return JSON.parse(this.#body.toString('utf8'))
    } catch {
      return undefined
    }
  }

  /** User and password of `Authorization: Basic` (RFC 7617), or undefined. */
  basicCredentials(): { username: string; password: string } | undefined {
    const given = this.basicBytes()
    return given && { username: given.username.toString('utf8'), password: given.password.toString('utf8') }
  }

  /** As {@link basicCredentials}, byte for byte: clients send any charset. */
  basicBytes(): { username: Buffer; password: Buffer } | undefined {
    const [, token] = /^basic +([A-Za-z0-9+/=_-]{0,4096})$/i.exec(this.headers.get('authorization') ?? '') ?? []
    if (token === undefined) return undefined
    const bytes = Buffer.from(token, 'base64')
    const colon = bytes.indexOf(0x3a)
    return colon < 0 ? undefined : { username: bytes.subarray(0, colon), password: bytes.subarray(colon + 1) }
  }
}

/** What a server's own page shows of a request: `server.page(404, pageFacts(request))`. */
export function pageFacts(request: WebRequest): PageFacts {
  const { method, target, headers, scheme, local } = request
  const host = method === 'CONNECT' ? target : request.host
  return { method, target, host, scheme, localIp: local.ip, localPort: local.port, headers }
}

function parseFields(text: string): URLSearchParams {
  let end = -1
  for (let n = 0; n < MOST_FIELDS; n++) {
    end = text.indexOf('&', end + 1)
    if (end < 0) return new URLSearchParams(text)
  }
  return new URLSearchParams(text.slice(0, end))
}

/** Each `name=value` of Cookie lines, in their order. */
export function splitCookies(lines: readonly string[]): string[] {
  const pairs = lines.join(';').split(';').slice(0, MOST_FIELDS)
  return pairs.map((pair) => pair.trim()).filter((pair) => pair !== '')
}

function parseCookies(lines: readonly string[]): Map<string, string> {
  const cookies = new Map<string, string>()
  for (const pair of splitCookies(lines)) {
    const equals = pair.indexOf('=')
    if (equals < 0) continue
    const name = pair.slice(0, equals).trim()
    if (!cookies.has(name)) cookies.set(name, pair.slice(equals + 1).trim())
  }
  return cookies
}
