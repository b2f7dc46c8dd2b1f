import { evidence } from '../../../events/bytes.ts'
import type { Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { toBytes } from '../../text.ts'
import { interfaces, ipv4Number, ipv4Text, primary, sockets } from '../../world/network.ts'

/** What a name turned out to be. */
export type Resolution = { address: string } | { failure: 'unknown' | 'unreachable' }

/** What an attempt to connect meets. */
export type Reach = { state: 'open'; local: boolean; address: string } | { state: 'refused' | 'unreachable' | 'timeout'; address: string }

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/
const NAME = /^(?=.{1,253}\.?$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,62}))*\.?$/
/** Top-level names that never resolve (RFC 6761, RFC 2606). */
const NEVER = /\.(invalid|test|example|localdomain|onion)\.?$/i

/** Writes down what the attacker points at, whatever comes of it. */
export function noteIndicator(process: Process, kind: 'url' | 'host' | 'address', value: string, how: string): void {
  if (value !== '') process.recorder.record('indicator', { kind, value: evidence(toBytes(value.slice(0, 8192))), how })
}

export function isAddress(host: string): boolean {
  const parts = IPV4.exec(host)
  return parts ? parts.slice(1).every((part) => Number(part) < 256) : host.includes(':')
}

/** An IPv4 address in any form inet_aton(3) takes: `1`, `0x7f000001`, `127.1`. */
export function numericAddress(host: string): string | undefined {
  const parts = host.split('.')
  if (parts.length > 4 || !parts.every((part) => /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(part))) return undefined
  const numbers = parts.map((part) => (/^0[0-7]+$/.test(part) ? Number.parseInt(part, 8) : Number(part)))
  const last = numbers.pop() as number
  if (numbers.some((value) => value > 255) || last >= 256 ** (4 - numbers.length)) return undefined
  return ipv4Text(numbers.reduce((sum, value, i) => sum + value * 256 ** (3 - i), last))
}

/** Looks a name up as getaddrinfo(3) does: numbers, /etc/hosts, own name; beyond that the persona's egress policy decides. */
export async function resolve(process: Process, host: string): Promise<Resolution> {
  const numeric = numericAddress(host)
  if (numeric) return { address: numeric }
  if (host.includes(':')) return { address: host }
  const listed = hostsEntry(process, host)
  if (listed) return { address: listed }
  if (!NAME.test(host)) return { failure: 'unknown' }
  await process.sleep(lookupDelay(process, host))
  if (process.world.persona.egress === 'unreachable') return { failure: 'unreachable' }
  return NEVER.test(host) || !host.includes('.') ? { failure: 'unknown' } : { address: inventedAddress(process, host) }
}

function hostsEntry(process: Process, host: string): string | undefined {
  const name = host.toLowerCase().replace(/\.$/, '')
  if (name === 'localhost') return '127.0.0.1'
  let text = ''
  try {
    text = process.world.files.read('/etc/hosts').toString('utf8')
  } catch (error) {
    if (!(error instanceof HostError)) throw error
  }
  for (const line of text.split('\n')) {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (address && !address.includes(':') && names.some((candidate) => candidate.toLowerCase() === name)) return address
  }
  return name === process.world.hostname ? primary(process.world).address : undefined
}

function lookupDelay(process: Process, host: string): number {
  return 20 + process.world.identity.integer(`lookup/${host.slice(0, 100)}`, 0, 90)
}

/** A public address that a name has always had here. */
function inventedAddress(process: Process, host: string): string {
  const n = process.world.identity.integer(`address/${host.toLowerCase().slice(0, 253)}`, 0, 2 ** 31)
  const heads = [23, 45, 51, 64, 77, 81, 89, 92, 104, 142, 151, 159, 178, 185, 193, 195, 199, 212]
  return `${heads[n % heads.length]}.${(n >> 5) & 255}.${(n >> 13) & 255}.${1 + ((n >> 21) % 254)}`
}

/** What a connection to an address meets. Nothing ever leaves: own ports answer from the model, the rest by policy. */
export async function connect(process: Process, address: string, port: number, transport: 'tcp' | 'udp' = 'tcp'): Promise<Reach> {
  if (isOwn(process, address)) {
    const listening = sockets(process.world).some(
      (socket) => socket.transport === transport && socket.local.port === port && socket.state !== 'ESTAB',
    )
    return listening ? { state: 'open', local: true, address } : { state: 'refused', address }
  }
  const pause = 30 + process.world.identity.integer(`route/${address}`, 0, 140)
  if (isNear(process, address)) {
    // A neighbour that does not answer ARP: the kernel gives up after three tries of a second.
    await process.sleep(3060)
    return { state: 'unreachable', address }
  }
  await process.sleep(pause)
  return process.world.persona.egress === 'succeeds' && !isPrivate(address)
    ? { state: 'open', local: false, address }
    : { state: 'unreachable', address }
}

export function isOwn(process: Process, address: string): boolean {
  return (
    address.startsWith('127.') ||
    address === '::1' ||
    address === '0.0.0.0' ||
    interfaces(process.world).some((entry) => entry.address === address)
  )
}

function isNear(process: Process, address: string): boolean {
  if (!IPV4.test(address)) return false
  return interfaces(process.world).some(
    (entry) =>
      !entry.loopback &&
      Math.floor(ipv4Number(entry.address) / 2 ** (32 - entry.prefix)) === Math.floor(ipv4Number(address) / 2 ** (32 - entry.prefix)),
  )
}

export function isPrivate(address: string): boolean {
  return (
    /^(10\.|127\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|0\.|2(2[4-9]|[34]\d|5[0-5])\.)/.test(address) || address.includes(':')
  )
}

/** strerror of a failed connect. */
export const REACH_TEXT: Record<Exclude<Reach['state'], 'open'>, string> = {
  refused: 'Connection refused',
  unreachable: 'No route to host',
  timeout: 'Connection timed out',
}
