import type { World } from '../command.ts'
import { loopSize, loops, swapAreas } from './block-storage.ts'
import {
  bogoMips,
  cpuIdentity,
  cpuTimes,
  idleSeconds,
  inPages,
  isVirtual,
  loadAverages,
  memory,
  processorCount,
  uptimeSeconds,
} from './hardware.ts'
import { mounts } from './hardware-mounts.ts'
import { interfaces, ipv4Number, neighbours, netmask, networkOf, routes, type Socket, sockets } from './network.ts'
import { modules } from './proc-modules.ts'

/** Texts of the system-wide files of /proc. Formats: Documentation/filesystems/proc.rst of Linux 6.1. */

export function meminfo(world: World): string {
  const m = memory(world)
  const openwrt = world.persona.os.family === 'openwrt'
  const kernelStack = world.processes.list().reduce((sum, process) => sum + process.threads, 0) * (openwrt ? 4 : 16)
  const rows: [string, number][] = [
    ['MemTotal', m.total],
    ['MemFree', m.free],
    ['MemAvailable', m.available],
    ['Buffers', m.buffers],
    ['Cached', m.cached],
    ['SwapCached', m.swapTotal - m.swapFree ? 120 : 0],
    ['Active', m.active],
    ['Inactive', m.inactive],
    ['Active(anon)', inPages(m.anonymous * 0.4)],
    ['Inactive(anon)', inPages(m.anonymous * 0.55)],
    ['Active(file)', inPages(m.cached * 0.45)],
    ['Inactive(file)', inPages(m.cached * 0.45)],
    ['Unevictable', 0],
    ['Mlocked', 0],
    ['SwapTotal', m.swapTotal],
    ['SwapFree', m.swapFree],
    ...(openwrt
      ? []
      : ([
          ['Zswap', 0],
          ['Zswapped', 0],
        ] as [string, number][])),
    ['Dirty', 40 + (Math.floor(world.now() / 1000) % 60) * 4],
    ['Writeback', 0],
    ['AnonPages', m.anonymous],
    ['Mapped', inPages(m.cached * 0.12)],
    ['Shmem', m.shared],
    ['KReclaimable', m.reclaimable],
    ['Slab', m.reclaimable + m.unreclaimable],
    ['SReclaimable', m.reclaimable],
    ['SUnreclaim', m.unreclaimable],
    ['KernelStack', kernelStack],
    ['PageTables', inPages(m.anonymous * 0.014)],
    ...(openwrt ? [] : ([['SecPageTables', 0]] as [string, number][])),
    ['NFS_Unstable', 0],
    ['Bounce', 0],
    ['WritebackTmp', 0],
    ['CommitLimit', m.swapTotal + inPages(m.total / 2)],
    ['Committed_AS', m.committed],
    ['VmallocTotal', openwrt ? 1_048_372 : 34_359_738_367],
    ['VmallocUsed', openwrt ? 2376 : 33_412],
    ['VmallocChunk', 0],
    ['Percpu', openwrt ? 96 : 1040 * processorCount(world)],
  ]
  if (!openwrt) {
    rows.push(
      ['HardwareCorrupted', 0],
      ['AnonHugePages', Math.round(m.anonymous / 3 / 2048) * 2048],
      ['ShmemHugePages', 0],
      ['ShmemPmdMapped', 0],
      ['FileHugePages', 0],
      ['FilePmdMapped', 0],
    )
  }
  const modern = rows.filter(([name]) => openwrt || name !== 'NFS_Unstable')
  const text = modern.map(([name, value]) => `${`${name}:`.padEnd(16)}${String(value).padStart(8)} kB`).join('\n')
  if (openwrt) return `${text}\n`
  const huge = [
    ['HugePages_Total', 0],
    ['HugePages_Free', 0],
    ['HugePages_Rsvd', 0],
    ['HugePages_Surp', 0],
  ] as const
  const direct = Math.round(m.total / 2048) * 2048
  return `${text}\n${huge.map(([name, value]) => `${`${name}:`.padEnd(16)}${String(value).padStart(8)}`).join('\n')}
Hugepagesize:       2048 kB
Hugetlb:               0 kB
DirectMap4k:    ${String(202_728).padStart(8)} kB
DirectMap2M:    ${String(Math.max(0, direct - 202_728)).padStart(8)} kB
`
}

export function cpuinfo(world: World): string {
  if (world.persona.os.kernel.machine.startsWith('mips')) return mipsCpuinfo(world)
  if (world.persona.os.kernel.machine.startsWith('arm')) return armCpuinfo(world)
  const { cpu } = world.persona.hardware
  const { family, model, stepping, microcode } = cpuIdentity(world)
  const amd = cpu.vendor === 'AuthenticAMD'
  const perSocket = cpu.cores * cpu.threadsPerCore
  const blocks = Array.from({ length: processorCount(world) }, (_, i) => {
    const socket = Math.floor(i / perSocket)
    const core = cpu.threadsPerCore > 1 ? i % cpu.cores : i % perSocket
    const mhz = isVirtual(world) ? cpu.mhz : cpu.mhz - ((world.now() / 1000 + i * 37) % 1800)
    const apic = cpu.threadsPerCore > 1 ? core * 2 + Math.floor((i % perSocket) / cpu.cores) : i
    const rows: [string, string][] = [
      ['processor\t', String(i)],
      ['vendor_id\t', cpu.vendor],
      ['cpu family\t', String(family)],
      ['model\t\t', String(model)],
      ['model name\t', cpu.model],
      ['stepping\t', String(stepping)],
      ['microcode\t', microcode],
      ['cpu MHz\t\t', mhz.toFixed(3)],
      ['cache size\t', `${cpu.cacheKiB} KB`],
      ['physical id\t', String(socket)],
      ['siblings\t', String(perSocket)],
      ['core id\t\t', String(core)],
      ['cpu cores\t', String(cpu.cores)],
      ['apicid\t\t', String(apic)],
      ['initial apicid\t', String(apic)],
      ['fpu\t\t', 'yes'],
      ['fpu_exception\t', 'yes'],
      ['cpuid level\t', amd ? '16' : '22'],
      ['wp\t\t', 'yes'],
      ['flags\t\t', cpu.flags],
      [
        'bugs\t\t',
        amd
          ? 'sysret_ss_attrs null_seg spectre_v1 spectre_v2 spec_store_bypass srso'
          : 'spectre_v1 spectre_v2 spec_store_bypass swapgs taa mmio_stale_data retbleed eibrs_pbrsb gds bhi',
      ],
      ['bogomips\t', bogoMips(world)],
      ...(amd ? ([['TLB size\t', '2560 4K pages']] as [string, string][]) : []),
      ['clflush size\t', '64'],
      ['cache_alignment\t', '64'],
      ['address sizes\t', amd ? '48 bits physical, 48 bits virtual' : '46 bits physical, 48 bits virtual'],
      ['power management', isVirtual(world) || !amd ? '' : ' ts ttp tm hwpstate cpb eff_freq_ro [13] [14]'],
    ]
    return `${rows.map(([name, value]) => (name === 'power management' ? `${name}:${value}` : `${name}: ${value}`)).join('\n')}\n`
  })
  return `${blocks.join('\n')}\n`
}

/** Four Cortex-A53 under a 32-bit kernel, as Amlogic's kernels print them. */
function armCpuinfo(world: World): string {
  const { cpu, vendor } = world.persona.hardware
  const processors = Array.from({ length: cpu.cores }, (_, i) =>
    [
      `processor\t: ${i}`,
      `model name\t: ${cpu.model}`,
      'BogoMIPS\t: 48.00',
      `Features\t: ${cpu.flags} `,
      'CPU implementer\t: 0x41',
      'CPU architecture: 8',
      'CPU variant\t: 0x0',
      'CPU part\t: 0xd03',
      'CPU revision\t: 4\n\n',
    ].join('\n'),
  )
  const serial = world.identity.hex(`persona/${world.persona.name}/soc-serial`, 16)
  return `${processors.join('')}Serial\t\t: ${serial}\nHardware\t: ${vendor}\nRevision\t: 020b\n`
}

function mipsCpuinfo(world: World): string {
  const { cpu } = world.persona.hardware
  const machine = world.persona.facts.board?.replace(',', '-') ?? world.persona.hardware.product
  return `system type\t\t: MediaTek MT7628AN ver:1 eco:2
machine\t\t\t: ${world.persona.hardware.product || machine}
processor\t\t: 0
cpu model\t\t: ${cpu.model}
BogoMIPS\t\t: ${bogoMips(world)}
wait instruction\t: yes
microsecond timers\t: yes
tlb_entries\t\t: 32
extra interrupt vector\t: yes
hardware watchpoint\t: yes, count: 4, address/irw mask: [0x0ffc, 0x0ffc, 0x0ffb, 0x0ffb]
isa\t\t\t: mips1 mips2 mips32r1 mips32r2
ASEs implemented\t: ${cpu.flags}
Options implemented\t: tlb 4kex 4k_cache prefetch mcheck ejtag llsc pindexed_dcache userlocal vint perf_cntr_intr_bit perf
shadow register sets\t: 1
kscratch registers\t: 0
package\t\t\t: 0
core\t\t\t: 0
VCED exceptions\t\t: not available
VCEI exceptions\t\t: not available

`
}

export function version(world: World): string {
  const { kernel, family } = world.persona.os
  const builders: Record<string, string> = {
    debian: '(debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40)',
    ubuntu: '(buildd@lcy02-amd64-080) (gcc (Ubuntu 11.4.0-1ubuntu1~22.04) 11.4.0, GNU ld (GNU Binutils for Ubuntu) 2.38)',
    openwrt:
      '(builder@buildhost) (mipsel-openwrt-linux-musl-gcc (OpenWrt GCC 11.2.0 r20028-43d71ad93e) 11.2.0, GNU ld (GNU Binutils) 2.37)',
    android: '(builder@builder-server) (gcc version 6.3.1 20170109 (Linaro GCC 6.3-2017.02) )',
  }
  return `Linux version ${kernel.release} ${builders[family] as string} ${kernel.version}\n`
}

export function uptimeText(world: World): string {
  return `${uptimeSeconds(world).toFixed(2)} ${idleSeconds(world).toFixed(2)}\n`
}

export function loadavg(world: World): string {
  const [one, five, fifteen] = loadAverages(world)
  const all = world.processes.list()
  const running = Math.max(1, all.filter((process) => process.state === 'R').length)
  const threads = all.reduce((sum, process) => sum + process.threads, 0)
  return `${one.toFixed(2)} ${five.toFixed(2)} ${fifteen.toFixed(2)} ${running}/${threads} ${world.processes.lastPid}\n`
}

export function stat(world: World): string {
  const t = cpuTimes(world)
  const count = processorCount(world)
  const line = (name: string, share: number, skew: number): string => {
    const part = (value: number): number => Math.floor(value * share * skew)
    return `${name} ${part(t.user)} ${part(t.nice)} ${part(t.system)} ${Math.floor(t.idle * share)} ${part(t.iowait)} ${part(t.irq)} ${part(t.softirq)} ${part(t.steal)} 0 0`
  }
  const rows = Array.from({ length: count }, (_, i) => line(`cpu${i}`, 1 / count, 1 + ((i % 3) - 1) * 0.04))
  const seconds = uptimeSeconds(world)
  return `${line('cpu ', 1, 1)}
${rows.join('\n')}
intr ${Math.floor(seconds * 310)} 0 9 0 0 0 0 3 0 1 0 0 0 15 0 0
ctxt ${Math.floor(seconds * 640)}
btime ${Math.floor(world.bootedAt / 1000)}
processes ${Math.floor(seconds * 0.41) + world.processes.lastPid}
procs_running 1
procs_blocked 0
softirq ${Math.floor(seconds * 205)} 0 ${Math.floor(seconds * 61)} 4 ${Math.floor(seconds * 22)} ${Math.floor(seconds * 6)} 0 31 ${Math.floor(seconds * 49)} 0 ${Math.floor(seconds * 67)}
`
}

export function mountsText(world: World): string {
  return mounts(world)
    .map((mount) => `${mount.source} ${mount.path} ${mount.type} ${mount.options} 0 0\n`)
    .join('')
}

export function mountinfo(world: World): string {
  return mounts(world)
    .map((mount, i) => {
      const parent = mount.path === '/' ? 1 : 22
      const shown = mount.options
        .split(',')
        .filter((option) => /^(rw|ro|nosuid|nodev|noexec|relatime|noatime)$/.test(option))
        .join(',')
      return `${i + 22} ${parent} ${mount.device.major}:${mount.device.minor} / ${mount.path} ${shown} shared:${i + 1} - ${mount.type} ${mount.source} ${mount.options}\n`
    })
    .join('')
}

export function partitions(world: World): string {
  const rows = blockDevices(world).map(
    ({ major, minor, blocks, name }) =>
      `${String(major).padStart(4)} ${String(minor).padStart(8)} ${String(blocks).padStart(10)} ${name}\n`,
  )
  return `major minor  #blocks  name\n\n${rows.join('')}`
}

export interface BlockDevice {
  name: string
  major: number
  minor: number
  blocks: number
  parent: string | undefined
  mount: string | undefined
  fs: string | undefined
  model: string
}

/** Whole disks and their partitions; a disk is as large as its partitions and a little more. */
export function blockDevices(world: World): BlockDevice[] {
  const devices = new Map<string, BlockDevice[]>()
  const numbered = mounts(world)
  for (const disk of world.persona.hardware.disks) {
    if (!disk.device.startsWith('/dev/')) continue
    const name = disk.device.slice(5)
    const parent = /^(md|mtdblock|root)/.test(name) ? undefined : name.replace(/^(nvme\d+n\d+)p\d+$/, '$1').replace(/^([a-z]+)\d+$/, '$1')
    const number = numbered.find((mount) => mount.source === disk.device)?.device ?? { major: 31, minor: 5 }
    const entry: BlockDevice = {
      name,
      ...number,
      blocks: Math.round(disk.sizeGiB * 1048576 * (disk.fs === 'ext4' ? 1.016 : 1)),
      parent: parent === name ? undefined : parent,
      mount: disk.mount,
      fs: disk.fs,
      model: disk.model,
    }
    const key = parent ?? name
    devices.set(key, [...(devices.get(key) ?? []), entry])
  }
  const disks = [...devices].flatMap(([name, parts]) => {
    if (parts.length === 1 && parts[0]?.name === name) return parts
    const first = parts[0] as BlockDevice
    const total = parts.reduce((sum, part) => sum + part.blocks, 0)
    const whole = {
      name,
      major: first.major,
      minor: first.minor - (first.minor % 16),
      blocks: Math.ceil((total + 1024) / 1048576) * 1048576,
      parent: undefined,
      mount: undefined,
      fs: undefined,
      model: parts.find((part) => part.model)?.model ?? '',
    }
    return [whole, ...parts.sort((a, b) => a.minor - b.minor)]
  })
  return [...loopDevices(world), ...disks]
}

/** Loop devices that somebody has set up. */
function loopDevices(world: World): BlockDevice[] {
  return loops(world).map((loop) => ({
    name: `loop${loop.number}`,
    major: 7,
    minor: loop.number,
    blocks: Math.floor(loopSize(world, loop) / 1024),
    parent: undefined,
    mount: mounts(world).find(({ source }) => source === `/dev/loop${loop.number}`)?.path,
    fs: undefined,
    model: '',
  }))
}

export function diskstats(world: World): string {
  const seconds = uptimeSeconds(world)
  return blockDevices(world)
    .map(({ major, minor, name, blocks }) => {
      const reads = Math.floor(seconds * 0.05 + (blocks % 9173))
      const writes = Math.floor(seconds * 0.9 * (minor % 16 === 0 ? 1.02 : 1))
      return `${String(major).padStart(4)} ${String(minor).padStart(7)} ${name} ${reads} ${reads >> 2} ${reads * 61} ${reads >> 1} ${writes} ${Math.floor(writes * 0.7)} ${writes * 22} ${Math.floor(writes * 1.4)} 0 ${Math.floor(writes * 0.9)} ${Math.floor(writes * 1.9)} 0 0 0 0 ${Math.floor(writes / 9)} ${Math.floor(writes / 30)}\n`
    })
    .join('')
}

export function swaps(world: World): string {
  const m = memory(world)
  const head = 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n'
  const added = swapAreas(world)
  const row = (name: string, total: number, used: number, priority: number): string =>
    `${name.padEnd(39)} ${name.startsWith('/dev') ? 'partition' : 'file'}\t\t${total}\t\t${used}\t\t${priority}\n`
  const own = m.swapTotal - added.reduce((sum, { kib }) => sum + kib, 0)
  const first = own > 0 ? row(swapDevice(world), own, m.swapTotal - m.swapFree, -2) : ''
  return `${head}${first}${added.map(({ path, kib, priority }) => row(path, kib, 0, priority)).join('')}`
}

export function swapDevice(world: World): string {
  if (world.persona.os.family === 'android') return '/dev/block/zram0'
  const fstab = world.persona.files.get('/etc/fstab')?.toString('utf8') ?? ''
  return /^(\S+)\s+\S+\s+swap\s/m.exec(fstab)?.[1] ?? '/swapfile'
}

export function modulesText(world: World): string {
  let address = 0xffffffffc0000000n
  return modules(world)
    .map((module) => {
      address += BigInt(Math.ceil(module.size / 4096) * 4096 + 8192)
      return `${module.name} ${module.size} ${module.uses} ${module.usedBy ? `${module.usedBy},` : '-'} Live 0x${address.toString(16)}\n`
    })
    .join('')
}

export function filesystems(world: World): string {
  const none =
    'sysfs tmpfs bdev proc cgroup cgroup2 cpuset devtmpfs binfmt_misc configfs debugfs tracefs securityfs sockfs bpf pipefs ramfs hugetlbfs devpts mqueue pstore autofs'.split(
      ' ',
    )
  const own = world.persona.os.family === 'openwrt' ? ['squashfs', 'overlay', 'jffs2'] : ['ext3', 'ext2', 'ext4', 'vfat', 'fuseblk']
  return `${none.map((name) => `nodev\t${name}\n`).join('')}${own.map((name) => `${name === 'overlay' || name === 'jffs2' ? 'nodev' : ''}\t${name}\n`).join('')}`
}

export function cmdline(world: Pick<World, 'persona' | 'identity'>): string {
  const { kernel, family } = world.persona.os
  if (family === 'openwrt') return 'console=ttyS0,115200n8 rootfstype=squashfs,jffs2\n'
  const root = world.persona.hardware.disks.find((disk) => disk.mount === '/')
  const uuid = world.identity.uuid(`${world.persona.name}/filesystem/${root?.device}`)
  return `BOOT_IMAGE=/boot/vmlinuz-${kernel.release} root=UUID=${uuid} ro ${family === 'ubuntu' ? 'quiet splash vt.handoff=7' : 'quiet'}\n`
}

/* ---- /proc/net ---- */

export function netDev(world: World): string {
  const rows = interfaces(world).map(({ name, received: r, sent: s }) => {
    const cells = [r.bytes, r.packets, 0, r.dropped, 0, 0, 0, 0, s.bytes, s.packets, 0, 0, 0, 0, 0, 0].map(String)
    const widths = [7, 7, 4, 4, 4, 5, 10, 9, 8, 7, 4, 4, 4, 5, 7, 10]
    return `${name.padStart(6)}: ${cells.map((cell, i) => cell.padStart(widths[i] as number)).join(' ')}\n`
  })
  return `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
${rows.join('')}`
}

function littleEndian(address: string): string {
  const value = ipv4Number(address)
  return [0, 8, 16, 24]
    .map((shift) => (Math.floor(value / 2 ** shift) % 256).toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase()
}

export function netRoute(world: World): string {
  const rows = routes(world).map((route) => {
    const [network, prefix] = route.to === 'default' ? ['0.0.0.0', '0'] : (route.to.split('/') as [string, string])
    return `${route.device}\t${littleEndian(networkOf(network, Number(prefix ?? 32)))}\t${littleEndian(route.via ?? '0.0.0.0')}\t000${route.via ? 3 : 1}\t0\t0\t${route.metric ?? 0}\t${littleEndian(netmask(Number(prefix ?? 32)))}\t0\t0\t0`
  })
  return `${['Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT', ...rows].map((row) => row.padEnd(127)).join('\n')}\n`
}

export function netArp(world: World): string {
  const rows = neighbours(world).map(
    ({ address, mac, device }) => `${address.padEnd(16)} 0x1         0x2         ${mac}     *        ${device}\n`,
  )
  return `IP address       HW type     Flags       HW address            Mask     Device\n${rows.join('')}`
}

function hexPort(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0')
}

function hexAddress(address: string): string {
  if (!address.includes(':')) return littleEndian(address)
  return address === '::1' ? '00000000000000000000000001000000' : '0'.repeat(32)
}

export function netSockets(world: World, transport: 'tcp' | 'udp', family: 4 | 6): string {
  const six = family === 6
  const head = six
    ? '  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
    : '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
  const states: Record<Socket['state'], string> = { LISTEN: '0A', ESTAB: '01', UNCONN: '07' }
  const rows = sockets(world)
    .filter((socket) => socket.transport === transport && socket.family === family)
    .map((socket, i) => {
      const local = `${hexAddress(socket.local.address)}:${hexPort(socket.local.port)}`
      const peer = `${hexAddress(socket.peer.address)}:${hexPort(socket.peer.port)}`
      return `${String(i).padStart(4)}: ${local} ${peer} ${states[socket.state]} 00000000:00000000 00:00000000 00000000 ${String(socket.uid).padStart(5)}        0 ${socket.inode} 1 0000000000000000 100 0 0 10 0`
    })
  return `${[head, ...rows].map((row) => row.padEnd(six ? 0 : 149)).join('\n')}\n`
}

export function interrupts(world: World): string {
  const count = processorCount(world)
  const seconds = uptimeSeconds(world)
  const columns = (pace: number): string =>
    Array.from({ length: count }, (_, i) => String(Math.floor(seconds * pace * (1 + (i % 3) * 0.1))).padStart(10)).join(' ')
  const rows: [string, number, string][] =
    world.persona.os.family === 'openwrt'
      ? [
          ['5', 12, '   MIPS   5  10100000.ethernet'],
          ['6', 3, '   MIPS   6  10300000.wmac'],
          ['7', 100, '   MIPS   7  timer'],
          ['28', 0.01, '   INTC  20  ttyS0'],
        ]
      : [
          ['0', 0, '   IO-APIC    2-edge      timer'],
          ['1', 0, '   IO-APIC    1-edge      i8042'],
          ['8', 0, '   IO-APIC    8-edge      rtc0'],
          ['9', 0, '   IO-APIC    9-fasteoi   acpi'],
          ['24', 4, '   PCI-MSI 32768-edge      virtio0-input.0'],
          ['25', 3, '   PCI-MSI 32769-edge      virtio0-output.0'],
          ['NMI', 0, '   Non-maskable interrupts'],
          ['LOC', 48, '   Local timer interrupts'],
          ['RES', 0.9, '   Rescheduling interrupts'],
          ['CAL', 0.6, '   Function call interrupts'],
          ['TLB', 0.2, '   TLB shootdowns'],
        ]
  return `           ${Array.from({ length: count }, (_, i) => `CPU${i}`.padEnd(11)).join('')}\n${rows.map(([name, pace, text]) => `${name.padStart(3)}: ${columns(pace)}${text}\n`).join('')}`
}

export function vmstat(world: World): string {
  const m = memory(world)
  const seconds = uptimeSeconds(world)
  const rows: [string, number][] = [
    ['nr_free_pages', m.free >> 2],
    ['nr_inactive_anon', Math.round(m.anonymous * 0.55) >> 2],
    ['nr_active_anon', Math.round(m.anonymous * 0.4) >> 2],
    ['nr_inactive_file', Math.round(m.cached * 0.45) >> 2],
    ['nr_active_file', Math.round(m.cached * 0.45) >> 2],
    ['nr_anon_pages', m.anonymous >> 2],
    ['nr_mapped', Math.round(m.cached * 0.12) >> 2],
    ['nr_file_pages', (m.cached + m.buffers) >> 2],
    ['nr_dirty', 12],
    ['nr_writeback', 0],
    ['nr_shmem', m.shared >> 2],
    ['pgpgin', Math.floor(seconds * 3)],
    ['pgpgout', Math.floor(seconds * 19)],
    ['pswpin', 0],
    ['pswpout', (m.swapTotal - m.swapFree) >> 2],
    ['pgfault', Math.floor(seconds * 480)],
    ['pgmajfault', Math.floor(seconds * 0.01)],
    ['oom_kill', 0],
  ]
  return rows.map(([name, value]) => `${name} ${value}\n`).join('')
}

export function devices(): string {
  return `Character devices:
  1 mem
  4 /dev/vc/0
  4 tty
  4 ttyS
  5 /dev/tty
  5 /dev/console
  5 /dev/ptmx
  7 vcs
 10 misc
 13 input
 29 fb
128 ptm
136 pts
180 usb
189 usb_device
226 drm
254 rtc

Block devices:
  7 loop
  8 sd
  9 md
 11 sr
253 device-mapper
254 virtblk
259 blkext
`
}
