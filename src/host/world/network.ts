import type { World } from '../command.ts'
import { uptimeSeconds } from './hardware.ts'

/** One interface, for `ip`, `ifconfig`, /proc/net/dev and /sys/class/net alike. */
export interface Interface {
  index: number
  name: string
  mac: string
  address: string
  prefix: number
  broadcast: string
  ipv6: { address: string; prefix: number; scope: 'link' | 'host' }[]
  mtu: number
  loopback: boolean
  up: boolean
  queue: string
  kind: string
  received: Counters
  sent: Counters
}

export interface Counters {
  bytes: number
  packets: number
  dropped: number
}

export interface Route {
  /** `default` or a network with prefix length. */
  to: string
  via: string | undefined
  device: string
  source: string | undefined
  metric: number | undefined
}

export interface Neighbour {
  address: string
  device: string
  mac: string
  state: 'REACHABLE' | 'STALE' | 'DELAY'
}

export interface Socket {
  transport: 'tcp' | 'udp'
  family: 4 | 6
  state: 'LISTEN' | 'ESTAB' | 'UNCONN'
  local: { address: string; port: number }
  peer: { address: string; port: number }
  /** Owners, the first bound it. */
  pids: number[]
  uid: number
  inode: number
}

/** Changes by `ip addr`, `ifconfig up|down`, `ip route`; gone after a reboot as on a real machine. */
interface Changes {
  down: Set<string>
  addresses: { device: string; address: string; prefix: number }[]
  removedAddresses: Set<string>
  routes: Route[]
  removedRoutes: Set<string>
}

const changes = new WeakMap<World, Changes>()

export function networkChanges(world: World): Changes {
  let own = changes.get(world)
  if (!own) {
    own = { down: new Set(), addresses: [], removedAddresses: new Set(), routes: [], removedRoutes: new Set() }
    changes.set(world, own)
  }
  return own
}

/** All interfaces, loopback first. */
export function interfaces(world: World): Interface[] {
  const { down } = networkChanges(world)
  const { network, os } = world.persona
  const loopback: Interface = {
    index: 1,
    name: 'lo',
    mac: '00:00:00:00:00:00',
    address: '127.0.0.1',
    prefix: 8,
    broadcast: '',
    ipv6: [{ address: '::1', prefix: 128, scope: 'host' }],
    mtu: 65536,
    loopback: true,
    up: !down.has('lo'),
    queue: 'noqueue',
    kind: 'loopback',
    ...traffic(world, 'lo', 190, 190),
  }
  const own = network.interfaces.map((entry, i) => {
    const [address, prefix] = entry.address.split('/') as [string, string]
    const mac = world.identity.mac(`${world.persona.name}/mac/${os.family === 'openwrt' ? 'board' : entry.name}`, entry.oui)
    const shown = os.family === 'openwrt' ? nextMac(mac, i) : mac
    const virtual = /^(br-|docker|veth|virbr)/.test(entry.name)
    return {
      index: i + 2,
      name: entry.name,
      mac: shown,
      address,
      prefix: Number(prefix),
      broadcast: broadcastOf(address, Number(prefix)),
      ipv6: [{ address: linkLocal(shown), prefix: 64, scope: 'link' as const }],
      mtu: 1500,
      loopback: false,
      up: !down.has(entry.name),
      queue:
        virtual || entry.name.includes('.') ? 'noqueue' : /^wlan/.test(entry.name) ? 'noqueue' : os.family === 'ubuntu' ? 'mq' : 'fq_codel',
      kind: virtual ? 'bridge' : 'ether',
      ...traffic(world, entry.name, 4200 / (i + 1), 2900 / (i + 1)),
    }
  })
  return [loopback, ...own]
}

export function primary(world: World): Interface {
  const all = interfaces(world)
  const gateway = world.persona.network.gateway
  return all.find((entry) => !entry.loopback && sameNetwork(entry.address, gateway, entry.prefix)) ?? all[1] ?? (all[0] as Interface)
}

/** Traffic grows with the uptime at the interface's own pace, in bytes a second. */
function traffic(world: World, name: string, receivePace: number, sendPace: number): { received: Counters; sent: Counters } {
  const seconds = uptimeSeconds(world)
  const share = world.identity.integer(`${world.persona.name}/traffic/${name}`, 50, 180) / 100
  const count = (pace: number, size: number, lossy: boolean): Counters => {
    const packets = Math.floor((seconds * pace * share) / size)
    return { packets, bytes: packets * size + (packets % 1013), dropped: lossy ? Math.floor(packets / 48_000) : 0 }
  }
  const received = count(receivePace, name === 'lo' ? 212 : 487, name !== 'lo')
  return { received, sent: name === 'lo' ? received : count(sendPace, 396, false) }
}

function nextMac(mac: string, by: number): string {
  const last = (Number.parseInt(mac.slice(-2), 16) + by) & 0xff
  return `${mac.slice(0, -2)}${last.toString(16).padStart(2, '0')}`
}

/** EUI-64 link-local address of a MAC (RFC 4291 appendix A). */
export function linkLocal(mac: string): string {
  const b = mac.split(':').map((part) => Number.parseInt(part, 16))
  const groups = [((b[0]! ^ 2) << 8) | b[1]!, (b[2]! << 8) | 0xff, 0xfe00 | b[3]!, (b[4]! << 8) | b[5]!]
  return `fe80::${groups.map((group) => group.toString(16)).join(':')}`
}

export function ipv4Number(address: string): number {
  return address.split('.').reduce((value, part) => value * 256 + Number(part), 0)
}

export function ipv4Text(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')
}

export function netmask(prefix: number): string {
  return ipv4Text(prefix === 0 ? 0 : 2 ** 32 - 2 ** (32 - prefix))
}

export function networkOf(address: string, prefix: number): string {
  const size = 2 ** (32 - prefix)
  return ipv4Text(Math.floor(ipv4Number(address) / size) * size)
}

function broadcastOf(address: string, prefix: number): string {
  const size = 2 ** (32 - prefix)
  return ipv4Text(Math.floor(ipv4Number(address) / size) * size + size - 1)
}

export function sameNetwork(a: string, b: string, prefix: number): boolean {
  return networkOf(a, prefix) === networkOf(b, prefix)
}

export function routes(world: World): Route[] {
  const { gateway } = world.persona.network
  const main = primary(world)
  const { routes: added, removedRoutes, down } = networkChanges(world)
  const onlink = world.persona.os.family !== 'ubuntu'
  const own: Route[] = [
    { to: 'default', via: gateway, device: main.name, source: onlink ? undefined : main.address, metric: onlink ? undefined : 100 },
  ]
  for (const entry of interfaces(world)) {
    if (entry.loopback) continue
    own.push({
      to: `${networkOf(entry.address, entry.prefix)}/${entry.prefix}`,
      via: undefined,
      device: entry.name,
      source: entry.address,
      metric: undefined,
    })
  }
  return [...own.filter((route) => !removedRoutes.has(route.to) && !down.has(route.device)), ...added]
}

/** Neighbours that the machine talked to lately: its gateway, its name servers, one or two others of the network. */
export function neighbours(world: World): Neighbour[] {
  const { network, name } = world.persona
  const main = primary(world)
  const near = [network.gateway, ...network.dns].filter((address) => sameNetwork(address, main.address, main.prefix))
  const extra = networkOf(main.address, main.prefix).replace(/\d+$/, String(world.identity.integer(`${name}/neighbour`, 20, 90)))
  if (extra !== main.address) near.push(extra)
  return [...new Set(near)].map((address, i) => ({
    address,
    device: main.name,
    mac: world.identity.mac(`${name}/neighbour-mac/${address}`, i === 0 ? '00:1b:17' : (network.interfaces[0] as { oui: string }).oui),
    state: i === 0 ? 'REACHABLE' : i === 1 ? 'DELAY' : 'STALE',
  }))
}

/**
 * Sockets: what the services that run listen on, and a connection for everybody who is logged in over the network.
 * Those of killed or stopped services are gone.
 */
export function sockets(world: World): Socket[] {
  const processes = world.processes.list()
  const result: Socket[] = []
  for (const service of world.persona.services) {
    if (service.listens.length === 0) continue
    const owners = processes.filter(
      (process) =>
        process.argv.join(' ') === service.command ||
        service.children.some((child) => process.argv.join(' ') === child.command && process.ppid > 1),
    )
    const [head] = owners
    if (!head) continue
    for (const listen of service.listens) {
      const family = listen.address.includes(':') ? 6 : 4
      const any = family === 6 ? '::' : '0.0.0.0'
      result.push({
        transport: listen.transport,
        family,
        state: listen.transport === 'tcp' ? 'LISTEN' : 'UNCONN',
        local: { address: listen.address, port: listen.port },
        peer: { address: any, port: 0 },
        pids: owners.map((process) => process.pid),
        uid: head.uid,
        inode: socketInode(world, `${service.unit}/${listen.transport}/${listen.address}/${listen.port}`),
      })
    }
  }
  for (const login of world.logins) {
    const [address, port] = [login.from, 0]
    if (!/[.:]/.test(address)) continue
    const owner = processes.find((process) => process.pid === login.pid)
    result.push({
      transport: 'tcp',
      family: address.includes(':') ? 6 : 4,
      state: 'ESTAB',
      local: {
        address: address.includes(':') ? (primary(world).ipv6[0]?.address ?? '::1') : primary(world).address,
        port: loginPort(world),
      },
      peer: { address, port: port || 32_768 + (socketInode(world, `${address}/${login.since}`) % 28_000) },
      pids: owner ? [owner.pid] : [],
      uid: 0,
      inode: socketInode(world, `login/${login.since}`),
    })
  }
  return result
}

function loginPort(world: World): number {
  return world.persona.services.flatMap((service) => service.listens).find((listen) => listen.port === 22 || listen.port === 23)?.port ?? 22
}

function socketInode(world: World, label: string): number {
  return world.identity.integer(`${world.persona.name}/socket/${label}`, 14_000, 39_000)
}
