import type { Process } from '../../command.ts'
import { type Interface, ipv4Number, type Neighbour, neighbours, networkChanges, primary, sameNetwork } from '../../world/network.ts'
import { gnuCommand } from '../gnu/command.ts'
import { interfacesOf, routesOf } from '../gnu/network-namespace.ts'
import { isOwn, numericAddress } from '../net/target.ts'
import { interfaceJson, jsonText, neighbourJson, routeJson } from './json.ts'
import { type IpStyle, showInterface, showNeighbour, showRoute } from './show.ts'

const USAGE = `Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }
       ip [ -force ] -batch filename
where  OBJECT := { address | addrlabel | amt | fou | help | ila | ioam | l2tp |
                   link | macsec | maddress | monitor | mptcp | mroute | mrule |
                   neighbor | neighbour | netconf | netns | nexthop | ntable |
                   ntbl | route | rule | sr | tap | tcpmetrics |
                   token | tunnel | tuntap | vrf | xfrm }
       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] | -r[esolve] |
                    -h[uman-readable] | -iec | -j[son] | -p[retty] |
                    -f[amily] { inet | inet6 | mpls | bridge | link } |
                    -4 | -6 | -M | -B | -0 |
                    -l[oops] { maximum-addr-flush-attempts } | -br[ief] |
                    -o[neline] | -t[imestamp] | -ts[hort] | -b[atch] [filename] |
                    -rc[vbuf] [size] | -n[etns] name | -N[umeric] | -a[ll] |
                    -c[olor]}
`
const OBJECTS = [
  'address',
  'link',
  'route',
  'neighbour',
  'neighbor',
  'rule',
  'netns',
  'maddress',
  'tunnel',
  'monitor',
  'xfrm',
  'mroute',
  'help',
]

export const ipCommand = gnuCommand({
  name: 'ip',
  package: 'iproute2',
  paths: ['/usr/bin/ip', '/usr/sbin/ip'],
  usage: '[ OPTIONS ] OBJECT { COMMAND | help }',
  rawArguments: true,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    const style: IpStyle = {
      brief: false,
      oneLine: false,
      statistics: false,
      details: false,
      family: undefined,
      json: false,
      pretty: false,
    }
    while (words[0]?.startsWith('-')) {
      const option = (words.shift() as string).replace(/^--?/, '')
      if (option === '4') style.family = 4
      else if (option === '6') style.family = 6
      else if (/^br/.test(option)) style.brief = true
      else if (/^o/.test(option)) style.oneLine = true
      else if (/^s/.test(option)) style.statistics = true
      else if (/^d/.test(option)) style.details = true
      else if (/^j/.test(option)) style.json = true
      else if (/^p/.test(option)) style.pretty = true
      else if (option === 'f' || option === 'family') style.family = words.shift() === 'inet6' ? 6 : 4
      else if (/^V/.test(option)) {
        await process.stdout.write('ip utility, iproute2-6.1.0, libbpf 1.1.2\n')
        return 0
      } else if (!/^(c|color|h|human|j|json|p|pretty|r|t|N|a|iec|n)/.test(option)) {
        await process.stderr.write(`Option "-${option}" is unknown, try "ip -help".\n`)
        return 255
      }
    }
    const [object, ...rest] = words
    if (object === undefined) {
      await process.stderr.write(USAGE)
      return 255
    }
    const full = object === 'a' ? 'address' : object === 'n' ? 'neighbour' : OBJECTS.find((name) => name.startsWith(object))
    switch (full) {
      case 'address':
        return address(process, rest, style, true)
      case 'link':
        return address(process, rest, style, false)
      case 'route':
        return route(process, rest, style)
      case 'neighbour':
      case 'neighbor':
        return neighbour(process, rest, style)
      case 'rule':
        await process.stdout.write('0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n')
        return 0
      case 'netns':
      case 'xfrm':
      case 'mroute':
      case 'maddress':
      case 'tunnel':
      case 'monitor':
        return 0
      case 'help':
        await process.stderr.write(USAGE)
        return 255
      default:
        await process.stderr.write(`Object "${object}" is unknown, try "ip help".\n`)
        return 1
    }
  },
})

async function address(process: Process, words: string[], style: IpStyle, addresses: boolean): Promise<number> {
  const [verb = 'show', ...rest] = words
  if (/^(s|sh|sho|show|l|ls|list|lst)$/.test(verb)) return show(process, rest, style, addresses)
  if (/^(add|a|del|d|delete|change|replace|set|flush)/.test(verb)) return change(process, verb, rest)
  if (verb === 'help') {
    await process.stderr.write(
      'Usage: ip address {add|change|replace} IFADDR dev IFNAME [ LIFETIME ]\n                                                      [ CONFFLAG-LIST ]\n',
    )
    return 255
  }
  const entry = interfacesOf(process).find((candidate) => candidate.name === verb)
  if (entry) return show(process, [verb], style, addresses)
  await process.stderr.write(`Command "${verb}" is unknown, try "ip ${addresses ? 'address' : 'link'} help".\n`)
  return 255
}

async function show(process: Process, words: string[], style: IpStyle, addresses: boolean): Promise<number> {
  const named = words.filter((word) => !['dev', 'up', 'primary', 'scope', 'global', 'permanent', 'type'].includes(word))
  let chosen: Interface[] = interfacesOf(process)
  if (named.length) {
    chosen = chosen.filter((entry) => named.includes(entry.name))
    if (chosen.length === 0) {
      await process.stderr.write(`Device "${named[0]}" does not exist.\n`)
      return 1
    }
  }
  if (words.includes('up')) chosen = chosen.filter((entry) => entry.up)
  if (words.includes('global')) chosen = chosen.filter((entry) => !entry.loopback)
  await process.stdout.write(
    style.json
      ? jsonText(
          chosen.map((entry) => interfaceJson(entry, style, addresses)),
          style.pretty,
        )
      : chosen.map((entry) => showInterface(entry, style, addresses)).join(''),
  )
  return 0
}

async function neighbour(process: Process, words: string[], style: IpStyle): Promise<number> {
  const at = words.indexOf('dev')
  const device = at < 0 ? undefined : words[at + 1]
  if (device !== undefined && !interfacesOf(process).some((entry) => entry.name === device)) {
    await process.stderr.write(`Cannot find device "${device}"\n`)
    return 1
  }
  const list = style.family === 6 ? [] : neighbours(process.world).filter((entry) => device === undefined || entry.device === device)
  const shown = (entry: Neighbour): string =>
    device === undefined ? showNeighbour(entry) : showNeighbour(entry).replace(` dev ${device}`, '')
  await process.stdout.write(style.json ? jsonText(list.map(neighbourJson), style.pretty) : list.map(shown).join(''))
  return 0
}

async function change(process: Process, verb: string, words: string[]): Promise<number> {
  if (process.uid !== 0) {
    await process.stderr.write('RTNETLINK answers: Operation not permitted\n')
    return 2
  }
  const at = words.indexOf('dev')
  if (words.length === 0) {
    await process.stderr.write('Not enough information: "dev" argument is required.\n')
    return 255
  }
  const device = at >= 0 ? words[at + 1] : words.find((word) => interfacesOf(process).some((entry) => entry.name === word))
  if (device === undefined || !interfacesOf(process).some((entry) => entry.name === device)) {
    await process.stderr.write(`Cannot find device "${device ?? words[0] ?? ''}"\n`)
    return 1
  }
  const { down } = networkChanges(process.world)
  if (verb.startsWith('s')) {
    if (words.includes('down')) down.add(device)
    if (words.includes('up')) down.delete(device)
  }
  return 0
}

/** `ip route show table local`: the own addresses, and where broadcasts go. */
async function localTable(process: Process): Promise<number> {
  const lines = interfacesOf(process)
    .sort((a, b) => ipv4Number(a.address) - ipv4Number(b.address))
    .flatMap((entry) => {
      const tail = `dev ${entry.name} proto kernel scope`
      const local = `local ${entry.address} ${tail} host src ${entry.address} \n`
      const last = entry.loopback ? '127.255.255.255' : entry.broadcast
      return [
        ...(entry.loopback ? [`local 127.0.0.0/8 ${tail} host src ${entry.address} \n`] : []),
        local,
        ...(last ? [`broadcast ${last} ${tail} link src ${entry.address} \n`] : []),
      ]
    })
  await process.stdout.write(lines.join(''))
  return 0
}

async function route(process: Process, words: string[], style: IpStyle): Promise<number> {
  const [verb = 'show', ...rest] = words
  if (style.family === 6) return 0
  if (/^(s|sh|show|l|ls|list)/.test(verb)) {
    const only = rest.find((word) => !['dev', 'table', 'main', 'all'].includes(word))
    if (rest.includes('local') && rest.includes('table')) return localTable(process)
    const list = routesOf(process).filter((entry) => only === undefined || entry.to === only || entry.device === only)
    await process.stdout.write(
      style.json
        ? jsonText(
            list.map((entry) => routeJson(entry, process.world)),
            style.pretty,
          )
        : list.map((entry) => showRoute(entry, process.world)).join(''),
    )
    return 0
  }
  if (verb.startsWith('g')) {
    const target = rest[0] ?? ''
    if (numericAddress(target) === undefined && !target.includes(':')) {
      await process.stderr.write(`Error: any valid prefix is expected rather than "${target}".\n`)
      return 1
    }
    const main = primary(process.world)
    const local = isOwn(process, target)
    const near = sameNetwork(target, main.address, main.prefix)
    await process.stdout.write(
      local
        ? `local ${target} dev lo src ${target} uid ${process.uid} \n    cache <local> \n`
        : `${target} ${near ? '' : `via ${process.world.persona.network.gateway} `}dev ${main.name} src ${main.address} uid ${process.uid} \n    cache \n`,
    )
    return 0
  }
  if (process.uid !== 0) {
    await process.stderr.write('RTNETLINK answers: Operation not permitted\n')
    return 2
  }
  const changes = networkChanges(process.world)
  const to = rest[0] ?? 'default'
  const via = rest[rest.indexOf('via') + 1]
  if (verb.startsWith('a') || verb.startsWith('r'))
    changes.routes.push({
      to,
      via: rest.includes('via') ? via : undefined,
      device: rest.includes('dev') ? (rest[rest.indexOf('dev') + 1] as string) : primary(process.world).name,
      source: undefined,
      metric: undefined,
    })
  else if (verb.startsWith('d')) {
    const own = changes.routes.findIndex((entry) => entry.to === to)
    if (own >= 0) changes.routes.splice(own, 1)
    else if (routesOf(process).some((entry) => entry.to === to)) changes.removedRoutes.add(to)
    else {
      await process.stderr.write('RTNETLINK answers: No such process\n')
      return 2
    }
  }
  return 0
}
