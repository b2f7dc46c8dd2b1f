import type { Persona } from '../../config/persona.ts'
import { type Evidence, evidence } from '../../events/bytes.ts'
import { endOfHead, HeaderList, parseRequestHead, type RequestHead } from '../../http/index.ts'
import type { LoginDesk } from '../../sensor/login-desk.ts'
import type { Door } from '../../sensor/lure.ts'
import { type Reach, reach } from '../../sensor/reach.ts'
import { type Carried, silentTunnel, tunnelTo } from '../../sensor/tunnel.ts'
import type { Visit } from '../../sensor/visit.ts'
import { challenge, judge, type ProxyAuth } from './credentials.ts'
import type { ProxyEvents } from './events.ts'
import { fetchThrough } from './origin.ts'
import { failure, notImplemented, plainRefusal } from './privoxy.ts'
import { errorReply, forwardedHead, type SquidError, type SquidReply, traceReply, trailer } from './squid.ts'
import { type ProxyTarget, readProxyTarget } from './target.ts'

export interface ProxySetup {
  visit: Visit<ProxyEvents>
  product: 'squid' | 'privoxy'
  auth: ProxyAuth
  realm: string
  safePorts: boolean
  desk: LoginDesk
  persona: Persona
  door: (port: number) => Door | undefined
}

interface Asked {
  head: RequestHead
  headers: HeaderList
  method: string
  target: ProxyTarget
  keepAlive: boolean
}

const LARGEST_HEAD = 64 * 1024
/** Squid's request_start_timeout is five minutes; nobody honest needs that long. */
const HEAD_MS = 120_000
const KEPT = 16 * 1024
/** Debian's squid.conf: what may be asked for at all, and by CONNECT. */
const SAFE_PORTS: ReadonlySet<number> = new Set([80, 21, 443, 70, 210, 280, 488, 591, 777])
const ECONNREFUSED = 111

/** One client of the proxy: request after request, until one is a tunnel or somebody closes. */
export class ProxySession {
  readonly #setup: ProxySetup
  /** What was answered, for the transcript. */
  #said = ''

  constructor(setup: ProxySetup) {
    this.#setup = setup
  }

  async run(): Promise<void> {
    while (await this.#next());
  }

  async #next(): Promise<boolean> {
    const raw = await this.#readHead()
    if (!raw) return false
    const startedAt = performance.now()
    const head = parseRequestHead(raw)
    const headers = new HeaderList(head.headers)
    const { method, protocol = '' } = head.line
    const connection = headers.get('proxy-connection') ?? headers.get('connection') ?? ''
    const keepAlive = /close/i.test(connection) ? false : protocol !== 'HTTP/1.0' || /keep-alive/i.test(connection)
    const asked = { head, headers, method, target: readProxyTarget(method, head.line.target), keepAlive }
    this.#noteTarget(asked)
    return this.#setup.product === 'squid' ? this.#squid(asked, startedAt) : this.#privoxy(asked, startedAt)
  }

  /** Bytes up to the blank line; undefined when the client is done. */
  async #readHead(): Promise<Buffer | undefined> {
    const { visit } = this.#setup
    let bytes = Buffer.alloc(0)
    for (let from = 0; ; from = Math.max(0, bytes.length - 3)) {
      const piece = await visit.read({ within: HEAD_MS })
      if (!piece) break
      bytes = Buffer.concat([bytes, piece])
      while (bytes[0] === 0x0d || bytes[0] === 0x0a) bytes = bytes.subarray(1)
      const end = endOfHead(bytes, from)
      if (end >= 0) {
        visit.unread(bytes.subarray(end))
        return bytes.subarray(0, end)
      }
      if (bytes.length > LARGEST_HEAD) break
    }
    if (bytes.length) visit.record('http-proxy.malformed', { message: 'no whole head', bytes: evidence(bytes.subarray(0, KEPT)) })
    return undefined
  }

  #noteTarget({ target }: Asked): void {
    if (target.form !== 'tunnel' && target.form !== 'absolute') return
    const kind = /^[\d.]+$|:/.test(target.host) ? 'address' : 'host'
    this.#setup.visit.record('indicator', {
      kind,
      value: bytesOf(target.host),
      how: `http-proxy ${target.form === 'tunnel' ? 'connect' : 'request'}`,
    })
  }

  #authorised({ headers, method }: Asked): boolean {
    const { auth, desk, visit } = this.#setup
    const header = headers.get('proxy-authorization')
    const isRight = header !== undefined && judge(header, method, auth, desk, visit)
    return auth === 'none' || isRight
  }

  async #squid(asked: Asked, startedAt: number): Promise<boolean> {
    const { target, method, head, keepAlive } = asked
    const protocol = head.line.protocol ?? ''
    const refuse = (error: SquidError, url: string): Promise<boolean> =>
      this.#error(asked, startedAt, error, { url, lookup: 'NONE', keepAlive: false })
    if (!/^HTTP\/\d+\.\d+$/.test(protocol)) return refuse('ERR_PROTOCOL_UNKNOWN', 'error:invalid-request')
    if (!protocol.startsWith('HTTP/1.')) return refuse('ERR_UNSUP_HTTPVERSION', head.line.target)
    if (target.form === 'asterisk') return refuse('ERR_UNSUP_REQ', 'http://:80*')
    if (target.form === 'origin' || (target.form === 'invalid' && method !== 'CONNECT')) return refuse('ERR_INVALID_URL', head.line.target)
    if (target.form === 'invalid') return refuse('ERR_INVALID_URL', head.line.target)
    const denied = { url: head.line.target, lookup: 'NONE', keepAlive } as const
    if (this.#isForbidden(target)) return this.#error(asked, startedAt, 'ERR_ACCESS_DENIED', denied)
    if (!this.#authorised(asked)) {
      const { auth, realm } = this.#setup
      const extra = auth === 'none' ? [] : [['Proxy-Authenticate', challenge(auth, realm)] as const]
      return this.#error(asked, startedAt, 'ERR_CACHE_ACCESS_DENIED', { ...denied, url: shownUrl(target, head), extra })
    }
    if (target.form === 'tunnel') return this.#squidTunnel(asked, target, startedAt)
    if (method === 'TRACE' && asked.headers.get('max-forwards') === '0') {
      const { port, host, path } = target
      const echo = `TRACE ${path} HTTP/1.1\r\nMax-Forwards: 0\r\nHost: ${host}${port === 80 ? '' : `:${port}`}\r\n\r\n`
      return this.#say(asked, startedAt, traceReply(echo, keepAlive, this.#squidFacts()), keepAlive)
    }
    const found: Reach = target.scheme === 'http' ? this.#reach(target) : { kind: 'unknown-name' }
    const failed = { url: head.line.target, host: target.host, lookup: 'MISS', keepAlive } as const
    if (found.kind === 'unknown-name') return this.#error(asked, startedAt, 'ERR_READ_ERROR', failed)
    if (found.kind !== 'lure') return this.#error(asked, startedAt, 'ERR_CONNECT_FAIL', { ...failed, detail: ECONNREFUSED })
    return this.#fetch(asked, target, found.door, startedAt)
  }

  /** What Debian's squid.conf lets nobody do, and the cache manager, which is for its own host. */
  #isForbidden(target: Extract<ProxyTarget, { host: string }>): boolean {
    if (target.form === 'absolute' && target.scheme === 'cache_object') return true
    if (!this.#setup.safePorts) return false
    return !(SAFE_PORTS.has(target.port) || target.port > 1024) || (target.form === 'tunnel' && target.port !== 443)
  }

  async #squidTunnel(asked: Asked, target: Extract<ProxyTarget, { form: 'tunnel' }>, startedAt: number): Promise<boolean> {
    const found = this.#reach(target)
    if (found.kind === 'lure' || found.kind === 'silent')
      return this.#tunnel(asked, target, found, 'HTTP/1.1 200 Connection established\r\n\r\n', startedAt)
    const given = { url: shownUrl(target, asked.head), host: target.host, keepAlive: false }
    if (found.kind === 'unknown-name') return this.#error(asked, startedAt, 'ERR_CANNOT_FORWARD', given)
    return this.#error(asked, startedAt, 'ERR_CONNECT_FAIL', { ...given, detail: ECONNREFUSED })
  }

  async #privoxy(asked: Asked, startedAt: number): Promise<boolean> {
    const { target, method, head } = asked
    this.#authorised(asked)
    const close = async (reply: SquidReply): Promise<boolean> => this.#say(asked, startedAt, reply, false)
    if (target.form === 'absolute' && target.scheme === 'ftp') return close(plainRefusal('ftp'))
    const isKnown = target.form === 'tunnel' || (target.form === 'absolute' && target.scheme === 'http')
    if (!isKnown || !/^HTTP\/1\.\d$/.test(head.line.protocol ?? '')) return close(plainRefusal('header'))
    if (method === 'TRACE') return close(notImplemented())
    const found = this.#reach(target)
    if (target.form === 'tunnel' && (found.kind === 'lure' || found.kind === 'silent')) {
      return this.#tunnel(asked, target, found, 'HTTP/1.1 200 Connection established\r\n\r\n', startedAt)
    }
    if (target.form === 'absolute' && found.kind === 'lure') return this.#fetch(asked, target, found.door, startedAt)
    const url = target.form === 'tunnel' ? `https://${target.host}:${target.port}/` : head.line.target
    const { visit, persona } = this.#setup
    const facts = { hostname: persona.hostname, address: visit.local.ip, port: visit.local.port }
    return close(failure(found.kind === 'unknown-name' ? 'unknown-name' : 'refused', url, target.host, facts))
  }

  #reach({ host, port }: { host: string; port: number }): Reach {
    return reach(host, port, this.#setup.persona, this.#setup.door)
  }

  #squidFacts(): { hostname: string; port: number } {
    return { hostname: this.#setup.persona.hostname, port: this.#setup.visit.local.port }
  }

  async #error(asked: Asked, startedAt: number, error: SquidError, given: Parameters<typeof errorReply>[1]): Promise<boolean> {
    return this.#say(asked, startedAt, errorReply(error, given, this.#squidFacts()), given.keepAlive && given.lookup !== undefined)
  }

  async #say(asked: Asked, startedAt: number, reply: SquidReply, keepAlive: boolean): Promise<boolean> {
    const body = asked.method === 'HEAD' ? Buffer.alloc(0) : reply.body
    this.#said = reply.head
    this.#record(asked, reply.status, startedAt)
    await this.#setup.visit.write(Buffer.concat([Buffer.from(reply.head, 'latin1'), body]))
    return keepAlive
  }

  async #fetch(asked: Asked, target: Extract<ProxyTarget, { form: 'absolute' }>, door: Door, startedAt: number): Promise<boolean> {
    const { visit, product } = this.#setup
    const { head, method, keepAlive } = asked
    const request = { method, path: target.path, version: head.line.protocol ?? '', headers: head.headers }
    const forwarded = forwardedHead(request, target, visit.source.ip, this.#squidFacts())
    const sent = product === 'squid' ? forwarded : forwarded.replace(/\r\n(Via|X-Forwarded-For|Cache-Control): [^\r]*/g, '')
    const facts = this.#squidFacts()
    const added = (
      kept: Parameters<Parameters<typeof fetchThrough>[4]>[0],
      stays: boolean,
    ): ReturnType<Parameters<typeof fetchThrough>[4]> =>
      product === 'squid'
        ? [...kept, ...trailer(facts, 'MISS'), ['Connection', stays ? 'keep-alive' : 'close']]
        : [...kept, ['Connection', 'close']]
    const fetched = await fetchThrough(
      visit,
      door,
      target.port,
      { head: sent, method, headers: head.headers },
      added,
      keepAlive && product === 'squid',
    )
    this.#said = fetched?.head ?? ''
    this.#record(asked, fetched?.status ?? 0, startedAt, door.lure)
    return fetched?.keepAlive ?? false
  }

  async #tunnel(
    asked: Asked,
    target: { host: string; port: number },
    found: Extract<Reach, { kind: 'lure' | 'silent' }>,
    established: string,
    startedAt: number,
  ): Promise<boolean> {
    const { visit } = this.#setup
    this.#said = established
    this.#record(asked, 200, startedAt, found.kind === 'lure' ? found.door.lure : undefined)
    await visit.write(established)
    const over = (carried: Carried): void => {
      if (!carried.bytes) return
      visit.record('http-proxy.tunnel', { host: bytesOf(target.host), port: target.port, ...carried }, ['attack:T1090'])
    }
    if (found.kind === 'silent') await silentTunnel(visit, over)
    else over(await tunnelTo(found.door, visit, { ip: visit.local.ip, port: target.port }))
    return false
  }

  #record({ head, target }: Asked, status: number, startedAt: number, lure?: string): void {
    const { visit, product } = this.#setup
    const { line } = head
    const where = target.form === 'tunnel' || target.form === 'absolute' ? { host: bytesOf(target.host), port: target.port } : {}
    visit.record('http-proxy.request', {
      product,
      method: bytesOf(line.method),
      target: bytesOf(line.target),
      version: bytesOf(line.protocol ?? ''),
      headers: head.headers.map(([name, value]): [Evidence, Evidence] => [bytesOf(name), bytesOf(value)]),
      ...where,
      status,
      ...(lure && { lure }),
    })
    visit.record('turn', {
      kind: 'web',
      input: evidence(head.raw.subarray(0, KEPT)),
      output: evidence(Buffer.from(this.#said, 'latin1')),
      source: 'static',
      durationMs: performance.now() - startedAt,
      detail: { method: line.method.slice(0, 64), target: line.target.slice(0, 2048), status },
    })
  }
}

/** Squid shows a tunnel as the URL that it takes to be behind it. */
function shownUrl(target: ProxyTarget, head: RequestHead): string {
  if (target.form !== 'tunnel') return head.line.target
  return `https://${target.host}${target.port === 443 ? '' : `:${target.port}`}/*`
}

/** The bytes behind a text of one character a byte. */
function bytesOf(text: string): Evidence {
  return evidence(Buffer.from(text.slice(0, KEPT), 'latin1'))
}
