import type { Process } from '../command.ts'
import type { ProcessInfo } from '../process/list.ts'
import { cgroupOf } from '../world/proc-process.ts'
import { pageAsSystemd } from './pager/less.ts'
import { commandLine } from './ps/columns.ts'
import { drawsLines, systemdCommand } from './systemd/command.ts'

export default systemdCommand({
  name: 'systemd-cgls',
  usage: '[OPTIONS...] [CGROUP...]',
  short: 'alku::M:c',
  long: { all: 'a', full: 'l', unit: 'u?', 'user-unit': 'user-unit?', machine: 'M', 'cgroup-id': 'c' },
  async run(process, options) {
    const groups = groupsOf(process)
    const asked = options.has('u') ? (options.value('u') ?? options.operands[0]) : undefined
    if (asked !== undefined || options.operands.length > 0) {
      const wanted =
        asked === undefined ? (options.operands[0] as string) : `/system.slice/${/\.\w+$/.test(asked) ? asked : `${asked}.service`}`
      const path = wanted.startsWith('/') ? wanted.replace(/\/$/, '') : `/${wanted}`
      if (![...groups.keys()].some((group) => group === path || group.startsWith(`${path}/`))) {
        await process.stderr.write(
          asked === undefined ? `Failed to list cgroup tree: No such file or directory\n` : `Unit ${asked} not found.\n`,
        )
        return 1
      }
      await pageAsSystemd(process, `Control group ${path}:\n${tree(process, groups, path)}`)
      return 0
    }
    await pageAsSystemd(process, `Control group /:\n-.slice\n${tree(process, groups, '')}`)
    return 0
  },
})

/** The processes of each control group; kernel threads are in none that is shown. */
function groupsOf({ world }: Process): Map<string, ProcessInfo[]> {
  return Map.groupBy(
    world.processes.list().filter((info) => info.argv.length > 0),
    (info) => cgroupOf(world, info),
  )
}

const WIDTH = 80

function tree(process: Process, groups: ReadonlyMap<string, readonly ProcessInfo[]>, root: string): string {
  const [branch, last, bar] = drawsLines(process) ? ['├─', '└─', '│ '] : ['|-', '`-', '| ']
  const width = process.stdout.isTerminal ? (process.terminal?.columns ?? WIDTH) : WIDTH
  const rows: string[] = []
  const walk = (path: string, lead: string): void => {
    const below = new Set(
      [...groups.keys()]
        .filter((group) => group !== path && group.startsWith(`${path}/`))
        .map((group) => group.slice(path.length + 1).split('/')[0] as string),
    )
    const own = [...(groups.get(path) ?? [])].sort((a, b) => a.pid - b.pid)
    const digits = Math.max(0, ...own.map((info) => String(info.pid).length))
    const count = own.length + below.size
    let at = 0
    for (const info of own) {
      const line = `${lead}${++at === count ? last : branch}${String(info.pid).padStart(digits)} ${commandText(info)}`
      rows.push(line.length > width ? `${line.slice(0, width - 3)}...` : line)
    }
    for (const name of [...below].sort()) {
      const isLast = ++at === count
      rows.push(`${lead}${isLast ? last : branch}${name}`)
      walk(`${path}/${name}`, `${lead}${isLast ? '  ' : bar}`)
    }
  }
  walk(root, '')
  return rows.map((row) => `${row}\n`).join('')
}

function commandText(info: ProcessInfo): string {
  const text = commandLine(info)
  return info.argv.length === 1 && text.includes(' ') ? `"${text}"` : text
}
