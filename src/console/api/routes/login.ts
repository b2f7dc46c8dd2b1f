import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { VERSION } from '../../../version.ts'
import { SHORTEST_PASSWORD } from '../../accounts/password.ts'
import { COOKIE, whoCalls } from '../access.ts'
import type { Routes } from '../app.ts'
import { Done, Me, Problem } from '../shapes.ts'

export const AccountName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/, 'a name of letters, digits, dots, dashes and underscores')
export const Password = z.string().min(SHORTEST_PASSWORD, `at least ${SHORTEST_PASSWORD} characters`).max(500)

const Credentials = z.object({ name: z.string().max(100), password: z.string().max(500) })
/** Tries of one address at one door; each route counts on its own, so each gets an object of its own. */
const atMost = () => ({ rateLimit: { max: 10, timeWindow: '1 minute' } })
/** A wrong password is answered no faster than this. */
const WRONG_MS = 300

/** Set-up of the first account, logging in and out. */
export const loginRoutes: Routes = (app, { accounts, settings }) => {
  const cookie = { path: '/', httpOnly: true, sameSite: 'strict', secure: settings.console.secureCookies } as const

  app.get(
    '/set-up',
    {
      config: { role: 'anybody', ...atMost() },
      schema: {
        summary: 'Whether a set-up link is good',
        querystring: z.object({ secret: z.string().max(100) }),
        response: { 200: z.object({ good: z.boolean() }) },
      },
    },
    ({ query }) => ({ good: accounts.isSetUp(query.secret) }),
  )

  app.post(
    '/set-up',
    {
      config: { role: 'anybody', ...atMost() },
      schema: {
        summary: 'Make the first operator with the link that the first start prints',
        body: z.object({ secret: z.string().max(100), name: AccountName, password: Password }),
        response: { 200: Done, 409: Problem },
      },
    },
    async ({ body, ip }, reply) => {
      const account = await accounts.setUp(body.secret, body.name, body.password)
      accounts.audit({ account: account.name, address: ip, action: 'set-up', detail: 'made the first operator' })
      reply.setCookie(COOKIE, accounts.logIn(account.name), cookie)
      return { done: true as const }
    },
  )

  app.post(
    '/login',
    {
      config: { role: 'anybody', ...atMost() },
      schema: { summary: 'Log a browser in', body: Credentials, response: { 200: Done, 401: Problem } },
    },
    async ({ body, ip }, reply) => {
      if (!(await accounts.isPasswordOf(body.name, body.password))) {
        accounts.audit({ account: body.name.slice(0, 40), address: ip, action: 'login refused', detail: '' })
        await sleep(WRONG_MS)
        return reply.code(401).send({ message: 'name or password is wrong' })
      }
      accounts.audit({ account: body.name, address: ip, action: 'login', detail: '' })
      reply.setCookie(COOKIE, accounts.logIn(body.name), cookie)
      return { done: true as const }
    },
  )

  app.post(
    '/logout',
    { config: { role: 'viewer' }, schema: { summary: 'Log this browser out', response: { 200: Done } } },
    (request, reply) => {
      const secret = request.cookies[COOKIE]
      if (secret !== undefined) accounts.logOut(secret)
      reply.clearCookie(COOKIE, cookie)
      return { done: true as const }
    },
  )

  app.get(
    '/me',
    {
      config: { role: 'anybody' },
      schema: { summary: 'Who calls; nothing of it when nobody is logged in', response: { 200: z.object({ caller: Me.optional() }) } },
    },
    ({ caller }) => (caller ? { caller: { ...caller, sensor: settings.sensor, version: VERSION } } : {}),
  )

  app.post(
    '/me/password',
    {
      config: { role: 'viewer', ...atMost() },
      schema: {
        summary: 'Change the own password; logs other browsers out',
        body: z.object({ password: z.string().max(500), next: Password }),
        response: { 200: Done, 401: Problem },
      },
    },
    async (request, reply) => {
      const { account } = whoCalls(request)
      if (!(await accounts.isPasswordOf(account, request.body.password)))
        return reply.code(401).send({ message: 'the present password is wrong' })
      await accounts.setPassword(account, request.body.next)
      accounts.audit({ account, address: request.ip, action: 'password', detail: 'changed the own' })
      reply.setCookie(COOKIE, accounts.logIn(account), cookie)
      return { done: true as const }
    },
  )
}
