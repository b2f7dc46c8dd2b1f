import type { World } from '../command.ts'
import type { ProcessInfo } from '../process/list.ts'
import { Accounts } from './accounts.ts'
import { inPages } from './hardware.ts'

type Declared = World['persona']['services'][number]

export interface UnitState {
  readonly service: Declared
  /** `active`, `inactive` by a stop, `failed` by a signal. */
  state: 'active' | 'inactive' | 'failed'
  /** Pid of the main process while active. */
  pid: number | undefined
  /** UTC milliseconds of the last change. */
  since: number
  enabled: boolean
  masked: boolean
  /** Signal that ended it. */
  signal: string | undefined
}

/** Kernel threads of a 6.x kernel by name; `%` stands for each processor. */
const KERNEL_THREADS = [
  'kthreadd',
  'rcu_gp',
  'rcu_par_gp',
  'slub_flushwq',
  'netns',
  'kworker/0:0H-events_highpri',
  'mm_percpu_wq',
  'rcu_tasks_kthread',
  'rcu_tasks_rude_kthread',
  'rcu_tasks_trace_kthread',
  'ksoftirqd/0',
  'rcu_preempt',
  'migration/0',
  'cpuhp/0',
  'cpuhp/%',
  'migration/%',
  'ksoftirqd/%',
  'kdevtmpfs',
  'inet_frag_wq',
  'kauditd',
  'khungtaskd',
  'oom_reaper',
  'writeback',
  'kcompactd0',
  'ksmd',
  'khugepaged',
  'kintegrityd',
  'kblockd',
  'blkcg_punt_bio',
  'tpm_dev_wq',
  'edac-poller',
  'devfreq_wq',
  'kworker/0:1H-kblockd',
  'kswapd0',
  'kthrotld',
  'acpi_thermal_pm',
  'mld',
  'ipv6_addrconf',
  'kstrp',
  'zswap-shrink',
  'ata_sff',
  'scsi_eh_0',
  'scsi_tmf_0',
  'jbd2/DISK-8',
  'ext4-rsv-conver',
  'cryptd',
  'kworker/u8:0-events_unbound',
  'kworker/0:2-events',
]
const OPENWRT_THREADS = [
  'kthreadd',
  'rcu_gp',
  'rcu_par_gp',
  'kworker/0:0H-kblockd',
  'mm_percpu_wq',
  'ksoftirqd/0',
  'rcu_sched',
  'migration/0',
  'kdevtmpfs',
  'netns',
  'oom_reaper',
  'writeback',
  'kcompactd0',
  'pencrypt_serial',
  'pdecrypt_serial',
  'kblockd',
  'watchdogd',
  'kswapd0',
  'spi0',
  'ipv6_addrconf',
  'kworker/0:1H-kblockd',
  'jffs2_gcd_mtd6',
  'phy0',
  'kworker/u2:2-phy0',
]
/** Threads that wait by themselves; all others are workers and work queues, which idle. */
const SLEEPERS =
  /^(kthreadd|ksoftirqd|migration|cpuhp|kdevtmpfs|kauditd|khungtaskd|oom_reaper|kcompactd|ksmd|khugepaged|kswapd|scsi_eh|jbd2|watchdogd|spi0|jffs2|phy0|mmcqd)/
const BUSY_THREADS = /^(rcu_preempt|rcu_sched|ksoftirqd|jbd2|kworker)/

function niceOf(name: string): number {
  if (name === 'ksmd') return 5
  if (name === 'khugepaged') return 19
  return SLEEPERS.test(name) || /^(rcu_(tasks|preempt|sched)|kworker\/(u\d+|\d+):\d+-)/.test(name) ? 0 : -20
}

const THREADS = new Set(['/usr/sbin/rsyslogd', '/usr/bin/containerd', '/usr/bin/dockerd', '/usr/sbin/mariadbd'])

/** Threads of drivers that a TV box's chip has no hardware for. */
const OF_SERVERS = /acpi|^scsi|^ata_|zswap|^jbd2/

function threadsOf(family: string): readonly string[] {
  if (family === 'openwrt') return OPENWRT_THREADS
  return family === 'android'
    ? [...KERNEL_THREADS.filter((name) => !OF_SERVERS.test(name)), 'mmcqd/0', 'jbd2/system-8', 'jbd2/data-8']
    : KERNEL_THREADS
}

const SYSTEMD = { argv: ['/sbin/init'], comm: 'systemd', exe: '/usr/lib/systemd/systemd' }
const INIT = {
  debian: SYSTEMD,
  ubuntu: SYSTEMD,
  openwrt: { argv: ['/sbin/procd'], comm: 'procd', exe: '/sbin/procd' },
  android: { argv: ['/init'], comm: 'init', exe: '/init' },
}

const books = new WeakMap<World, Services>()

/** The services of a host: which run, since when and with which processes. `ps`, `systemctl`, `ss` and the logs agree through it. */
export class Services {
  readonly #world: World
  readonly #units: UnitState[] = []
  readonly #accounts: Accounts

  private constructor(world: World) {
    this.#world = world
    this.#accounts = new Accounts(world.files)
  }

  static of(world: World): Services {
    const known = books.get(world)
    if (known) return known
    const services = new Services(world)
    books.set(world, services)
    return services
  }

  /** Starts init, the kernel's threads and every service, as the boot did. To be called once a world. */
  boot(): void {
    const { os, services } = this.#world.persona
    const openwrt = os.family === 'openwrt'
    const boot = this.#world.bootedAt
    this.#world.processes.addResident({
      ...INIT[os.family],
      pid: 1,
      ppid: 0,
      startedAt: boot,
      rssKiB: openwrt ? 1120 : 12_516,
      vszKiB: openwrt ? 1588 : 168_180,
      cpuMs: 41_000,
    })
    this.#kernelThreads()
    for (const [i, service] of services.entries()) {
      const unit: UnitState = { service, state: 'inactive', pid: undefined, since: boot, enabled: true, masked: false, signal: undefined }
      this.#units.push(unit)
      this.#launch(unit, boot + 2500 + i * 320 + this.#world.identity.integer(`boot/${service.unit}`, 0, 300), true)
    }
  }

  #kernelThreads(): void {
    const processors =
      this.#world.persona.hardware.cpu.cores * this.#world.persona.hardware.cpu.threadsPerCore * this.#world.persona.hardware.cpu.sockets
    const disk = (this.#world.persona.hardware.disks.find((d) => d.mount === '/')?.device ?? '/dev/sda1').replace('/dev/', '')
    const names = threadsOf(this.#world.persona.os.family).flatMap((name) =>
      name.includes('%')
        ? Array.from({ length: Math.min(processors, 64) - 1 }, (_, i) => name.replace('%', String(i + 1)))
        : [name.replace('DISK', disk)],
    )
    for (const [i, name] of names.entries()) {
      this.#world.processes.addResident({
        argv: [],
        comm: name,
        pid: i + 2,
        ppid: i === 0 ? 0 : 2,
        startedAt: this.#world.bootedAt,
        rssKiB: 0,
        vszKiB: 0,
        state: SLEEPERS.test(name) ? 'S' : 'I',
        nice: niceOf(name),
        cpuMs: this.#world.identity.integer(`thread/${i}`, 0, BUSY_THREADS.test(name) ? 190_000 : 900),
      })
    }
  }

  #launch(unit: UnitState, at: number, booting: boolean): void {
    const { service } = unit
    const account = this.#accounts.user(service.user)
    const age = this.#world.now() - at
    const share = service.memoryMiB * 1024
    const children = service.children.length
    const argv = splitCommand(service.command)
    const head = this.#world.processes.addResident({
      argv,
      ...programOf(argv),
      ppid: 1,
      ...(booting ? { pid: bootPid(this.#world, service.unit) } : {}),
      uid: account?.uid ?? 0,
      gid: account?.gid ?? 0,
      startedAt: at,
      rssKiB: inPages(children ? share * 0.5 : share),
      vszKiB: this.#virtual(share),
      threads: THREADS.has(argv[0] as string) ? 4 + (share >> 13) : 1,
      cpuMs: Math.round(Math.max(0, age) * 0.00004 * (1 + service.memoryMiB / 20)),
      onExit: (signal) => this.#ended(unit, head.pid, signal),
    })
    unit.state = 'active'
    unit.pid = head.pid
    unit.since = at
    unit.signal = undefined
    for (const [i, child] of service.children.entries()) {
      const owner = this.#accounts.user(child.user ?? service.user)
      const words = splitCommand(child.command)
      this.#world.processes.addResident({
        argv: words,
        ...programOf(words),
        exe: programOf(argv).exe ?? programOf(words).exe ?? `/usr/sbin/${programOf(words).comm}`,
        ppid: head.pid,
        ...(booting ? { pid: head.pid + i + 1 } : {}),
        uid: owner?.uid ?? 0,
        gid: owner?.gid ?? 0,
        startedAt: at + 20 * (i + 1),
        rssKiB: inPages((share * 0.5) / children),
        vszKiB: this.#virtual(share) + 300,
        cpuMs: Math.round(Math.max(0, age) * 0.00006),
      })
    }
  }

  #ended(unit: UnitState, pid: number, signal: string): void {
    if (unit.pid !== pid) return
    // Who is logged in stays: KillMode=process of ssh.service, and procd knows only the listener.
    const keepsChildren = /^(sshd?|dropbear|telnetd?)$/.test(unit.service.unit)
    for (const child of keepsChildren ? [] : this.#world.processes.list().filter((process) => process.ppid === pid)) {
      this.#world.processes.signal(child.pid, 'KILL', { uid: 0 })
    }
    unit.state = signal === 'TERM' ? 'inactive' : 'failed'
    unit.signal = signal
    unit.pid = undefined
    unit.since = this.#world.now()
  }

  /** Address space of a daemon; musl's are hardly larger than what they hold. */
  #virtual(residentKiB: number): number {
    return this.#world.persona.os.family === 'openwrt' ? inPages(residentKiB * 1.1 + 60) : inPages(residentKiB * 2.6 + 9000)
  }

  units(): readonly UnitState[] {
    return this.#units
  }

  /** A unit by name with or without `.service`. */
  unit(name: string): UnitState | undefined {
    const bare = name.replace(/\.service$/, '')
    const alias = ALIASES[bare] ?? bare
    return this.#units.find((unit) => unit.service.unit === bare) ?? this.#units.find((unit) => unit.service.unit === alias)
  }

  start(unit: UnitState): void {
    if (unit.state !== 'active') this.#launch(unit, this.#world.now(), false)
  }

  stop(unit: UnitState): void {
    const pid = unit.pid
    if (pid === undefined) {
      unit.state = 'inactive'
      return
    }
    this.#world.processes.signal(pid, 'TERM', { uid: 0 })
    if (unit.pid === pid) this.#ended(unit, pid, 'TERM')
    unit.state = 'inactive'
  }

  /** The processes of a unit, main one first. */
  processes(unit: UnitState): ProcessInfo[] {
    const all = this.#world.processes.list()
    return all.filter((process) => process.pid === unit.pid || (unit.pid !== undefined && process.ppid === unit.pid))
  }

  /** The unit that a process belongs to. */
  unitOf(pid: number): UnitState | undefined {
    const parent = this.#world.processes.get(pid)?.ppid
    return this.#units.find((unit) => unit.pid !== undefined && (unit.pid === pid || unit.pid === parent))
  }
}

/** Main process of a service since the boot: pids rise with the order of start and differ between installs. */
export function bootPid({ persona, identity }: Pick<World, 'persona' | 'identity'>, unit: string): number {
  const index = persona.services.findIndex((service) => service.unit === unit)
  const openwrt = persona.os.family === 'openwrt'
  return (openwrt ? 410 : 420) + index * (openwrt ? 83 : 24) + identity.integer(`pid/${unit}`, 0, openwrt ? 60 : 9)
}

const ALIASES: Record<string, string> = {
  sshd: 'ssh',
  mysql: 'mariadb',
  mysqld: 'mariadb',
  crond: 'cron',
  syslog: 'rsyslog',
  apache: 'apache2',
  httpd: 'apache2',
  redis: 'redis-server',
  ssh: 'dropbear',
  'dbus-org.freedesktop.timesync1': 'systemd-timesyncd',
}

/** Words of a declared command line; titles that programs give themselves (`nginx: master process …`) stay one word. */
export function splitCommand(command: string): string[] {
  return /^[\w./-]+: /.test(command) ? [command] : command.split(' ')
}

function programOf(argv: readonly string[]): { comm: string; exe?: string } {
  const first = argv[0] as string
  const titled = /^([\w.-]+): (?:master process )?(\/\S+)?/.exec(first)
  if (titled)
    return {
      comm: (titled[1] as string).slice(0, 15),
      ...(titled[2] ? { exe: titled[2].startsWith('/etc') ? `/usr/sbin/${titled[1]}` : titled[2] } : {}),
    }
  const path = first.replace(/^@/, '')
  const exe = path.startsWith('/') ? path.replace(/^\/(s?bin|lib)\//, '/usr/$1/') : undefined
  return { comm: path.slice(path.lastIndexOf('/') + 1).slice(0, 15), ...(exe ? { exe } : {}) }
}
