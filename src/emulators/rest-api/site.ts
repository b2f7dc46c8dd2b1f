import { evidence } from '../../events/bytes.ts'
import type { HeaderLine, WebRequest, WebResponse } from '../../http/index.ts'
import { bodyOf } from './body.ts'
import { describeApi } from './describe.ts'
import { docsPage } from './docs-page.ts'
import { fill } from './fill.ts'
import type { Json } from './generate.ts'
import { itemAnswer, listAnswer } from './resources.ts'
import type { Route } from './routes.ts'
import { type ApiContext, barred, etagOf, refuse } from './site-context.ts'
import { answer, page } from './style.ts'

/** Answers one request as the API would. */
export async function apiAnswer(given: Omit<ApiContext, 'caller' | 'body'>): Promise<WebResponse> {
  const { request, api, routes, callers, visit, left } = given
  const context: ApiContext = { ...given, caller: callers.of(request, visit), body: bodyOf(request) }
  const limits: HeaderLine[] =
    left === undefined
      ? []
      : [
          ['X-RateLimit-Limit', String(api.rateLimit)],
          ['X-RateLimit-Remaining', String(Math.max(0, left))],
        ]
  const route = routes.find(request.path, request.method)
  const [from, to] = (route?.kind === 'endpoint' && route.endpoint.delay) || api.delay
  await visit.pause(from + Math.random() * Math.max(0, to - from))
  const response =
    left !== undefined && left < 0
      ? refuse(context, 429, 'Too many requests, try again later.', [['Retry-After', '60']])
      : routed(context, route)
  return conditional(request, { ...response, headers: [...(response.headers ?? []), ...limits] })
}

function routed(context: ApiContext, route: Route | undefined): WebResponse {
  const { request } = context
  if (!route) return refuse(context, 404, `Cannot ${request.method.slice(0, 20)} ${request.path.slice(0, 500)}`)
  const allowed = [...new Set(route.methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))]
  if (request.method === 'OPTIONS')
    return {
      status: 204,
      headers: [
        ['Allow', allowed.join(', ')],
        ['Access-Control-Allow-Origin', '*'],
        ['Access-Control-Allow-Methods', allowed.join(',')],
      ],
      body: '',
    }
  if (!allowed.includes(request.method) && !allowed.includes('ANY'))
    return refuse(context, 405, 'Method not allowed', [['Allow', allowed.join(', ')]])
  if (context.body.kind === 'too-large') return refuse(context, 413, 'request entity too large')
  noteOperators(context, fieldsOf(context))
  if (context.body.kind === 'malformed' && request.method !== 'GET') return refuse(context, 400, 'Unexpected token in JSON')
  switch (route.kind) {
    case 'login':
      return login(context)
    case 'register':
      return register(context)
    case 'me':
      return me(context)
    case 'jwks':
      return answer(context.api.style, 200, context.callers.tokens.jwks())
    case 'openapi':
      return answer(context.api.style, 200, describeApi(context.api))
    case 'docs':
      return page(context.api.style, 200, docsPage(context.api))
    case 'docs-folder':
      return page(context.api.style, 301, '', [['Location', `${request.path}/`]])
    case 'endpoint':
      return endpointAnswer(context, route)
    case 'list':
      return listAnswer(context, route.name)
    case 'item':
      return itemAnswer(context, route.name, route.id)
  }
}

/** RFC 9110 §13: a client that has it already gets 304. */
function conditional(request: WebRequest, response: WebResponse): WebResponse {
  if (response.status !== 200 || typeof response.body !== 'string' || (request.method !== 'GET' && request.method !== 'HEAD'))
    return response
  const etag = etagOf(response.body)
  const headers: HeaderLine[] = [...(response.headers ?? []), ['ETag', etag]]
  const isKnown = request.headers
    .all('if-none-match')
    .some((list) => list.split(',').some((one) => one.trim() === etag || one.trim() === '*'))
  return isKnown
    ? { status: 304, headers: headers.filter(([name]) => name !== 'Content-Type'), body: '', dynamic: true }
    : { ...response, headers }
}

function fieldsOf({ body }: ApiContext): Record<string, Json> {
  return body.kind === 'object' ? body.value : {}
}

const text = (value: Json | undefined): string =>
  typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value)

/** `{"$ne": null}` as a value, `name[$ne]` as a name: operators of MongoDB, which an API that checks nothing hands on. */
function noteOperators({ visit, request }: ApiContext, fields: Record<string, Json>): void {
  const isOperator = (value: Json | undefined): boolean =>
    typeof value === 'object' && value !== null && Object.keys(value).some((key) => key.startsWith('$'))
  const isNamed = (names: Iterable<string>): boolean => [...names].some((name) => /\[\$\w{1,16}\]/.test(name))
  const inBody = Object.values(fields).some(isOperator) || isNamed(Object.keys(fields))
  if (!inBody && !isNamed(request.query.keys())) return
  const detail = evidence((inBody ? JSON.stringify(fields) : request.target).slice(0, 1_000))
  const facts = { kind: 'operator-injection' as const, resource: request.path.slice(0, 200), detail, succeeded: false }
  visit.record('rest-api.abuse', facts, ['note:nosql-injection', 'attack:T1190'])
}

function login(context: ApiContext): WebResponse {
  const { api, callers, request, signIn } = context
  const fields = fieldsOf(context)
  const [user, password] = [text(fields[api.auth.username]), text(fields[api.auth.password])]
  if (user === '' && password === '') return refuse(context, 400, 'Invalid request')
  const accepted = signIn(user, password)
  const source = request.source.ip
  if (callers.isLocked(user, source)) return refuse(context, 423, 'Account locked, try again later')
  callers.noteLogin(user, source, accepted)
  if (!accepted) return refuse(context, 401, 'Invalid credentials')
  const account = callers.account(user, source) ?? { id: user, username: user, roles: ['user'], profile: {} }
  return answer(api.style, 200, { token: callers.issue(account, source), tokenType: 'Bearer', expiresIn: api.auth.expiresIn })
}

/** Roles in a registration are mass assignment: the account has them where the API is open to that. */
function register(context: ApiContext): WebResponse {
  const { api, callers, request, visit } = context
  const fields = fieldsOf(context)
  const [user, password] = [text(fields[api.auth.username]).slice(0, 200), text(fields[api.auth.password]).slice(0, 200)]
  if (user === '' || password === '') return refuse(context, 422, `${api.auth.username} and ${api.auth.password} are required`)
  const wanted = [fields.roles, fields.role, fields.isAdmin === true || fields.admin === true ? 'admin' : []]
    .flat()
    .filter((role): role is string => typeof role === 'string')
  if (wanted.length > 0) {
    const succeeded = api.vulnerable.massAssignment
    visit.record(
      'rest-api.abuse',
      { kind: 'mass-assignment', resource: 'register', detail: evidence(JSON.stringify(wanted).slice(0, 1_000)), succeeded },
      ['note:mass-assignment', 'attack:T1136'],
    )
  }
  const { [api.auth.password]: _, ...profile } = fields
  const account = callers.register(
    user,
    password,
    profile,
    api.vulnerable.massAssignment && wanted.length > 0 ? wanted.slice(0, 10) : ['user'],
    request.source.ip,
  )
  if (!account) return refuse(context, 409, 'Username is taken')
  return answer(api.style, 201, { id: account.id, username: user, roles: account.roles })
}

function me(context: ApiContext): WebResponse {
  const { api, caller, callers, request } = context
  const stopped = barred(context, ['any'], 'me')
  if (stopped || !caller) return stopped ?? refuse(context, 401, 'Authentication required')
  const account = callers.account(caller.username, request.source.ip)
  const id = account?.id ?? caller.id
  return answer(api.style, 200, { ...account?.profile, id, username: caller.username, roles: caller.roles })
}

function endpointAnswer(context: ApiContext, { endpoint, params }: Extract<Route, { kind: 'endpoint' }>): WebResponse {
  const { api, request, secrets, caller } = context
  const stopped = barred(context, endpoint.roles, endpoint.path)
  if (stopped) return stopped
  // Secrets first: what a client sends is never looked through for marks.
  const body = secrets.reveal(endpoint.body as Json, `${endpoint.method} ${api.base}${endpoint.path}`, request.source.ip)
  const filled = fill(body, { params, query: request.query, body: fieldsOf(context), claims: caller?.claims ?? {} })
  const headers = Object.entries(endpoint.headers)
  if (typeof filled === 'string' && endpoint.headers['Content-Type'] !== undefined)
    return { status: endpoint.status, headers, body: filled, dynamic: true }
  return answer(api.style, endpoint.status, filled, headers)
}
