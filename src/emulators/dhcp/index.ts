/**
 * A DHCP server that listens: who asks for an address, with which options; and answers as dnsmasq does where it is told to.
 *
 *   client: DISCOVER, from 0.0.0.0, or relayed      us: nothing, or OFFER with `offers`     → dhcp.request
 *   client: REQUEST                                 us: nothing, or ACK                    → dhcp.request
 *   scanner: INFORM from its own address            us: nothing, or ACK with the network's facts
 *   anybody: no DHCP                                us: nothing                            → dhcp.malformed
 *
 * Answers go to the address that the request came from, under the governor. A client without an address asks by broadcast and
 * cannot hear that: who lets it offer on a network of its own needs a relay.
 */
import { z } from 'zod'
import { Evidence, evidence } from '../../events/bytes.ts'
import { defineLure } from '../../sensor/lure.ts'
import { DhcpError, dotted, encodeDhcp, OPTION, optionOf, parseDhcp } from './codec.ts'
import { answerTo } from './offer.ts'

const TYPES = ['none', 'discover', 'offer', 'request', 'decline', 'ack', 'nak', 'release', 'inform']
const REQUEST_OP = 1
const LARGEST = 1500

export default defineLure({
  name: 'dhcp',
  standsFor: ['Honeypots'],
  about: 'DHCP requests recorded; offers as of dnsmasq when told to',
  profiles: ['standard', 'mini'],
  ports: [{ transport: 'udp', port: 67 }],
  options: z.strictObject({
    /** Answer. An address that we hand out on a real network takes a machine off it. */
    offers: z.boolean().default(false),
  }),
  events: {
    'dhcp.request': z.object({
      type: z.string(),
      xid: z.number(),
      mac: z.string(),
      /** What the client has, and what it wants. */
      ciaddr: z.string(),
      requested: z.string().optional(),
      /** The relay agent's address; `0.0.0.0` without one. */
      giaddr: z.string(),
      hostname: Evidence.optional(),
      vendorClass: Evidence.optional(),
      clientId: z.string().optional(),
      /** Codes of option 55 in their order, which tells systems apart. */
      parameters: z.array(z.number()),
      /** All options in their order: code and hex. */
      options: z.array(z.tuple([z.number(), z.string()])),
    }),
    'dhcp.malformed': z.object({ message: z.string(), bytes: Evidence }),
  },

  answer(datagram, { options, persona, identity }) {
    const { bytes } = datagram
    try {
      const message = parseDhcp(bytes.subarray(0, LARGEST))
      if (message.op !== REQUEST_OP) throw new DhcpError(`op ${message.op}`)
      const type = optionOf(message, OPTION.TYPE)?.[0] ?? 0
      const requested = optionOf(message, OPTION.REQUESTED_ADDRESS)
      const hostname = optionOf(message, OPTION.HOSTNAME)
      const vendorClass = optionOf(message, OPTION.VENDOR_CLASS)
      const clientId = optionOf(message, OPTION.CLIENT_ID)
      if (datagram.fresh) {
        datagram.record('dhcp.request', {
          type: TYPES[type] ?? `type ${type}`,
          xid: message.xid,
          mac: [...message.chaddr.subarray(0, 6)].map((byte) => byte.toString(16).padStart(2, '0')).join(':'),
          ciaddr: message.ciaddr,
          ...(requested?.length === 4 && { requested: dotted(requested) }),
          giaddr: message.giaddr,
          ...(hostname && { hostname: evidence(hostname) }),
          ...(vendorClass && { vendorClass: evidence(vendorClass) }),
          ...(clientId && { clientId: clientId.toString('hex') }),
          parameters: [...(optionOf(message, OPTION.PARAMETERS) ?? [])],
          options: message.options.map(({ code, value }): [number, string] => [code, value.toString('hex')]),
        })
      }
      const reply = options.offers ? answerTo(message, type, persona, identity) : undefined
      return reply && encodeDhcp(reply)
    } catch (error) {
      if (!(error instanceof DhcpError)) throw error
      if (datagram.fresh) datagram.record('dhcp.malformed', { message: error.message, bytes: evidence(bytes.subarray(0, 256)) })
      return undefined
    }
  },
})
