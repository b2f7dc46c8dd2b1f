/**
 * A Cisco ASA of a release in which all of its famous holes were open, on the ports of its VPN.
 *
 *   scanner:  GET /                                       us: 200, cookies, document.location.replace("/+CSCOE+/logon.html")
 *   attacker: POST /+webvpn+/index.html user, password    us: back to the form                     → login
 *   client:   POST / config-auth type="init"              us: config-auth type="auth-request"      → cisco-asa.anyconnect
 *   attacker: GET /+CSCOT+/oem-customization?…            us: portal_inc.lua                       → CVE-2020-3452
 *   attacker: POST /+CSCOU+//../+CSCOE+/files/…           us: CSRF token mismatch                  → CVE-2025-20362
 *   ike-scan: aggressive mode, group id                   us: SA, KE, nonce, hash of the group's key → cisco-asa.ike
 *
 * site.ts finds the answer for a path, holes.ts are the holes, anyconnect.ts the XML of the client, ike/ the UDP side.
 */
import { z } from 'zod'
import { HoneytokenMint } from '../../host/honeytokens/mint.ts'
import { applicationServer, introduce, SessionLinks, serveHttp, type WebRequest, type WebServer } from '../../http/index.ts'
import { LoginDesk, LoginOptions } from '../../sensor/login-desk.ts'
import { defineLure, type VisitContext } from '../../sensor/lure.ts'
import type { Visit } from '../../sensor/visit.ts'
import { type Appliance, applianceOf, RELEASES } from './appliance.ts'
import { type AsaEvents, asaEvents } from './events.ts'
import { IkeService, NAT_TRAVERSAL_PORT } from './ike/service.ts'
import { PortalFiles } from './portal-files.ts'
import { Sessions } from './sessions.ts'
import { ShowCommands } from './show-commands.ts'
import { asaAnswer } from './site.ts'
import type { SiteContext } from './site-context.ts'

const Options = z.strictObject({
  /** Release of its software, the same wherever it is told; drawn for the install unless given. */
  release: z.enum(RELEASES).optional(),
  /** Who gets in; nobody but the persona's own users unless given. */
  login: LoginOptions,
})

interface Room {
  appliance: Appliance
  files: PortalFiles
  sessions: Sessions
  show: ShowCommands
  ike: IkeService
  server: WebServer
  links: SessionLinks
}

export default defineLure({
  name: 'cisco-asa',
  standsFor: ['Ciscoasa'],
  about: 'Cisco ASA with WebVPN, AnyConnect and IKE, open to CVE-2018-0101 and its kin',
  profiles: ['standard', 'mini', 'web'],
  ports: [
    { transport: 'tcp', port: 8443, tls: true, alternate: 18443 },
    { transport: 'udp', port: 500 },
    { transport: 'udp', port: 5000 },
    { transport: 'udp', port: NAT_TRAVERSAL_PORT },
  ],
  options: Options,
  events: asaEvents,
  joinsSessions: true,
  // The name that an appliance gives itself at each start until somebody installs another.
  certificate: () => ({ name: 'cisco-asa', subject: 'CN=ASA Temporary Self Signed Certificate', alternativeNames: [] }),

  start({ options, identity, persona, state }): Room {
    const appliance = applianceOf(persona, identity, options.release)
    const { users, name } = persona
    const connected = users.filter(({ shell }) => /sh$/.test(shell)).map((user) => user.name)
    return {
      appliance,
      files: new PortalFiles(appliance),
      sessions: new Sessions(identity, connected.length > 0 ? connected.slice(0, 5) : [name]),
      show: new ShowCommands(appliance, persona, HoneytokenMint.of({ identity, state })),
      ike: new IkeService(appliance),
      server: applianceServer(),
      links: new SessionLinks(['webvpn']),
    }
  },

  async serve(visit, context) {
    const { server, links } = context.room
    await serveHttp(visit, {
      name: 'cisco-asa',
      server,
      site: (request) => asaAnswer(contextOf(request, visit, context)),
      onFirst: (request) => introduce(visit, request, links),
      keepBody: 1024 * 1024,
    })
  },

  answer: (datagram, { room, port }) => room.ike.answer(datagram, port.declared.port === NAT_TRAVERSAL_PORT),
})

/** The appliance names no server, and speaks the version of the request: old clients and nmap's probe see HTTP/1.0. */
function applianceServer(): WebServer {
  return applicationServer({
    name: 'asa',
    order: ['Content-Type', '*', 'Content-Length', 'Transfer-Encoding', 'Connection', 'Date'],
    keepAlive: 'Keep-Alive',
    echoesVersion: true,
    limits: { requestLine: 64 * 1024, headerLine: 64 * 1024, head: 128 * 1024, body: 64 * 2 ** 20 },
  })
}

function contextOf(request: WebRequest, visit: Visit<AsaEvents>, lure: VisitContext<z.output<typeof Options>, Room>): SiteContext {
  const { host, persona, identity, state, loopback, options, room } = lure
  const { appliance, files, sessions, show } = room
  const login = options.login ?? { policy: 'list', accept: [] }
  return {
    request,
    visit,
    appliance,
    files,
    sessions,
    show,
    signIn: (method, user, password) => {
      const name = user.slice(0, 512)
      const desk = new LoginDesk(visit as Visit, { persona, host, identity, state, loopback, options: { login } })
      return desk.password(method, Buffer.from(name), Buffer.from(password.slice(0, 1024))) ? sessions.begin(name) : undefined
    },
  }
}
