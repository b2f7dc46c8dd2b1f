import type { World } from '../command.ts'
import table from './proc-modules.json' with { type: 'json' }

/** A loaded kernel module, for /proc/modules and lsmod. */
export interface Module {
  name: string
  size: number
  uses: number
  usedBy: string
}

const changes = new WeakMap<World, { loaded: Module[]; removed: Set<string> }>()

function changesOf(world: World): { loaded: Module[]; removed: Set<string> } {
  let own = changes.get(world)
  if (!own) {
    own = { loaded: [], removed: new Set() }
    changes.set(world, own)
  }
  return own
}

export function modules(world: World): Module[] {
  const { os, hardware } = world.persona
  const kind =
    os.family === 'openwrt'
      ? 'openwrt'
      : hardware.virtualization === 'vmware'
        ? 'vmware'
        : hardware.virtualization === 'none'
          ? 'none'
          : 'kvm'
  const { loaded, removed } = changesOf(world)
  const intel = hardware.cpu.vendor === 'GenuineIntel'
  const own = (table[kind] as [string, number, number, string][])
    .filter(([name]) => hardware.gpus.length > 0 || !name.startsWith('nvidia'))
    .map(([name, size, uses, usedBy]) => ({
      name: intel ? name.replace('kvm_amd', 'kvm_intel') : name,
      size,
      uses,
      usedBy: intel ? usedBy.replace('kvm_amd', 'kvm_intel') : usedBy,
    }))
  return [...loaded, ...own.filter((module) => !removed.has(module.name))]
}

export function loadModule(world: World, name: string, size: number): void {
  const { loaded, removed } = changesOf(world)
  if (removed.delete(name)) return
  if (!modules(world).some((module) => module.name === name)) loaded.unshift({ name, size, uses: 0, usedBy: '' })
}

export function unloadModule(world: World, name: string): void {
  const own = changesOf(world)
  const at = own.loaded.findIndex((module) => module.name === name)
  if (at >= 0) own.loaded.splice(at, 1)
  else own.removed.add(name)
}
