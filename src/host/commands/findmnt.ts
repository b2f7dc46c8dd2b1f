import { type Mount, mounts } from '../world/hardware-mounts.ts'
import { gnuCommand, Usage } from './gnu/command.ts'

const COLUMNS: Record<string, (mount: Mount) => string> = {
  TARGET: (mount) => mount.path,
  SOURCE: (mount) => mount.source,
  FSTYPE: (mount) => mount.type,
  OPTIONS: (mount) => mount.options,
  'MAJ:MIN': (mount) => `${mount.device.major}:${mount.device.minor}`,
}

export default gnuCommand({
  name: 'findmnt',
  package: 'util-linux',
  usage: ['[options]', '[options] <device> | <mountpoint>', '[options] [--source] <device> [--target <path> | --mountpoint <dir>]'],
  about: '\nFind a (mounted) filesystem.',
  applet: false,
  short: 'AabCcDdeF:fhiJklMmN:no:O:PrRst:T:S:uUvVwx',
  long: { noheadings: 'n', output: 'o', list: 'l', raw: 'r', types: 't', source: 'S', target: 'T', mountpoint: 'M', ascii: 'a' },
  async run(process, options) {
    const names = options.value('o')?.toUpperCase().split(',') ?? ['TARGET', 'SOURCE', 'FSTYPE', 'OPTIONS']
    const unknown = names.find((name) => !COLUMNS[name])
    if (unknown !== undefined) throw new Usage(`unknown column: ${unknown}`)
    const all = mounts(process.world)
    const types = options.value('t')?.split(',')
    const wanted = options.operands[0] ?? options.value('S')
    const isFiltered = types !== undefined || wanted !== undefined || options.has('T')
    const target = options.value('T')
    const holder = target === undefined ? undefined : parentOf(all, `${process.files.realpath(target)}/.`)
    const chosen = all.filter(
      (mount) =>
        (!types || types.includes(mount.type)) &&
        (wanted === undefined || mount.path === wanted || mount.source === wanted) &&
        (target === undefined || mount === holder),
    )
    if (chosen.length === 0) return 1
    const isAscii = options.has('a') || !/utf-?8/i.test(process.env.get('LC_ALL') ?? process.env.get('LANG') ?? '')
    const rows = isFiltered || options.has('l', 'r') ? chosen.map((mount) => ({ mount, lead: '' })) : tree(all, isAscii)
    const lines = [
      ...(options.has('n') ? [] : [names]),
      ...rows.map(({ mount, lead }) => names.map((name) => `${name === 'TARGET' ? lead : ''}${COLUMNS[name]?.(mount)}`)),
    ]
    const widths = names.map((_, i) => (options.has('r') ? 0 : Math.max(...lines.map((line) => (line[i] as string).length))))
    for (const line of lines)
      await process.stdout.write(`${line.map((cell, i) => (i === line.length - 1 ? cell : cell.padEnd(widths[i] as number))).join(' ')}\n`)
    return 0
  },
})

/** The mount that holds a path: the deepest one above it. */
function parentOf(all: readonly Mount[], path: string): Mount | undefined {
  return all
    .filter((mount) => mount.path !== path && path.startsWith(mount.path === '/' ? '/' : `${mount.path}/`))
    .reduce<Mount | undefined>((best, mount) => (best && best.path.length > mount.path.length ? best : mount), undefined)
}

function tree(all: readonly Mount[], isAscii: boolean): { mount: Mount; lead: string }[] {
  const [branch, last, bar] = isAscii ? ['|-', '`-', '| '] : ['├─', '└─', '│ ']
  const children = Map.groupBy(all, (mount) => parentOf(all, mount.path))
  const rows: { mount: Mount; lead: string }[] = []
  const walk = (parent: Mount, lead: string): void => {
    const own = children.get(parent) ?? []
    for (const [i, mount] of own.entries()) {
      const isLast = i === own.length - 1
      rows.push({ mount, lead: `${lead}${isLast ? last : branch}` })
      walk(mount, `${lead}${isLast ? '  ' : bar}`)
    }
  }
  for (const root of children.get(undefined) ?? []) {
    rows.push({ mount: root, lead: '' })
    walk(root, '')
  }
  return rows
}
