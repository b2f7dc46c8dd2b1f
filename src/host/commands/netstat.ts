import type { Process } from '../command.ts'
import { interfaces, netmask, networkOf, routes, type Socket } from '../world/network.ts'
import { isBusyBox } from './busybox/flavour.ts'
import { gnuCommand } from './gnu/command.ts'
import type { Options } from './gnu/options.ts'
import { allSockets, ownerName, portName, visiblePids } from './gnu/socket-owner.ts'

export default gnuCommand({
  name: 'netstat',
  package: 'net-tools',
  usage: '[-vWeenNcCF] [<Af>] -r',
  short: 'rIigsMvWnNealopcCFtuwSxA:46lhV',
  long: {
    route: 'r',
    interfaces: 'i',
    statistics: 's',
    numeric: 'n',
    extend: 'e',
    programs: 'p',
    all: 'a',
    listening: 'l',
    tcp: 't',
    udp: 'u',
    raw: 'w',
    unix: 'x',
    inet: '4',
    inet6: '6',
    'numeric-hosts': 'n',
    'numeric-ports': 'n',
  },
  async run(process, options) {
    if (options.has('V')) await process.stdout.write('net-tools 2.10\n')
    else if (options.has('r')) await process.stdout.write(routeTable(process))
    else if (options.has('i')) await process.stdout.write(interfaceTable(process))
    else if (options.has('s')) await process.stdout.write(statistics(process))
    else await process.stdout.write(connections(process, options))
    return 0
  },
})

function connections(process: Process, options: Options): string {
  const wanted = options.has('a') ? 'servers and established' : options.has('l') ? 'only servers' : 'w/o servers'
  const transports = [...(options.has('t') ? ['tcp'] : []), ...(options.has('u') ? ['udp'] : [])]
  const list = allSockets(process)
    .filter((socket) => (transports.length === 0 ? !options.has('x', 'w') : transports.includes(socket.transport)))
    .filter((socket) => (options.has('a') ? true : options.has('l') ? socket.state !== 'ESTAB' : socket.state === 'ESTAB'))
    .filter((socket) => (!options.has('4') || socket.family === 4) && (!options.has('6') || socket.family === 6))
    .sort((a, b) => rank(a) - rank(b))
  const programs = options.has('p')
  const extended = options.has('e')
  let text = ''
  if (!options.has('x') || transports.length) {
    text += `Active Internet connections (${wanted})\nProto Recv-Q Send-Q Local Address           Foreign Address         State      ${extended ? ' User       Inode     ' : ''}${programs ? ' PID/Program name    ' : ''}\n`
    text += list.map((socket) => row(process, socket, options)).join('')
  }
  if (transports.length === 0 && !options.has('w', '4', '6')) text += unixSockets(process, wanted, programs)
  return text
}

function rank(socket: Socket): number {
  return (socket.transport === 'tcp' ? 0 : 2) + (socket.family === 6 ? 1 : 0)
}

function row(process: Process, socket: Socket, options: Options): string {
  const numeric = options.has('n')
  const end = ({ address, port }: { address: string; port: number }): string => {
    const shown = address === '::' && isBusyBox(process) ? '::' : address === '0.0.0.0' && !numeric ? '0.0.0.0' : address
    return `${(shown === '127.0.0.1' && !numeric ? 'localhost' : shown).slice(0, 23 - portName(port, numeric).length - 1)}:${portName(port, numeric)}`
  }
  const state = socket.transport === 'udp' ? '' : socket.state === 'ESTAB' ? 'ESTABLISHED' : socket.state
  const pids = visiblePids(process, socket)
  const program =
    pids[0] === undefined
      ? '-'
      : `${pids[0]}/${process.world.processes.get(pids[0])?.argv[0]?.startsWith('/') ? ownerName(process, pids[0]) : (process.world.processes.get(pids[0])?.argv[0] ?? ownerName(process, pids[0]))}`.slice(
          0,
          20,
        )
  const more = `${options.has('e') ? ` ${String(socket.uid).padEnd(10)} ${String(socket.inode).padEnd(10)}` : ''}${options.has('p') ? ` ${program.padEnd(20)}` : ''}`
  return `${(socket.transport + (socket.family === 6 ? '6' : '')).padEnd(5)} ${'0'.padStart(6)} ${'0'.padStart(6)} ${end(socket.local).padEnd(23)} ${end(socket.peer).padEnd(23)} ${state.padEnd(11)}${more}\n`
}

function unixSockets(process: Process, wanted: string, programs: boolean): string {
  const paths: [string, string, string][] = [
    ['2', 'DGRAM', '/run/systemd/notify'],
    ['2', 'STREAM', '/run/systemd/private'],
    ['7', 'DGRAM', '/run/systemd/journal/dev-log'],
    ['8', 'DGRAM', '/run/systemd/journal/socket'],
    ['2', 'STREAM', '/run/systemd/journal/stdout'],
    ['2', 'SEQPACKET', '/run/udev/control'],
    ['2', 'STREAM', '/run/dbus/system_bus_socket'],
  ]
  const openwrt: [string, string, string][] = [
    ['2', 'STREAM', '/var/run/ubus/ubus.sock'],
    ['2', 'DGRAM', '/dev/log'],
    ['3', 'STREAM', '/var/run/hostapd/global'],
  ]
  const rows = (process.world.persona.os.family === 'openwrt' ? openwrt : paths).map(([count, type, path], i) => {
    const listening = type !== 'DGRAM'
    return `unix  ${count.padEnd(6)} ${(listening ? '[ ACC ]' : '[ ]').padEnd(11)} ${type.padEnd(10)} ${(listening ? 'LISTENING' : '').padEnd(13)} ${String(11_000 + i * 137).padEnd(8)} ${programs ? '1/init'.padEnd(20) : ''} ${path}\n`
  })
  return `Active UNIX domain sockets (${wanted})\nProto RefCnt Flags       Type       State         I-Node   ${programs ? 'PID/Program name    ' : ''} Path\n${rows.join('')}`
}

function routeTable(process: Process): string {
  const rows = routes(process.world).map((route) => {
    const [network, prefix] = route.to === 'default' ? ['0.0.0.0', '0'] : (route.to.split('/') as [string, string])
    return `${networkOf(network, Number(prefix ?? 32)).padEnd(15)} ${(route.via ?? '0.0.0.0').padEnd(15)} ${netmask(Number(prefix ?? 32)).padEnd(15)} ${(route.via ? 'UG' : 'U').padEnd(7)} 0 0          0 ${route.device}\n`
  })
  return `Kernel IP routing table\nDestination     Gateway         Genmask         Flags   MSS Window  irtt Iface\n${rows.join('')}`
}

function interfaceTable(process: Process): string {
  const rows = interfaces(process.world)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(
      (entry) =>
        `${entry.name.padEnd(15)} ${String(entry.mtu).padStart(5)} ${String(entry.received.packets).padStart(8)} ${'0'.padStart(6)} ${String(entry.received.dropped).padStart(6)} ${'0'.padEnd(6)} ${String(entry.sent.packets).padStart(8)} ${'0'.padStart(6)} ${'0'.padStart(6)} ${'0'.padStart(6)} ${entry.loopback ? 'LRU' : 'BMRU'}\n`,
    )
  return `Kernel Interface table\nIface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n${rows.join('')}`
}

function statistics(process: Process): string {
  const total = interfaces(process.world).reduce((sum, entry) => sum + entry.received.packets, 0)
  return `Ip:\n    Forwarding: 2\n    ${total} total packets received\n    0 forwarded\n    0 incoming packets discarded\n    ${total} incoming packets delivered\n    ${Math.floor(total * 0.8)} requests sent out\nTcp:\n    ${Math.floor(total / 41)} active connection openings\n    ${Math.floor(total / 9)} passive connection openings\n`
}
