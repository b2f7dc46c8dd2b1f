import { evidence } from '../../events/bytes.ts'
import type { HeaderLine, WebResponse } from '../../http/index.ts'
import type { Resource } from './api.ts'
import type { Json, Row } from './generate.ts'
import { type Page, select } from './query.ts'
import { type ApiContext, barred, etagOf, refuse } from './site-context.ts'
import { answer } from './style.ts'

/** GET and POST of a collection. */
export function listAnswer(context: ApiContext, name: string): WebResponse {
  const { api, request, store, caller } = context
  const resource = api.resources[name] as Resource
  const isRead = request.method !== 'POST'
  const stopped = barred(context, isRead ? resource.read : resource.write, name)
  if (stopped) return stopped
  const source = request.source.ip
  if (!isRead) return create(context, name, resource)
  const all = store.list(name, source)
  const { owner } = resource
  // Each sees its own; the others are had by their ids.
  const own = owner !== undefined && !isPrivileged(context, resource) ? all.filter((row) => String(row[owner]) === caller?.id) : all
  const page = select(own, request.query)
  return answer(
    api.style,
    200,
    { data: page.rows, page: page.page, limit: page.limit, total: page.total },
    pageLines(request.path, request.query, page),
  )
}

/** RFC 8288, as most APIs page. */
function pageLines(path: string, query: URLSearchParams, { page, limit, total }: Page): HeaderLine[] {
  const last = Math.max(1, Math.ceil(total / limit))
  const link = (number: number, rel: string): string => {
    const given = new URLSearchParams(query)
    given.set('page', String(number))
    return `<${encodeURI(path)}?${given}>; rel="${rel}"`
  }
  const links = [...(page > 1 ? [link(page - 1, 'prev')] : []), ...(page < last ? [link(page + 1, 'next')] : []), link(last, 'last')]
  return [
    ['X-Total-Count', String(total)],
    ['Link', links.join(', ').slice(0, 4_000)],
  ]
}

/** GET, PUT, PATCH and DELETE of one object. */
export function itemAnswer(context: ApiContext, name: string, id: string): WebResponse {
  const { api, request, store, visit } = context
  const resource = api.resources[name] as Resource
  const { method } = request
  const isRead = method === 'GET' || method === 'HEAD'
  const stopped = barred(context, isRead ? resource.read : resource.write, name)
  if (stopped) return stopped
  const source = request.source.ip
  const row = store.get(name, source, id)
  if (!row) return refuse(context, 404, `${name} ${id.slice(0, 100)} not found`)
  if (!mayTouch(context, name, resource, row)) return refuse(context, 403, 'Insufficient permissions')
  if (isRead) return answer(api.style, 200, row)
  const match = request.header('if-match')
  if (match !== undefined && match !== '*' && match !== etagOf(JSON.stringify(row))) return refuse(context, 412, 'The object has changed')
  if (method === 'DELETE') {
    store.delete(name, source, id)
    visit.record('rest-api.change', { resource: name, operation: 'delete', id: evidence(id) }, ['attack:T1485'])
    return answer(api.style, 204, null)
  }
  return change(context, name, resource, row)
}

function create(context: ApiContext, name: string, resource: Resource): WebResponse {
  const { api, request, store, visit, caller } = context
  const given = fieldsOf(context, name, resource)
  if (!given) return refuse(context, 400, 'Body must be a JSON object')
  const missing = resource.required.filter((field) => given[field] === undefined || given[field] === '')
  if (missing.length > 0) return refuse(context, 422, `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} required`)
  const { owner } = resource
  const row = { ...given, ...(owner !== undefined && given[owner] === undefined && caller ? { [owner]: numbered(caller.id) } : {}) }
  const made = store.create(name, request.source.ip, row, resource.id)
  if (!made) return refuse(context, 507, 'Quota exceeded')
  visit.record('rest-api.change', { resource: name, operation: 'create', id: evidence(String(made.id)) }, ['attack:T1565.001'])
  return answer(api.style, 201, made, [['Location', `${api.base}/${name}/${made.id}`]])
}

function change(context: ApiContext, name: string, resource: Resource, row: Row): WebResponse {
  const { api, request, store, visit } = context
  const given = fieldsOf(context, name, resource)
  if (!given) return refuse(context, 400, 'Body must be a JSON object')
  const isWhole = request.method === 'PUT'
  const kept = isWhole
    ? Object.fromEntries(resource.protected.filter((field) => Object.hasOwn(row, field)).map((field) => [field, row[field] as Json]))
    : row
  const changed: Row = { ...kept, ...given, id: row.id as Json }
  const missing = resource.required.filter((field) => changed[field] === undefined || changed[field] === '')
  if (missing.length > 0) return refuse(context, 422, `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} required`)
  if (!store.put(name, request.source.ip, String(row.id), changed)) return refuse(context, 507, 'Quota exceeded')
  visit.record('rest-api.change', { resource: name, operation: isWhole ? 'replace' : 'update', id: evidence(String(row.id)) }, [
    'attack:T1565.001',
  ])
  return answer(api.style, 200, changed)
}

/** The fields that a body sets. Those that no client sets are mass assignment, and are taken where the API is open to that. */
function fieldsOf({ body, api, visit }: ApiContext, name: string, resource: Resource): Row | undefined {
  if (body.kind !== 'object') return undefined
  const { id: _, ...given } = body.value
  const forbidden = resource.protected.filter((field) => Object.hasOwn(given, field))
  if (forbidden.length === 0) return given
  const succeeded = api.vulnerable.massAssignment
  const tried = Object.fromEntries(forbidden.map((field) => [field, given[field]]))
  visit.record(
    'rest-api.abuse',
    { kind: 'mass-assignment', resource: name, detail: evidence(JSON.stringify(tried).slice(0, 1_000)), succeeded },
    ['note:mass-assignment', 'attack:T1190'],
  )
  return succeeded ? given : Object.fromEntries(Object.entries(given).filter(([field]) => !forbidden.includes(field)))
}

/** Whether the caller gets at this object; one of somebody else's is BOLA (OWASP API1), which is written down either way. */
function mayTouch(context: ApiContext, name: string, resource: Resource, row: Row): boolean {
  const { caller, api, visit, request } = context
  const { owner } = resource
  if (owner === undefined || isPrivileged(context, resource) || String(row[owner]) === caller?.id) return true
  const succeeded = api.vulnerable.objectAccess
  const detail = evidence(`${request.method} ${request.path.slice(0, 500)} as ${caller?.id ?? 'nobody'}`.slice(0, 1_000))
  visit.record('rest-api.abuse', { kind: 'object-access', resource: name, detail, succeeded }, ['note:bola', 'attack:T1190'])
  return succeeded
}

function isPrivileged({ caller }: ApiContext, { write }: Resource): boolean {
  return caller?.roles.some((role) => role === 'admin' || write.includes(role)) ?? false
}

function numbered(id: string): Json {
  return /^\d{1,15}$/.test(id) ? Number(id) : id
}
