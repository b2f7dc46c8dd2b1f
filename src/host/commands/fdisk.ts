import { blockDevices } from '../world/proc-system.ts'
import { gnuCommand } from './gnu/command.ts'
import { humanSize } from './gnu/size.ts'

export default gnuCommand({
  name: 'fdisk',
  package: 'fdisk',
  paths: ['/usr/sbin/fdisk'],
  version: 'fdisk from util-linux 2.38.1',
  usage: '[options] <disk>',
  short: 'b:BC:c::H:hL::lno:S:st:u::VwW:x',
  long: { list: 'l' },
  async run(process, options) {
    if (!options.has('l')) {
      await process.stderr.write(
        options.operands.length
          ? `fdisk: cannot open ${options.operands[0]}: ${process.uid === 0 ? 'Device or resource busy' : 'Permission denied'}\n`
          : "fdisk: bad usage\nTry 'fdisk --help' for more information.\n",
      )
      return 1
    }
    if (process.uid !== 0) {
      for (const device of blockDevices(process.world))
        if (!device.parent) await process.stderr.write(`fdisk: cannot open /dev/${device.name}: Permission denied\n`)
      return 1
    }
    const devices = blockDevices(process.world)
    for (const disk of devices.filter((device) => !device.parent)) {
      const sectors = disk.blocks * 2
      const parts = devices.filter((device) => device.parent === disk.name)
      let text = `Disk /dev/${disk.name}: ${humanSize(disk.blocks * 1024).replace(/([KMGT])$/, ' $1iB')}, ${disk.blocks * 1024} bytes, ${sectors} sectors\n${disk.model ? `Disk model: ${disk.model}\n` : ''}Units: sectors of 1 * 512 = 512 bytes\nSector size (logical/physical): 512 bytes / 512 bytes\nI/O size (minimum/optimal): 512 bytes / 512 bytes\n`
      if (parts.length) {
        text += `Disklabel type: gpt\nDisk identifier: ${process.world.identity.uuid(`gpt/${disk.name}`).toUpperCase()}\n\nDevice         Start       End   Sectors   Size Type\n`
        let start = 2048
        for (const part of parts) {
          const size = part.blocks * 2
          text += `/dev/${part.name.padEnd(9)} ${String(start).padStart(8)} ${String(start + size - 1).padStart(9)} ${String(size).padStart(9)} ${humanSize(part.blocks * 1024).padStart(5)} ${part.fs === 'vfat' ? 'EFI System' : 'Linux filesystem'}\n`
          start += size
        }
      }
      await process.stdout.write(`${text}\n\n`)
    }
    return 0
  },
})
