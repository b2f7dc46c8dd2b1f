import { evidence } from '../../../events/bytes.ts'
import type { CommandFile } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { addKernelLine } from '../../world/logs-kernel.ts'
import { loadModule, modules, unloadModule } from '../../world/proc-modules.ts'
import { baseName, gnuCommand } from './command.ts'

/** `insmod`, `rmmod` and `modprobe`: a rootkit's module is kept and shows in lsmod afterwards. */
export function moduleCommand(name: 'insmod' | 'rmmod' | 'modprobe'): CommandFile {
  return gnuCommand({
    name,
    package: 'base',
    paths: [`/usr/sbin/${name}`],
    usage: name === 'insmod' ? '[options] filename [module options]' : '[options] modulename',
    short: 'aDfhiqrRsvwV',
    long: { remove: 'r', force: 'f', all: 'a', verbose: 'v' },
    async run(process, options) {
      const [target] = options.operands
      const fail = async (text: string): Promise<number> => {
        await process.stderr.write(`${name}: ${text}\n`)
        return 1
      }
      if (target === undefined) return fail(name === 'insmod' ? 'ERROR: missing filename.' : 'ERROR: missing module name.')
      const module = baseName(target)
        .replace(/\.ko(\.xz|\.zst)?$/, '')
        .replaceAll('-', '_')
      const loaded = modules(process.world).find((entry) => entry.name === module)
      if (name === 'rmmod' || options.has('r')) {
        if (!loaded) return fail(`ERROR: Module ${module} is not currently loaded`)
        if (process.uid !== 0)
          return fail(
            `ERROR: ../libkmod/libkmod-module.c:799 kmod_module_remove_module() could not remove '${module}': Operation not permitted`,
          )
        if (loaded.uses > 0)
          return fail(`ERROR: Module ${module} is in use${loaded.usedBy ? ` by: ${loaded.usedBy.replaceAll(',', ' ')}` : ''}`)
        unloadModule(process.world, module)
        return 0
      }
      if (name === 'insmod') {
        let bytes: Buffer
        try {
          bytes = process.files.read(target)
        } catch (error) {
          if (!(error instanceof HostError)) throw error
          return fail(`ERROR: could not load module ${target}: ${error.message}`)
        }
        process.recorder.capture(bytes, { how: 'insmod', name: evidence(target) })
        if (process.uid !== 0) return fail(`ERROR: could not insert module ${target}: Operation not permitted`)
        if (!bytes.subarray(0, 4).equals(Buffer.from('\x7fELF', 'latin1')))
          return fail(`ERROR: could not insert module ${target}: Invalid module format`)
        loadModule(process.world, module, Math.ceil(bytes.length / 4096) * 4096)
        addKernelLine(process.world, `${module}: loading out-of-tree module taints kernel.`)
        addKernelLine(process.world, `${module}: module verification failed: signature and/or required key missing - tainting kernel`)
        return 0
      }
      if (loaded) return 0
      if (
        !/^(loop|tun|tcp_bbr|nf_|ip_|ip6|xt_|br_|overlay|dummy|bonding|msr|nbd|zram|fuse|vfat|ext|btrfs|xfs|cifs|nfs|wireguard|veth)/.test(
          module,
        )
      )
        return fail(`FATAL: Module ${target} not found in directory /lib/modules/${process.world.persona.os.kernel.release}`)
      if (process.uid !== 0) return fail(`ERROR: could not insert '${module}': Operation not permitted`)
      loadModule(process.world, module, 20_480)
      return 0
    },
  })
}
