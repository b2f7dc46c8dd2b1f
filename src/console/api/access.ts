import { timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Login, mayActAs, type Role } from '../accounts/accounts.ts'
import type { Services } from './services.ts'

export const COOKIE = 'sundew_login'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Least role that may call it, or `anybody`. A route without it is refused to all: forgetting must not open a door. */
    role?: Role | 'anybody'
  }
  interface FastifyRequest {
    /** Who calls; null for nobody that is known. */
    caller: Caller | null
  }
}

export interface Caller {
  account: string
  role: Role
  /** Absent for API tokens, which no browser sends by itself. */
  csrf?: string
}

/** Lets a call pass when it comes with a login or a token of sufficient role, and a change from a browser with that login's CSRF token. */
export function guardAccess(app: FastifyInstance, { accounts }: Services): void {
  app.decorateRequest('caller', null)
  app.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store')
    const { role } = request.routeOptions.config
    const caller = callerOf(request, accounts)
    request.caller = caller ?? null
    if (role === 'anybody') return
    if (!caller) return reply.code(401).send({ message: 'log in first' })
    if (!role || !mayActAs(caller.role, role)) return reply.code(403).send({ message: `this needs the role ${role ?? 'of nobody'}` })
    if (!isSafe(request.method) && !isFromOurPages(request, caller))
      return reply.code(403).send({ message: 'the CSRF token is missing or wrong' })
  })
}

/** Whether a caller of before may still call: for answers that go on. */
export function mayStill(request: FastifyRequest, accounts: Services['accounts'], needed: Role): boolean {
  const caller = callerOf(request, accounts)
  return caller !== undefined && mayActAs(caller.role, needed)
}

function callerOf(request: FastifyRequest, accounts: Services['accounts']): Caller | undefined {
  const bearer = tokenIn(request.headers.authorization ?? '')
  if (bearer !== undefined) return accounts.tokenOwner(bearer)
  const secret = request.cookies[COOKIE]
  const login: Login | undefined = secret === undefined ? undefined : accounts.loginOf(secret)
  return login
}

/** As bearer, or as the password of basic authentication, which is all that TAXII clients know. */
function tokenIn(authorization: string): string | undefined {
  const basic = /^Basic ([A-Za-z0-9+/=]{1,400})$/i.exec(authorization)?.[1]
  if (basic === undefined) return /^Bearer (\S{1,200})$/i.exec(authorization)?.[1]
  const pair = Buffer.from(basic, 'base64').toString('utf8')
  return pair.slice(pair.indexOf(':') + 1)
}

function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}

function isFromOurPages(request: FastifyRequest, caller: Caller): boolean {
  if (caller.csrf === undefined) return true
  const given = Buffer.from(String(request.headers['x-csrf-token'] ?? ''))
  const expected = Buffer.from(caller.csrf)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

/** Who calls a route that is not for anybody. */
export function whoCalls(request: FastifyRequest): Caller {
  if (!request.caller) throw new Error('a route for anybody asks who calls')
  return request.caller
}
