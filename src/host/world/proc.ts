import type { World } from '../command.ts'
import type { SyntheticFiles, Viewer } from '../files/synthetic.ts'
import { locksText } from './file-locks.ts'
import { uptimeSeconds } from './hardware.ts'
import { multicast, netCounters, protocols, slabs, socketStatistics, softInterrupts, zones } from './proc-counters.ts'
import { processFolder } from './proc-process.ts'
import { kernelParameter, kernelParameters, sysctlChanges } from './proc-sys.ts'
import * as system from './proc-system.ts'
import { directory, type Entry, file, link, treeFiles } from './proc-tree.ts'

/** /proc of a host, computed at each look from the one state of its world. */
export function procFiles(world: World): SyntheticFiles {
  return treeFiles(world, '/proc', (viewer) => ({
    kind: 'directory',
    entries: () => root(world, viewer),
    entry: (name) => {
      if (!/^\d+$/.test(name)) return systemFiles(world, viewer)[name]
      const process = world.processes.get(Number(name))
      return process && processFolder(world, process, viewer, () => netFolder(world))
    },
  }))
}

function root(world: World, viewer: Viewer): Record<string, Entry> {
  const entries: Record<string, Entry> = {}
  for (const process of world.processes.list()) entries[process.pid] = processFolder(world, process, viewer, () => netFolder(world))
  return { ...entries, ...systemFiles(world, viewer) }
}

function systemFiles(world: World, viewer: Viewer): Record<string, Entry> {
  const self = String(viewer.pid ?? 1)
  return {
    acpi: directory(() => ({ wakeup: file(() => '') })),
    buddyinfo: file(
      () =>
        'Node 0, zone      DMA      1      0      0      1      2      1      1      0      1      1      3 \nNode 0, zone    DMA32    512    402    241    120     66     31     14      8      5      3    180 \nNode 0, zone   Normal   3120   2214   1290    611    302    148     71     35     17      9     44 \n',
    ),
    bus: directory(() => ({ input: directory(() => ({ devices: file(() => '') })), pci: directory(() => ({ devices: file(() => '') })) })),
    cgroups: file(
      () =>
        '#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpuset\t0\t71\t1\ncpu\t0\t71\t1\ncpuacct\t0\t71\t1\nblkio\t0\t71\t1\nmemory\t0\t71\t1\ndevices\t0\t71\t1\nfreezer\t0\t71\t1\npids\t0\t71\t1\n',
    ),
    cmdline: file(() => system.cmdline(world)),
    consoles: file(() => 'tty0                 -WU (EC  p  )    4:1\n'),
    cpuinfo: file(() => system.cpuinfo(world)),
    crypto: file(
      () =>
        'name         : sha256\ndriver       : sha256-generic\nmodule       : kernel\npriority     : 100\nrefcnt       : 1\nselftest     : passed\ninternal     : no\ntype         : shash\nblocksize    : 64\ndigestsize   : 32\n\n',
    ),
    devices: file(system.devices),
    diskstats: file(() => system.diskstats(world)),
    dma: file(() => ' 4: cascade\n'),
    driver: directory(() => driverFolder(world)),
    dynamic_debug: directory(() => ({ control: file(() => '', 0o644) })),
    execdomains: file(() => '0-0\tLinux           \t[kernel]\n'),
    fb: file(() => ''),
    filesystems: file(() => system.filesystems(world)),
    fs: directory(() => ({ ext4: directory(() => ({})) })),
    interrupts: file(() => system.interrupts(world)),
    iomem: file(() => '00000000-00000000 : Reserved\n00000000-00000000 : System RAM\n', 0o444),
    ioports: file(() => '0000-0000 : PCI Bus 0000:00\n'),
    irq: directory(() => ({ default_smp_affinity: file(() => 'f\n', 0o644) })),
    kallsyms: file(
      () =>
        '0000000000000000 A fixed_percpu_data\n0000000000000000 A __per_cpu_start\n0000000000000000 T startup_64\n0000000000000000 T _stext\n0000000000000000 T _text\n',
    ),
    kcore: { kind: 'file', text: () => Buffer.alloc(0), mode: 0o400, size: 140_737_471_590_400 },
    'key-users': file(() => '    0:    14 13/13 8/1000000 172/25000000\n'),
    keys: file(() => ''),
    kmsg: file(() => '', 0o400),
    kpagecgroup: file(() => '', 0o400),
    kpagecount: file(() => '', 0o400),
    kpageflags: file(() => '', 0o400),
    loadavg: file(() => system.loadavg(world)),
    locks: file(() => locksText(world)),
    mdstat: file(() => mdstat(world)),
    meminfo: file(() => system.meminfo(world)),
    misc: file(
      () =>
        '  1 cpu_dma_latency\n227 mcelog\n228 hpet\n144 nvram\n235 autofs\n234 btrfs-control\n10 fuse\n200 tun\n237 loop-control\n183 hw_random\n',
    ),
    modules: file(() => system.modulesText(world)),
    mounts: link(() => 'self/mounts'),
    mtrr: file(() => '', 0o644),
    net: link(() => 'self/net'),
    pagetypeinfo: file(() => '', 0o400),
    partitions: file(() => system.partitions(world)),
    pressure: directory(() =>
      Object.fromEntries(
        ['cpu', 'io', 'memory'].map((name) => [
          name,
          file(() => 'some avg10=0.00 avg60=0.00 avg300=0.00 total=18203341\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n'),
        ]),
      ),
    ),
    schedstat: file(() => 'version 15\n'),
    scsi: directory(() => ({ scsi: file(() => 'Attached devices:\n') })),
    self: link(() => self),
    slabinfo: file(() => slabs(world), 0o400),
    softirqs: file(() => softInterrupts(world)),
    stat: file(() => system.stat(world)),
    swaps: file(() => system.swaps(world)),
    sys: directory(() => parameterFolder(world, '')),
    'sysrq-trigger': { kind: 'file', text: () => '', mode: 0o200, write: () => undefined },
    sysvipc: directory(() => ({ msg: file(() => ''), sem: file(() => ''), shm: file(() => '') })),
    'thread-self': link(() => `${self}/task/${self}`),
    timer_list: file(
      () => `Timer List Version: v0.9\nHRTIMER_MAX_CLOCK_BASES: 8\nnow at ${Math.round(uptimeSeconds(world) * 1e9)} nsecs\n\n`,
      0o400,
    ),
    tty: directory(() => ({
      drivers: file(
        () => '/dev/tty             /dev/tty        5       0 system:/dev/tty\nunknown              /dev/tty        4 1-63 console\n',
      ),
    })),
    uptime: file(() => system.uptimeText(world)),
    version: file(() => system.version(world)),
    vmallocinfo: file(() => '', 0o400),
    vmstat: file(() => system.vmstat(world)),
    zoneinfo: file(() => zones(world)),
  }
}

function netFolder(world: World): Record<string, Entry> {
  return {
    arp: file(() => system.netArp(world)),
    dev: file(() => system.netDev(world)),
    if_inet6: file(() => '00000000000000000000000000000001 01 80 10 80       lo\n'),
    ip_tables_names: file(() => '', 0o440),
    netstat: file(() => netCounters(world, 'netstat')),
    dev_mcast: file(() => multicast(world)),
    packet: file(() => 'sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n'),
    protocols: file(() => protocols()),
    raw: file(() => '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n'),
    route: file(() => system.netRoute(world)),
    snmp: file(() => netCounters(world, 'snmp')),
    sockstat: file(() => socketStatistics(world)),
    tcp: file(() => system.netSockets(world, 'tcp', 4)),
    tcp6: file(() => system.netSockets(world, 'tcp', 6)),
    udp: file(() => system.netSockets(world, 'udp', 4)),
    udp6: file(() => system.netSockets(world, 'udp', 6)),
    unix: file(() => 'Num       RefCount Protocol Flags    Type St Inode Path\n'),
  }
}

/** Folder below /proc/sys: the parameters whose path goes on from here. */
function parameterFolder(world: World, prefix: string): Record<string, Entry> {
  const entries: Record<string, Entry> = {}
  for (const [path, value] of Object.entries(kernelParameters(world))) {
    if (!path.startsWith(prefix)) continue
    const [name, ...deeper] = path.slice(prefix.length).split('/') as [string, ...string[]]
    if (deeper.length) entries[name] ??= directory(() => parameterFolder(world, `${prefix}${name}/`))
    else {
      entries[name] = {
        kind: 'file',
        text: () => `${path === 'kernel/random/uuid' ? kernelParameter(world, path) : (sysctlChanges(world).get(path) ?? value)}\n`,
        mode: 0o644,
        write: (bytes) => void sysctlChanges(world).set(path, Buffer.from(bytes).toString('utf8').trim().slice(0, 256)),
      }
    }
  }
  return entries
}

function driverFolder(world: World): Record<string, Entry> {
  const { gpus } = world.persona.hardware
  const [first] = gpus
  if (!first) return { rtc: file(() => 'rtc_time\t: 00:00:00\n') }
  const text = `NVRM version: NVIDIA UNIX x86_64 Kernel Module  ${first.driver}  Fri May 31 09:35:42 UTC 2024\nGCC version:  gcc version 12.3.0 (Ubuntu 12.3.0-1ubuntu1~22.04)\n`
  return {
    nvidia: directory(() => ({
      version: file(() => text),
      gpus: directory(() =>
        Object.fromEntries(
          gpus.map((gpu, i) => [
            `0000:${(i ? 0x41 : 0x01).toString(16).padStart(2, '0')}:00.0`,
            directory(() => ({
              information: file(
                () =>
                  `Model: \t\t ${gpu.model}\nIRQ:   \t\t ${130 + i}\nGPU UUID: \t GPU-${world.identity.uuid(`gpu/${i}`)}\nVideo BIOS: \t 94.02.5c.00.02\nBus Type: \t PCIe\nDMA Size: \t 47 bits\nBus Location: \t 0000:${i ? '41' : '01'}:00.0\nDevice Minor: \t ${i}\nGPU Excluded:\t No\n`,
              ),
            })),
          ]),
        ),
      ),
    })),
  }
}

function mdstat(world: World): string {
  const raid = world.persona.hardware.disks.find((disk) => disk.device.startsWith('/dev/md'))
  if (!raid) return 'Personalities : \nunused devices: <none>\n'
  const blocks = Math.round(raid.sizeGiB * 1048576 * 1.016)
  return `Personalities : [raid1] [linear] [multipath] [raid0] [raid6] [raid5] [raid4] [raid10] \n${raid.device.slice(5)} : active raid1 nvme2n1[1] nvme1n1[0]\n      ${blocks} blocks super 1.2 [2/2] [UU]\n      bitmap: 4/56 pages [16KB], 65536KB chunk\n\nunused devices: <none>\n`
}
