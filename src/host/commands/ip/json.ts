import type { World } from '../../command.ts'
import type { Interface, Neighbour, Route } from '../../world/network.ts'
import type { IpStyle } from './show.ts'

type Json = string | number | readonly Json[] | { readonly [name: string]: Json }

/** `ip -j` on one line, `ip -j -p` as iproute2 spreads it over many. */
export function jsonText(value: readonly Json[], pretty: boolean): string {
  return pretty ? `${spread(value, 0)}\n` : `${JSON.stringify(value)}\n`
}

function spread(value: Json, depth: number): string {
  if (typeof value !== 'object') return JSON.stringify(value)
  if (isList(value)) {
    if (value.length === 0) return '[ ]'
    return typeof value[0] === 'object'
      ? `[ ${value.map((item) => spread(item, depth)).join(',')} ]`
      : `[ ${value.map((item) => JSON.stringify(item)).join(',')} ]`
  }
  const lead = ' '.repeat(8 + depth)
  const lines = Object.entries(value).map(([name, item]) => `${lead}${JSON.stringify(name)}: ${spread(item, depth + 8)}`)
  return lines.length ? `{\n${lines.join(',\n')}\n${' '.repeat(4 + depth)}}` : '{}'
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

const FOREVER = 4_294_967_295

export function interfaceJson(entry: Interface, style: IpStyle, addresses: boolean): Json {
  const life = { valid_life_time: FOREVER, preferred_life_time: FOREVER }
  const flags = [...(entry.loopback ? ['LOOPBACK'] : ['BROADCAST', 'MULTICAST']), ...(entry.up ? ['UP', 'LOWER_UP'] : [])]
  const state = entry.loopback ? 'UNKNOWN' : entry.up ? 'UP' : 'DOWN'
  const infos: Json[] = [
    ...(style.family === 6
      ? []
      : [
          {
            family: 'inet',
            local: entry.address,
            prefixlen: entry.prefix,
            ...(entry.broadcast ? { broadcast: entry.broadcast } : {}),
            scope: entry.loopback ? 'host' : 'global',
            label: entry.name,
            ...life,
          },
        ]),
    ...(style.family === 4
      ? []
      : entry.ipv6.map((six) => ({ family: 'inet6', local: six.address, prefixlen: six.prefix, scope: six.scope, ...life }))),
  ]
  if (style.brief)
    return {
      ifname: entry.name,
      operstate: state,
      ...(addresses
        ? {
            addr_info: infos.map((info) => ({
              local: (info as { local: string }).local,
              prefixlen: (info as { prefixlen: number }).prefixlen,
            })),
          }
        : { address: entry.mac, flags }),
    }
  return {
    ifindex: entry.index,
    ifname: entry.name,
    flags,
    mtu: entry.mtu,
    qdisc: entry.up ? entry.queue : 'noop',
    operstate: state,
    ...(addresses ? {} : { linkmode: 'DEFAULT' }),
    group: 'default',
    txqlen: 1000,
    link_type: entry.loopback ? 'loopback' : 'ether',
    address: entry.mac,
    broadcast: entry.loopback ? '00:00:00:00:00:00' : 'ff:ff:ff:ff:ff:ff',
    ...(addresses ? { addr_info: infos } : {}),
    ...(style.statistics ? { stats64: { rx: counters(entry.received, 'over_errors'), tx: counters(entry.sent, 'carrier_errors') } } : {}),
  }
}

function counters(side: { bytes: number; packets: number; dropped: number }, last: string): Json {
  return { bytes: side.bytes, packets: side.packets, errors: 0, dropped: side.dropped, [last]: 0 }
}

export function routeJson(route: Route, world: World): Json {
  const managed = world.persona.os.family === 'ubuntu'
  return {
    dst: route.to,
    ...(route.via ? { gateway: route.via } : {}),
    dev: route.device,
    ...(route.via ? (managed ? { protocol: 'static' } : {}) : { protocol: 'kernel', scope: 'link' }),
    ...(route.source && !route.via ? { prefsrc: route.source } : {}),
    ...(route.metric !== undefined && route.via ? { metric: route.metric } : {}),
    flags: route.via && !managed ? ['onlink'] : [],
  }
}

export function neighbourJson(entry: Neighbour): Json {
  return { dst: entry.address, dev: entry.device, lladdr: entry.mac, state: [entry.state] }
}
