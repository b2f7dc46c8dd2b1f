/**
 * Citrix Gateway of a build in which all of its famous holes were open.
 *
 *   scanner:  GET /                                         us: 302 /vpn/index.html, NSC_ cookies
 *   scanner:  GET /vpn/js/rdx/core/lang/rdx_en.json.gz      us: gzip with the time of the build, as every other mark
 *   attacker: POST /vpn/../vpns/portal/scripts/newbm.pl     us: ns_reload; the template is kept    → citrix.template
 *   attacker: GET /vpn/../vpns/portal/NAME.xml              us: uid=65534(nobody) …                → citrix.command
 *   attacker: GET /oauth/idp/.well-known/… Host: aaaa…      us: JSON, memory, a session cookie     → CVE-2023-4966
 *   attacker: NSC_AAAC=<that cookie>, from elsewhere        us: a user name                        → citrix.token
 *
 * site.ts finds the answer for a path, portal-scripts.ts, leaks.ts and management.ts are the holes, appliance.ts is what
 * lies on the machine, session-tokens.ts the cookies that come back.
 */
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import type { Persona } from '../../config/persona.ts'
import { HoneytokenMint } from '../../host/honeytokens/mint.ts'
import {
  apache,
  applicationServer,
  introduce,
  SessionLinks,
  StaticFiles,
  serveHttp,
  type WebRequest,
  type WebServer,
} from '../../http/index.ts'
import { LoginDesk, LoginOptions } from '../../sensor/login-desk.ts'
import { defineLure, type VisitContext } from '../../sensor/lure.ts'
import type { Visit } from '../../sensor/visit.ts'
import { Appliance } from './appliance.ts'
import { BUILDS, buildOf } from './build.ts'
import { type CitrixEvents, citrixEvents } from './events.ts'
import { applianceFiles, type PageOwner, pageOwner } from './files.ts'
import { Planted } from './planted.ts'
import { SessionTokens } from './session-tokens.ts'
import { citrixAnswer } from './site.ts'
import type { SiteContext } from './site-context.ts'

/** Answers with leaked memory that one source gets in a minute: they are larger than what asks for them. */
const LEAKS_A_MINUTE = 20
const SOURCES = 5_000

const Options = z.strictObject({
  build: z.enum(BUILDS).default('13.0-47.22'),
  /** Who gets in; nobody but the persona's own users unless given. */
  login: LoginOptions,
})

interface Room {
  owner: PageOwner
  appliance: Appliance
  planted: Planted
  tokens: SessionTokens
  server: WebServer
  files: StaticFiles
  links: SessionLinks
  leaks: LRUCache<string, number>
}

type Context = VisitContext<z.output<typeof Options>, Room>

export default defineLure({
  name: 'citrix',
  standsFor: ['CitrixHoneypot'],
  about: 'Citrix Gateway 13.0 with CVE-2019-19781, CitrixBleed and their kin',
  // Port 443 is the web site's in every profile: this one is chosen by name.
  profiles: [],
  ports: [{ transport: 'tcp', port: 443, tls: true, alternate: 4443 }],
  options: Options,
  events: citrixEvents,
  joinsSessions: true,

  start({ options, identity, persona, state }): Room {
    const mint = HoneytokenMint.of({ identity, state })
    const build = buildOf(options.build)
    const owner = pageOwner(build, persona, identity)
    const server = gatewayServer(persona)
    return {
      owner,
      appliance: new Appliance(identity, persona, build, mint),
      planted: new Planted(),
      tokens: new SessionTokens(mint, persona.name),
      server,
      files: new StaticFiles({ server, files: applianceFiles(owner), modified: () => build.at }),
      links: new SessionLinks(['NSC_AAAC']),
      leaks: new LRUCache({ max: SOURCES, ttl: 60_000 }),
    }
  },

  async serve(visit, context) {
    const { server, files, links } = context.room
    await serveHttp(visit, {
      name: 'citrix',
      server,
      site: (request) => citrixAnswer(contextOf(request, visit, context), files, server),
      onFirst: (request) => introduce(visit, request, links),
      keepBody: 1024 * 1024,
    })
  },
})

/** The Apache behind the packet engine. The engine takes heads of any length, and paths with dots as they are. */
function gatewayServer({ hostname, domain }: Persona): WebServer {
  const { readTarget, judgeHead } = applicationServer({ name: 'engine', order: [] })
  const server = apache({ header: 'Apache', hostname: `${hostname}.${domain}`, signature: false, deflate: false, maxBody: 64 * 2 ** 20 })
  return {
    ...server,
    readTarget,
    judgeHead,
    limits: { ...server.limits, requestLine: 64 * 1024, headerLine: 128 * 1024, head: 192 * 1024 },
  }
}

function contextOf(request: WebRequest, visit: Visit<CitrixEvents>, lure: Context): SiteContext {
  const { host, persona, identity, state, loopback, options, room } = lure
  const { owner, appliance, planted, tokens, leaks } = room
  const login = options.login ?? { policy: 'list', accept: [] }
  return {
    request,
    visit,
    host,
    owner,
    appliance,
    planted,
    tokens,
    mayLeak: () => {
      const { ip } = request.source
      const count = leaks.get(ip) ?? 0
      leaks.set(ip, count + 1, { noUpdateTTL: true })
      return count < LEAKS_A_MINUTE
    },
    signIn: (method, user, password) =>
      new LoginDesk(visit as Visit, { persona, host, identity, state, loopback, options: { login } }).password(
        method,
        Buffer.from(user.slice(0, 512)),
        Buffer.from(password.slice(0, 1024)),
      ),
  }
}
