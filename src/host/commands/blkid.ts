import { blockDevices } from '../world/proc-system.ts'
import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'blkid',
  package: 'util-linux',
  paths: ['/usr/sbin/blkid'],
  version: 'blkid from util-linux 2.38.1  (libblkid 2.38.1, 04-Aug-2022)',
  usage: '[options] [<dev> ...]',
  trouble: 4,
  short: 'c:dghkL:lo:ps:t:U:Vi',
  async run(process, options) {
    if (process.uid !== 0) return 0
    const wanted = options.operands.map((name) => name.replace('/dev/', ''))
    for (const device of blockDevices(process.world)) {
      if (!device.fs || (wanted.length && !wanted.includes(device.name))) continue
      const { identity, persona } = process.world
      const uuid =
        device.fs === 'vfat'
          ? identity
              .hex(`vfat/${device.name}`, 4)
              .toUpperCase()
              .replace(/^(....)/, '$1-')
          : identity.uuid(`${persona.name}/filesystem//dev/${device.name}`)
      await process.stdout.write(
        `/dev/${device.name}: UUID="${uuid}" BLOCK_SIZE="${device.fs === 'vfat' ? 512 : 4096}" TYPE="${device.fs}" PARTUUID="${identity.uuid(`${persona.name}/partition/${device.name}`)}"\n`,
      )
    }
    return 0
  },
})
