import type { Process } from '../command.ts'
import { type Mount, mountAt, mounts } from '../world/hardware-mounts.ts'
import { isBusyBox } from './busybox/flavour.ts'
import { attempt, complainOf, Failure, gnuCommand } from './gnu/command.ts'
import type { Options } from './gnu/options.ts'
import { humanSize, parseSize } from './gnu/size.ts'

export default gnuCommand({
  name: 'df',
  usage: '[OPTION]... [FILE]...',
  about: 'Show information about the file system on which each FILE resides,\nor all file systems by default.',
  authors: 'Torbjorn Granlund, David MacKenzie, and Paul Eggert',
  short: 'aB:hHiklmPt:Tvx:',
  long: {
    all: 'a',
    'block-size': 'B',
    'human-readable': 'h',
    si: 'H',
    inodes: 'i',
    local: 'l',
    portability: 'P',
    type: 't',
    'print-type': 'T',
    'exclude-type': 'x',
    total: 'total',
    sync: 'sync',
    'no-sync': 'no-sync',
    output: 'output?',
  },
  async run(process, options) {
    let status = 0
    let chosen: Mount[] = []
    if (options.operands.length) {
      for (const name of options.operands) {
        const fine = await attempt(
          () => void chosen.push(mountAt(process.world, process.files.realpath(name))),
          (error) => complainOf(process, name, error),
        )
        if (!fine) status = 1
      }
      if (chosen.length === 0) return status
    } else chosen = shown(process, options)
    if (chosen.length === 0) throw new Failure('no file systems processed')
    await process.stdout.write(isBusyBox(process) ? busyBoxTable(chosen, options) : table(chosen, options))
    return status
  },
})

function shown(process: Process, options: Options): Mount[] {
  const types = options.values('t')
  const without = options.values('x')
  const seen = new Set<string>()
  return mounts(process.world).filter((mount) => {
    if ((types.length && !types.includes(mount.type)) || without.includes(mount.type)) return false
    if (options.has('a')) return true
    if (mount.blocks === 0) return false
    // Of several mounts of one device the first counts.
    const device = `${mount.device.major}:${mount.device.minor}`
    if (mount.type !== 'tmpfs' && mount.type !== 'devtmpfs' && seen.has(device) && !isBusyBox(process)) return false
    seen.add(device)
    return true
  })
}

function table(chosen: readonly Mount[], options: Options): string {
  const human = options.last('h', 'H', 'k', 'm', 'B')
  const unit =
    human === 'm' ? 1048576 : human === 'B' ? (parseSize((options.value('B') as string).replace(/^([KMGT])$/, '1$1')) ?? 1024) : 1024
  const size = (kib: number): string =>
    human === 'h' || human === 'H' ? humanSize(kib * 1024, human === 'H' ? 1000 : 1024) : String(Math.ceil((kib * 1024) / unit))
  const title =
    human === 'h' || human === 'H'
      ? 'Size'
      : unit === 1024
        ? options.has('P')
          ? '1024-blocks'
          : '1K-blocks'
        : unit === 1048576
          ? '1M-blocks'
          : `${unit}-blocks`
  const inodes = options.has('i')
  const rows = chosen.map((mount) => row(mount, inodes, (n) => (inodes ? (human === 'h' ? humanSize(n) : String(n)) : size(n))))
  if (options.has('total')) rows.push(row(total(chosen), inodes, (n) => (inodes ? String(n) : size(n))))
  const typed = options.has('T')
  const numbers = inodes
    ? ['Inodes', 'IUsed', 'IFree', 'IUse%']
    : [title, 'Used', human === 'h' || human === 'H' ? 'Avail' : 'Available', options.has('P') ? 'Capacity' : 'Use%']
  const header = ['Filesystem', ...(typed ? ['Type'] : []), ...numbers, 'Mounted on']
  const lines = [header, ...rows.map((cells) => (typed ? cells : [cells[0] as string, ...cells.slice(2)]))]
  const least = [14, ...(typed ? [4] : []), 5, 5, 5, 4, 0]
  const widths = header.map((_, i) => Math.max(least[i] as number, ...lines.map((cells) => (cells[i] as string).length)))
  const leftmost = typed ? 2 : 1
  return lines
    .map(
      (cells) =>
        `${cells.map((cell, i) => (i === cells.length - 1 ? cell : i < leftmost ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number))).join(' ')}\n`,
    )
    .join('')
}

function row(mount: Mount, inodes: boolean, size: (n: number) => string): string[] {
  if (inodes) {
    const free = mount.inodes - mount.inodesUsed
    return [mount.source, mount.type, size(mount.inodes), size(mount.inodesUsed), size(free), share(mount.inodesUsed, free), mount.path]
  }
  const available = Math.max(0, mount.blocks - mount.used - mount.reserved)
  return [mount.source, mount.type, size(mount.blocks), size(mount.used), size(available), share(mount.used, available), mount.path]
}

function share(used: number, available: number): string {
  return used + available === 0 ? '-' : `${Math.ceil((used * 100) / (used + available))}%`
}

function total(chosen: readonly Mount[]): Mount {
  const sum = (key: 'blocks' | 'used' | 'reserved' | 'inodes' | 'inodesUsed'): number => chosen.reduce((all, mount) => all + mount[key], 0)
  return {
    ...(chosen[0] as Mount),
    source: 'total',
    type: '-',
    path: '-',
    blocks: sum('blocks'),
    used: sum('used'),
    reserved: sum('reserved'),
    inodes: sum('inodes'),
    inodesUsed: sum('inodesUsed'),
  }
}

function busyBoxTable(chosen: readonly Mount[], options: Options): string {
  const human = options.has('h')
  const size = (kib: number): string => (human ? busyBoxHuman(kib) : String(options.has('m') ? Math.round(kib / 1024) : kib))
  const header = `Filesystem           ${human ? '     Size      ' : '1K-blocks      '}Used Available Use% Mounted on\n`
  return (
    header +
    chosen
      .map((mount) => {
        const available = Math.max(0, mount.blocks - mount.used)
        const name = mount.source.length > 20 ? `${mount.source}\n${' '.repeat(20)}` : mount.source.padEnd(20)
        return `${name} ${size(mount.blocks).padStart(9)} ${size(mount.used).padStart(9)} ${size(available).padStart(9)} ${`${mount.blocks ? Math.round((mount.used * 100) / mount.blocks) : 0}%`.padStart(4)} ${mount.path}\n`
      })
      .join('')
  )
}

function busyBoxHuman(kib: number): string {
  if (kib === 0) return '0'
  const units = ['K', 'M', 'G']
  let value = kib
  let power = 0
  while (value >= 1024 && power < 2) {
    value /= 1024
    power++
  }
  return `${value.toFixed(1)}${units[power]}`
}
