import { createHash } from 'node:crypto'
import { evidence } from '../../events/bytes.ts'
import type { HeaderLine, WebRequest, WebResponse } from '../../http/index.ts'
import type { Visit } from '../../sensor/visit.ts'
import type { Api } from './api.ts'
import type { Body } from './body.ts'
import type { Caller, Callers } from './callers.ts'
import type { ApiEvents } from './events.ts'
import type { Routes } from './routes.ts'
import type { ApiSecrets } from './secrets.ts'
import type { Store } from './store.ts'
import { problem } from './style.ts'

/** All that an answer needs. */
export interface ApiContext {
  request: WebRequest
  visit: Visit<ApiEvents>
  api: Api
  routes: Routes
  store: Store
  callers: Callers
  secrets: ApiSecrets
  caller: Caller | undefined
  body: Body
  /** Judges a user and a password by the accounts and the policy, and writes them down. */
  signIn: (user: string, password: string) => boolean
  /** Requests that this source may still make in this minute; undefined = no bound. */
  left: number | undefined
}

export function refuse(
  { api, request }: Pick<ApiContext, 'api' | 'request'>,
  status: number,
  detail: string,
  headers: readonly HeaderLine[] = [],
): WebResponse {
  return problem(api.style, status, detail, request.path.slice(0, 500), headers)
}

/** What stops a caller: it has not logged in, or has not the role. Undefined = it may. */
export function barred(context: ApiContext, roles: readonly string[], what: string): WebResponse | undefined {
  const { caller, visit, request } = context
  if (roles.includes('public')) return undefined
  if (!caller) return refuse(context, 401, 'Authentication required', [['WWW-Authenticate', 'Bearer']])
  if (roles.includes('any') || caller.roles.some((role) => roles.includes(role))) return undefined
  const detail = evidence(`${request.method.slice(0, 20)} ${request.path.slice(0, 500)}`)
  visit.record('rest-api.abuse', { kind: 'function-access', resource: what, detail, succeeded: false }, ['note:bfla', 'attack:T1548'])
  return refuse(context, 403, 'Insufficient permissions')
}

/** As Express makes it: length in hex, then the first 27 letters of a SHA-1. */
export function etagOf(body: string): string {
  return `W/"${Buffer.byteLength(body).toString(16)}-${createHash('sha1').update(body).digest('base64').slice(0, 27)}"`
}
