import { z } from 'zod'
import { mayActAs, Role } from '../../accounts/accounts.ts'
import { whoCalls } from '../access.ts'
import type { Routes } from '../app.ts'
import { NotFound } from '../not-found.ts'
import { AccountShape, AuditShape, Done, Problem, TokenShape } from '../shapes.ts'
import { AccountName, Password } from './login.ts'

const Named = z.object({ name: AccountName })

/** Accounts, API tokens and the audit log. */
export const accountRoutes: Routes = (app, { accounts }) => {
  app.get('/accounts', { config: { role: 'operator' }, schema: { summary: 'Accounts', response: { 200: z.array(AccountShape) } } }, () =>
    accounts.list(),
  )

  app.post(
    '/accounts',
    {
      config: { role: 'operator' },
      schema: {
        summary: 'Add an account',
        body: Named.extend({ password: Password, role: Role }),
        response: { 200: AccountShape, 409: Problem },
      },
    },
    async (request) => {
      const { name, password, role } = request.body
      const account = await accounts.add(name, password, role)
      accounts.audit({ account: whoCalls(request).account, address: request.ip, action: 'account added', detail: `${name}, ${role}` })
      return account
    },
  )

  app.patch(
    '/accounts/:name',
    {
      config: { role: 'operator' },
      schema: {
        summary: 'Change role or password of an account',
        params: Named,
        body: z.object({ role: Role.optional(), password: Password.optional() }),
        response: { 200: Done, 409: Problem },
      },
    },
    async (request) => {
      const { name } = request.params
      const { role, password } = request.body
      if (role) accounts.setRole(name, role)
      if (password) await accounts.setPassword(name, password)
      const detail = [name, role && `role ${role}`, password && 'password'].filter(Boolean).join(', ')
      accounts.audit({ account: whoCalls(request).account, address: request.ip, action: 'account changed', detail })
      return { done: true as const }
    },
  )

  app.delete(
    '/accounts/:name',
    {
      config: { role: 'operator' },
      schema: { summary: 'Remove an account with its tokens', params: Named, response: { 200: Done, 409: Problem } },
    },
    (request) => {
      accounts.remove(request.params.name)
      accounts.audit({ account: whoCalls(request).account, address: request.ip, action: 'account removed', detail: request.params.name })
      return { done: true as const }
    },
  )

  app.get(
    '/tokens',
    {
      config: { role: 'viewer' },
      schema: { summary: 'API tokens: all of them for operators, the own for others', response: { 200: z.array(TokenShape) } },
    },
    (request) => {
      const { account, role } = whoCalls(request)
      return accounts.tokens().filter((token) => role === 'operator' || token.account === account)
    },
  )

  app.post(
    '/tokens',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Make an API token; it is shown this once',
        body: z.object({ name: z.string().trim().min(1).max(60), role: Role }),
        response: { 200: z.object({ id: z.number(), token: z.string() }), 403: Problem },
      },
    },
    async (request, reply) => {
      const caller = whoCalls(request)
      const { name, role } = request.body
      if (!mayActAs(caller.role, role)) return reply.code(403).send({ message: 'a token may do no more than its account' })
      accounts.audit({ account: caller.account, address: request.ip, action: 'token made', detail: `${name}, ${role}` })
      return accounts.addToken(caller.account, name, role)
    },
  )

  app.delete(
    '/tokens/:id',
    {
      config: { role: 'viewer' },
      schema: { summary: 'Revoke an API token', params: z.object({ id: z.coerce.number().int() }), response: { 200: Done, 404: Problem } },
    },
    (request) => {
      const caller = whoCalls(request)
      const token = accounts.tokens().find(({ id }) => id === request.params.id)
      if (!token || (caller.role !== 'operator' && token.account !== caller.account)) throw new NotFound('such token')
      accounts.removeToken(token.id)
      accounts.audit({ account: caller.account, address: request.ip, action: 'token revoked', detail: `${token.name} of ${token.account}` })
      return { done: true as const }
    },
  )

  app.get(
    '/audit',
    {
      config: { role: 'operator' },
      schema: {
        summary: 'Who did what, newest first',
        querystring: z.object({ limit: z.coerce.number().int().min(1).max(1000).default(200) }),
        response: { 200: z.array(AuditShape) },
      },
    },
    ({ query }) => accounts.audits(query.limit),
  )
}
