import type { World } from '../command.ts'
import { HostError } from '../contract.ts'
import type { Viewer } from '../files/synthetic.ts'
import type { ProcessInfo } from '../process/list.ts'
import { type Namespaces, namespacesOf } from '../process/namespaces.ts'
import { toBytes } from '../text.ts'
import { Accounts } from './accounts.ts'
import { ALL_CAPABILITIES, capabilitiesOf } from './capabilities.ts'
import { USER_HZ } from './hardware.ts'
import { mountinfo, mountsText } from './proc-system.ts'
import { directory, type Entry, file, link, type Owner } from './proc-tree.ts'
import { Services } from './services.ts'

const STATES: Record<ProcessInfo['state'], string> = {
  R: 'R (running)',
  S: 'S (sleeping)',
  D: 'D (disk sleep)',
  T: 'T (stopped)',
  Z: 'Z (zombie)',
  I: 'I (idle)',
}
/** The folder of one process in /proc. */
export function processFolder(world: World, process: ProcessInfo, viewer: Viewer, net: () => Record<string, Entry>): Entry {
  const owner = { uid: process.uid, gid: process.gid }
  const guarded =
    (target: () => string): (() => string) =>
    () => {
      if (viewer.uid !== 0 && viewer.uid !== process.uid) throw new HostError('EACCES', 'Permission denied')
      return target()
    }
  const kernel = process.argv.length === 0
  const exe = (): string => {
    if (process.exe === undefined) throw new HostError('ENOENT', 'No such file or directory')
    return process.exe
  }
  const entries = (): Record<string, Entry> => ({
    attr: directory(() => ({ current: file(() => 'unconfined\n', 0o666, owner) }), 0o555, owner),
    auxv: file(() => Buffer.alloc(0), 0o400, owner),
    autogroup: file(() => `/autogroup-${Math.max(1, process.sid)} nice 0\n`, 0o644, owner),
    cgroup: file(() => `0::${cgroupOf(world, process)}\n`, 0o444, owner),
    clear_refs: file(() => '', 0o200, owner),
    cmdline: file(
      () => (kernel ? '' : Buffer.concat(process.argv.map((word) => Buffer.concat([toBytes(word), Buffer.of(0)])))),
      0o444,
      owner,
    ),
    comm: file(() => `${process.comm}\n`, 0o644, owner),
    coredump_filter: file(() => '00000033\n', 0o644, owner),
    cpuset: file(() => '/\n', 0o444, owner),
    cwd: link(
      guarded(() =>
        process.root === undefined || process.root === '/' ? process.cwd : `${process.root}${process.cwd.replace(/^\/$/, '')}`,
      ),
      owner,
    ),
    environ: file(
      () => Buffer.concat([...process.env].map(([name, value]) => Buffer.concat([toBytes(`${name}=${value}`), Buffer.of(0)]))),
      0o400,
      owner,
    ),
    exe: link(guarded(exe), owner),
    fd: directory(() => descriptors(process), 0o500, owner),
    fdinfo: directory(
      () =>
        Object.fromEntries(
          Object.keys(descriptors(process)).map((fd) => [fd, file(() => 'pos:\t0\nflags:\t0100002\nmnt_id:\t13\nino:\t3\n', 0o400, owner)]),
        ),
      0o500,
      owner,
    ),
    gid_map: file(() => '         0          0 4294967295\n', 0o644, owner),
    io: file(() => ioText(process), 0o400, owner),
    limits: file(() => LIMITS, 0o444, owner),
    loginuid: file(() => (process.tty ? '0' : '4294967295'), 0o644, owner),
    map_files: directory(() => ({}), 0o500, owner),
    maps: file(() => maps(process), 0o444, owner),
    mem: file(() => Buffer.alloc(0), 0o600, owner),
    mountinfo: file(() => mountinfo(world), 0o444, owner),
    mounts: file(() => mountsText(world), 0o444, owner),
    mountstats: file(() => '', 0o400, owner),
    net: directory(net, 0o555, owner),
    ns: directory(() => namespaceLinks(namespacesOf(process), guarded), 0o511, owner),
    numa_maps: file(() => '', 0o444, owner),
    oom_adj: file(() => '0\n', 0o644, owner),
    oom_score: file(() => '666\n', 0o444, owner),
    oom_score_adj: file(() => `${process.comm === 'sshd' && process.ppid === 1 ? -1000 : 0}\n`, 0o644, owner),
    pagemap: file(() => '', 0o400, owner),
    personality: file(() => '00000000\n', 0o400, owner),
    projid_map: file(() => '         0          0 4294967295\n', 0o644, owner),
    root: link(
      guarded(() => process.root ?? '/'),
      owner,
    ),
    sched: file(() => `${process.comm} (${process.pid}, #threads: ${process.threads})\n`, 0o644, owner),
    schedstat: file(() => `${process.cpuMs * 1_000_000} ${process.cpuMs * 4000} ${Math.max(1, process.cpuMs)}\n`, 0o444, owner),
    sessionid: file(() => (process.tty ? '3' : '4294967295'), 0o444, owner),
    setgroups: file(() => 'allow\n', 0o644, owner),
    smaps: file(() => maps(process), 0o444, owner),
    smaps_rollup: file(() => '', 0o444, owner),
    stack: file(() => '', 0o400, owner),
    stat: file(() => statLine(world, process), 0o444, owner),
    statm: file(
      () =>
        `${process.vszKiB >> 2} ${process.rssKiB >> 2} ${Math.round(process.rssKiB * 0.16)} ${kernel ? 0 : 24} 0 ${process.rssKiB >> 3} 0\n`,
      0o444,
      owner,
    ),
    status: file(() => statusText(world, process), 0o444, owner),
    syscall: file(() => 'running\n', 0o400, owner),
    task: directory(() => ({ [process.pid]: directory(() => omit(entries(), 'task'), 0o555, owner) }), 0o555, owner),
    timens_offsets: file(() => 'monotonic           0         0\nboottime            0         0\n', 0o644, owner),
    timers: file(() => '', 0o444, owner),
    timerslack_ns: file(() => '50000\n', 0o666, owner),
    uid_map: file(() => '         0          0 4294967295\n', 0o644, owner),
    wchan: file(() => (process.state === 'R' ? '0' : process.tty ? 'do_wait' : 'ep_poll'), 0o444, owner),
  })
  return directory(entries, 0o555, owner)
}

function omit(entries: Record<string, Entry>, name: string): Record<string, Entry> {
  const { [name]: _, ...rest } = entries
  return rest
}

function descriptors(process: ProcessInfo): Record<string, Entry> {
  if (process.argv.length === 0) return {}
  const owner = { uid: process.uid, gid: process.gid }
  if (process.openFiles) return Object.fromEntries([...process.openFiles].map(([fd, name]) => [fd, descriptor(fd, name, owner)]))
  const target = process.tty ? `/dev/${process.tty}` : '/dev/null'
  return Object.fromEntries([0, 1, 2].map((fd) => [fd, descriptor(fd, target, owner)]))
}

/** The mode of a link says how its file was opened; its size is always 64. */
function descriptor(fd: number, target: string, owner: Owner): Entry {
  const oneWay = target.startsWith('pipe:') || target.startsWith('/dev/null')
  return { kind: 'link', target: () => target, mode: oneWay ? (fd === 0 ? 0o500 : 0o300) : 0o700, size: 64, owner }
}

/** Those that children will be born into stand beside one's own (namespaces(7)). */
function namespaceLinks(namespaces: Namespaces, guarded: (target: () => string) => () => string): Record<string, Entry> {
  const names = Object.keys(namespaces) as (keyof Namespaces)[]
  const target = (name: keyof Namespaces): string => `${name}:[${namespaces[name]}]`
  const links = names.map((name) => [name, link(guarded(() => target(name)))] as const)
  const forChildren = (['pid', 'time'] as const).map((name) => [`${name}_for_children`, link(guarded(() => target(name)))] as const)
  return Object.fromEntries([...links, ...forChildren].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The systemd slice of a process, as /proc/PID/cgroup and `systemctl status` have it. */
export function cgroupOf(world: World, process: ProcessInfo): string {
  if (process.argv.length === 0 || world.persona.os.family === 'openwrt') return '/'
  if (process.pid === 1) return '/init.scope'
  const unit = Services.of(world).unitOf(process.pid)
  if (unit) return `/system.slice/${unit.service.unit}.service`
  return `/user.slice/user-${process.uid}.slice/session-${3}.scope`
}

function statLine(world: World, process: ProcessInfo): string {
  const start = Math.max(0, Math.floor(((process.startedAt - world.bootedAt) / 1000) * USER_HZ))
  const jiffies = Math.floor((process.cpuMs / 1000) * USER_HZ)
  const user = Math.floor(jiffies * 0.7)
  const tty = ttyNumber(process.tty)
  const group = process.foreground ? process.pgid : -1
  return `${process.pid} (${process.comm}) ${process.state} ${process.ppid} ${process.pgid} ${process.sid} ${tty} ${group} 4194304 ${process.rssKiB >> 1} 0 0 0 ${user} ${jiffies - user} 0 0 ${20 + process.nice} ${process.nice} ${process.threads} 0 ${start} ${process.vszKiB * 1024} ${process.rssKiB >> 2} 18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n`
}

/** tty_nr of proc(5): major 136 for pseudo terminals, 4 for consoles. */
export function ttyNumber(tty: string | undefined): number {
  if (tty === undefined) return 0
  const number = Number(/\d+$/.exec(tty)?.[0] ?? 0)
  return tty.startsWith('pts/') ? 136 * 256 + number : 4 * 256 + number
}

function statusText(world: World, process: ProcessInfo): string {
  const user = new Accounts(world.files).userById(process.uid)
  const groups = user ? new Accounts(world.files).groupsOf(user).sort((a, b) => a - b) : [process.gid]
  const memory =
    process.argv.length === 0
      ? ''
      : `${[
          ['VmPeak', process.vszKiB + 68],
          ['VmSize', process.vszKiB],
          ['VmLck', 0],
          ['VmPin', 0],
          ['VmHWM', process.rssKiB],
          ['VmRSS', process.rssKiB],
          ['RssAnon', Math.round(process.rssKiB * 0.35)],
          ['RssFile', process.rssKiB - Math.round(process.rssKiB * 0.35)],
          ['RssShmem', 0],
          ['VmData', Math.round(process.vszKiB * 0.2)],
          ['VmStk', 132],
          ['VmExe', 96],
          ['VmLib', 1820],
          ['VmPTE', 60],
          ['VmSwap', 0],
        ]
          .map(([name, value]) => `${name}:\t${String(value).padStart(8)} kB\n`)
          .join('')}HugetlbPages:\t       0 kB\nCoreDumping:\t0\nTHP_enabled:\t1\n`
  const caps = capabilitiesOf(process)
  const mask = (bits: bigint): string => bits.toString(16).padStart(16, '0')
  return `Name:\t${process.comm}
Umask:\t0022
State:\t${STATES[process.state]}
Tgid:\t${process.pid}
Ngid:\t0
Pid:\t${process.pid}
PPid:\t${process.ppid}
TracerPid:\t0
Uid:\t${Array(4).fill(process.uid).join('\t')}
Gid:\t${Array(4).fill(process.gid).join('\t')}
FDSize:\t${process.argv.length ? 256 : 64}
Groups:\t${groups.join(' ')} 
NStgid:\t${process.pid}
NSpid:\t${process.pid}
NSpgid:\t${process.pgid}
NSsid:\t${process.sid}
${memory}Threads:\t${process.threads}
SigQ:\t0/31437
SigPnd:\t0000000000000000
ShdPnd:\t0000000000000000
SigBlk:\t0000000000000000
SigIgn:\t0000000000000000
SigCgt:\t0000000000000000
CapInh:\t0000000000000000
CapPrm:\t${mask(caps.permitted)}
CapEff:\t${mask(caps.effective)}
CapBnd:\t${mask(process.bounding ?? ALL_CAPABILITIES)}
CapAmb:\t0000000000000000
NoNewPrivs:\t0
Seccomp:\t0
Seccomp_filters:\t0
Speculation_Store_Bypass:\tthread vulnerable
SpeculationIndirectBranch:\tconditional enabled
Cpus_allowed:\tf
Cpus_allowed_list:\t0-${Math.max(0, world.persona.hardware.cpu.cores * world.persona.hardware.cpu.threadsPerCore * world.persona.hardware.cpu.sockets - 1)}
Mems_allowed:\t00000000,00000001
Mems_allowed_list:\t0
voluntary_ctxt_switches:\t${1 + Math.floor(process.cpuMs / 3)}
nonvoluntary_ctxt_switches:\t${Math.floor(process.cpuMs / 40)}
`
}

function ioText(process: ProcessInfo): string {
  const n = process.cpuMs
  return `rchar: ${n * 1904 + 3980}\nwchar: ${n * 311}\nsyscr: ${n * 4 + 8}\nsyscw: ${n}\nread_bytes: ${n * 40}\nwrite_bytes: ${n * 12}\ncancelled_write_bytes: 0\n`
}

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max file size             unlimited            unlimited            bytes     
Max data size             unlimited            unlimited            bytes     
Max stack size            8388608              unlimited            bytes     
Max core file size        0                    unlimited            bytes     
Max resident set          unlimited            unlimited            bytes     
Max processes             31437                31437                processes 
Max open files            1024                 1048576              files     
Max locked memory         1039548416           1039548416           bytes     
Max address space         unlimited            unlimited            bytes     
Max file locks            unlimited            unlimited            locks     
Max pending signals       31437                31437                signals   
Max msgqueue size         819200               819200               bytes     
Max nice priority         0                    0                    
Max realtime priority     0                    0                    
Max realtime timeout      unlimited            unlimited            us        
`

/** Pages of all that is mapped besides the heap. */
const OTHER_PAGES = 2 + 5 + 3 + 1 + 38 + 341 + 83 + 2 + 33 + 4 + 2

/** A mapping of the program and its C library; where they lie differs from process to process (ASLR). */
function maps(process: ProcessInfo): string {
  if (process.exe === undefined) return ''
  const slide = (BigInt(process.pid) * 0x1357n * 0x1000n) & 0xf_ffff_f000n
  const stack = 0x7ffd3c000000n + (slide & 0xffff_f000n)
  const base = 0x55d0c0000000n + slide
  const libc = 0x7f3a10000000n + slide
  const row = (from: bigint, pages: number, rights: string, offset: number, inode: number, name: string): string =>
    `${`${from.toString(16)}-${(from + BigInt(pages) * 0x1000n).toString(16)} ${rights} ${offset.toString(16).padStart(8, '0')} ${inode ? 'fe:01' : '00:00'} ${inode}`.padEnd(73)}${name}\n`
  const library = '/usr/lib/x86_64-linux-gnu/libc.so.6'
  return [
    row(base, 2, 'r--p', 0, 131_402, process.exe),
    row(base + 0x2000n, 5, 'r-xp', 0x2000, 131_402, process.exe),
    row(base + 0x7000n, 3, 'r--p', 0x7000, 131_402, process.exe),
    row(base + 0xa000n, 1, 'rw-p', 0x9000, 131_402, process.exe),
    row(base + 0x1c30000n, Math.max(33, (process.vszKiB >> 2) - OTHER_PAGES), 'rw-p', 0, 0, '[heap]'),
    row(libc, 38, 'r--p', 0, 133_018, library),
    row(libc + 0x26000n, 341, 'r-xp', 0x26000, 133_018, library),
    row(libc + 0x17b000n, 83, 'r--p', 0x17b000, 133_018, library),
    row(libc + 0x1d0000n, 2, 'rw-p', 0x1d0000, 133_018, library),
    row(stack, 33, 'rw-p', 0, 0, '[stack]'),
    row(stack + 0x1e0000n, 4, 'r--p', 0, 0, '[vvar]'),
    row(stack + 0x1e4000n, 2, 'r-xp', 0, 0, '[vdso]'),
  ].join('')
}
