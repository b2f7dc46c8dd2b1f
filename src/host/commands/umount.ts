import { detachLoop, loops } from '../world/block-storage.ts'
import { mounts, removeMount } from '../world/hardware-mounts.ts'
import { gnuCommand } from './gnu/command.ts'
import { statIfThere } from './gnu/tree.ts'

export default gnuCommand({
  name: 'umount',
  package: 'mount',
  version: 'umount from util-linux 2.38.1',
  usage: '[options] <source> | <directory>',
  short: 'aAcdfhiln O:qRrt:vV',
  async run(process, options) {
    let status = 0
    for (const name of options.operands) {
      const mount = mounts(process.world).find((entry) => entry.path === name || entry.source === name)
      const fail = async (text: string): Promise<void> => {
        status = 32
        await process.stderr.write(`umount: ${name}: ${text}\n`)
      }
      if (!statIfThere(process, name) && !mount) await fail('no mount point specified.')
      else if (!mount) await fail('not mounted.')
      else if (process.uid !== 0) await fail('must be superuser to unmount.')
      else if (!options.has('l') && ['/', '/proc', '/sys', '/dev', '/run'].includes(mount.path)) await fail('target is busy.')
      else {
        removeMount(process.world, mount.path)
        const loop = loops(process.world).find(({ number, autoclear }) => autoclear && mount.source === `/dev/loop${number}`)
        if (loop) detachLoop(process.world, loop.number)
      }
    }
    if (options.operands.length === 0) await process.stderr.write("umount: bad usage\nTry 'umount --help' for more information.\n")
    return options.operands.length === 0 ? 1 : status
  },
})
