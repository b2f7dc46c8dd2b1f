/**
 * An Asterisk that is open to the network, as toll fraudsters look for it.
 *
 *   svmap:    OPTIONS sip:100@host              us: 200 OK, Server: Asterisk PBX …, Allow: INVITE, …
 *   svwar:    REGISTER sip:104@host             us: 404 Not found; of an extension that is there 401 with a nonce
 *   svcrack:  REGISTER, Authorization: Digest   us: 403 Forbidden, or 200 OK of a weak one           → login, hashcat mode 11400
 *   fraud:    INVITE sip:900442071838750@host   us: 180 Ringing, and some seconds later 200 OK         → sip.call
 *
 * Over UDP, who has not shown that it receives our answers gets at most 1.5 times the bytes of each request: reply.ts.
 * pbx.ts is what the methods do, extensions.ts who may log in, call-control.ts what rings, dial-plan.ts which numbers do. No call is
 * ever placed anywhere.
 */
import { isIP } from 'node:net'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { atMost } from '../../config/at-most.ts'
import type { Persona } from '../../config/persona.ts'
import { LoginDesk, LoginOptions } from '../../sensor/login-desk.ts'
import { defineLure, type VisitContext } from '../../sensor/lure.ts'
import type { Datagram, Endpoint, Visit } from '../../sensor/visit.ts'
import { contentLength, LARGEST_HEAD, SipError } from './codec.ts'
import { DialPlan } from './dial-plan.ts'
import { type SipEvents, sipEvents } from './events.ts'
import { Extensions } from './extensions.ts'
import type { Line } from './line.ts'
import { Pbx } from './pbx.ts'
import { ReplyWriter } from './reply.ts'

const SipOptions = z.strictObject({
  login: LoginOptions,
  /** Version of Asterisk as its distribution built it. */
  version: z.string().default('16.28.0~dfsg-0+deb11u3'),
  realm: z.string().default('asterisk'),
  /** `anyone` may call as a guest, `registered` needs an extension's password, `nobody` is refused. */
  calls: z.enum(['anyone', 'registered', 'nobody']).default('anyone'),
  /** Whether somebody answers, or it rings until the caller gives up. */
  answers: z.boolean().default(true),
  /** Milliseconds until a call is answered, about. */
  ringMs: z.number().int().min(0).max(60_000).default(6000),
  /** Unknown extensions get 404 as with `alwaysauthreject=no`; false challenges all alike. */
  revealsExtensions: z.boolean().default(true),
})

const PROVEN_SOURCES = 20_000
const PROVEN_MS = 10 * 60_000
/** How long a connection may be between two messages. */
const QUIET_MS = 120_000
/** Beyond, a connection has said enough. */
const MOST_MESSAGES = 20_000
const HEAD_END = Buffer.from('\r\n\r\n')

interface Room {
  pbx: Pbx
  extensions: Extensions
  proven: LRUCache<string, true>
}

type Context = VisitContext<z.output<typeof SipOptions>, Room>

export default defineLure({
  name: 'sip',
  standsFor: ['SentryPeer', 'Dionaea', 'Honeypots'],
  about: 'Asterisk with weak extensions that lets guests call',
  profiles: ['standard', 'mini'],
  ports: [
    { transport: 'udp', port: 5060 },
    { transport: 'tcp', port: 5060 },
    { transport: 'tcp', port: 5061, tls: true },
  ],
  options: SipOptions,
  events: sipEvents,

  start: ({ options, identity }): Room => {
    const extensions = new Extensions(identity, options.realm)
    const pbx = new Pbx({
      options: { calls: options.calls, ringMs: options.answers ? options.ringMs : undefined, revealsExtensions: options.revealsExtensions },
      extensions,
      plan: new DialPlan(identity, (number) => extensions.has(number)),
      writer: new ReplyWriter(`Asterisk PBX ${options.version}`),
      version: options.version,
      mediaPort: identity.integer('sip/media-port', 5000, 9999) * 2,
    })
    return { pbx, extensions, proven: new LRUCache({ ...atMost(PROVEN_SOURCES), ttl: PROVEN_MS }) }
  },
  close: ({ pbx }) => pbx.close(),

  async serve(visit, context) {
    const { line, sent } = connectionLine(visit, context.persona)
    try {
      for (let i = 0; i < MOST_MESSAGES; i++) {
        const message = await nextMessage(visit)
        context.room.pbx.receive(message, line, () => deskFor(visit, context))
        // Who does not read our answers is not read either.
        await sent()
      }
    } catch (error) {
      if (!(error instanceof SipError)) throw error
      visit.record('sip.malformed', { what: error.message, bytes: '' })
    }
  },

  answer(datagram, context) {
    const answers: Buffer[] = []
    let isLate = false
    const line = datagramLine(datagram, context, (bytes) => {
      if (isLate) datagram.reply(bytes)
      else answers.push(bytes)
    })
    // Keep-alives of two line ends get nothing, as a PBX gives them.
    if (datagram.bytes.length > 4) context.room.pbx.receive(datagram.bytes, line, () => deskFor(datagram, context))
    isLate = true
    const [method = ''] = /^[A-Za-z]{1,32}(?= )/.exec(datagram.bytes.toString('latin1', 0, 33)) ?? []
    const bytes = answers.reduce((sum, one) => sum + one.length, 0)
    datagram.asksFor(method.toUpperCase() || 'malformed', bytes)
    return answers
  },
})

/** One message of a connection: a head, and the body that it announces (RFC 3261 §18.3). */
async function nextMessage(visit: Visit<SipEvents>): Promise<Buffer> {
  await skipEmptyLines(visit)
  const head = await visit.until(HEAD_END, LARGEST_HEAD, { within: QUIET_MS })
  return Buffer.concat([head, await visit.exactly(contentLength(head.toString('latin1')), { within: QUIET_MS })])
}

/** Empty lines between messages; two of them at once ask whether the connection lives, and get one (RFC 5626 §4.4.1). */
async function skipEmptyLines(visit: Visit<SipEvents>): Promise<void> {
  for (let ends = 0; ; ) {
    const [first] = await visit.peek(1, { within: QUIET_MS })
    if (first !== 0x0d && first !== 0x0a) return
    await visit.exactly(1)
    if (first === 0x0a && ++ends % 2 === 0) await visit.write('\r\n')
  }
}

function connectionLine(visit: Visit<SipEvents>, persona: Persona): { line: Line; sent: () => Promise<void> } {
  let sending = Promise.resolve()
  const line: Line = {
    transport: visit.tls ? 'TLS' : 'TCP',
    source: visit.source,
    own: ownAddress(visit.local, persona),
    isProven: true,
    prove: () => undefined,
    record: visit.record.bind(visit),
    login: visit.login.bind(visit),
    // Who has gone does not hear the telephone any more.
    send: (bytes) => {
      sending = sending.then(() => visit.write(bytes)).catch(() => undefined)
    },
  }
  return { line, sent: () => sending }
}

function datagramLine(datagram: Datagram<SipEvents>, { persona, room }: Context, send: (bytes: Buffer) => void): Line {
  const { ip } = datagram.source
  return {
    transport: 'UDP',
    source: datagram.source,
    own: ownAddress(datagram.local, persona),
    get isProven() {
      return room.proven.has(ip)
    },
    prove: () => {
      room.proven.set(ip, true)
      datagram.sourceIsProven()
    },
    record: datagram.record.bind(datagram),
    login: datagram.login.bind(datagram),
    send,
  }
}

/** A socket that listens on all addresses has none of its own to show. */
function ownAddress(local: Endpoint, persona: Persona): Endpoint {
  const isAny = isIP(local.ip) === 0 || local.ip === '0.0.0.0' || local.ip === '::'
  return isAny ? { ip: persona.network.interfaces[0]?.address.split('/')[0] ?? '127.0.0.1', port: local.port } : local
}

/** Extensions are no users of the host: their passwords are the PBX's own. */
function deskFor(witness: Visit<SipEvents> | Datagram<SipEvents>, context: Context): LoginDesk {
  const { persona, room } = context
  return new LoginDesk(witness, {
    options: context.options,
    persona: { ...persona, users: [], login: { ...persona.login, policy: 'list', accept: [...room.extensions.weak], deny: [] } },
    host: context.host,
    identity: context.identity,
    state: context.state,
    loopback: context.loopback,
  })
}
