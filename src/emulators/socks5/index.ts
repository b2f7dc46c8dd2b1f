/**
 * The SOCKS server Dante of Debian, for whoever has a login, or for all.
 *
 *   client: 05 02 00 02                                us: 05 02      Dante asks for a login where the client has one
 *   client: 01 "user" "password"                       us: 01 01      and hangs up                → login
 *   client: 05 01 00 03 "www.example.com" 80           us: 05 00 …    and our own web site        → socks5.request, indicator
 *   client: 05 01 00 01 192.0.2.7 4444                 us: 05 00 …    and nobody says anything    → socks5.tunnel
 *   client: 04 01 …, 05 02 …, 05 03 …                  us: what Dante says                        → socks5.request
 *   client: GET / HTTP/1.0                             us: hang up                                → socks5.malformed
 *
 * Nothing is dialled or resolved: src/sensor/reach.ts says what is at the far end.
 */
import { z } from 'zod'
import { Evidence, evidence } from '../../events/bytes.ts'
import { LoginDesk, LoginOptions } from '../../sensor/login-desk.ts'
import { defineLure } from '../../sensor/lure.ts'
import { LimitReached } from '../../sensor/visit.ts'
import { METHOD, SocksError } from './codec.ts'
import { SocksSession } from './session.ts'

/** Dante's timeout.negotiate. */
const NEGOTIATE_MS = 30_000
const KEPT_BYTES = 256

const SocksOptions = z.strictObject({
  /** Dante's `socksmethod`, the first that the client knows too is taken. Without `none` nobody gets through without a login. */
  methods: z
    .array(z.enum(['username', 'none']))
    .min(1)
    .default(['username', 'none']),
  login: LoginOptions,
})

const Answer = z.enum(['lure', 'silent', 'refused', 'unreachable', 'unknown-name', 'held', 'denied', 'unsupported'])

export const socksEvents = {
  'socks5.methods': z.object({ offered: z.array(z.number()), chosen: z.number() }),
  'socks5.request': z.object({
    version: z.number(),
    command: z.string(),
    host: Evidence,
    port: z.number(),
    /** The user of a SOCKS 4 request. */
    user: Evidence.optional(),
    answer: Answer,
    /** The lure that takes the connection over; its visit is a session of its own. */
    lure: z.string().optional(),
  }),
  /** What was sent through; `data` is the first part of `bytes`. */
  'socks5.tunnel': z.object({ host: Evidence, port: z.number(), data: Evidence, bytes: z.number() }),
  'socks5.malformed': z.object({ message: z.string(), bytes: Evidence }),
}
export type SocksEvents = typeof socksEvents

export default defineLure({
  name: 'socks5',
  standsFor: ['Heralding', 'Honeypots'],
  about: 'the SOCKS server Dante: logins, and tunnels that end at our own lures',
  profiles: ['standard', 'mini', 'tarpit'],
  ports: [{ transport: 'tcp', port: 1080 }],
  options: SocksOptions,
  events: socksEvents,

  async serve(visit, context) {
    const { options, persona } = context
    const methods = options.methods.map((name) => (name === 'username' ? METHOD.USERNAME : METHOD.NONE))
    const session = new SocksSession({
      visit,
      methods,
      desk: new LoginDesk(visit, context),
      persona,
      // hydra asks for the proxy's own port, which may listen elsewhere than its standard one.
      door: (port) => context.door(port === visit.local.port ? context.port.declared.port : port),
      deadline: NEGOTIATE_MS,
    })
    try {
      await session.run()
    } catch (error) {
      if (error instanceof LimitReached && error.limit === 'read-deadline') return
      if (!(error instanceof SocksError)) throw error
      const rest = await visit.peek(KEPT_BYTES, { within: 0 })
      visit.record('socks5.malformed', { message: error.message, bytes: evidence(Buffer.concat([session.taken, rest])) })
    }
  },
})
