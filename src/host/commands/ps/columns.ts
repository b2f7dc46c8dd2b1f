import type { Process } from '../../command.ts'
import type { ProcessInfo } from '../../process/list.ts'
import { totalMemory } from '../../world/hardware.ts'
import { cgroupOf } from '../../world/proc-process.ts'
import { groupName, userName } from '../gnu/accounts.ts'
import { localTime, strftime, zoneOf } from '../gnu/strftime.ts'

/** One column of ps: its title, its width, on which side it is filled, and what a process shows in it. */
export interface Column {
  title: string
  width: number
  right: boolean
  show(process: Process, info: ProcessInfo, depth: string): string
}

/** Digits of the largest pid (pid_max 4194304 on 64 bit, 32768 elsewhere). */
const PID_WIDTH = 7

function column(title: string, width: number, right: boolean, show: Column['show']): Column {
  return { title, width, right, show }
}

const pid = (title: string, value: (info: ProcessInfo) => number): Column =>
  column(title, PID_WIDTH, true, (_, info) => String(value(info)))
const user = (title: string): Column => column(title, 8, false, (process, info) => shortName(userName(process, info.uid), info.uid))
const command = (title: string): Column => column(title, 27, false, (_, info, depth) => depth + commandLine(info))
const tty = (title: string): Column => column(title, 8, false, (_, info) => info.tty ?? '?')

/** Column makers by the names that `ps -o` knows. */
export const COLUMNS: Record<string, Column> = {
  pid: pid('PID', (info) => info.pid),
  tgid: pid('TGID', (info) => info.pid),
  ppid: pid('PPID', (info) => info.ppid),
  pgid: pid('PGID', (info) => info.pgid),
  pgrp: pid('PGRP', (info) => info.pgid),
  sid: pid('SID', (info) => info.sid),
  sess: pid('SESS', (info) => info.sid),
  lwp: pid('LWP', threadOf),
  spid: pid('SPID', threadOf),
  tid: pid('TID', (info) => info.pid),
  tpgid: pid('TPGID', (info) => (info.tty ? info.pgid : -1)),
  user: user('USER'),
  euser: user('EUSER'),
  ruser: user('RUSER'),
  uname: user('USER'),
  uidname: user('UID'),
  group: column('GROUP', 8, false, (process, info) => groupName(process, info.gid)),
  egroup: column('EGROUP', 8, false, (process, info) => groupName(process, info.gid)),
  uid: column('UID', 5, true, (_, info) => String(info.uid)),
  euid: column('EUID', 5, true, (_, info) => String(info.uid)),
  gid: column('GID', 5, true, (_, info) => String(info.gid)),
  pcpu: column('%CPU', 4, true, (process, info) => cpuShare(process, info).toFixed(1)),
  '%cpu': column('%CPU', 4, true, (process, info) => cpuShare(process, info).toFixed(1)),
  c: column('C', 2, true, (process, info) => String(Math.min(99, Math.round(cpuShare(process, info))))),
  pmem: column('%MEM', 4, true, (process, info) => memoryShare(process, info).toFixed(1)),
  '%mem': column('%MEM', 4, true, (process, info) => memoryShare(process, info).toFixed(1)),
  vsz: column('VSZ', 6, true, (_, info) => String(info.vszKiB)),
  vsize: column('VSZ', 6, true, (_, info) => String(info.vszKiB)),
  rss: column('RSS', 5, true, (_, info) => String(info.rssKiB)),
  rssize: column('RSS', 5, true, (_, info) => String(info.rssKiB)),
  rsz: column('RSZ', 5, true, (_, info) => String(info.rssKiB)),
  sz: column('SZ', 5, true, (_, info) => String(info.vszKiB >> 2)),
  size: column('SIZE', 5, true, (_, info) => String(Math.round(info.vszKiB * 0.3))),
  tty: tty('TT'),
  tt: tty('TT'),
  tname: tty('TTY'),
  stat: column('STAT', 4, false, (_, info) => stateOf(info)),
  s: column('S', 1, false, (_, info) => info.state),
  state: column('S', 1, false, (_, info) => info.state),
  f: column('F', 1, true, (_, info) => (info.argv.length ? (info.uid === 0 ? '4' : '0') : '1')),
  start: column('STARTED', 8, true, (process, info) => started(process, info)),
  start_time: column('START', 5, true, (process, info) => startTime(process, info)),
  bsdstart: column('START', 6, true, (process, info) => bsdStart(process, info)),
  stime: column('STIME', 5, true, (process, info) => startTime(process, info)),
  lstart: column('STARTED', 24, true, (process, info) => strftime('%a %b %e %H:%M:%S %Y', localTime(info.startedAt, zoneOf(process)))),
  etime: column('ELAPSED', 11, true, (process, info) => elapsed(process, info)),
  etimes: column('ELAPSED', 7, true, (process, info) => String(Math.max(0, Math.floor((process.world.now() - info.startedAt) / 1000)))),
  time: column('TIME', 8, true, (_, info) => cpuTime(info)),
  cputime: column('TIME', 8, true, (_, info) => cpuTime(info)),
  bsdtime: column(
    'TIME',
    6,
    true,
    (_, info) => `${Math.floor(info.cpuMs / 60_000)}:${String(Math.floor(info.cpuMs / 1000) % 60).padStart(2, '0')}`,
  ),
  times: column('TIME', 5, true, (_, info) => String(Math.floor(info.cpuMs / 1000))),
  comm: column('COMMAND', 15, false, (_, info, depth) => depth + info.comm),
  ucmd: column('CMD', 15, false, (_, info, depth) => depth + info.comm),
  args: command('COMMAND'),
  command: command('COMMAND'),
  cmd: command('CMD'),
  exe: column('EXE', 27, false, (_, info) => info.exe ?? '-'),
  ni: column('NI', 3, true, (_, info) => String(info.nice)),
  nice: column('NI', 3, true, (_, info) => String(info.nice)),
  pri: column('PRI', 3, true, (_, info) => String(19 - info.nice)),
  opri: column('PRI', 3, true, (_, info) => String(80 + info.nice)),
  nlwp: column('NLWP', 4, true, (_, info) => String(info.threads)),
  thcount: column('THCNT', 5, true, (_, info) => String(info.threads)),
  psr: column('PSR', 3, true, (_, info) => String(info.pid % 2)),
  cls: column('CLS', 3, true, () => 'TS'),
  wchan: column('WCHAN', 6, false, (_, info) => (info.state === 'R' ? '-' : info.tty ? 'do_wai' : '-')),
  addr: column('ADDR', 4, false, () => '-'),
  addr_1: column('ADDR', 1, false, () => '-'),
  maj_flt: column('MAJFL', 6, true, (_, info) => String(info.argv.length ? info.pid % 90 : 0)),
  trs: column('TRS', 5, true, (_, info) => String(Math.floor(info.vszKiB / 40))),
  drs: column('DRS', 5, true, (_, info) => String(info.vszKiB - Math.floor(info.vszKiB / 40))),
  pending: column('PENDING', 16, true, () => '0000000000000000'),
  blocked: column('BLOCKED', 16, true, (_, info) => (info.comm === 'bash' ? '0000000000010000' : '0000000000000000')),
  ignored: column('IGNORED', 16, true, (_, info) => (info.argv.length ? '0000000000001000' : 'ffffffffffffffff')),
  caught: column('CAUGHT', 16, true, (_, info) => (info.argv.length ? '0000000180004002' : '0000000000000000')),
  cgroup: column('CGROUP', 27, false, (process, info) => `0::${cgroupOf(process.world, info)}`),
  label: column('LABEL', 31, false, () => 'unconfined'),
}

/** The thread that a line stands for; `thread` counts from the first, which has the number of its process. */
function threadOf(info: ProcessInfo & { thread?: number }): number {
  return info.pid + (info.thread ?? 0)
}

/** Names of more than eight characters are cut and end in `+`. */
function shortName(name: string, uid: number): string {
  return name.length <= 8 ? name : name === String(uid) ? name : `${name.slice(0, 7)}+`
}

export function commandLine(info: ProcessInfo): string {
  if (info.argv.length === 0) return `[${info.comm}]`
  const line = info.argv.join(' ').replace(/[^\x20-\x7e\u00a0-\uffff]/g, '?')
  return info.state === 'Z' ? `[${info.comm}] <defunct>` : line
}

/** STAT of ps: state, priority, session leader, threads, foreground. */
export function stateOf(info: ProcessInfo): string {
  return `${info.state}${info.nice < 0 ? '<' : info.nice > 0 ? 'N' : ''}${info.sid === info.pid && info.argv.length ? 's' : ''}${info.threads > 1 ? 'l' : ''}${info.foreground ? '+' : ''}`
}

export function cpuShare(process: Process, info: ProcessInfo): number {
  const age = Math.max(1000, process.world.now() - info.startedAt)
  return Math.min(99.9, Math.floor((info.cpuMs / age) * 1000) / 10)
}

export function memoryShare(process: Process, info: ProcessInfo): number {
  return Math.floor((info.rssKiB / totalMemory(process.world)) * 1000) / 10
}

function startTime(process: Process, info: ProcessInfo): string {
  const zone = zoneOf(process)
  const [then, now] = [localTime(info.startedAt, zone), localTime(process.world.now(), zone)]
  if (then.year !== now.year) return String(then.year)
  return strftime(then.yearDay === now.yearDay ? '%H:%M' : '%b%d', then)
}

function bsdStart(process: Process, info: ProcessInfo): string {
  const isRecent = process.world.now() - info.startedAt <= 86_400_000
  return strftime(isRecent ? ' %H:%M' : '%b %e', localTime(info.startedAt, zoneOf(process)))
}

function started(process: Process, info: ProcessInfo): string {
  const age = process.world.now() - info.startedAt
  return strftime(age < 86_400_000 ? '%H:%M:%S' : '  %b %d', localTime(info.startedAt, zoneOf(process)))
}

function hms(seconds: number): string {
  return [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':')
}

function cpuTime(info: ProcessInfo): string {
  const seconds = Math.floor(info.cpuMs / 1000)
  const days = Math.floor(seconds / 86_400)
  return days ? `${days}-${hms(seconds)}` : hms(seconds)
}

function elapsed(process: Process, info: ProcessInfo): string {
  const seconds = Math.max(0, Math.floor((process.world.now() - info.startedAt) / 1000))
  const days = Math.floor(seconds / 86_400)
  if (days) return `${days}-${hms(seconds)}`
  return seconds >= 3600 ? hms(seconds) : hms(seconds).slice(3)
}
