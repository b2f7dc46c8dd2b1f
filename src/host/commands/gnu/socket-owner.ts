import type { Process } from '../../command.ts'
import { type Socket, sockets } from '../../world/network.ts'
import { isApart } from './network-namespace.ts'

/** Program name of a pid as ss and netstat show it. */
export function ownerName(process: Process, pid: number): string {
  return process.world.processes.get(pid)?.comm ?? '-'
}

const SERVICES: Record<number, string> = {
  20: 'ftp-data',
  21: 'ftp',
  22: 'ssh',
  23: 'telnet',
  25: 'smtp',
  53: 'domain',
  67: 'bootps',
  68: 'bootpc',
  69: 'tftp',
  80: 'http',
  110: 'pop3',
  111: 'sunrpc',
  123: 'ntp',
  143: 'imap2',
  161: 'snmp',
  443: 'https',
  445: 'microsoft-ds',
  587: 'submission',
  993: 'imaps',
  3306: 'mysql',
  5432: 'postgresql',
  6379: 'redis',
  8080: 'http-alt',
}

export function portName(port: number, numeric: boolean): string {
  return port === 0 ? '*' : numeric ? String(port) : (SERVICES[port] ?? String(port))
}

/** Sockets that a process may see the owner of: its own, or all for root. */
export function visiblePids(process: Process, socket: Socket): number[] {
  return process.uid === 0 ? socket.pids : socket.pids.filter((pid) => process.world.processes.get(pid)?.uid === process.uid)
}

export function allSockets(process: Process): Socket[] {
  return isApart(process) ? [] : sockets(process.world)
}
