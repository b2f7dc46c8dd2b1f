import type { ProcessInfo } from '../process/list.ts'
import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'pstree',
  package: 'psmisc',
  version: 'pstree (PSmisc) 23.6',
  usage: '[-acglpsStTuZ] [ -h | -H PID ] [ -n | -N type ]\n              [ -A | -G | -U ] [ PID | USER ]',
  short: 'acglpsStTuZhH:nN:AGUV',
  async run(process, options) {
    const all = process.world.processes.list()
    const [start] = options.operands
    const root = all.find((info) => info.pid === Number(start ?? 1))
    if (!root) {
      await process.stderr.write(`No processes found.\n`)
      return 1
    }
    const lines: string[] = []
    draw(root, all, options.has('p'), options.has('a'), '', '', lines)
    await process.stdout.write(`${lines.join('\n')}\n`)
    return 0
  },
})

function draw(
  info: ProcessInfo,
  all: readonly ProcessInfo[],
  pids: boolean,
  args: boolean,
  head: string,
  lead: string,
  lines: string[],
): void {
  const label = `${info.comm}${args && info.argv.length > 1 ? ` ${info.argv.slice(1).join(' ')}` : ''}${pids ? `(${info.pid})` : ''}`
  const children = all
    .filter((child) => child.ppid === info.pid && child.argv.length > 0)
    .sort((a, b) => (a.comm < b.comm ? -1 : a.comm > b.comm ? 1 : a.pid - b.pid))
  const groups = pids ? children.map((child) => ({ child, count: 1 })) : grouped(children, all)
  if (groups.length === 0) {
    lines.push(head + label)
    return
  }
  const indent = lead + ' '.repeat(label.length)
  for (const [i, { child, count }] of groups.entries()) {
    const only = groups.length === 1
    const last = i === groups.length - 1
    const mark = only ? '---' : i === 0 ? '-+-' : last ? '`-' : '|-'
    const times = count > 1 ? `${count}*[` : ''
    const start = i === 0 ? head + label + mark : `${indent} ${mark}`
    const next = `${indent}${only || last ? '   ' : ' | '}`
    const before = lines.length
    draw(child, all, pids, args, start + times, next + ' '.repeat(times.length), lines)
    if (times) lines[before] += ']'
  }
}

/** Equal leaves are drawn once with their number. */
function grouped(children: readonly ProcessInfo[], all: readonly ProcessInfo[]): { child: ProcessInfo; count: number }[] {
  const groups: { child: ProcessInfo; count: number }[] = []
  for (const child of children) {
    const leaf = !all.some((other) => other.ppid === child.pid)
    const same = leaf ? groups.find((group) => group.child.comm === child.comm) : undefined
    if (same) same.count++
    else groups.push({ child, count: 1 })
  }
  return groups
}
