import type { Process } from '../command.ts'
import type { ProcessInfo } from '../process/list.ts'
import { userName } from './gnu/accounts.ts'
import { gnuCommand } from './gnu/command.ts'
import { allSockets, portName } from './gnu/socket-owner.ts'

interface Row {
  info: ProcessInfo
  fd: string
  type: string
  device: string
  size: string
  node: string
  name: string
}

export default gnuCommand({
  name: 'lsof',
  package: 'lsof',
  usage: '',
  applet: false,
  short: 'aAbCD:d:e:E:f:Fg:hi::Kk:lLm:MnNoOp:PqQr:Rs::StTu:UvVwx:X',
  async run(process, options) {
    if (options.has('v')) {
      await process.stderr.write('lsof version information:\n    revision: 4.95.0\n')
      return 0
    }
    const wanted = options.value('i')
    const inet = options.has('i')
    const pids = options.value('p')?.split(',').map(Number)
    const user = options.value('u')
    const rows = process.world.processes
      .list()
      .filter((info) => (pids ? pids.includes(info.pid) : true) && (user === undefined || userName(process, info.uid) === user))
      .filter((info) => process.uid === 0 || info.uid === process.uid)
      .flatMap((info) => [...(inet ? [] : fileRows(info)), ...socketRows(process, info, options.has('P'))])
      .filter((row) => !inet || (row.type.startsWith('IPv') && matches(row, wanted)))
      .filter((row) => options.operands.length === 0 || options.operands.includes(row.name))
    if (rows.length === 0) return 1
    if (options.has('t')) {
      await process.stdout.write([...new Set(rows.map((row) => `${row.info.pid}\n`))].join(''))
      return 0
    }
    await process.stdout.write(table(process, rows))
    return 0
  },
})

/** `-i :80`, `-i tcp:22`, `-iTCP@10.0.0.1:443`. */
function matches(row: Row, wanted: string | undefined): boolean {
  if (!wanted) return true
  const [, transport, port] = /^([a-z46]*)?(?:@[^:]*)?(?::(.+))?$/i.exec(wanted) ?? []
  if (transport && /tcp|udp/i.test(transport) && row.node !== transport.toUpperCase().replace(/[46]/, '')) return false
  return (
    port === undefined ||
    port.split(',').some((one) => new RegExp(`:${one.replace(/\W/g, '')}\\b`).test(row.name) || row.name.includes(`:${one} `))
  )
}

function fileRows(info: ProcessInfo): Row[] {
  const row = (fd: string, type: string, name: string, size = '4096', node = '2'): Row => ({
    info,
    fd,
    type,
    device: '254,1',
    size,
    node,
    name,
  })
  const rows = [row('cwd', 'DIR', info.cwd), row('rtd', 'DIR', '/')]
  if (info.exe) rows.push(row('txt', 'REG', info.exe, String(info.exe.length * 7919), String(130_000 + info.exe.length * 37)))
  for (const [fd, target] of info.openFiles ?? []) {
    const pipe = target.startsWith('pipe:')
    rows.push({
      info,
      fd: `${fd}${fd === 0 ? 'r' : 'u'}`,
      type: pipe ? 'FIFO' : target.startsWith('socket:') ? 'unix' : target.startsWith('/dev/') ? 'CHR' : 'REG',
      device: pipe ? '0,13' : target.startsWith('/dev/pts') ? '136,0' : '254,1',
      size: '0t0',
      node: pipe ? target.replace(/\D/g, '') : '3',
      name: pipe ? 'pipe' : target,
    })
  }
  return rows
}

function socketRows(process: Process, info: ProcessInfo, numeric: boolean): Row[] {
  return allSockets(process)
    .filter((socket) => socket.pids.includes(info.pid))
    .map((socket, i) => {
      const end = ({ address, port }: { address: string; port: number }): string =>
        `${address === '0.0.0.0' || address === '::' || address === '*' ? '*' : socket.family === 6 ? `[${address}]` : address}:${portName(port, numeric)}`
      const peer = socket.state === 'ESTAB' ? `->${end(socket.peer)}` : ''
      const state = socket.transport === 'tcp' ? ` (${socket.state === 'ESTAB' ? 'ESTABLISHED' : 'LISTEN'})` : ''
      return {
        info,
        fd: `${3 + i}u`,
        type: `IPv${socket.family}`,
        device: String(socket.inode),
        size: '0t0',
        node: socket.transport.toUpperCase(),
        name: `${end(socket.local)}${peer}${state}`,
      }
    })
}

function table(process: Process, rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.info.comm.slice(0, 9),
    String(row.info.pid),
    userName(process, row.info.uid),
    row.fd,
    row.type,
    row.device,
    row.size,
    row.node,
    row.name,
  ])
  const head = ['COMMAND', 'PID', 'USER', 'FD', 'TYPE', 'DEVICE', 'SIZE/OFF', 'NODE', 'NAME']
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => (row[i] as string).length)))
  const left = new Set([0, 8])
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) =>
        i === 8
          ? cell
          : left.has(i)
            ? cell.padEnd(widths[i] as number)
            : i === 3
              ? `${cell.padStart(widths[3] as number)} `
              : cell.padStart(widths[i] as number),
      )
      .join(' ')
      .trimEnd()
  return [head, ...cells].map((row) => `${line(row)}\n`).join('')
}
