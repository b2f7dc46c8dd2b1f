import type { Process } from '../command.ts'
import type { ProcessInfo } from '../process/list.ts'
import { isBusyBox } from './busybox/flavour.ts'
import { userName } from './gnu/accounts.ts'
import { Failure, gnuCommand } from './gnu/command.ts'
import { commandLine } from './ps/columns.ts'
import { type PsRequest, PsVersion, parsePs } from './ps/selection.ts'

const USAGE = `
Usage:
 ps [options]

 Try 'ps --help <simple|list|output|threads|misc|all>'
  or 'ps --help <s|l|o|t|m|a>'
 for additional help text.

For more details see ps(1).
`

export default gnuCommand({
  name: 'ps',
  package: 'procps',
  usage: '[options]',
  rawArguments: true,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    if (isBusyBox(process)) return busyBoxPs(process, words)
    if (words[0] === '--help') {
      await process.stdout.write(USAGE)
      return 0
    }
    let request: PsRequest
    try {
      request = parsePs(process, words)
    } catch (error) {
      if (error instanceof PsVersion) {
        await process.stdout.write('ps from procps-ng 4.0.2\n')
        return 0
      }
      if (!(error instanceof Failure)) throw error
      await process.stderr.write(`${error.message}\n${USAGE}`)
      return 1
    }
    return list(process, request)
  },
})

async function list(process: Process, request: PsRequest): Promise<number> {
  const selected = process.world.processes.list().filter(request.select)
  const chosen = request.threads
    ? selected.flatMap((info) => Array.from({ length: info.threads }, (_, thread) => threadOf(info, thread)))
    : selected
  const ordered = request.forest ? forest(chosen) : sorted(process, chosen, request).map((info) => ({ info, depth: '' }))
  const rows = ordered.map(({ info, depth }) => request.columns.map((column) => column.show(process, info, depth)))
  const width = process.stdout.isTerminal && !request.wide ? (process.terminal?.columns ?? 80) : Number.POSITIVE_INFINITY
  const line = (cells: readonly string[]): string => {
    let text = ''
    let column = 0
    for (const [i, cell] of cells.entries()) {
      const { width: size, right } = request.columns[i] as (typeof request.columns)[number]
      const last = i === cells.length - 1
      // A cell that ran over takes from the blanks of the next ones, as procps does.
      const room = Math.max(0, column + size - text.length)
      const shown = right
        ? cell.padStart(room)
        : last
          ? cell
          : (cell.length > size && size < 20 ? cell : cell.slice(0, Math.max(size, 1))).padEnd(room)
      text += shown + (last ? '' : ' ')
      column += size + 1
    }
    return `${text.slice(0, width)}\n`
  }
  const titles = request.titles ? `${line(request.columns.map((column) => column.title)).trimEnd()}\n` : ''
  await process.stdout.write(titles + rows.map(line).join(''))
  return rows.length ? 0 : 1
}

/** One thread of a process; the first does most of the work. */
function threadOf(info: ProcessInfo, thread: number): ProcessInfo {
  const share = info.threads === 1 ? 1 : thread === 0 ? 0.6 : 0.4 / (info.threads - 1)
  return Object.create(info, { thread: { value: thread }, cpuMs: { value: Math.floor(info.cpuMs * share) } })
}

function sorted(process: Process, infos: ProcessInfo[], request: PsRequest): ProcessInfo[] {
  const value = (info: ProcessInfo, key: string): number | string => {
    switch (key) {
      case 'pcpu':
      case '%cpu':
        return info.cpuMs / Math.max(1, process.world.now() - info.startedAt)
      case 'pmem':
      case '%mem':
      case 'rss':
      case 'rsz':
        return info.rssKiB
      case 'vsz':
      case 'size':
      case 'sz':
        return info.vszKiB
      case 'start_time':
      case 'start':
      case 'lstart':
        return info.startedAt
      case 'etime':
      case 'etimes':
        return -info.startedAt
      case 'time':
      case 'cputime':
        return info.cpuMs
      case 'ppid':
        return info.ppid
      case 'comm':
      case 'cmd':
      case 'args':
        return info.comm
      case 'user':
      case 'uid':
        return info.uid
      case 'ni':
        return info.nice
      default:
        return info.pid
    }
  }
  return [...infos].sort((a, b) => {
    for (const { key, descending } of request.sort) {
      const [x, y] = [value(a, key), value(b, key)]
      if (x !== y) return (x < y ? -1 : 1) * (descending ? -1 : 1)
    }
    return a.pid - b.pid
  })
}

/** Children below their parents, drawn as `ps f` does. */
function forest(infos: readonly ProcessInfo[]): { info: ProcessInfo; depth: string }[] {
  const ids = new Set(infos.map((info) => info.pid))
  const result: { info: ProcessInfo; depth: string }[] = []
  const visit = (info: ProcessInfo, lead: string, isRoot: boolean, isLast: boolean): void => {
    result.push({ info, depth: isRoot ? '' : `${lead}\\_ ` })
    const inner = isRoot ? ' ' : `${lead}${isLast ? '    ' : '|   '}`
    const children = infos.filter((child) => child.ppid === info.pid).sort((a, b) => a.pid - b.pid)
    for (const [i, child] of children.entries()) visit(child, inner, false, i === children.length - 1)
  }
  for (const info of infos.filter((candidate) => !ids.has(candidate.ppid)).sort((a, b) => a.pid - b.pid)) visit(info, '', true, true)
  return result
}

/** BusyBox ps of OpenWrt: one table, whatever the options but `-o`. */
async function busyBoxPs(process: Process, words: readonly string[]): Promise<number> {
  const wide = words.some((word) => /^-?[a-z]*w/.test(word)) || !process.stdout.isTerminal
  const width = wide ? Number.POSITIVE_INFINITY : (process.terminal?.columns ?? 80)
  const rows = process.world.processes.list().map((info) => {
    const size = info.vszKiB >= 100_000 ? `${Math.floor(info.vszKiB / 1024)}m` : String(info.vszKiB)
    const state = `${info.state}${info.argv.length ? '' : 'W'}${info.nice < 0 ? '<' : info.nice > 0 ? 'N' : ''}`
    return `${String(info.pid).padStart(5)} ${userName(process, info.uid).slice(0, 8).padEnd(8)} ${size.padStart(6)} ${state.padEnd(4)} ${commandLine(info)}`.slice(
      0,
      width,
    )
  })
  await process.stdout.write(`  PID USER       VSZ STAT COMMAND\n${rows.map((row) => `${row}\n`).join('')}`)
  return 0
}
