import { join } from 'node:path'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { Persona } from '../config/persona.ts'
import { Evidence } from '../events/bytes.ts'
import { LoginOptions } from '../sensor/login-desk.ts'
import { defineLure, type VisitContext } from '../sensor/lure.ts'
import { AuthGate } from './auth/auth-gate.ts'
import { AuthOptions } from './auth/options.ts'
import { webEvents } from './exchange.ts'
import { introduce } from './introduce.ts'
import { serveHttp } from './serve.ts'
import { SessionLinks } from './session-links.ts'
import type { LureContext } from './site/context.ts'
import { PersonaSite } from './site/persona-site.ts'
import { RuleSet } from './suricata/rule-set.ts'

const Options = z.strictObject({
  /** Suricata rules that requests are matched over: names of files in the folder `suricata` below the data folder. */
  suricata: z.array(z.string().regex(/^[\w.-]{1,100}\.rules$/, 'the name of a file that ends in .rules')).default([]),
  /** Parts of the site behind a login by Basic, Digest, NTLM or a form. */
  auth: AuthOptions,
  /** Every login fails, as with Heralding: for who wants credentials and no guests. */
  authOnly: z.boolean().default(false),
  login: LoginOptions,
})
/** Bad rules that are told one by one. */
const TOLD_PROBLEMS = 20

/** What all visits share: one site for each version of the persona, and which visits belong together. */
class WebRoom {
  readonly contexts = new WeakMap<object, LureContext>()
  readonly rules: RuleSet | undefined
  readonly gate: AuthGate
  readonly #sites = new Map<string, Promise<PersonaSite>>()
  #links: SessionLinks | undefined

  constructor(rules: RuleSet | undefined, gate: AuthGate) {
    this.rules = rules
    this.gate = gate
  }

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
  standsFor: ['Galah', 'Heralding', 'Honeypots'],
  about: "the persona's web site, with pages of the model behind it",
  profiles: ['standard', 'llm', 'web', 'mini', 'linux'],
  ports: [
    { transport: 'tcp', port: 80, alternate: 8081 },
    { transport: 'tcp', port: 443, tls: true, alternate: 8444 },
  ],
  options: Options,
  events: {
    ...webEvents('http'),
    /** What a client says of itself in a login by NTLM. */
    'http.ntlm': z.object({ domain: Evidence, workstation: Evidence }),
  },
  joinsSessions: true,
  answersPlainOnTls: true,
  start: async ({ persona, options, folder, log }) => {
    const rules = options.suricata.length > 0 ? openRules(options.suricata, folder('suricata'), log) : undefined
    const room = new WebRoom(rules, new AuthGate(options.auth, persona))
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
      site: (request) => room.gate.answer(request, context, site.server) ?? site.answer(request),
      beforeBody: (request) => {
        const gated = room.gate.beforeBody(request, context, site.server)
        return gated === 'later' ? undefined : (gated ?? site.beforeBody(request))
      },
      onFirst: (request) => introduce(visit, request, room.links(persona)),
      onAnswered: (hit) => context.host.logs.webHit(visit.source.ip, hit),
      plainOnTls: port.tls && visit.tls === undefined,
      rules: room.rules,
    })
  },
})

/** A rule that cannot be used is told with its file and line, and the others are used. */
function openRules(names: readonly string[], folder: string, log: Logger): RuleSet {
  const rules = RuleSet.open(names.map((name) => join(folder, name)))
  for (const { file, line, key, what } of rules.problems.slice(0, TOLD_PROBLEMS)) log.warn({ file, line, key }, `bad rule: ${what}`)
  log.info({ rules: rules.size, bad: rules.problems.length }, 'rules of Suricata are matched over requests')
  return rules
}
