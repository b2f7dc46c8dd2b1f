/**
 * An API with state, logins and tokens, as a YAML file or an OpenAPI document says; it comes with a billing back end.
 *
 *   attacker: POST /api/v1/auth/login {"username":"admin","password":"admin123"}   us: {"token":"eyJ…"}       → login
 *   attacker: GET /api/v1/customers/7, token of user 1001                          us: a customer of another  → rest-api.abuse
 *   attacker: token with the secret cracked, roles ["admin"]                       us: believed               → rest-api.token
 *   attacker: GET /api/v1/admin/config                                             us: keys minted for this source
 *
 * api.ts is the form of a file, openapi.ts makes it of a document, routes.ts finds what stands at a path, resources.ts are
 * objects and their store, callers.ts accounts and tokens.
 */
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { atMost } from '../../config/at-most.ts'
import { HoneytokenMint } from '../../host/honeytokens/mint.ts'
import { introduce, SessionLinks, serveHttp, type WebRequest, type WebServer } from '../../http/index.ts'
import { LoginDesk, LoginOptions } from '../../sensor/login-desk.ts'
import { defineLure, type VisitContext } from '../../sensor/lure.ts'
import type { Visit } from '../../sensor/visit.ts'
import type { Api } from './api.ts'
import { Callers } from './callers.ts'
import { type ApiEvents, apiEvents } from './events.ts'
import { rowsOf } from './generate.ts'
import { loadApi } from './load-api.ts'
import { Routes } from './routes.ts'
import { ApiSecrets } from './secrets.ts'
import { apiAnswer } from './site.ts'
import type { ApiContext } from './site-context.ts'
import { Store } from './store.ts'
import { serverOfStyle } from './style.ts'

const MINUTE_MS = 60_000
const SOURCES = 20_000

const Options = z.strictObject({
  /** A shipped API (`billing`), or the path of a YAML file or an OpenAPI 3 document. */
  api: z.string().min(1).default('billing'),
  /** Who gets in besides the accounts of the API. */
  login: LoginOptions,
})

interface Room {
  api: Api
  routes: Routes
  store: Store
  callers: Callers
  secrets: ApiSecrets
  server: WebServer
  links: SessionLinks
  requests: LRUCache<string, number>
}

export default defineLure({
  name: 'rest-api',
  standsFor: ['Honeyaml'],
  about: 'a billing API with JWT logins and objects that can be changed; or any API of a YAML or OpenAPI file',
  profiles: ['standard', 'web'],
  ports: [
    { transport: 'tcp', port: 3000, alternate: 13000 },
    { transport: 'tcp', port: 3443, tls: true, alternate: 13443 },
  ],
  options: Options,
  events: apiEvents,
  joinsSessions: true,

  start({ options, identity, persona, state }): Room {
    const api = loadApi(options.api)
    const mint = HoneytokenMint.of({ identity, state })
    const secrets = new ApiSecrets(mint, persona.name)
    const rows = Object.entries(api.resources).map(([name, resource]) => [name, rowsOf(name, resource, identity, persona.domain)] as const)
    return {
      api,
      routes: new Routes(api),
      store: new Store(new Map(rows), (row, source) => secrets.reveal(row, `${api.base || '/'} of ${api.title}`, source)),
      callers: new Callers(api.auth, identity),
      secrets,
      server: serverOfStyle(api.style),
      links: new SessionLinks(),
      requests: new LRUCache({ ...atMost(SOURCES), ttl: MINUTE_MS }),
    }
  },

  async serve(visit, context) {
    const { server, links } = context.room
    await serveHttp(visit, {
      name: 'rest-api',
      server,
      site: (request) => apiAnswer(contextOf(request, visit, context)),
      onFirst: (request) => introduce(visit, request, links),
      keepBody: 1024 * 1024 + 1,
    })
  },
})

type Context = VisitContext<z.output<typeof Options>, Room>

function contextOf(request: WebRequest, visit: Visit<ApiEvents>, lure: Context): Omit<ApiContext, 'caller' | 'body'> {
  const { room } = lure
  const { api, routes, store, callers, secrets } = room
  return {
    request,
    visit,
    api,
    routes,
    store,
    callers,
    secrets,
    left: left(room, request.source.ip),
    signIn: (user, password) => signIn(lure, visit, user, password),
  }
}

function left({ api, requests }: Room, source: string): number | undefined {
  if (api.rateLimit === 0) return undefined
  const count = (requests.get(source) ?? 0) + 1
  requests.set(source, count, { noUpdateTTL: true })
  return api.rateLimit - count
}

/** The accounts of the API, those that this source has made, and whom the option lets in. */
function signIn(lure: Context, visit: Visit<ApiEvents>, user: string, password: string): boolean {
  const { host, persona, identity, state, loopback, options, room } = lure
  const source = visit.source.ip
  const registered = room.callers.isRegistered(user, password, source) ? [{ user, password }] : []
  const accounts = room.api.auth.accounts.map((one) => ({ user: one.username, password: one.password }))
  const { accept = [], ...own } = options.login ?? {}
  const login = { policy: 'list' as const, ...own, accept: [...accounts, ...registered, ...accept] }
  const desk = new LoginDesk(visit as Visit, { persona, host, identity, state, loopback, options: { login } })
  return desk.password('json', Buffer.from(user.slice(0, 512)), Buffer.from(password.slice(0, 1024)))
}
