/**
 * Elasticsearch without a password: data to steal, to delete and to ask money for.
 *
 *   attacker: GET /                         us: the banner of 7.17.9 (8.11.1, 6.8.23, 1.4.2)
 *   attacker: GET /_cat/indices?v           us: customers, orders, logs … and app-config    → honeytokens
 *   attacker: GET /x-customers/_search      us: documents                                   → elasticsearch.exfil
 *   attacker: DELETE /*                     us: {"acknowledged":true}, and for this source they are gone
 *   attacker: PUT /read_me/_doc/1 {note}    us: 201                                         → elasticsearch.ransom
 *   attacker: {"script_fields":…exec("id")} us: 1.4.2: the host runs it; later: 400         → elasticsearch.script
 *
 * site.ts is the HTTP side, routes/ has a file a theme, cluster.ts is what one source sees, transport.ts is port 9300.
 */
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { HoneytokenMint } from '../../host/honeytokens/mint.ts'
import { type Site, serveHttp, type WebRequest, type WebServer } from '../../http/index.ts'
import { LoginDesk, LoginOptions } from '../../sensor/login-desk.ts'
import { defineLure, type VisitContext } from '../../sensor/lure.ts'
import type { Visit } from '../../sensor/visit.ts'
import { Cluster } from './cluster.ts'
import type { DataIndex } from './data-index.ts'
import { elasticEvents } from './events.ts'
import { type NodeFacts, nodeFacts } from './node-facts.ts'
import { releaseOf, VERSIONS } from './release.ts'
import type { SignIn } from './security.ts'
import { indicesFor, seedIndices } from './seed-indices.ts'
import { elasticServer, elasticSite, type SiteContext } from './site.ts'
import { serveTransport } from './transport.ts'

/** Sources whose changes are remembered, and for how long, milliseconds. */
const SOURCES = 200
const REMEMBERED = 24 * 3_600_000

interface Room {
  node: NodeFacts
  seed: ReadonlyMap<string, DataIndex>
  clusters: LRUCache<string, Cluster>
  server: WebServer
  site: Site
  contexts: WeakMap<object, SiteContext>
}

const Options = z.strictObject({
  /** 1.4.2 runs the scripts of strangers (CVE-2015-1427); the others are open and nothing more. */
  version: z.enum(VERSIONS).default('7.17.9'),
  /** Asks for a password, as 8.x does unless it is told not to. */
  security: z.boolean().default(false),
  /** Who gets in then; `elastic` with an easy password unless given. */
  login: LoginOptions,
})
type Settings = z.output<typeof Options>

export default defineLure({
  name: 'elasticsearch',
  standsFor: ['ElasticPot', 'Honeypots'],
  about: 'Elasticsearch 7.17 without a password',
  profiles: ['standard', 'web'],
  ports: [
    { transport: 'tcp', port: 9200, alternate: 9201 },
    { transport: 'tcp', port: 9300, alternate: 9301, role: 'transport' },
  ],
  options: Options,
  events: elasticEvents,

  start({ options, identity, persona, ports, state }): Room {
    const release = releaseOf(options.version)
    const [http, transport] = ports
    const node = nodeFacts(
      identity,
      persona,
      release,
      { http: http?.declared.port ?? 9200, transport: transport?.declared.port ?? 9300 },
      state,
    )
    const contexts = new WeakMap<object, SiteContext>()
    return {
      node,
      seed: seedIndices(identity, persona, release),
      clusters: new LRUCache({ max: SOURCES, ttl: REMEMBERED }),
      server: elasticServer(release),
      site: elasticSite(release, (request: WebRequest) => contexts.get(request.visit) as SiteContext),
      contexts,
    }
  },

  async serve(visit, context) {
    const { room, port, host } = context
    if (port.declared.role === 'transport') return serveTransport(visit, room.node.release)
    const signIn = context.options.security ? deskOf(visit as Visit, context) : undefined
    room.contexts.set(visit, { cluster: clusterOf(context, visit.source.ip), host, visit, signIn })
    await serveHttp(visit, { name: 'elasticsearch', server: room.server, site: room.site })
  },
})

/** Passwords of `elastic` that are tried early. */
const WEAK = ['changeme', 'elastic', 'password', '123456', 'elastic123', 'admin123']

function deskOf(visit: Visit, { persona, host, identity, state, loopback, options }: VisitContext<Settings, Room>): SignIn {
  const easy = { user: 'elastic', password: identity.pick(`elasticsearch/${persona.name}/password`, WEAK) }
  const login = options.login ?? { policy: 'list' as const, accept: [easy] }
  const desk = new LoginDesk(visit, { persona, host, identity, state, loopback, options: { login } })
  return (user, password) => desk.password('basic', Buffer.from(user), Buffer.from(password))
}

function clusterOf({ room, persona, identity, state }: VisitContext<Settings, Room>, ip: string): Cluster {
  let cluster = room.clusters.get(ip)
  if (!cluster) {
    const mint = HoneytokenMint.of({ identity, state })
    cluster = new Cluster(room.node, indicesFor(room.seed, mint, { owner: persona.name, source: ip }))
    room.clusters.set(ip, cluster)
  }
  return cluster
}
