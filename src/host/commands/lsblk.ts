import { type BlockDevice, blockDevices } from '../world/proc-system.ts'
import { gnuCommand } from './gnu/command.ts'
import { binarySize } from './gnu/size.ts'

export default gnuCommand({
  name: 'lsblk',
  package: 'util-linux',
  version: 'lsblk from util-linux 2.38.1',
  usage: '[options] [<device> ...]',
  applet: false,
  short: 'aAbdDe:fhI:iJlmMno:OpPrsStTVx:z',
  long: { all: 'a', bytes: 'b', fs: 'f', noheadings: 'n', output: 'o', list: 'l', paths: 'p', nodeps: 'd', json: 'J', perms: 'm' },
  async run(process, options) {
    const all = blockDevices(process.world)
    const names = options.operands.map((operand) => operand.replace(/^\/dev\//, ''))
    const missing = names.find((name) => !all.some((device) => device.name === name))
    if (missing !== undefined) {
      await process.stderr.write(`lsblk: ${options.operands[names.indexOf(missing)]}: not a block device\n`)
      return 32
    }
    const devices = names.length === 0 ? all : all.filter(({ name, parent }) => names.includes(name) || names.includes(parent ?? ''))
    const columns = options.has('f')
      ? ['NAME', 'FSTYPE', 'FSVER', 'LABEL', 'UUID', 'FSAVAIL', 'FSUSE%', 'MOUNTPOINTS']
      : (options.value('o')?.toUpperCase().split(',') ?? ['NAME', 'MAJ:MIN', 'RM', 'SIZE', 'RO', 'TYPE', 'MOUNTPOINTS'])
    const cell = (device: BlockDevice, column: string, lead: string): string => {
      const disk = process.world.persona.hardware.disks.find((entry) => entry.device === `/dev/${device.name}`)
      switch (column) {
        case 'NAME':
        case 'KNAME':
          return `${lead}${options.has('p') ? '/dev/' : ''}${device.name}`
        case 'MAJ:MIN':
          return `${String(device.major).padStart(3)}:${String(device.minor).padEnd(3)}`
        case 'RM':
        case 'RO':
          return '0'
        case 'SIZE':
          return options.has('b') ? String(device.blocks * 1024) : binarySize(device.blocks * 1024, true)
        case 'TYPE':
          return device.parent ? 'part' : device.name.startsWith('md') ? 'raid1' : device.name.startsWith('loop') ? 'loop' : 'disk'
        case 'MOUNTPOINT':
        case 'MOUNTPOINTS':
          return device.mount ?? ''
        case 'FSTYPE':
          return device.fs ?? ''
        case 'FSVER':
          return device.fs === 'ext4' ? '1.0' : device.fs === 'vfat' ? 'FAT32' : ''
        case 'UUID':
          return device.fs ? process.world.identity.uuid(`${process.world.persona.name}/filesystem//dev/${device.name}`) : ''
        case 'FSAVAIL':
          return disk ? binarySize((disk.sizeGiB * 0.95 - disk.usedGiB) * 1024 ** 3, true) : ''
        case 'FSUSE%':
          return disk ? `${Math.round((disk.usedGiB / disk.sizeGiB) * 100)}%` : ''
        case 'MODEL':
          return device.parent ? '' : device.model
        default:
          return ''
      }
    }
    const rows = devices.map((device) => {
      const siblings = devices.filter((other) => other.parent === device.parent)
      const lead = device.parent === undefined || options.has('l') ? '' : siblings.at(-1) === device ? '└─' : '├─'
      return columns.map((column) => cell(device, column, lead))
    })
    const shown = options.has('d') ? rows.filter((_, i) => devices[i]?.parent === undefined) : rows
    const lines = options.has('n') ? shown : [columns, ...shown]
    const widths = columns.map((_, i) => Math.max(...[columns, ...lines].map((line) => (line[i] as string).length)))
    const right = new Set(['SIZE', 'RM', 'RO', 'FSAVAIL', 'FSUSE%'])
    await process.stdout.write(
      lines
        .map(
          (line) =>
            `${line
              .map((text, i) =>
                i === line.length - 1
                  ? text
                  : right.has(columns[i] as string)
                    ? text.padStart(widths[i] as number)
                    : text.padEnd(widths[i] as number),
              )
              .join(' ')
              .trimEnd()}\n`,
        )
        .join(''),
    )
    return 0
  },
})
