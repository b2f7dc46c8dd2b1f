import { isIPv6 } from 'node:net'

/** An address as events carry it: IPv4 that arrived over an IPv6 socket loses its `::ffff:`, zones are dropped. */
export function plainAddress(address: string | undefined): string {
  if (!address) return ''
  const withoutZone = address.split('%')[0] as string
  return withoutZone.startsWith('::ffff:') && withoutZone.includes('.') ? withoutZone.slice(7) : withoutZone
}

/** The /24 of an IPv4 address or the /48 of an IPv6 address, as a key. */
export function networkOf(ip: string): string {
  if (!isIPv6(ip)) return ip.split('.').slice(0, 3).join('.')
  return expandIPv6(ip).slice(0, 3).join(':')
}

export function isLoopbackAddress(ip: string): boolean {
  return ip === 'localhost' || ip.startsWith('127.') || ip === '::1'
}

/** The eight groups of an IPv6 address without abbreviation. */
function expandIPv6(ip: string): string[] {
  const [head = '', tail] = ip.split('::')
  const left = head ? head.split(':') : []
  const right = tail ? tail.split(':') : []
  const middle = tail === undefined ? [] : new Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
  return [...left, ...middle, ...right].map((group) => group.padStart(4, '0'))
}
