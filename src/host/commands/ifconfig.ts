import type { Process } from '../command.ts'
import { type Interface, netmask, networkChanges } from '../world/network.ts'
import { isBusyBox } from './busybox/flavour.ts'
import { gnuCommand } from './gnu/command.ts'
import { interfacesOf } from './gnu/network-namespace.ts'

export default gnuCommand({
  name: 'ifconfig',
  package: 'net-tools',
  paths: ['/usr/sbin/ifconfig'],
  usage: '[-a] [-v] [-s] <interface> [[<AF>] <address>]',
  rawArguments: true,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    const all = words.includes('-a')
    const names = words.filter((word) => !word.startsWith('-'))
    const known = interfacesOf(process)
    const [name, ...actions] = names
    if (name === undefined) {
      await process.stdout.write(
        known
          .filter((entry) => all || entry.up)
          .map((entry) => shown(process, entry))
          .join(''),
      )
      return 0
    }
    const entry = known.find((candidate) => candidate.name === name)
    if (!entry) {
      await process.stderr.write(
        isBusyBox(process)
          ? `ifconfig: ${name}: error fetching interface information: Device not found\n`
          : `${name}: error fetching interface information: Device not found\n`,
      )
      return 1
    }
    if (actions.length === 0) {
      await process.stdout.write(shown(process, entry))
      return 0
    }
    if (process.uid !== 0) {
      await process.stderr.write(`SIOCSIFFLAGS: Operation not permitted\n`)
      return 255
    }
    const { down } = networkChanges(process.world)
    if (actions.includes('down')) down.add(name)
    if (actions.includes('up')) down.delete(name)
    return 0
  },
})

function shown(process: Process, entry: Interface): string {
  return isBusyBox(process) ? oldLayout(entry) : newLayout(entry)
}

function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let power = 0
  while (value >= 1024 && power < 4) {
    value /= 1024
    power++
  }
  return `${value.toFixed(1)} ${units[power]}`
}

function newLayout(entry: Interface): string {
  const flags = entry.loopback
    ? entry.up
      ? 'flags=73<UP,LOOPBACK,RUNNING>'
      : 'flags=8<LOOPBACK>'
    : entry.up
      ? 'flags=4163<UP,BROADCAST,RUNNING,MULTICAST>'
      : 'flags=4098<BROADCAST,MULTICAST>'
  const lines = [
    `${entry.name}: ${flags}  mtu ${entry.mtu}`,
    `        inet ${entry.address}  netmask ${netmask(entry.prefix)}${entry.broadcast ? `  broadcast ${entry.broadcast}` : ''}`,
  ]
  for (const six of entry.ipv6)
    lines.push(`        inet6 ${six.address}  prefixlen ${six.prefix}  scopeid ${six.scope === 'host' ? '0x10<host>' : '0x20<link>'}`)
  lines.push(entry.loopback ? '        loop  txqueuelen 1000  (Local Loopback)' : `        ether ${entry.mac}  txqueuelen 1000  (Ethernet)`)
  lines.push(
    `        RX packets ${entry.received.packets}  bytes ${entry.received.bytes} (${size(entry.received.bytes)})`,
    `        RX errors 0  dropped ${entry.received.dropped}  overruns 0  frame 0`,
    `        TX packets ${entry.sent.packets}  bytes ${entry.sent.bytes} (${size(entry.sent.bytes)})`,
    '        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0',
  )
  return `${lines.join('\n')}\n\n`
}

/** BusyBox keeps the layout of net-tools 1.60. */
function oldLayout(entry: Interface): string {
  const lead = entry.name.padEnd(9)
  const link = entry.loopback ? 'Link encap:Local Loopback  ' : `Link encap:Ethernet  HWaddr ${entry.mac.toUpperCase()}  `
  const lines = [
    `${lead} ${link}`,
    `          inet addr:${entry.address}  ${entry.broadcast ? `Bcast:${entry.broadcast}  ` : ''}Mask:${netmask(entry.prefix)}`,
    ...entry.ipv6.map((six) => `          inet6 addr: ${six.address}/${six.prefix} Scope:${six.scope === 'host' ? 'Host' : 'Link'}`),
    `          ${entry.up ? 'UP ' : ''}${entry.loopback ? 'LOOPBACK RUNNING ' : 'BROADCAST RUNNING MULTICAST '} MTU:${entry.mtu}  Metric:1`,
    `          RX packets:${entry.received.packets} errors:0 dropped:${entry.received.dropped} overruns:0 frame:0`,
    `          TX packets:${entry.sent.packets} errors:0 dropped:0 overruns:0 carrier:0`,
    `          collisions:0 txqueuelen:1000 `,
    `          RX bytes:${entry.received.bytes} (${size(entry.received.bytes)})  TX bytes:${entry.sent.bytes} (${size(entry.sent.bytes)})`,
  ]
  return `${lines.join('\n')}\n\n`
}
