import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { Broker } from '../config/broker.ts'
import { printableLine } from '../events/printable.ts'
import { Addresses } from './addresses.ts'
import { type Brought, carryOut, Job, type JobDesk } from './job.ts'
import { Hour } from './meter.ts'
import { type Resolve, Router } from './route.ts'

const LONGEST_JOB = 64 * 1024
const RETRY_AFTER_S = 10
const MOST_CONNECTIONS = 64

export interface BrokerServerSettings {
  settings: Pick<Broker, 'host' | 'port' | 'allow' | 'deny' | 'ports' | 'limits'>
  token: string
  /** PEM texts. */
  tls?: { cert: string; key: string }
  log: Pick<Logger, 'info'>
  /** Name servers of this machine unless given. */
  resolve?: Resolve
  /** Addresses of this machine unless given. */
  own?: () => ReadonlySet<string>
}

/** `{"test": true}` asks whether anybody is there. */
const Asked = z.union([z.object({ test: z.literal(true) }), Job])

/** The far end of the output `samples`: POST /jobs, as docs/samples.md has it. Nothing is written; files go back in the answer. */
export class BrokerServer {
  readonly #server: Server
  readonly #token: Buffer
  readonly #most: number
  readonly #desk: JobDesk
  readonly #log: BrokerServerSettings['log']
  #running = 0

  private constructor({ settings, token, tls, log, resolve, own }: BrokerServerSettings) {
    const hour = new Hour(settings.limits)
    this.#desk = { limits: settings.limits, hour, router: new Router(new Addresses(settings, own), hour, resolve) }
    this.#most = settings.limits.jobs
    this.#token = digest(token)
    this.#log = log
    const serve = (request: IncomingMessage, response: ServerResponse): void => {
      this.#serve(request, response).catch(() => response.destroy())
    }
    const options = { requestTimeout: 10_000, headersTimeout: 10_000 }
    this.#server = tls ? createTlsServer({ ...options, ...tls }, serve) : createServer(options, serve)
    this.#server.maxConnections = MOST_CONNECTIONS
  }

  /** @throws when the port is taken */
  static async start(given: BrokerServerSettings): Promise<BrokerServer> {
    const broker = new BrokerServer(given)
    await new Promise<void>((resolve, reject) => {
      broker.#server.once('error', reject)
      broker.#server.listen(given.settings.port, given.settings.host, resolve)
    })
    return broker
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Jobs that run are given up. */
  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.#isKnown(request.headers.authorization)) return answer(response, 401, { 'www-authenticate': 'Bearer' })
    if (request.url !== '/jobs') return answer(response, 404)
    if (request.method !== 'POST') return answer(response, 405, { allow: 'POST' })
    const body = await bodyOf(request)
    if (body === undefined) return answer(response, 413, { connection: 'close' })
    const asked = parse(body)
    if (!asked) return answer(response, 400)
    if ('test' in asked) return answer(response, 204)
    if (this.#running >= this.#most) return answer(response, 503, { 'retry-after': String(RETRY_AFTER_S) })
    this.#running++
    try {
      const brought = await this.#carryOut(asked, response)
      this.#tell(asked, brought)
      const files = brought.files.map(({ url, bytes }) => ({ url, base64: bytes.toString('base64') }))
      answer(response, 200, { 'content-type': 'application/json' }, JSON.stringify({ files, urls: brought.urls }))
    } finally {
      this.#running--
    }
  }

  /** A job whose sensor has hung up is nobody's. */
  async #carryOut(job: Job, response: ServerResponse): Promise<Brought> {
    const gone = new AbortController()
    const leave = (): void => gone.abort()
    response.once('close', leave)
    try {
      return await carryOut(job, this.#desk, gone.signal)
    } finally {
      response.off('close', leave)
    }
  }

  #tell({ id, session, target }: Job, { files, urls }: Brought): void {
    const shown = urls.map(({ url, outcome, reason }) => printableLine([outcome, url, reason].filter(Boolean).join(' ')))
    this.#log.info(
      { job: printableLine(id), session: printableLine(session ?? ''), files: files.length, urls: shown },
      printableLine(target),
    )
  }

  #isKnown(authorization: string | undefined): boolean {
    return timingSafeEqual(digest(/^Bearer (.*)$/i.exec(authorization ?? '')?.[1] ?? ''), this.#token)
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function parse(body: string): z.infer<typeof Asked> | undefined {
  try {
    return Asked.safeParse(JSON.parse(body)).data
  } catch {
    return undefined
  }
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > LONGEST_JOB) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function answer(response: ServerResponse, status: number, headers: Record<string, string> = {}, body = ''): void {
  response.writeHead(status, { ...headers, ...(status === 204 ? {} : { 'content-length': String(Buffer.byteLength(body)) }) }).end(body)
}
