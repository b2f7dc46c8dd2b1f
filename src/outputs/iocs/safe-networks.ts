import { BlockList, isIP } from 'node:net'

/** Of IPv4 what is no public address: private, local, reserved, of documentation (RFC 6890), multicast. */
export const RESERVED_IPV4: readonly string[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
]

/** Networks that must never be blocked or told to others. */
const RESERVED = [...RESERVED_IPV4, '::/127', '64:ff9b:1::/48', '100::/64', '2001:db8::/32', 'fc00::/7', 'fe80::/10', 'ff00::/8']

/** Name servers and time servers that a firewall must not lose, should anybody forge them as a source. */
const RELIED_ON = [
  '1.0.0.1',
  '1.1.1.1',
  '8.8.4.4',
  '8.8.8.8',
  '9.9.9.9',
  '149.112.112.112',
  '208.67.220.220',
  '208.67.222.222',
  '2606:4700:4700::1111',
  '2001:4860:4860::8888',
  '2620:fe::fe',
]

/** Tells addresses that may stand on a block list from those that may not. */
export class SafeNetworks {
  readonly #list = new BlockList()

  /**
   * @param own further addresses and networks: of the sensor, of the operator
   * @throws {RangeError} for one that is none
   */
  constructor(own: readonly string[] = []) {
    for (const network of [...RESERVED, ...RELIED_ON, ...own]) this.#add(network)
  }

  mayBlock(ip: string): boolean {
    const version = isIP(ip)
    return version !== 0 && !this.#list.check(ip, version === 6 ? 'ipv6' : 'ipv4')
  }

  #add(network: string): void {
    const [address = '', bits] = network.split('/')
    const version = isIP(address)
    const width = version === 6 ? 128 : 32
    const prefix = bits === undefined ? width : Number(bits)
    if (version === 0 || !Number.isInteger(prefix) || prefix < 0 || prefix > width)
      throw new RangeError(`"${network}" is no address or network`)
    this.#list.addSubnet(address, prefix, version === 6 ? 'ipv6' : 'ipv4')
  }
}
