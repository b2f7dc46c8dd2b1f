import type { Host } from '../../host/contract.ts'
import {
  acceptsGzip,
  applicationServer,
  type HeaderLine,
  type Site,
  type WebRequest,
  type WebResponse,
  type WebServer,
} from '../../http/index.ts'
import type { Visit } from '../../sensor/visit.ts'
import { type Answer, Call } from './call.ts'
import type { Cluster } from './cluster.ts'
import { matchesWildcard } from './document.ts'
import { ElasticError, illegalArgument } from './elastic-error.ts'
import type { ElasticEvents } from './events.ts'
import { jsonType, refuseLaterClients } from './media-type.ts'
import type { Release } from './release.ts'
import { render } from './render.ts'
import { Router } from './router.ts'
import { catRoutes } from './routes/cat.ts'
import { clusterRoutes } from './routes/cluster.ts'
import { documentRoutes } from './routes/documents.ts'
import { indexRoutes } from './routes/indices.ts'
import { rootRoutes } from './routes/root.ts'
import { searchRoutes } from './routes/search.ts'
import { authenticate, SecurityError, type SignIn } from './security.ts'
import { pluginFile, snapshotFile } from './traversal.ts'

const ROUTES = [...rootRoutes, ...catRoutes, ...clusterRoutes, ...indexRoutes, ...documentRoutes, ...searchRoutes]
/** Parameters of every path. */
const COMMON = new Set(['pretty', 'human', 'error_trace', 'filter_path', 'format', 'source', 'source_content_type', 'case'])
const JSON_TYPE = 'application/json; charset=UTF-8'
const TEXT_TYPE = 'text/plain; charset=UTF-8'

/** What a request brings with it besides itself. */
export interface SiteContext {
  cluster: Cluster
  host: Host
  visit: Visit<ElasticEvents>
  /** Where security is on. */
  signIn: SignIn | undefined
}

/** Elasticsearch's Netty on the wire: no Server line, no Date, and never a word about the connection. */
export function elasticServer(release: Release): WebServer {
  const isOld = release.major === 1
  const page = (status: number): WebResponse => {
    const [type, reason] =
      status === 414 || status === 431
        ? [
            'too_long_frame_exception',
            `An HTTP ${status === 414 ? 'line' : 'header'} is larger than ${status === 414 ? 4096 : 8192} bytes.`,
          ]
        : ['illegal_argument_exception', 'invalid version format']
    if (status === 413) return { status, body: '', headers: [['Content-Length', '0']] }
    if (isOld) return { status: 400, body: '' }
    const error = new ElasticError(400, type as string, reason as string)
    return { status: 400, headers: [['content-type', JSON_TYPE]], body: render(error.body(release.major), false) }
  }
  return {
    ...applicationServer({
      name: 'elasticsearch',
      order: isOld ? ['Content-Type', '*', 'Content-Length'] : ['*', 'content-type', 'content-encoding', 'content-length'],
      echoesVersion: true,
      page,
      // http.max_initial_line_length, http.max_header_size, http.max_content_length
      limits: { requestLine: 4096, headerLine: 8192, head: 16 * 1024, body: 100 * 2 ** 20, requests: Number.POSITIVE_INFINITY },
    }),
    gzip: isOld
      ? undefined
      : {
          types: /./,
          statuses: ALL_STATUSES,
          minLength: 1,
          minMinor: 0,
          notForProxies: false,
          isAccepted: acceptsGzip,
          level: 3,
          announces: Number.POSITIVE_INFINITY,
          head: false,
          etag: (tag) => tag,
          keepsRanges: false,
          vary: false,
        },
  }
}

const ALL_STATUSES: ReadonlySet<number> = new Set(Array.from({ length: 500 }, (_, n) => 100 + n))

/** The REST API of a release. */
export function elasticSite(release: Release, contextOf: (request: WebRequest) => SiteContext): Site {
  const router = new Router(ROUTES, release.major)
  const every = headersOf(release)
  return async (request) => {
    const context = contextOf(request)
    if (!context.signIn) noteCredentials(request)
    const response = (answer: Answer): WebResponse => responseOf(answer, request, release, every)
    try {
      return response(await answerOf(request, context, router, release))
    } catch (error) {
      if (!(error instanceof ElasticError)) throw error
      const headers = error instanceof SecurityError ? error.headers : []
      return response({ status: error.status, value: error.body(release.major), headers })
    }
  }
}

async function answerOf(request: WebRequest, context: SiteContext, router: Router, release: Release): Promise<Answer> {
  const { method, path } = request
  refuseLaterClients(request, release)
  const user = context.signIn && authenticate(request, context.signIn)
  const traversal = release.major === 1 ? legacyFile(request, context) : undefined
  if (traversal) return traversal
  const { route, parameters, allowed } = router.find(method, path)
  if (method === 'OPTIONS' && allowed.length > 0) return { text: '', contentType: TEXT_TYPE, headers: [['Allow', allowed.join(',')]] }
  if (!route) return allowed.length === 0 ? noHandler(request, release) : wrongMethod(request, allowed)
  refuseContentType(request, release)
  refuseParameters(request, route.query ?? [], release)
  return route.answer(new Call({ request, parameters, user, ...context }))
}

function legacyFile(request: WebRequest, context: SiteContext): Answer | undefined {
  const call = new Call({ request, parameters: {}, ...context })
  if (/^\/_plugin\//.test(request.target)) return pluginFile(call)
  return /^\/_snapshot\//.test(request.target) && request.method === 'GET' ? snapshotFile(call) : undefined
}

/** The path with its query, as the node names it. */
function noHandler({ method, target }: WebRequest, { major }: Release): Answer {
  const text = `o handler found for uri [${target}] and method [${method}]`
  return major === 1 ? { status: 400, text: `N${text}`, contentType: TEXT_TYPE } : { status: 400, value: { error: `n${text}` } }
}

function wrongMethod({ method, target }: WebRequest, allowed: readonly string[]): Answer {
  const error = `Incorrect HTTP method for uri [${target}] and method [${method}], allowed: [${allowed.join(', ')}]`
  return { status: 405, value: { error, status: 405 }, headers: [['Allow', allowed.join(',')]] }
}

const BODY_TYPES =
  /^application\/(json|x-ndjson|yaml|smile|cbor|vnd\.elasticsearch\+(json|x-ndjson|yaml|smile|cbor)\s{0,4};\s{0,4}compatible-with=[78])\s{0,4}(;|$)/i

function refuseContentType(request: WebRequest, { major }: Release): void {
  if (major < 6 || request.bodyBytes === 0) return
  const type = request.header('content-type')
  if (type !== undefined && BODY_TYPES.test(type)) return
  throw new PlainError(406, type === undefined ? 'Content-Type header is missing' : `Content-Type header [${type}] is not supported`)
}

/** An error that is one line, not an object. */
class PlainError extends ElasticError {
  constructor(status: number, reason: string) {
    super(status, 'plain', reason)
  }

  override body(): unknown {
    return { error: this.reason, status: this.status }
  }
}

function refuseParameters({ query, path }: WebRequest, known: readonly string[], { major }: Release): void {
  if (major === 1) return
  const unknown = [...new Set(query.keys())].filter((name) => !COMMON.has(name) && !known.includes(name)).slice(0, 20)
  if (unknown.length === 0) return
  throw illegalArgument(
    `request [${path}] contains unrecognized parameter${unknown.length > 1 ? 's' : ''}: ${unknown.map((name) => `[${name}]`).join(', ')}`,
  )
}

/** Security is off, so whatever is given is taken. */
function noteCredentials(request: WebRequest): void {
  const basic = request.basicCredentials()
  if (basic) request.visit.login({ method: 'basic', ...basic, accepted: true })
}

function headersOf({ major, number, hash }: Release): HeaderLine[] {
  if (major < 7) return []
  if (major > 7) return [['X-elastic-product', 'Elasticsearch']]
  // From 7.13 to 7.17 a node without security says so, to every request.
  const words = `Elasticsearch built-in security features are not enabled. Without authentication, your cluster could be accessible to anyone. See https://www.elastic.co/guide/en/elasticsearch/reference/7.17/security-minimal-setup.html to enable security.`
  return [
    ['X-elastic-product', 'Elasticsearch'],
    ['Warning', `299 Elasticsearch-${number}-${hash} "${words}"`],
  ]
}

function responseOf(answer: Answer, request: WebRequest, release: Release, every: readonly HeaderLine[]): WebResponse {
  const { status = 200, headers = [], contentType = jsonType(request, release) } = answer
  const typed: HeaderLine[] = contentType === '' ? [] : [['content-type', contentType]]
  const lines = [...headers, ...every, ...typed]
  if (answer.bytes) return { status, headers: lines, body: answer.bytes }
  if (answer.text !== undefined) return { status, headers: lines, body: answer.text }
  const asked = request.query.get('pretty')
  // The banner is always pretty; 1.x was so for nobody else who did not ask.
  const isPretty = asked === null ? request.path === '/' && status === 200 : asked !== 'false'
  const filter = release.major > 1 ? request.query.get('filter_path') : null
  const value = filter === null ? answer.value : filtered(answer.value, filter.split(',', 50))
  return { status, headers: lines, body: render(value, isPretty, release.major > 1) }
}

/** `filter_path=hits.hits._source,took`: what matches is kept. */
function filtered(value: unknown, paths: readonly string[], at = '', depth = 0): unknown {
  if (typeof value !== 'object' || value === null || depth > 32) return value
  if (Array.isArray(value)) return value.map((one) => filtered(one, paths, at, depth + 1))
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]): [string, unknown][] => {
      const path = at === '' ? name : `${at}.${name}`
      if (paths.some((pattern) => matchesWildcard(pattern, path) || matchesWildcard(`${pattern}.*`, path))) return [[name, member]]
      const leadsThere = paths.some(
        (pattern) =>
          path.split('.').every((part, i) => matchesWildcard(pattern.split('.')[i] ?? '', part)) &&
          pattern.split('.').length > path.split('.').length,
      )
      return leadsThere ? [[name, filtered(member, paths, path, depth + 1)]] : []
    }),
  )
}
