/**
 * A shop that was written in a hurry: every hole of the OWASP list, over a database that answers as MariaDB does.
 *
 *   attacker: GET /index.php?id=1'                          us: You have an error in your SQL syntax … near '''
 *   attacker: GET /index.php?id=-1 UNION SELECT …           us: the row, in the product's page              → web-app.sql
 *   attacker: GET /index.php?page=../../../etc/passwd       us: root:x:0:0 … of the simulated host
 *   attacker: GET /?p={{7*7}} · ?x=;id · ?a=phpinfo();      us: 49 · uid=33(www-data) … · PHP Version 8.2
 *   attacker: POST /upload.php shell.php, GET /uploads/…    us: the host runs it                            → artifact
 *
 * classify.ts finds attacks in the values of a request (attacks.yaml), attacks/ has a file for what each leads to, shop-pages.ts
 * and staff-pages.ts are the pages, shop-database.ts is what one source sees of the data, clone.ts plays a saved site instead.
 */
import { z } from 'zod'
import { apache, introduce, SessionLinks, serveHttp, serverOf, type WebResponse, type WebServer } from '../../http/index.ts'
import { defineLure } from '../../sensor/lure.ts'
import { recordAttacks } from './attacks/emulate.ts'
import { attacksIn, inputsOf } from './classify.ts'
import { SavedSite } from './clone.ts'
import { webAppEvents } from './events.ts'
import { Journal } from './journal.ts'
import { Profiles } from './profile.ts'
import type { ShopContext } from './shop-context.ts'
import { ShopDatabases } from './shop-database.ts'
import { shopAnswer } from './site.ts'
import { SESSION_COOKIE, ShopVisitors } from './visitors.ts'

interface Room {
  server: WebServer
  databases: ShopDatabases
  visitors: ShopVisitors
  profiles: Profiles
  journal: Journal
  links: SessionLinks
  saved: SavedSite | undefined
}

export default defineLure({
  name: 'web-app',
  standsFor: ['Snare/Tanner'],
  about: 'a shop and its intranet with every hole of the list',
  // Port 80 is the web site's in every profile: this one is chosen by name.
  profiles: [],
  ports: [{ transport: 'tcp', port: 80, alternate: 8086 }],
  options: z.strictObject({
    /** A folder with a saved site (wget --mirror, or pages with a meta.json): shown in the place of the shop, with the same holes. */
    site: z.string().optional(),
  }),
  events: webAppEvents,
  joinsSessions: true,

  start({ identity, persona, options }): Room {
    const { web, hostname, domain } = persona
    const isPhpServer = web?.server === 'apache' || web?.server === 'nginx'
    const server = isPhpServer ? serverOf(persona) : apache({ header: 'Apache/2.4.62 (Debian)', hostname: `${hostname}.${domain}` })
    return {
      server,
      databases: new ShopDatabases(identity),
      visitors: new ShopVisitors(),
      profiles: new Profiles(),
      journal: new Journal(),
      links: new SessionLinks([SESSION_COOKIE]),
      saved: options.site === undefined ? undefined : SavedSite.read(options.site, server),
    }
  },

  async serve(visit, context) {
    const { server, databases, visitors, profiles, journal, links, saved } = context.room
    const database = databases.open(visit, context)
    try {
      await serveHttp(visit, {
        name: 'web-app',
        server,
        onFirst: (request) => introduce(visit, request, links),
        site: async (request): Promise<WebResponse> => {
          const attacks = attacksIn(inputsOf(request))
          const visitor = visitors.of(request)
          const shop: ShopContext = {
            request,
            visit,
            lure: context,
            host: context.host,
            database,
            visitor,
            journal,
            attacks,
            worked: new Set(),
          }
          const response = saved ? await saved.answer(shop) : await shopAnswer(shop, server)
          visitors.keep(visitor)
          recordAttacks(shop)
          journal.note(request, response.status)
          profiles.note(
            visit.session,
            request,
            response.status,
            attacks.map(({ rule }) => rule.class),
          )
          return response
        },
      })
    } finally {
      profiles.tell(visit)
    }
  },
})
