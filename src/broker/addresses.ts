import { BlockList, isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { RESERVED_IPV4 } from '../outputs/iocs/safe-networks.ts'

/** All of IPv4 that is not global unicast, and what clouds use as a door to the machine. */
const REFUSED_IPV4 = listOf([
  ...RESERVED_IPV4,
  // Azure's agent of the machine; the metadata of others are link-local, private or of 100.64.0.0/10.
  '168.63.129.16',
])

const GLOBAL_IPV6 = listOf(['2000::/3'])
/** Of that: protocols' own and Teredo, documentation, 6to4. Tunnels carry an IPv4 address that nobody would judge. */
const REFUSED_IPV6 = listOf(['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'])

export interface AddressRules {
  allow: readonly string[]
  deny: readonly string[]
  ports: readonly number[]
}

/** SMTP, its submission over TLS and without, and the port that hosts offer where 25 is closed. */
const MAIL_PORTS: ReadonlySet<number> = new Set([25, 465, 587, 2525])

/** Tells where a broker may connect to. */
export class Addresses {
  readonly #allow: BlockList
  readonly #deny: BlockList
  readonly #ports: ReadonlySet<number>
  readonly #own: () => ReadonlySet<string>

  /** @param own addresses of this machine, asked anew each time */
  constructor({ allow, deny, ports }: AddressRules, own: () => ReadonlySet<string> = ownAddresses) {
    this.#allow = listOf(allow)
    this.#deny = listOf(deny)
    this.#ports = new Set(ports)
    this.#own = own
  }

  /** Why this address may not be reached; undefined when it may. */
  refusalOf(address: string): string | undefined {
    const judged = judgedForm(address)
    if (judged === undefined) return 'is no address'
    if (holds(this.#deny, judged)) return "is in the operator's broker.deny"
    if (holds(this.#allow, judged)) return undefined
    if (this.#own().has(judged)) return 'is an address of the broker'
    const isPublic = isIP(judged) === 4 ? !holds(REFUSED_IPV4, judged) : holds(GLOBAL_IPV6, judged) && !holds(REFUSED_IPV6, judged)
    return isPublic ? undefined : 'is no public address'
  }

  refusalOfPort(port: number): string | undefined {
    if (!Number.isInteger(port) || port < 1 || port > 65535) return `port ${port}`
    if (this.#ports.size > 0) return this.#ports.has(port) ? undefined : `port ${port} is not in broker.ports`
    return MAIL_PORTS.has(port) ? `port ${port} is one of mail` : undefined
  }
}

function ownAddresses(): ReadonlySet<string> {
  return new Set(Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => judgedForm(address) ?? address)))
}

/** An address in one spelling; the IPv4 address within `::ffff:0:0/96` and NAT64's `64:ff9b::/96`, since that is what is reached. */
function judgedForm(address: string): string | undefined {
  const version = isIP(address)
  if (version !== 6) return version === 4 ? address : undefined
  // The parser of URLs writes each address in one form only, and takes none with a zone.
  const written = URL.parse(`http://[${address}]/`)?.hostname.slice(1, -1)
  const groups = written === undefined ? [] : groupsOf(written)
  const head = groups.slice(0, 6).join(':')
  if (head !== '0:0:0:0:0:ffff' && head !== '64:ff9b:0:0:0:0') return written
  return groups
    .slice(6)
    .map((group) => Number.parseInt(group, 16))
    .flatMap((value) => [value >> 8, value & 0xff])
    .join('.')
}

/** The eight groups of an address that has no zeros in front of them. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  if (tail === undefined) return left
  const right = tail === '' ? [] : tail.split(':')
  return [...left, ...new Array<string>(8 - left.length - right.length).fill('0'), ...right]
}

function holds(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

/** @param networks addresses and prefixes that the settings have checked */
function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    const isV6 = isIP(address) === 6
    list.addSubnet(address, bits === undefined ? (isV6 ? 128 : 32) : Number(bits), isV6 ? 'ipv6' : 'ipv4')
  }
  return list
}
