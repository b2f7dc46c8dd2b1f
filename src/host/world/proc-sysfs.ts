import type { World } from '../command.ts'
import { HostError } from '../contract.ts'
import type { SyntheticFiles } from '../files/synthetic.ts'
import { isVirtual, machineIds, processorCount } from './hardware.ts'
import { interfaces } from './network.ts'
import { modules } from './proc-modules.ts'
import { blockDevices } from './proc-system.ts'
import { directory, type Entry, file, treeFiles } from './proc-tree.ts'

/** /sys of a host: what people read there about network, processors, disks and the board. */
export function sysFiles(world: World): SyntheticFiles {
  return treeFiles(world, '/sys', () => directory(() => root(world)))
}

/** Classes of a Debian kernel that have nothing to tell here. */
const CLASSES =
  'ata_device ata_link ata_port backlight bdi bsg cpuid devlink dma drm extcon firmware gpio graphics hidraw hwmon i2c-adapter input intel_scu_ipc iommu leds mdio_bus mem misc msr nvmem pci_bus phy powercap power_supply ppp pps printer ptp pwm regulator remoteproc rfkill rtc scsi_device scsi_disk scsi_generic scsi_host spi_master spi_slave tpm tpmrm tty vc vtconsole wakeup watchdog'.split(
    ' ',
  )

const CONTROLLERS = 'cpuset cpu io memory hugetlb pids rdma misc'

const KERNEL_FOLDERS = [
  'boot_params',
  'btf',
  'cgroup',
  'config',
  'debug',
  'iommu_groups',
  'irq',
  'livepatch',
  'notes',
  'reboot',
  'slab',
  'software_nodes',
  'tracing',
]

const line = (text: string | number, mode = 0o444): Entry => file(() => `${text}\n`, mode)

/** sysfs lets its owner write to every folder, though nobody can. */
const folder = (entries: () => Record<string, Entry>): Entry => directory(entries, 0o755)

function root(world: World): Record<string, Entry> {
  return {
    block: folder(() =>
      Object.fromEntries(
        blockDevices(world)
          .filter((device) => !device.parent)
          .map((device) => [device.name, blockFolder(world, device.name)]),
      ),
    ),
    bus: folder(() => ({
      pci: folder(() => ({ devices: folder(() => ({})) })),
      usb: folder(() => ({ devices: folder(() => ({})) })),
    })),
    class: folder(() => ({
      ...Object.fromEntries(CLASSES.map((name) => [name, folder(() => ({}))])),
      block: folder(() => Object.fromEntries(blockDevices(world).map((device) => [device.name, blockFolder(world, device.name)]))),
      dmi: folder(() => ({ id: folder(() => dmi(world)) })),
      net: folder(() => Object.fromEntries(interfaces(world).map((entry) => [entry.name, folder(() => netFolder(entry))]))),
      thermal: folder(
        () =>
          (isVirtual(world)
            ? {}
            : {
                thermal_zone0: folder(() => ({
                  temp: line(47_000 + (Math.floor(world.now() / 5000) % 30) * 100),
                  type: line('x86_pkg_temp'),
                })),
              }) as Record<string, Entry>,
      ),
    })),
    dev: folder(() => ({ block: folder(() => ({})), char: folder(() => ({})) })),
    devices: folder(() => ({
      system: folder(() => ({
        cpu: folder(() => cpuFolder(world)),
        node: folder(() => ({ node0: folder(() => ({ cpulist: line(range(world)) })), online: line(0) })),
      })),
      virtual: folder(() => ({ dmi: folder(() => ({ id: folder(() => dmi(world)) })) })),
    })),
    firmware: folder(() => ({ acpi: folder(() => ({})), dmi: folder(() => ({})), efi: folder(() => ({})), memmap: folder(() => ({})) })),
    fs: folder(() => ({
      cgroup: folder(() => ({
        'cgroup.controllers': line(CONTROLLERS),
        'cgroup.max.depth': line('max', 0o644),
        'cgroup.max.descendants': line('max', 0o644),
        'cgroup.stat': line('nr_descendants 48\nnr_dying_descendants 2'),
        'cgroup.subtree_control': line(CONTROLLERS, 0o644),
        'cgroup.threads': line(1, 0o644),
        'cpu.stat': line(
          `usage_usec ${Math.floor(world.now() - world.bootedAt) * 31}\nuser_usec ${Math.floor(world.now() - world.bootedAt) * 19}\nsystem_usec ${Math.floor(world.now() - world.bootedAt) * 12}`,
        ),
        'cpuset.cpus.effective': line(range(world)),
        'cpuset.mems.effective': line(0),
        'init.scope': folder(() => ({})),
        'io.stat': line('254:0 rbytes=1834202624 wbytes=90217598976 rios=52411 wios=3910544 dbytes=0 dios=0'),
        'memory.stat': line('anon 1302241280\nfile 4102389760\nkernel 412180480'),
        'system.slice': folder(() => ({})),
        'user.slice': folder(() => ({})),
        'cgroup.procs': file(
          () =>
            world.processes
              .list()
              .map((process) => `${process.pid}\n`)
              .join(''),
          0o644,
        ),
      })),
      ext4: folder(() => ({})),
      bpf: folder(() => ({})),
      fuse: folder(() => ({ connections: folder(() => ({})) })),
      pstore: folder(() => ({})),
    })),
    hypervisor: folder(() => ({})),
    kernel: folder(() => ({
      mm: folder(() => ({ transparent_hugepage: folder(() => ({ enabled: line('always [madvise] never', 0o644) })) })),
      security: folder(() => ({ lsm: line('lockdown,capability,landlock,yama,apparmor') })),
      ...Object.fromEntries(KERNEL_FOLDERS.map((name) => [name, folder(() => ({}))])),
      fscaps: line(1),
      kexec_crash_loaded: line(0),
      kexec_loaded: line(0),
      profiling: line(0, 0o644),
      rcu_expedited: line(0, 0o644),
      rcu_normal: line(0, 0o644),
      uevent_seqnum: line(3162),
    })),
    module: folder(() =>
      Object.fromEntries(
        modules(world).map((module) => [module.name, folder(() => ({ refcnt: line(module.uses), initstate: line('live') }))]),
      ),
    ),
    power: folder(() => ({ state: line('freeze mem disk', 0o644) })),
  }
}

function range(world: World): string {
  const count = processorCount(world)
  return count === 1 ? '0' : `0-${count - 1}`
}

/** What a kernel of Debian 12 says of its processor, as lscpu shows it too. */
export const VULNERABILITIES: Readonly<Record<string, string>> = {
  gather_data_sampling: 'Not affected',
  indirect_target_selection: 'Not affected',
  itlb_multihit: 'Not affected',
  l1tf: 'Not affected',
  mds: 'Not affected',
  meltdown: 'Not affected',
  mmio_stale_data: 'Not affected',
  reg_file_data_sampling: 'Not affected',
  retbleed: 'Not affected',
  spec_rstack_overflow: 'Vulnerable: Safe RET, no microcode',
  spec_store_bypass: 'Mitigation: Speculative Store Bypass disabled via prctl',
  spectre_v1: 'Mitigation: usercopy/swapgs barriers and __user pointer sanitization',
  spectre_v2: 'Mitigation: Retpolines, IBPB: conditional, STIBP: disabled, RSB filling, PBRSB-eIBRS: Not affected, BHI: Not affected',
  srbds: 'Not affected',
  tsa: 'Vulnerable: Clear CPU buffers attempted, no microcode',
  tsx_async_abort: 'Not affected',
}

function cpuFolder(world: World): Record<string, Entry> {
  const { cpu } = world.persona.hardware
  const perSocket = cpu.cores * cpu.threadsPerCore
  const one = (i: number): Entry =>
    folder(() => ({
      online: line(1, 0o644),
      topology: folder(() => ({
        core_id: line(i % cpu.cores),
        physical_package_id: line(Math.floor(i / perSocket)),
        thread_siblings_list: line(cpu.threadsPerCore > 1 ? `${i % cpu.cores},${(i % cpu.cores) + cpu.cores}` : i),
      })),
    }))
  return {
    ...Object.fromEntries(Array.from({ length: processorCount(world) }, (_, i) => [`cpu${i}`, one(i)])),
    online: line(range(world)),
    possible: line(range(world)),
    present: line(range(world)),
    vulnerabilities: folder(() => ({
      ...Object.fromEntries(Object.entries(VULNERABILITIES).map(([name, text]) => [name, line(text)])),
    })),
  }
}

function blockFolder(world: World, name: string): Entry {
  return folder(() => {
    const devices = blockDevices(world)
    const device = devices.find((candidate) => candidate.name === name)
    if (!device) return {}
    return {
      ...Object.fromEntries(devices.filter((part) => part.parent === name).map((part) => [part.name, blockFolder(world, part.name)])),
      dev: line(`${device.major}:${device.minor}`),
      size: line(device.blocks * 2),
      removable: line(0),
      ro: line(0),
      ...(device.parent
        ? {}
        : { queue: folder(() => ({ rotational: line(/^(vd|sd)/.test(name) ? 1 : 0), scheduler: line('[none] mq-deadline', 0o644) })) }),
    }
  })
}

function noSpeed(): never {
  throw new HostError('EINVAL', 'Invalid argument')
}

function netFolder(entry: ReturnType<typeof interfaces>[number]): Record<string, Entry> {
  return {
    addr_assign_type: line(0),
    addr_len: line(6),
    address: line(entry.mac),
    broadcast: line(entry.loopback ? '00:00:00:00:00:00' : 'ff:ff:ff:ff:ff:ff'),
    carrier_changes: line(entry.loopback ? 0 : 2),
    dev_id: line('0x0'),
    dev_port: line(0),
    dormant: line(0),
    ...(entry.loopback ? {} : { duplex: line('full') }),
    flags: line(entry.loopback ? '0x9' : entry.up ? '0x1003' : '0x1002', 0o644),
    gro_flush_timeout: line(0, 0o644),
    ifalias: line('', 0o644),
    iflink: line(entry.index),
    link_mode: line(0),
    name_assign_type: line(entry.loopback ? 2 : 4),
    netdev_group: line(0, 0o644),
    proto_down: line(0, 0o644),
    tx_queue_len: line(1000, 0o644),
    uevent: line(`INTERFACE=${entry.name}\nIFINDEX=${entry.index}`, 0o644),
    carrier: line(entry.up ? 1 : 0),
    ifindex: line(entry.index),
    mtu: line(entry.mtu, 0o644),
    operstate: line(entry.loopback ? 'unknown' : entry.up ? 'up' : 'down'),
    speed: entry.loopback ? file(noSpeed) : line(1000),
    statistics: folder(() => ({
      rx_bytes: line(entry.received.bytes),
      rx_packets: line(entry.received.packets),
      rx_dropped: line(entry.received.dropped),
      rx_errors: line(0),
      tx_bytes: line(entry.sent.bytes),
      tx_packets: line(entry.sent.packets),
      tx_dropped: line(0),
      tx_errors: line(0),
    })),
    type: line(entry.loopback ? 772 : 1),
  }
}

function dmi(world: World): Record<string, Entry> {
  const { vendor, product, virtualization } = world.persona.hardware
  if (world.persona.os.family === 'openwrt') return {}
  const ids = machineIds(world)
  const bios: Record<string, [vendor: string, version: string, date: string]> = {
    kvm: ['SeaBIOS', 'rel-1.16.3-0-ga6ed6b701f0a-prebuilt.qemu.org', '04/01/2014'],
    vmware: ['Phoenix Technologies LTD', '6.00', '11/12/2020'],
    none: ['American Megatrends Inc.', '1003', '03/17/2023'],
    xen: ['Xen', '4.17', '01/01/2023'],
    microsoft: ['Microsoft Corporation', 'Hyper-V UEFI Release v4.1', '04/06/2022'],
  }
  const [biosVendor, biosVersion, biosDate] = bios[virtualization] as [string, string, string]
  return {
    bios_date: line(biosDate),
    bios_vendor: line(biosVendor),
    bios_version: line(biosVersion),
    board_name: line(virtualization === 'none' ? product : ''),
    board_vendor: line(virtualization === 'none' ? vendor : ''),
    chassis_type: line(virtualization === 'none' ? 3 : 1),
    chassis_vendor: line(vendor),
    product_name: line(product),
    product_serial: line(ids.serial, 0o400),
    product_uuid: line(ids.productUuid, 0o400),
    product_version: line(virtualization === 'kvm' ? 'pc-q35-8.1' : 'None'),
    sys_vendor: line(vendor),
  }
}
