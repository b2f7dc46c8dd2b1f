/** SSDP over UDP: the search of UPnP Device Architecture 1.1 §1.3, as MiniUPnPd 2.3.1 reads and answers it. */
import type { Gateway } from './gateway.ts'

const LONGEST = 1500

export interface Search {
  /** Search target; `ssdp:all`, `upnp:rootdevice`, a device or service type, `uuid:…`. */
  target: string
  /** `ssdp:discover`, as quoted as it came; MiniUPnPd does not mind when it is missing. */
  man: string | undefined
  /** Seconds in which an answer may come; text, as it came. */
  maxWait: string | undefined
}

/** Undefined for anything but a search. */
export function parseSearch(bytes: Buffer): Search | undefined {
  const [first = '', ...lines] = bytes.toString('latin1', 0, LONGEST).split('\r\n')
  if (!first.startsWith('M-SEARCH')) return undefined
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
  }
  const target = headers.get('st')
  return target ? { target, man: headers.get('man'), maxWait: headers.get('mx') } : undefined
}

/** What a device of this kind is found as. Type and version; asked for version 1, a device of version 2 says 1. */
export interface Announced {
  target: string
  /** Index of the device: 0 the root, 1 its WAN device, 2 the connection. */
  device: number
}

const TARGETS: readonly Announced[] = [
  { target: 'upnp:rootdevice', device: 0 },
  { target: 'urn:schemas-upnp-org:device:InternetGatewayDevice:', device: 0 },
  { target: 'urn:schemas-upnp-org:device:WANConnectionDevice:', device: 2 },
  { target: 'urn:schemas-upnp-org:device:WANDevice:', device: 1 },
  { target: 'urn:schemas-upnp-org:service:WANCommonInterfaceConfig:', device: 1 },
  { target: 'urn:schemas-upnp-org:service:WANIPConnection:', device: 2 },
  { target: 'urn:schemas-upnp-org:service:DeviceProtection:', device: 0 },
  { target: 'urn:schemas-upnp-org:service:WANPPPConnection:', device: 2 },
  { target: 'urn:schemas-upnp-org:service:WANIPv6FirewallControl:', device: 2 },
  { target: 'urn:schemas-upnp-org:service:Layer3Forwarding:', device: 0 },
]
const HIGHEST_VERSION = 2

/**
 * The answer to a search. To `ssdp:all` a device sends one datagram for each of its parts, thirteen here; that is the
 * amplification, so only the first is sent.
 * @returns undefined where nothing fits
 */
export function answerSearch({ target }: Search, gateway: Gateway, location: string): { answer: Buffer; potential: number } | undefined {
  if (target === 'ssdp:all') {
    const first = reply('upnp:rootdevice', gateway.uuids[0]!, gateway, location)
    return { answer: first, potential: first.length * (TARGETS.length + gateway.uuids.length) }
  }
  const uuid = gateway.uuids.find((one) => `uuid:${one}` === target)
  if (uuid) {
    const answer = reply(target, uuid, gateway, location, target)
    return { answer, potential: answer.length }
  }
  const found = TARGETS.find((one) => matches(one.target, target))
  if (!found) return undefined
  const answer = reply(target, gateway.uuids[found.device]!, gateway, location)
  return { answer, potential: answer.length }
}

function matches(known: string, asked: string): boolean {
  if (!known.endsWith(':')) return known === asked
  const version = Number(asked.slice(known.length))
  return asked.startsWith(known) && version >= 1 && version <= HIGHEST_VERSION
}

function reply(target: string, uuid: string, gateway: Gateway, location: string, name = `uuid:${uuid}::${target}`): Buffer {
  const lines = [
    'HTTP/1.1 200 OK',
    'CACHE-CONTROL: max-age=120',
    `ST: ${target}`,
    `USN: ${name}`,
    'EXT:',
    `SERVER: ${gateway.server}`,
    `LOCATION: ${location}`,
    'OPT: "http://schemas.upnp.org/upnp/1/0/"; ns=01',
    `01-NLS: ${gateway.bootId}`,
    `BOOTID.UPNP.ORG: ${gateway.bootId}`,
    'CONFIGID.UPNP.ORG: 1337',
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}
