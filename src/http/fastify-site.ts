import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable, Writable } from 'node:stream'
import Fastify, { type FastifyInstance } from 'fastify'
import type { HeaderLine } from './headers.ts'
import { pageFacts, type WebRequest } from './request.ts'
import type { WebResponse } from './response.ts'
import type { Site } from './serve.ts'
import type { WebServer } from './server.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The request as it came over the wire. */
    web: WebRequest
  }
  interface FastifyReply {
    /** Answers with exactly this, past Fastify's serialisation: ordered headers, streams, files. */
    answer(response: WebResponse): FastifyReply
  }
}

/** A site whose paths Fastify routes: its hooks, plugins and encapsulation over our own wire. */
export interface FastifySite {
  site: Site
  close(): Promise<void>
}

/**
 * Builds a site with Fastify's router, without a listening socket: `app.routing` takes each request that our wire has read.
 *
 * `routing` rather than `inject`: inject normalises the target as a URL (`/../` is gone), knows Node's methods only, and
 * renders the answer to bytes that would have to be parsed again. Here a handler sees the request itself (`request.web`) and
 * may answer with a {@link WebResponse} (`reply.answer`); ordinary `reply.send` works too. Fastify's own answers (404, 400,
 * 500 as JSON) are replaced by the played server's pages; what a handler throws reaches `serveHttp`, which records it.
 *
 * Methods that Fastify does not know are routed as GET of that path, and so is HEAD: `request.web.method` is the real one,
 * and the wire leaves the body out.
 *
 * @example
 * const { site } = await fastifySite(server, async (app) => {
 *   app.get('/health', async () => ({ status: 'ok' }))
 *   app.post('/login', (request, reply) => reply.answer(redirect('/home', 302, [['Set-Cookie', 'SID=1']])))
 * })
 */
export async function fastifySite(server: WebServer, routes: (app: FastifyInstance) => void | Promise<void>): Promise<FastifySite> {
  const app = Fastify({
    logger: false,
    forceCloseConnections: false,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 128 * 1024, caseSensitive: true },
  })
  // Every body stands in request.web already; the type says that nothing is to be parsed.
  app.removeAllContentTypeParsers()
  app.decorateRequest('web', null as unknown as WebRequest)
  app.addHook('onRequest', async (request) => {
    request.web = (request.raw as unknown as RoutedRequest).web
  })
  app.decorateReply('answer', function answer(response: WebResponse) {
    ;(this.raw as unknown as AnswerSink).exact = response
    return this.send('')
  })
  app.setNotFoundHandler((request, reply) => reply.answer(server.page(404, pageFacts(request.web))))
  app.setErrorHandler((error, _request, reply) => {
    reply.hijack()
    ;(reply.raw as unknown as AnswerSink).fail(error instanceof Error ? error : new Error(String(error)))
  })
  await routes(app)
  await app.ready()
  return {
    site: (request) =>
      new Promise((resolve, reject) => {
        const sink = new AnswerSink(resolve, reject)
        const routed = new RoutedRequest(request, routedMethod(app, request.method))
        app.routing(routed as unknown as IncomingMessage, sink as unknown as ServerResponse)
      }),
    close: () => app.close(),
  }
}

function routedMethod(app: FastifyInstance, method: string): string {
  return method !== 'HEAD' && app.supportedMethods.includes(method) ? method : 'GET'
}

/** What Fastify needs to see of a request: no body, no type, a target that is already normalised. */
class RoutedRequest extends Readable {
  readonly web: WebRequest
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly httpVersion = '1.1'
  readonly httpVersionMajor = 1
  readonly httpVersionMinor = 1
  readonly aborted = false
  readonly socket: { remoteAddress: string; remotePort: number; encrypted: boolean; on: () => void }

  constructor(web: WebRequest, method: string) {
    super({ read: () => undefined })
    this.web = web
    this.method = method
    this.url = `${web.path.split('/').map(encodeSegment).join('/')}${web.search === '' ? '' : `?${web.search}`}`
    this.headers = joined(web)
    const { ip: remoteAddress, port: remotePort } = web.source
    this.socket = { remoteAddress, remotePort, encrypted: web.scheme === 'https', on: () => undefined }
  }
}

function encodeSegment(segment: string): string {
  return encodeURIComponent(segment.toWellFormed())
}

const BODY_FIELDS = new Set(['content-type', 'content-length', 'transfer-encoding'])

function joined({ headers }: WebRequest): Record<string, string> {
  const fields: Record<string, string> = Object.create(null)
  for (const [name, value] of headers) {
    const key = name.toLowerCase()
    if (BODY_FIELDS.has(key)) continue
    const before = fields[key]
    fields[key] = before === undefined ? value : `${before}${key === 'cookie' ? '; ' : ', '}${value}`
  }
  return fields
}

/** Largest answer that a handler may send through `reply.send`, bytes. */
const MOST_BYTES = 64 * 1024 * 1024

/** Takes the answer out of Fastify's hands, in the place of Node's ServerResponse. */
class AnswerSink extends Writable {
  statusCode = 200
  statusMessage = ''
  headersSent = false
  exact: WebResponse | undefined
  readonly #headers = new Map<string, readonly [name: string, value: unknown]>()
  readonly #chunks: Buffer[] = []
  readonly #resolve: (response: WebResponse) => void
  readonly #reject: (error: Error) => void
  #bytes = 0

  constructor(resolve: (response: WebResponse) => void, reject: (error: Error) => void) {
    super()
    this.#resolve = resolve
    this.#reject = reject
    this.on('error', reject)
  }

  setHeader(name: string, value: unknown): this {
    this.#headers.set(name.toLowerCase(), [name, value])
    return this
  }

  getHeader(name: string): unknown {
    return this.#headers.get(name.toLowerCase())?.[1]
  }

  hasHeader(name: string): boolean {
    return this.#headers.has(name.toLowerCase())
  }

  removeHeader(name: string): void {
    this.#headers.delete(name.toLowerCase())
  }

  getHeaders(): Record<string, unknown> {
    return Object.fromEntries([...this.#headers].map(([key, [, value]]) => [key, value]))
  }

  writeHead(status: number, headers: Record<string, unknown> = {}): this {
    this.statusCode = status
    this.headersSent = true
    for (const [name, value] of Object.entries(headers)) this.setHeader(name, value)
    return this
  }

  fail(error: Error): void {
    this.#reject(error)
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#bytes += chunk.length
    if (this.#bytes > MOST_BYTES) {
      done(new Error(`an answer of more than ${MOST_BYTES} bytes: stream it with reply.answer`))
      return
    }
    this.#chunks.push(chunk)
    done()
  }

  override _final(done: () => void): void {
    this.#resolve(this.exact ?? { status: this.statusCode, headers: this.#lines(), body: Buffer.concat(this.#chunks), dynamic: true })
    done()
  }

  #lines(): HeaderLine[] {
    return [...this.#headers.values()].flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((one): HeaderLine => [titleCase(name), String(one)]),
    )
  }
}

const IRREGULAR: Readonly<Record<string, string>> = {
  etag: 'ETag',
  'www-authenticate': 'WWW-Authenticate',
  'x-xss-protection': 'X-XSS-Protection',
  'x-ua-compatible': 'X-UA-Compatible',
  dav: 'DAV',
}

/** Fastify keeps header names in lower case; applications write them like this. */
function titleCase(name: string): string {
  return IRREGULAR[name] ?? name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())
}
