import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { type DhcpMessage, MESSAGE, OPTION, octets, optionOf } from './codec.ts'

/** Seconds of a lease; dnsmasq's default. */
const LEASE = 3600

/**
 * The answer of dnsmasq on the persona's host: an address out of its own network for a client that asks for one, the facts of the
 * network for one that has an address.
 */
export function answerTo(request: DhcpMessage, type: number, persona: Persona, identity: Identity): DhcpMessage | undefined {
  const reply = { [MESSAGE.DISCOVER]: MESSAGE.OFFER, [MESSAGE.REQUEST]: MESSAGE.ACK, [MESSAGE.INFORM]: MESSAGE.ACK }[type]
  if (reply === undefined) return undefined
  const { server, prefix } = addressOf(persona)
  const asked = optionOf(request, OPTION.SERVER)
  // Another server was chosen.
  if (asked && !asked.equals(octets(server))) return undefined
  const leases = type !== MESSAGE.INFORM
  const wanted = new Set(optionOf(request, OPTION.PARAMETERS) ?? [OPTION.SUBNET_MASK, OPTION.ROUTER, OPTION.DNS, OPTION.DOMAIN])
  const mask = (0xffffffff << (32 - prefix)) >>> 0
  const network = (octets(server).readUInt32BE() & mask) >>> 0
  const facts: [number, Buffer][] = [
    [OPTION.SUBNET_MASK, word(mask)],
    [OPTION.BROADCAST, word((network | ~mask) >>> 0)],
    [OPTION.DNS, Buffer.concat(persona.network.dns.map(octets))],
    [OPTION.DOMAIN, Buffer.from(persona.domain)],
    [OPTION.ROUTER, octets(persona.network.gateway)],
  ]
  return {
    ...request,
    op: 2,
    ciaddr: leases ? '0.0.0.0' : request.ciaddr,
    yiaddr: leases ? lease(request.chaddr, network, mask, identity) : '0.0.0.0',
    siaddr: server,
    options: [
      { code: OPTION.TYPE, value: Buffer.of(reply) },
      { code: OPTION.SERVER, value: octets(server) },
      ...(leases ? times() : []),
      ...facts.filter(([code]) => wanted.has(code)).map(([code, value]) => ({ code, value })),
    ],
  }
}

function times(): DhcpMessage['options'] {
  return [
    { code: OPTION.LEASE, value: word(LEASE) },
    { code: OPTION.RENEWAL, value: word(LEASE / 2) },
    { code: OPTION.REBINDING, value: word((LEASE * 7) / 8) },
  ]
}

function addressOf(persona: Persona): { server: string; prefix: number } {
  const [server = '', prefix = '24'] = (persona.network.interfaces[0]?.address ?? '').split('/')
  return { server, prefix: Number(prefix) }
}

/** The same client gets the same address, as dnsmasq's hash of the hardware address gives it. */
function lease(hardware: Buffer, network: number, mask: number, identity: Identity): string {
  const room = Math.max(1, Math.min(100, (~mask >>> 0) - 102))
  const last = 100 + (identity.integer(`dhcp/${hardware.toString('hex', 0, 6)}`, 0, room - 1) % room)
  return word((network + Math.min(last, (~mask >>> 0) - 1)) >>> 0).join('.')
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes
}
