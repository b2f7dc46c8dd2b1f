import type { World } from '../command.ts'
import { bogoMips, cpuIdentity, memory, processorCount } from './hardware.ts'
import table from './logs-kernel.json' with { type: 'json' }
import { primary } from './network.ts'
import { cmdline } from './proc-system.ts'

/** One line of the kernel's ring buffer. */
export interface KernelLine {
  /** Seconds since boot. */
  at: number
  text: string
}

const cleared = new WeakMap<World, { before: number; added: KernelLine[] }>()

function stateOf(world: World): { before: number; added: KernelLine[] } {
  let state = cleared.get(world)
  if (!state) {
    state = { before: -1, added: [] }
    cleared.set(world, state)
  }
  return state
}

/** What `dmesg` prints: the boot, and what happened since the last `dmesg -C`. */
export function kernelLog(world: World): KernelLine[] {
  const { before, added } = stateOf(world)
  return [...bootLines(world), ...added].filter((line) => line.at > before)
}

export function clearKernelLog(world: World): void {
  stateOf(world).before = (world.now() - world.bootedAt) / 1000
}

export function addKernelLine(world: World, text: string): void {
  stateOf(world).added.push({ at: (world.now() - world.bootedAt) / 1000, text })
}

function bootLines(world: World): KernelLine[] {
  const { os, hardware, packages } = world.persona
  const values = facts(world)
  const kind = hardware.virtualization === 'vmware' ? 'vmware' : hardware.virtualization === 'none' ? 'none' : 'kvm'
  const rows = (os.family === 'openwrt' ? table.openwrt : [...table.head, ...table[kind], ...table.common]) as [number, string][]
  const jitter = world.identity.random(`${world.persona.name}/boot-log`)
  return rows
    .filter(([, text]) => hardware.gpus.length > 0 || !/nvidia/i.test(text))
    .filter(([, text]) => !text.includes('apparmor') || packages.some((name) => name.startsWith('apparmor')))
    .sort((a, b) => a[0] - b[0])
    .map(([at, text]) => ({
      at: at < 0.0001 ? at : at * (0.9 + jitter() * 0.2) + jitter() / 1000,
      text: text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole),
    }))
    .sort((a, b) => a.at - b.at)
}

function facts(world: World): Record<string, string> {
  const { os, hardware } = world.persona
  const { family, model, stepping } = cpuIdentity(world)
  const m = memory(world)
  const root = hardware.disks.find((disk) => disk.mount === '/')
  const builders: Record<string, string> = {
    debian: '(debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40)',
    ubuntu: '(buildd@lcy02-amd64-080) (gcc (Ubuntu 11.4.0-1ubuntu1~22.04) 11.4.0, GNU ld (GNU Binutils for Ubuntu) 2.38)',
    openwrt:
      '(builder@buildhost) (mipsel-openwrt-linux-musl-gcc (OpenWrt GCC 11.2.0 r20028-43d71ad93e) 11.2.0, GNU ld (GNU Binutils) 2.37)',
  }
  const systemd = world.persona.packages.find((name) => name.startsWith('systemd '))?.split(' ')[1] ?? '252'
  return {
    release: os.kernel.release,
    version: os.kernel.version,
    builder: builders[os.family] ?? '',
    cmdline: cmdline(world).trim(),
    vendor: hardware.vendor,
    product: hardware.product,
    bios:
      hardware.virtualization === 'vmware'
        ? '6.00 11/12/2020'
        : hardware.virtualization === 'none'
          ? '1003 03/17/2023'
          : 'rel-1.16.3-0-ga6ed6b701f0a-prebuilt.qemu.org 04/01/2014',
    top: (hardware.memoryMiB * 1048576 - 1).toString(16).padStart(16, '0'),
    cpus: String(processorCount(world)),
    mhz: hardware.cpu.mhz.toFixed(3),
    bogomips: (Number(bogoMips(world)) * processorCount(world)).toFixed(2),
    model: hardware.cpu.model,
    family: family.toString(16),
    modelnumber: model.toString(16),
    stepping: stepping.toString(16),
    available: String(m.total - 61_000),
    total: String(hardware.memoryMiB * 1024),
    reserved: String(hardware.memoryMiB * 1024 - m.total),
    clocksource: hardware.virtualization === 'kvm' ? 'kvm-clock' : 'tsc',
    root: (root?.device ?? '').slice(5),
    hostname: world.hostname,
    systemd: `${systemd.split('-')[0]} (${systemd})`,
    epoch: (world.bootedAt / 1000 + 6.8).toFixed(3),
    sectors: String(Math.round((root?.sizeGiB ?? 20) * 2097152)),
    nic: primary(world).name,
    driver: hardware.gpus[0]?.driver ?? '',
  }
}
