import { z } from 'zod'
import type { Persona } from '../config/persona.ts'
import { defineLure, type VisitContext } from '../sensor/lure.ts'
import { webEvents } from './exchange.ts'
import { introduce } from './introduce.ts'
import { serveHttp } from './serve.ts'
import { SessionLinks } from './session-links.ts'
import type { LureContext } from './site/context.ts'
import { PersonaSite } from './site/persona-site.ts'

const Options = z.strictObject({})

/** What all visits share: one site for each version of the persona, and which visits belong together. */
class WebRoom {
  readonly contexts = new WeakMap<object, LureContext>()
  readonly #sites = new Map<string, Promise<PersonaSite>>()
  #links: SessionLinks | undefined

  site(persona: Persona): Promise<PersonaSite> {
    const known = this.#sites.get(persona.version)
    if (known) return known
    const opened = PersonaSite.open(persona, (request) => this.contexts.get(request.visit) as LureContext)
    this.#sites.set(persona.version, opened)
    return opened
  }

  links(persona: Persona): SessionLinks {
    this.#links ??= new SessionLinks((persona.web?.logins ?? []).map(({ cookie }) => cookie))
    return this.#links
  }

  async close(): Promise<void> {
    for (const site of this.#sites.values()) await (await site).close()
  }
}

/** The persona's web site: what exists is served from the host's disk, what its application would show comes from the engine. */
export default defineLure({
  name: 'http',
  standsFor: ['Galah', 'Honeypots'],
  about: "the persona's web site, with pages of the model behind it",
  profiles: ['standard', 'llm', 'web', 'mini'],
  ports: [
    { transport: 'tcp', port: 80, alternate: 8081 },
    { transport: 'tcp', port: 443, tls: true, alternate: 8444 },
  ],
  options: Options,
  events: webEvents('http'),
  joinsSessions: true,
  answersPlainOnTls: true,
  start: async ({ persona }) => {
    const room = new WebRoom()
    await room.site(persona)
    return room
  },
  close: (room) => room.close(),
  async serve(visit, context: VisitContext<z.output<typeof Options>, WebRoom>) {
    const { persona, room, port } = context
    const site = await room.site(persona)
    room.contexts.set(visit, context)
    await serveHttp(visit, {
      name: 'http',
      server: site.server,
      site: (request) => site.answer(request),
      beforeBody: (request) => site.beforeBody(request),
      onFirst: (request) => introduce(visit, request, room.links(persona)),
      plainOnTls: port.tls && visit.tls === undefined,
    })
  },
})
