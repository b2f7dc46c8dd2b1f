/**
 * The control connection of a PPTP server: poptop on Linux, or a MikroTik router. The tunnel itself is GRE and has no port.
 *
 *   client: Start-Control-Connection-Request      us: the reply, with host name and vendor of the product   → pptp.start
 *   client: Outgoing-Call-Request                 us: call granted; the PPP behind it never comes to life    → pptp.call
 *   client: Echo-, Stop-Control-Connection-Request us: their replies                                        → pptp.message
 *   client: Call-Clear-Request                    us: hang up, as poptop does
 *   client: anything else before a start          us: RST                                                   → pptp.malformed
 */
import { z } from 'zod'
import { Evidence, evidence } from '../../events/bytes.ts'
import { defineLure } from '../../sensor/lure.ts'
import { LimitReached, type Visit } from '../../sensor/visit.ts'
import {
  CONTROL,
  type ControlMessage,
  encodeMessage,
  encodeOutgoingReply,
  encodeStart,
  HEADER_LENGTH,
  PptpError,
  parseHeader,
  parseOutgoing,
  parseStart,
} from './codec.ts'

/** Names as the products give them; poptop's are constants of its source, pptpctrl.c and defaults.h. */
const PRODUCTS = {
  poptop: { hostname: 'local', vendor: 'linux' },
  mikrotik: { hostname: 'MikroTik', vendor: 'MikroTik' },
} as const
const WINDOW = 4
const MESSAGES = 1000
/** poptop's STIMEOUT until the first message, and twice its echo interval later. */
const START_MS = 30_000
const IDLE_MS = 120_000
const KEPT_BYTES = 256

const PptpOptions = z.strictObject({ product: z.enum(['poptop', 'mikrotik']).default('poptop') })

const pptpEvents = {
  'pptp.start': z.object({
    /** Of the client: the first byte is the major, the second the minor version. */
    version: z.number(),
    framing: z.number(),
    bearer: z.number(),
    channels: z.number(),
    firmware: z.number(),
    hostname: Evidence,
    vendor: Evidence,
  }),
  'pptp.call': z.object({ callId: z.number(), serial: z.number(), maxBps: z.number(), window: z.number(), phone: Evidence }),
  'pptp.message': z.object({ type: z.number(), body: Evidence }),
  'pptp.malformed': z.object({ message: z.string(), bytes: Evidence }),
}
type PptpVisit = Visit<typeof pptpEvents>

export default defineLure({
  name: 'pptp',
  standsFor: ['Dionaea'],
  about: 'the control connection of a PPTP server, poptop or MikroTik',
  profiles: ['standard', 'mini', 'tarpit'],
  ports: [{ transport: 'tcp', port: 1723 }],
  options: PptpOptions,
  events: pptpEvents,

  async serve(visit, { options }) {
    let header: Buffer = Buffer.alloc(0)
    let calls = 0
    try {
      for (let messages = 0; messages < MESSAGES; messages++) {
        header = await visit.exactly(HEADER_LENGTH, { within: messages === 0 ? START_MS : IDLE_MS })
        const { length, type } = parseHeader(header)
        if (messages === 0 && type !== CONTROL.START_REQUEST) throw new PptpError(`control type ${type} before the start`)
        const body = await visit.exactly(length - HEADER_LENGTH, { within: IDLE_MS })
        const reply = answer(visit, { type, body }, PRODUCTS[options.product], () => ++calls)
        if (reply === 'hang-up') return
        if (reply) await visit.write(encodeMessage(reply))
        if (type === CONTROL.STOP_REQUEST) return
      }
    } catch (error) {
      if (error instanceof LimitReached && error.limit === 'read-deadline') return
      if (!(error instanceof PptpError)) throw error
      const rest = await visit.peek(KEPT_BYTES, { within: 0 })
      visit.record('pptp.malformed', { message: error.message, bytes: evidence(Buffer.concat([header, rest])) })
      visit.reset()
    }
  },
})

/** What the server says to one message; nothing to those that it only notes. @throws PptpError */
function answer(
  visit: PptpVisit,
  { type, body }: ControlMessage,
  names: { hostname: string; vendor: string },
  nextCall: () => number,
): ControlMessage | 'hang-up' | undefined {
  if (type === CONTROL.START_REQUEST) {
    const { hostname, vendor, ...facts } = parseStart(body)
    visit.record('pptp.start', { ...facts, hostname: latin1(hostname), vendor: latin1(vendor) }, ['attack:T1133'])
    const start = { version: 0x0100, framing: 0, bearer: 0, channels: 1, firmware: 1, ...names }
    return { type: CONTROL.START_REPLY, body: encodeStart(start, 1) }
  }
  if (type === CONTROL.OUTGOING_REQUEST) {
    const { phone, ...call } = parseOutgoing(body)
    visit.record('pptp.call', { ...call, phone: latin1(phone) })
    // poptop writes its call numbers in the byte order of a PC.
    const reply = { callId: (nextCall() * 0x200) & 0xffff || 0x200, peersCallId: call.callId, speed: call.maxBps, window: WINDOW }
    return { type: CONTROL.OUTGOING_REPLY, body: encodeOutgoingReply(reply) }
  }
  visit.record('pptp.message', { type, body: evidence(body) })
  if (type === CONTROL.ECHO_REQUEST) {
    if (body.length < 4) throw new PptpError('echo without identifier')
    return { type: CONTROL.ECHO_REPLY, body: Buffer.concat([body.subarray(0, 4), Buffer.of(1, 0, 0, 0)]) }
  }
  if (type === CONTROL.STOP_REQUEST) return { type: CONTROL.STOP_REPLY, body: Buffer.of(1, 0, 0, 0) }
  return type === CONTROL.CLEAR_REQUEST ? 'hang-up' : undefined
}

function latin1(text: string): Evidence {
  return evidence(Buffer.from(text, 'latin1'))
}
