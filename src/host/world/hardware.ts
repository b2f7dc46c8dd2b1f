import type { World } from '../command.ts'
import { swapAreas } from './block-storage.ts'

/** Jiffies a second that the kernel tells user space (USER_HZ). */
export const USER_HZ = 100

/** Memory as /proc/meminfo has it, in KiB. `free`, `top`, `vmstat` and `htop` read it here. */
export interface Memory {
  total: number
  free: number
  available: number
  buffers: number
  cached: number
  reclaimable: number
  unreclaimable: number
  shared: number
  anonymous: number
  active: number
  inactive: number
  swapTotal: number
  swapFree: number
  committed: number
}

/** Share of the installed memory that firmware and kernel image keep for themselves. */
const KEPT_BY_FIRMWARE = 0.018

/** MemTotal, KiB. */
export function totalMemory({ persona, identity }: World): number {
  const installed = persona.hardware.memoryMiB * 1024
  if (persona.os.family === 'openwrt') return installed
  return inPages(installed - installed * KEPT_BY_FIRMWARE - identity.integer(`${persona.name}/memory-kept`, 0, 4095))
}

/**
 * The memory now: what the processes hold, page cache that has grown since boot, and a slow wave so that two looks a
 * minute apart differ as they would.
 */
export function memory(world: World): Memory {
  const { hardware, os } = world.persona
  const small = os.family === 'openwrt'
  const total = totalMemory(world)
  const resident = world.processes.list().reduce((sum, process) => sum + process.rssKiB, 0)
  const anonymous = Math.min(inPages(resident * 0.62), inPages(total * 0.8))
  const shared = small ? 100 : inPages(total * 0.0011) + 812
  const warm = 1 - Math.exp(-(world.now() - world.bootedAt) / 86_400_000)
  const room = Math.max(0, total - anonymous)
  const cached = inPages(room * (small ? 0.2 : 0.58) * warm) + shared
  const buffers = small ? 0 : inPages(room * 0.024 * warm)
  const reclaimable = inPages(room * (small ? 0.04 : 0.031))
  const unreclaimable = inPages(total * (small ? 0.16 : 0.009)) + 9000 * (small ? 0 : 1)
  const free = Math.max(
    inPages(total * 0.03),
    total - anonymous - cached - buffers - reclaimable - unreclaimable - inPages(wave(world, total)),
  )
  const ownSwap = Math.max(0, hardware.swapMiB * 1024 - (hardware.swapMiB ? 4 : 0))
  const swapTotal = ownSwap + swapAreas(world).reduce((sum, { kib }) => sum + kib, 0)
  const swapUsed = ownSwap ? Math.min(ownSwap, world.identity.integer(`${world.persona.name}/swap-used`, 0, 40) * 256) : 0
  return {
    total,
    free,
    available: Math.min(total, inPages(free + (cached - shared) * 0.93 + reclaimable * 0.5)),
    buffers,
    cached,
    reclaimable,
    unreclaimable,
    shared,
    anonymous,
    active: inPages(anonymous * 0.4 + cached * 0.45),
    inactive: inPages(anonymous * 0.55 + cached * 0.45),
    swapTotal,
    swapFree: swapTotal - swapUsed,
    committed: inPages(anonymous * 1.7) + 120_000 * (small ? 0 : 1),
  }
}

/** The kernel counts in pages of 4 KiB. */
export function inPages(kib: number): number {
  return Math.round(kib / 4) * 4
}

/** Some pages come and go: ±0.4 % of the memory over minutes. */
function wave(world: World, total: number): number {
  const seconds = Math.floor(world.now() / 1000)
  return Math.round(total * 0.004 * (Math.sin(seconds / 37) + Math.sin(seconds / 211) * 0.6))
}

/** Number of logical processors. */
export function processorCount(world: World): number {
  const { sockets, cores, threadsPerCore } = world.persona.hardware.cpu
  return sockets * cores * threadsPerCore
}

/** Seconds since boot. */
export function uptimeSeconds(world: World): number {
  return Math.max(0, (world.now() - world.bootedAt) / 1000)
}

/**
 * Load averages over 1, 5 and 15 minutes: the machine's usual load with a wave of its own, plus the attacker's running
 * processes, which come in as slowly as the kernel's exponential average lets them.
 */
export function loadAverages(world: World): [number, number, number] {
  const base = world.identity.integer(`${world.persona.name}/load`, 2, 30) / 100
  const training = world.persona.hardware.gpus.length ? 1.6 : 0
  const now = world.now()
  const own = world.processes.list().filter((process) => process.state === 'R' && process.startedAt > world.bootedAt + 60_000)
  const at = (minutes: number): number => {
    const quiet = Math.max(
      0,
      base + training + (base / 2) * Math.sin(now / (minutes * 61_000)) + (base / 3) * Math.sin(now / (minutes * 17_000)),
    )
    const busy = own.reduce((sum, process) => sum + (1 - Math.exp(-Math.max(0, now - process.startedAt) / (minutes * 60_000))), 0)
    return Math.floor((quiet + busy) * 100) / 100
  }
  return [at(1), at(5), at(15)]
}

/** CPU time since boot in jiffies of all processors together; the parts add up to uptime × processors. */
export interface CpuTimes {
  user: number
  nice: number
  system: number
  idle: number
  iowait: number
  irq: number
  softirq: number
  steal: number
}

export function cpuTimes(world: World): CpuTimes {
  const all = uptimeSeconds(world) * USER_HZ * processorCount(world)
  const busy = Math.min(
    0.9,
    (world.identity.integer(`${world.persona.name}/load`, 2, 30) / 100 + (world.persona.hardware.gpus.length ? 1.6 : 0)) /
      processorCount(world),
  )
  const part = (share: number): number => Math.floor(all * share)
  const times = {
    user: part(busy * 0.6),
    nice: part(busy * 0.01),
    system: part(busy * 0.25),
    iowait: part(0.0007),
    irq: 0,
    softirq: part(busy * 0.02),
    steal: world.persona.hardware.virtualization === 'none' ? 0 : part(0.0002),
  }
  const used = times.user + times.nice + times.system + times.iowait + times.softirq + times.steal
  return { ...times, idle: Math.max(0, Math.floor(all) - used) }
}

/** Idle seconds of all processors, the second number of /proc/uptime. */
export function idleSeconds(world: World): number {
  return cpuTimes(world).idle / USER_HZ
}

/** Family, model and stepping by the words of the model name; what CPUID says for the processors in use today. */
interface CpuIdentity {
  family: number
  model: number
  stepping: number
  microcode: string
}

const CPUS: readonly [RegExp, CpuIdentity][] = [
  [/EPYC 7[0-9]{2}3/, { family: 25, model: 1, stepping: 1, microcode: '0xa0011d5' }],
  [/EPYC 7[0-9]{2}2/, { family: 23, model: 49, stepping: 0, microcode: '0x830107c' }],
  [/EPYC 9/, { family: 25, model: 17, stepping: 1, microcode: '0xa101148' }],
  [/Threadripper PRO 59/, { family: 25, model: 8, stepping: 2, microcode: '0xa008209' }],
  [/Ryzen \d (PRO )?5/, { family: 25, model: 33, stepping: 2, microcode: '0xa20120e' }],
  [/Xeon.*(Gold|Silver|Platinum) \d3/, { family: 6, model: 106, stepping: 6, microcode: '0xd0003d1' }],
  [/Xeon.*(Gold|Silver|Platinum)/, { family: 6, model: 85, stepping: 7, microcode: '0x5003605' }],
  [/Xeon.*E5-\d+ v4/, { family: 6, model: 79, stepping: 1, microcode: '0xb000040' }],
  [/Xeon.*E5-\d+ v3/, { family: 6, model: 63, stepping: 2, microcode: '0x49' }],
  [/i[3579]-1[23]/, { family: 6, model: 151, stepping: 2, microcode: '0x35' }],
]

export function cpuIdentity(world: World): CpuIdentity {
  const { model, vendor } = world.persona.hardware.cpu
  const known = CPUS.find(([pattern]) => pattern.test(model))
  return (
    known?.[1] ??
    (vendor === 'AuthenticAMD'
      ? { family: 23, model: 49, stepping: 0, microcode: '0x830107c' }
      : { family: 6, model: 85, stepping: 7, microcode: '0x5003605' })
  )
}

/** BogoMIPS: twice the clock on x86, two thirds of it on the MIPS 24K. */
export function bogoMips(world: World): string {
  const { mhz } = world.persona.hardware.cpu
  return (world.persona.os.kernel.machine.startsWith('mips') ? mhz * 0.664 : mhz * 2).toFixed(2)
}

/** The hypervisor as lscpu and systemd-detect-virt call it. */
export const HYPERVISORS: Record<string, { vendor: string; detect: string }> = {
  kvm: { vendor: 'KVM', detect: 'kvm' },
  vmware: { vendor: 'VMware', detect: 'vmware' },
  xen: { vendor: 'Xen', detect: 'xen' },
  microsoft: { vendor: 'Microsoft', detect: 'microsoft' },
}

export function isVirtual(world: World): boolean {
  return world.persona.hardware.virtualization !== 'none'
}

/** Machine id, boot id and the product's UUID and serial number. */
export function machineIds(world: World): { machineId: string; bootId: string; productUuid: string; serial: string } {
  const name = world.persona.name
  return {
    machineId: world.identity.uuid(`${name}/machine-id`).replaceAll('-', ''),
    bootId: world.identity.uuid(`${name}/boot-id/${Math.floor(world.bootedAt / 1000)}`),
    productUuid: world.identity.uuid(`${name}/product-uuid`),
    serial:
      world.persona.hardware.virtualization === 'vmware'
        ? `VMware-${spaced(world.identity.hex(`${name}/serial`, 16))}`
        : world.identity.hex(`${name}/serial`, 6).toUpperCase(),
  }
}

function spaced(hex: string): string {
  const pairs = hex.match(/../g) as string[]
  return `${pairs.slice(0, 8).join(' ')}-${pairs.slice(8).join(' ')}`
}
