import type { World } from '../../command.ts'
import type { Interface, Neighbour, Route } from '../../world/network.ts'

export interface IpStyle {
  brief: boolean
  oneLine: boolean
  statistics: boolean
  details: boolean
  family: 4 | 6 | undefined
  /** Answers are JSON, on one line or many. */
  json: boolean
  pretty: boolean
}

function flags(entry: Interface): string {
  const names = entry.loopback ? ['LOOPBACK'] : ['BROADCAST', 'MULTICAST']
  return `<${[...names, ...(entry.up ? ['UP', 'LOWER_UP'] : [])].join(',')}>`
}

function stateOf(entry: Interface): string {
  return entry.loopback && entry.up ? 'UNKNOWN' : entry.up ? 'UP' : 'DOWN'
}

/** `ip addr`: `with` says which parts follow the first line. */
export function showInterface(entry: Interface, style: IpStyle, addresses: boolean): string {
  if (style.brief) return brief(entry, style, addresses)
  const kind = entry.loopback ? 'loopback' : 'ether'
  const glue = style.oneLine ? '\\ ' : '\n'
  const label = entry.name.includes('.') ? `${entry.name}@${entry.name.split('.')[0]}` : entry.name
  if (style.oneLine && addresses) return addressLines(entry, style, true)
  const first = `${entry.index}: ${label}: ${flags(entry)} mtu ${entry.mtu} qdisc ${entry.up ? entry.queue : 'noop'} state ${stateOf(entry)} ${addresses ? '' : 'mode DEFAULT '}group default qlen 1000`
  const second = `    link/${kind} ${entry.mac} brd ${entry.loopback ? '00:00:00:00:00:00' : 'ff:ff:ff:ff:ff:ff'}`
  const text = style.family && addresses ? first : `${first}${glue}${second}`
  return `${text}\n${addresses ? addressLines(entry, style, false) : ''}${style.statistics ? statistics(entry) : ''}`
}

function brief(entry: Interface, style: IpStyle, addresses: boolean): string {
  const head = `${entry.name.padEnd(16)} ${stateOf(entry).padEnd(14)} `
  if (!addresses) return `${head}${entry.mac} ${flags(entry)} \n`
  const list = [
    ...(style.family === 6 || entry.address === '' ? [] : [`${entry.address}/${entry.prefix}`]),
    ...(style.family === 4 ? [] : entry.ipv6.map((six) => `${six.address}/${six.prefix}`)),
  ]
  return `${head}${list.map((address) => `${address} `).join('')}\n`
}

function addressLines(entry: Interface, style: IpStyle, oneLine: boolean): string {
  const lead = oneLine ? `${entry.index}: ${entry.name}    ` : '    '
  const end = oneLine ? '\\       valid_lft forever preferred_lft forever\n' : '\n       valid_lft forever preferred_lft forever\n'
  let text = ''
  if (style.family !== 6 && entry.address !== '')
    text += `${lead}inet ${entry.address}/${entry.prefix}${entry.broadcast ? ` brd ${entry.broadcast}` : ''} scope ${entry.loopback ? 'host' : 'global'} ${entry.name}${end}`
  if (style.family !== 4) for (const six of entry.ipv6) text += `${lead}inet6 ${six.address}/${six.prefix} scope ${six.scope} ${end}`
  return text
}

function statistics(entry: Interface): string {
  const row = (bytes: number, packets: number, dropped: number): string =>
    `    ${String(bytes).padEnd(10)} ${String(packets).padEnd(7)} ${'0'.padStart(6)} ${String(dropped).padStart(7)} ${'0'.padStart(7)} ${'0'.padStart(7)} \n`
  return `    RX:  bytes packets errors dropped  missed   mcast           \n${row(entry.received.bytes, entry.received.packets, entry.received.dropped)}    TX:  bytes packets errors dropped carrier collsns           \n${row(entry.sent.bytes, entry.sent.packets, 0)}`
}

export function showRoute(route: Route, world: World): string {
  const parts = [route.to]
  if (route.via) parts.push(`via ${route.via}`)
  parts.push(`dev ${route.device}`)
  const managed = world.persona.os.family === 'ubuntu'
  if (route.via) parts.push(...(managed ? ['proto static'] : ['onlink']))
  else parts.push('proto kernel', 'scope link')
  if (route.source && !route.via) parts.push(`src ${route.source}`)
  if (route.metric !== undefined && route.via) parts.push(`metric ${route.metric}`)
  return `${parts.join(' ')} \n`
}

export function showNeighbour(entry: Neighbour): string {
  return `${entry.address} dev ${entry.device} lladdr ${entry.mac} ${entry.state} \n`
}
