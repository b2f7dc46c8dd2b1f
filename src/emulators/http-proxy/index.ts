/**
 * A web proxy that answers everybody: Squid of Debian, and Privoxy at its own port.
 *
 *   client: GET http://example.com/ HTTP/1.1         us: our own web site, with Squid's Via and X-Cache    → http-proxy.request, indicator
 *   client: CONNECT example.com:443 HTTP/1.1         us: 200, and our own site behind TLS                 → http-proxy.tunnel
 *   client: CONNECT mx.example.com:25 HTTP/1.1       us: 200, and our own mail server; or 403 by `safePorts`
 *   client: Proxy-Authorization: Basic dTpw          us: 407 where a login is asked for                   → login
 *   scanner: GET / HTTP/1.0                          us: 400, Squid's ERR_INVALID_URL
 *
 * Nothing is fetched: src/sensor/reach.ts says what is at the far end.
 */
import { z } from 'zod'
import { LoginDesk, LoginOptions } from '../../sensor/login-desk.ts'
import { defineLure } from '../../sensor/lure.ts'
import { LimitReached } from '../../sensor/visit.ts'
import { proxyEvents } from './events.ts'
import { ProxySession } from './session.ts'

const ProxyOptions = z.strictObject({
  /** Which login Squid asks for. What clients volunteer is written down anyway. */
  auth: z.enum(['none', 'basic', 'digest']).default('none'),
  /** Realm that the login is asked for. */
  realm: z
    .string()
    .regex(/^[\x20-\x21\x23-\x7e]{1,100}$/)
    .default('Squid proxy-caching web server'),
  /** Debian's rules, by which CONNECT leads to port 443 alone; without them mail and other ports are open too. */
  safePorts: z.boolean().default(false),
  login: LoginOptions,
})

export default defineLure({
  name: 'http-proxy',
  standsFor: ['Honeypots'],
  about: 'Squid and Privoxy, whose far ends are our own lures',
  profiles: ['standard', 'web', 'mini', 'tarpit'],
  ports: [
    { transport: 'tcp', port: 3128 },
    { transport: 'tcp', port: 8118, role: 'privoxy' },
  ],
  options: ProxyOptions,
  events: proxyEvents,

  async serve(visit, context) {
    const { options, persona, port } = context
    const session = new ProxySession({
      visit,
      product: port.declared.role === 'privoxy' ? 'privoxy' : 'squid',
      auth: port.declared.role === 'privoxy' ? 'none' : options.auth,
      realm: options.realm,
      safePorts: options.safePorts,
      desk: new LoginDesk(visit, context),
      persona,
      door: (asked) => context.door(asked),
    })
    try {
      await session.run()
    } catch (error) {
      if (!(error instanceof LimitReached) || error.limit !== 'read-deadline') throw error
    }
  },
})
