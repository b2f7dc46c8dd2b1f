/**
 * Applications of Java that write what they are told into a log of Log4j 2.14.
 *
 *   scanner:  GET / X-Api-Version: ${jndi:ldap://…}   us: the application's page        → jndi.lookup, indicator
 *   attacker: POST /api/login {"username":"${…}"}     us: {"meta":{"rc":"error",…}}     → log4shell.hit
 *   player:   chat ${${lower:j}ndi:rmi://…}           us: nothing                       → log4shell.chat, jndi.lookup
 *
 * The applications are trap files in applications/, minecraft.ts is port 25565, body.ts looks into what is compressed. The
 * sensor finds the lookups in every event of every lure (src/sensor/jndi/). Nothing is ever looked up.
 */
import { join } from 'node:path'
import { z } from 'zod'
import { HoneytokenMint } from '../../host/honeytokens/mint.ts'
import { introduce, pageFacts, SessionLinks, serveHttp, type WebServer } from '../../http/index.ts'
import { loadTraps, type Product, serverOfProduct, TrapEngine, type TrapSetting } from '../../http/traps/index.ts'
import { defineLure } from '../../sensor/lure.ts'
import { inspectBody } from './body.ts'
import { log4ShellEvents } from './events.ts'
import { serveMinecraft, serverFacts } from './minecraft.ts'

const APPLICATIONS = join(import.meta.dirname, 'applications')

interface Stage {
  engine: TrapEngine
  server: WebServer
}

interface Room {
  stages: ReadonlyMap<string, Stage>
  game: ReturnType<typeof serverFacts>
  links: SessionLinks
}

export default defineLure({
  name: 'log4shell',
  standsFor: ['Log4pot'],
  about: 'applications with Log4j 2.14, and a Minecraft server',
  // Ports of the web are those of other lures in every profile: this one is chosen by name.
  profiles: [],
  ports: [
    { transport: 'tcp', port: 80, alternate: 8083, role: 'portal' },
    { transport: 'tcp', port: 443, tls: true, alternate: 8446, role: 'unifi' },
    { transport: 'tcp', port: 8080, alternate: 8084, role: 'catalog' },
    { transport: 'tcp', port: 9200, alternate: 9202, role: 'search' },
    { transport: 'tcp', port: 25565, role: 'minecraft' },
  ],
  options: z.strictObject({}),
  events: log4ShellEvents,
  joinsSessions: true,

  start({ identity, persona }): Room {
    const stage = (product: Product): [string, Stage] => [
      product.product,
      { engine: new TrapEngine([product]), server: serverOfProduct(product, persona) },
    ]
    return { stages: new Map(loadTraps(APPLICATIONS).map(stage)), game: serverFacts(identity), links: new SessionLinks() }
  },

  async serve(visit, context) {
    const { room, port, persona, identity, host } = context
    const stage = room.stages.get(port.declared.role ?? '')
    if (!stage) return serveMinecraft(visit, room.game)
    const { engine, server } = stage
    const setting: TrapSetting = { lure: 'log4shell', persona, identity, host, mint: HoneytokenMint.of(context) }
    await serveHttp(visit, {
      name: 'log4shell',
      server,
      async site(request) {
        await inspectBody(visit, request)
        return (await engine.answer(request, setting)) ?? (await engine.notFound(request, setting)) ?? server.page(404, pageFacts(request))
      },
      onFirst: (request) => introduce(visit, request, room.links),
    })
  },
})
