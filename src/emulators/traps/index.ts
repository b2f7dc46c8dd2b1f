/**
 * Vulnerable products from trap files, a few that fit together at one address.
 *
 *   scanner:  GET /login.action                         us: Confluence 7.13.6's login page
 *   scanner:  GET /%24%7B…exec("id")…%7D/               us: X-Cmd-Response: uid=…          → traps.hit, CVE-2022-26134
 *   attacker: PUT /x.jsp/ <% out.println("CVE…") %>     us: 201; the file is there for them → artifact
 *   anybody:  GET /a-path-of-another-product            us: 404, as the front product says it
 *
 * The engine is src/http/traps/, the products are the YAML files in traps/; cast.ts chooses who plays.
 */
import { z } from 'zod'
import { HoneytokenMint } from '../../host/honeytokens/mint.ts'
import { introduce, pageFacts, SessionLinks, serveHttp, type WebServer, webEvents } from '../../http/index.ts'
import { serverOfProduct, TrapEngine, type TrapSetting, trapEvents } from '../../http/traps/index.ts'
import { defineLure } from '../../sensor/lure.ts'
import { Choice, castOf } from './cast.ts'

/** Payloads are kept whole up to here. */
const LARGEST_PAYLOAD = 64 * 1024 * 1024

const Options = z.strictObject({
  /** A set of `sets.yaml`, or products; `auto`: the set that the install's seed picks. `all` is for trying things out: no real host has everything. */
  products: z.union([z.literal('auto'), z.literal('all'), Choice]).default('auto'),
  /** Who plays at the second port, that of a hosting panel. */
  panel: Choice.default(['cpanel']),
  /** A folder with trap files of your own: its products play besides. */
  folder: z.string().optional(),
})

interface Stage {
  engine: TrapEngine
  server: WebServer
}

interface Room {
  web: Stage
  panel: Stage
  links: SessionLinks
}

const events = { ...webEvents('traps'), ...trapEvents('traps') }

export default defineLure({
  name: 'traps',
  standsFor: ['H0neytr4p'],
  about: 'vulnerable products from trap files, with the answers that scanners look for',
  // Port 443 is the web site's in every profile: this one is chosen by name.
  profiles: [],
  ports: [
    { transport: 'tcp', port: 443, tls: true, alternate: 8445 },
    { transport: 'tcp', port: 2087, tls: true, role: 'panel' },
  ],
  options: Options,
  events,
  joinsSessions: true,

  start({ options, identity, persona }): Room {
    const stage = (choice: z.output<typeof Options>['products'], folder?: string): Stage => {
      const products = castOf(choice, identity, folder)
      const [front] = products
      if (!front) throw new Error('no product was chosen')
      return { engine: new TrapEngine(products), server: serverOfProduct(front, persona) }
    }
    return { web: stage(options.products, options.folder), panel: stage(options.panel), links: new SessionLinks() }
  },

  async serve(visit, context) {
    const { room, port, persona, identity, host } = context
    const { engine, server } = port.declared.role === 'panel' ? room.panel : room.web
    const setting: TrapSetting = { lure: 'traps', persona, identity, host, mint: HoneytokenMint.of(context) }
    await serveHttp(visit, {
      name: 'traps',
      server,
      site: async (request) =>
        (await engine.answer(request, setting)) ?? (await engine.notFound(request, setting)) ?? server.page(404, pageFacts(request)),
      onFirst: (request) => introduce(visit, request, room.links),
      keepBody: LARGEST_PAYLOAD,
    })
  },
})
