import { setImmediate } from 'node:timers/promises'
import type { EventSchemas } from '../events/schema.ts'
import type { WebHit } from '../host/contract.ts'
import { LimitReached, type Visit, VisitEnded } from '../sensor/visit.ts'
import { recordExchange } from './exchange.ts'
import { HeaderList } from './headers.ts'
import { WebRequest } from './request.ts'
import type { Origin, WebResponse } from './response.ts'
import type { PageFacts, Refusal, WebServer } from './server.ts'
import type { RuleSet } from './suricata/rule-set.ts'
import { BodyReader } from './wire/body-reader.ts'
import { ByteBudget } from './wire/byte-budget.ts'
import type { DeliveryFacts } from './wire/deliver.ts'
import type { Framing } from './wire/framing.ts'
import { type HeadResult, readHead, readWhole } from './wire/head-reader.ts'
import { Inbox } from './wire/inbox.ts'
import { parseRequestHead, type RequestHead } from './wire/request-head.ts'
import { type Sent, sendAnswer } from './wire/send-answer.ts'
import { authorityOf } from './wire/target.ts'

/** What stands behind a server: gives the answer to a request. What it throws becomes the server's own 500. */
export type Site = (request: WebRequest) => WebResponse | Promise<WebResponse>

export interface HttpOptions {
  /** The lure's name: requests are recorded as `<name>.request`, see `webEvents`. */
  name: string
  server: WebServer
  site: Site
  /**
   * Answers that need no body, asked for before it came: a real nginx says 404 or 405 to an upload without reading it.
   * Used for servers that do so. Undefined = read the body, then ask the site.
   */
  beforeBody?: (request: WebRequest) => WebResponse | undefined
  /** Sees the first request of the visit before anything is recorded of it. */
  onFirst?: (request: WebRequest) => void
  /** Largest body kept in memory and as artifact, bytes; longer ones are read and counted. */
  keepBody?: number
  /** Takes each answered request for the server's access log. */
  onAnswered?: (hit: WebHit) => void
  /** Rules of the operator: what a request fits stands in its event. */
  rules?: RuleSet | undefined
  /** The port is one for TLS, but this client spoke plainly. */
  plainOnTls?: boolean
}

/** Request bodies in memory, over every visit of the process. */
const bodies = new ByteBudget(128 * 1024 * 1024)
const KEEP_BODY = 16 * 1024 * 1024
/** Bodies up to this size stand in the event whole; larger ones are artifacts besides. */
const SMALL_BODY = 16 * 1024
/** A head up to this size stands in the event whole; a larger one is an artifact besides. */
const LONGEST_HEAD = 16 * 1024
/** Of a head that is too large for the played server so much is kept. */
const KEEP_HEAD = 1024 * 1024
/** Bytes of a request line or header that a line of the access log takes over. */
const LONGEST_LOGGED = 500
/** How long nginx reads on behind an answer that it gave without the body: lingering_timeout, lingering_time. */
const LINGER = { pieceMs: 5_000, totalMs: 30_000 }
/** Many clients stop sending at an answer that comes early, and the rest of their file is lost; what is on its way is taken first. */
const ON_ITS_WAY = { pieceMs: 50, totalMs: 1_000 }
/** How long one connection may keep the process busy, milliseconds. */
const LONGEST_SLICE_MS = 2
const NO_BODY: Framing = { kind: 'none' }

/**
 * Plays a web server on one TCP visit until either side ends it: requests of HTTP/0.9, 1.0 and 1.1, one after another or
 * pipelined; each answered by the site, put on the wire as the played server would, and written down.
 *
 * @throws VisitEnded, LimitReached as the visit does
 */
export async function serveHttp(visit: Visit<EventSchemas>, options: HttpOptions): Promise<void> {
  const connection = new Connection(visit, options)
  let since = performance.now()
  while (await connection.next()) {
    // A hundred pipelined requests are there at once, and promises alone never let others have their turn.
    if (performance.now() - since < LONGEST_SLICE_MS) continue
    await setImmediate()
    since = performance.now()
  }
}

/** What of a refused request was not read: its body, or the rest of a head that is too large. */
interface Unread {
  framing?: Framing
  body?: BodyReader
  cut?: boolean
}

type Accepted = Extract<HeadResult, { kind: 'accepted' }>

class Connection {
  readonly #visit: Visit<EventSchemas>
  readonly #options: HttpOptions
  readonly #server: WebServer
  readonly #inbox: Inbox
  #requests = 0

  constructor(visit: Visit<EventSchemas>, options: HttpOptions) {
    this.#visit = visit
    this.#options = options
    this.#server = options.server
    this.#inbox = new Inbox(visit)
  }

  /** Plays one request. @returns whether another may follow */
  async next(): Promise<boolean> {
    const result = await readHead(this.#inbox, this.#server, this.#requests === 0)
    if (result.kind === 'ended') {
      if (result.raw.length > 0) this.#record(parseRequestHead(result.raw), undefined, NOT_SENT, performance.now())
      await this.#visit.end()
      return false
    }
    this.#requests++
    return result.kind === 'refused' ? this.#refuse(result.head, result.refusal, { cut: result.cut }) : this.#play(result)
  }

  async #play(accepted: Accepted): Promise<boolean> {
    const { head, headers, framing } = accepted
    const server = this.#server
    if (this.#options.plainOnTls) return this.#refuse(head, { status: 400, page: 'plain-on-tls' })
    const serverWide = server.serverWide(head.line.method, head.line.target)
    const place = serverWide ? SERVER_WIDE : server.readTarget(head.line.target, head.line.method)
    if ('problem' in place && place.problem === 'refuse') return this.#refuse(head, { status: 400, simple: accepted.simple })
    const { body: maxBody } = server.limits
    if (framing.kind === 'length' && maxBody !== undefined && framing.bytes > maxBody) {
      return this.#refuse(head, server.tooLarge('body'), { framing })
    }
    const isFound = !('problem' in place)
    const known = isFound ? undefined : server.page(place.problem === 'forbidden' ? 403 : 404, this.#page(head))
    const request = new WebRequest({
      head,
      headers,
      ...(isFound ? place : SERVER_WIDE),
      minor: server.minorVersion(head.line),
      simple: accepted.simple,
      scheme: this.#scheme,
      visit: this.#visit,
    })
    if (this.#requests === 1) this.#options.onFirst?.(request)
    return this.#answer(request, accepted, serverWide ?? known)
  }

  async #answer(request: WebRequest, { head, headers, framing }: Accepted, known: WebResponse | undefined): Promise<boolean> {
    const server = this.#server
    const startedAt = performance.now()
    const body = new BodyReader(this.#inbox, framing, server.chunks, this.#options.keepBody ?? KEEP_BODY, bodies)
    try {
      const early = framing.kind === 'none' ? known : (known ?? this.#beforeBody(request))
      if (early === undefined || framing.kind === 'none') {
        await this.#welcomeBody(headers, framing, request)
        const end = await body.finish({ pieceMs: server.limits.bodyMs, max: server.limits.body })
        if (end === 'bad-chunk') return await this.#refuse(head, server.badChunk(body.flaw), { framing, body })
        if (end === 'too-large') return await this.#refuse(head, server.tooLarge('body'), { framing, body })
        if (end !== 'complete') return await this.#bodyStopped(head, end === 'slow', body)
      }
      if (early !== undefined) await body.arrive(ON_ITS_WAY)
      const here = body.pump()
      request.setBody(body.kept, body.bytes)
      const response = early ?? (await this.#ask(request, head, body))
      const isUnread = early !== undefined && framing.kind !== 'none' && !(framing.kind === 'length' && framing.bytes === 0)
      const goesOn = !(isUnread && (server.unreadBody === 'close' || here === 'bad-chunk')) && this.#wantsMore(request, framing)
      if (framing.kind === 'none') await this.#welcomeNobody(request, response)
      const sent = await sendAnswer(this.#visit, response, this.#delivery(head, headers, request, goesOn))
      const end = isUnread && sent.keepAlive ? await body.finish(LINGER) : here
      request.setBody(body.kept, body.bytes)
      this.#record(head, body, sent, startedAt, (await response.origin) ?? response, request)
      if (sent.cut) throw sent.cut
      if (response.takeOver) {
        this.#inbox.giveBack()
        await response.takeOver(this.#visit)
        return false
      }
      if (sent.keepAlive && end === 'complete') return true
      await this.#visit.end()
      return false
    } finally {
      body.free()
    }
  }

  #beforeBody(request: WebRequest): WebResponse | undefined {
    return this.#server.answersBeforeBody ? this.#options.beforeBody?.(request) : undefined
  }

  /** Asks the site; its faults are ours alone. */
  async #ask(request: WebRequest, head: RequestHead, body: BodyReader): Promise<WebResponse> {
    try {
      return await this.#options.site(request)
    } catch (error) {
      if (error instanceof VisitEnded || error instanceof LimitReached) {
        this.#record(head, body, NOT_SENT, performance.now(), {}, request)
        throw error
      }
      const known = error instanceof Error ? error : new Error(String(error))
      this.#visit.record('lure.fault', { message: known.message, stack: known.stack?.slice(0, 4000) })
      return { ...this.#server.page(500, this.#page(head)), source: 'fallback' }
    }
  }

  /** nginx says it without a body too, where its file handler would throw a body away. */
  async #welcomeNobody({ headers, httpVersion }: WebRequest, { file, status }: WebResponse): Promise<void> {
    if (this.#server.idleExpect !== 'welcome-to-file' || file === undefined || status !== 200) return
    if (httpVersion === '1.1' && headers.lists('expect', '100-continue')) await this.#visit.write('HTTP/1.1 100 Continue\r\n\r\n')
  }

  /** RFC 9110 §10.1.1. Said even when the body is here already, as nginx and Apache do. */
  async #welcomeBody(headers: HeaderList, framing: Framing, request: WebRequest): Promise<void> {
    if (framing.kind === 'none' || request.httpVersion !== '1.1' || !headers.lists('expect', '100-continue')) return
    await this.#visit.write('HTTP/1.1 100 Continue\r\n\r\n')
  }

  async #bodyStopped(head: RequestHead, isSlow: boolean, body: BodyReader): Promise<boolean> {
    const refusal = isSlow ? this.#server.timeout('body') : undefined
    if (refusal) return this.#refuse(head, refusal, { body })
    this.#record(head, body, NOT_SENT, performance.now())
    await this.#visit.end()
    return false
  }

  #wantsMore(request: WebRequest, framing: Framing): boolean {
    if (this.#requests >= this.#server.limits.requests) return false
    if (framing.kind === 'chunked' && framing.conflict) return false
    const { headers, httpVersion } = request
    const server = this.#server
    if (server.idleExpect === 'close' && framing.kind === 'none' && httpVersion === '1.1' && headers.lists('expect', '100-continue'))
      return false
    const says = (token: 'close' | 'keep-alive'): boolean =>
      headers.all('connection').some((value) => server.hasConnectionToken(value, token))
    return !says('close') && (httpVersion === '1.1' || says('keep-alive'))
  }

  /** The server itself turns a request down and ends the connection. What the attacker still sends is kept and counted. */
  async #refuse(head: RequestHead, refusal: Refusal, { framing = NO_BODY, body, cut = false }: Unread = {}): Promise<boolean> {
    const startedAt = performance.now()
    const rest = body ?? new BodyReader(this.#inbox, framing, this.#server.chunks, this.#options.keepBody ?? KEEP_BODY, bodies)
    let whole = head
    try {
      const page = this.#page(head)
      const response = this.#server.page(refusal.status, page, refusal.page)
      const facts = this.#delivery(head, page.headers, undefined, refusal.closesUnsaid ?? false)
      if (refusal.minor !== undefined) facts.request.minor = refusal.minor
      if (refusal.simple) {
        facts.simple = true
        facts.request.method = 'GET'
      }
      const sent = await sendAnswer(this.#visit, response, { ...facts, unannounced: refusal.unannounced ?? false })
      if (!sent.cut) {
        if (!this.#server.lingersOpen) await this.#visit.end()
        if (cut) whole = await readWhole(this.#inbox, KEEP_HEAD, LINGER)
        await rest.finish(LINGER)
      }
      this.#record(whole, rest, sent, startedAt, { ...response, source: 'static' })
      if (sent.cut) throw sent.cut
      if (this.#server.lingersOpen) await this.#visit.end()
      return false
    } finally {
      rest.free()
    }
  }

  #delivery(head: RequestHead, headers: HeaderList, request: WebRequest | undefined, keepAlive: boolean): DeliveryFacts {
    return {
      server: this.#server,
      request: { method: head.line.method, minor: this.#server.minorVersion(head.line), headers },
      page: this.#page(head),
      path: request?.path ?? '',
      simple: request?.httpVersion === '0.9',
      keepAlive,
      requestsLeft: this.#server.limits.requests - this.#requests,
      now: Date.now(),
    }
  }

  get #scheme(): 'http' | 'https' {
    return this.#visit.tls ? 'https' : 'http'
  }

  #page(head: RequestHead): PageFacts {
    const headers = new HeaderList(head.headers)
    const { ip: localIp, port: localPort } = this.#visit.local
    const { method, target } = head.line
    const host = method === 'CONNECT' ? target : (authorityOf(target) ?? headers.get('host') ?? '')
    return { method, target, host, scheme: this.#scheme, localIp, localPort, headers }
  }

  #record(
    head: RequestHead,
    body: BodyReader | undefined,
    sent: Sent,
    startedAt: number,
    response: Origin = {},
    request?: WebRequest,
  ): void {
    const kept = body?.kept ?? Buffer.alloc(0)
    const artifact = this.#capture(kept, request)
    if (sent.status !== 0) this.#options.onAnswered?.(hitOf(head, sent))
    if (head.raw.length > LONGEST_HEAD) this.#visit.capture(head.raw, { how: 'http.head' })
    recordExchange(this.#visit, {
      lure: this.#options.name,
      head,
      body: kept,
      bodyBytes: body?.bytes ?? 0,
      bodyArtifact: artifact,
      form: request ? [...request.form()] : [],
      sent,
      source: response.source ?? 'static',
      generation: response.generation,
      durationMs: Math.round(performance.now() - startedAt),
      refused: request === undefined,
      signatures: this.#options.rules?.signaturesOf({ head, path: request?.path ?? head.line.target, body: kept }) ?? [],
    })
  }

  /** Uploaded files one by one, and a body that is too large or too strange for the event as a whole. */
  #capture(body: Buffer, request: WebRequest | undefined): string | undefined {
    if (body.length === 0) return undefined
    const files = request?.multipart().filter((part) => part.filename !== undefined && part.body.length > 0) ?? []
    for (const part of files) this.#visit.capture(part.body, { how: 'http.upload', name: part.filename as string })
    if (files.length > 0 || (body.length <= SMALL_BODY && !isBinary(body))) return undefined
    const url = request ? { url: request.target.slice(0, 2048) } : {}
    return this.#visit.capture(body, { how: 'http.body', ...url }).sha256
  }
}

const SERVER_WIDE = { path: '*', search: '', authority: undefined }
const NOT_SENT: Sent = { status: 0, bytes: 0, first: Buffer.alloc(0), keepAlive: false }

function hitOf(head: RequestHead, { status, bytes, first }: Sent): WebHit {
  const headers = new HeaderList(head.headers)
  const end = first.indexOf('\r\n\r\n')
  const line = head.raw.subarray(0, LONGEST_LOGGED).toString('latin1').split(/\r?\n/, 1)[0] ?? ''
  return {
    line,
    status,
    bytes: end < 0 ? bytes : bytes - end - 4,
    referrer: headers.get('referer')?.slice(0, LONGEST_LOGGED) ?? '',
    agent: headers.get('user-agent')?.slice(0, LONGEST_LOGGED) ?? '',
  }
}

function isBinary(body: Buffer): boolean {
  return body.includes(0)
}
