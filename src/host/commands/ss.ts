import type { Process } from '../command.ts'
import type { Socket } from '../world/network.ts'
import { gnuCommand } from './gnu/command.ts'
import type { Options } from './gnu/options.ts'
import { allSockets, ownerName, portName, visiblePids } from './gnu/socket-owner.ts'
import { type SocketFilter, socketFilter } from './net/socket-filter.ts'

export default gnuCommand({
  name: 'ss',
  package: 'iproute2',
  paths: ['/usr/bin/ss'],
  usage: '[ OPTIONS ]\n       ss [ OPTIONS ] [ FILTER ]',
  applet: false,
  trouble: 255,
  short: 'hVnralBomepisEbKHOZzNMtudwxSf:46A:D:F:',
  long: {
    numeric: 'n',
    resolve: 'r',
    all: 'a',
    listening: 'l',
    processes: 'p',
    summary: 's',
    tcp: 't',
    udp: 'u',
    unix: 'x',
    ipv4: '4',
    ipv6: '6',
    extended: 'e',
    'no-header': 'H',
    family: 'f',
  },
  async run(process, options) {
    if (options.has('V')) {
      await process.stdout.write('ss utility, iproute2-6.1.0\n')
      return 0
    }
    const all = allSockets(process)
    if (options.has('s')) {
      await process.stdout.write(summary(process, all))
      return 0
    }
    const filter = socketFilter(process, options.operands)
    await process.stdout.write(table(process, chosen(all, options, filter), options, filter.single))
    return 0
  },
})

function chosen(all: readonly Socket[], options: Options, filter: SocketFilter): Socket[] {
  const { states } = filter
  const transports = [...(options.has('t') ? ['tcp'] : []), ...(options.has('u') ? ['udp'] : [])]
  const others = options.has('x', 'w', 'd')
  return all
    .filter((socket) => (transports.length ? transports.includes(socket.transport) : !others))
    .filter((socket) => filter.test(socket) && (!states?.length || states.includes(socket.state)))
    .filter((socket) => (options.has('a') || states ? true : options.has('l') ? socket.state !== 'ESTAB' : socket.state === 'ESTAB'))
    .filter((socket) => !options.has('4') || socket.family === 4)
    .filter((socket) => !options.has('6') || socket.family === 6)
    .sort((a, b) => (a.transport === b.transport ? 0 : a.transport === 'udp' ? -1 : 1))
}

function backlog(socket: Socket): [number, number] {
  if (socket.state !== 'LISTEN') return [0, 0]
  const program: Record<number, number> = { 22: 128, 80: 511, 443: 511, 6379: 511, 3306: 80, 25: 100, 5432: 244 }
  return [0, program[socket.local.port] ?? 128]
}

function table(process: Process, list: readonly Socket[], options: Options, oneState: boolean): string {
  const one = options.has('t') !== options.has('u') || (options.has('w') && !options.has('t'))
  const numeric = options.has('n')
  const rows = list.map((socket) => {
    const [received, sent] = backlog(socket)
    const address = (end: { address: string; port: number }): [string, string] => [
      end.address.includes(':') ? `[${end.address}]` : end.address === '' ? '*' : end.address,
      portName(end.port, numeric),
    ]
    const users = visiblePids(process, socket).map(
      (pid, i) =>
        `("${ownerName(process, pid)}",pid=${pid},fd=${socket.local.port === 22 ? (socket.family === 6 ? 4 : 3) : 5 + (i === 0 ? 1 : 0)})`,
    )
    return {
      netid: socket.transport,
      state: socket.state,
      received: String(received),
      sent: String(sent),
      local: address(socket.local),
      peer: address(socket.peer),
      users: options.has('p') && users.length ? `users:(${users.join(',')})` : '',
    }
  })
  const width = (least: number, ...cells: string[]): number => Math.max(least, ...cells.map((cell) => cell.length))
  const stateWidth = width(5, ...rows.map((row) => row.state)) + 1
  const localWidth = width(13, ...rows.map((row) => row.local[0]))
  const localPort = width(4, ...rows.map((row) => row.local[1]))
  const peerWidth = width(12, ...rows.map((row) => row.peer[0]))
  const peerPort = width(4, ...rows.map((row) => row.peer[1]))
  const line = (
    netid: string,
    state: string,
    received: string,
    sent: string,
    local: [string, string],
    peer: [string, string],
    users: string,
  ): string =>
    `${one ? '' : netid.padEnd(6)}${oneState ? '' : state.padEnd(stateWidth)}${received.padEnd(7)}${sent.padEnd(7)}${local[0].padStart(localWidth)}:${local[1].padEnd(localPort)}${peer[0].padStart(peerWidth + 1)}:${peer[1].padEnd(peerPort)}${users}`
  const head = options.has('H')
    ? ''
    : `${line('Netid', 'State', 'Recv-Q', 'Send-Q', ['Local Address', 'Port'], ['Peer Address', 'Port'], 'Process')}\n`
  return head + rows.map((row) => `${line(row.netid, row.state, row.received, row.sent, row.local, row.peer, row.users)}\n`).join('')
}

function summary(process: Process, all: readonly Socket[]): string {
  const tcp = all.filter((socket) => socket.transport === 'tcp')
  const udp = all.filter((socket) => socket.transport === 'udp')
  const by = (list: readonly Socket[], family: 4 | 6): number => list.filter((socket) => socket.family === family).length
  const row = (name: string, list: readonly Socket[]): string =>
    `${name}\t  ${String(list.length).padEnd(10)}${String(by(list, 4)).padEnd(10)}${String(by(list, 6)).padEnd(9)}\n`
  return `Total: ${90 + process.world.processes.list().length}\nTCP:   ${tcp.length + 3} (estab ${tcp.filter((socket) => socket.state === 'ESTAB').length}, closed 3, orphaned 0, timewait 3)\n\nTransport Total     IP        IPv6\n${row('RAW', [])}${row('UDP', udp)}${row('TCP', tcp)}${row('INET', [...tcp, ...udp])}${row('FRAG', [])}\n`
}
