import type { Process } from '../command.ts'
import { cgroupOf } from '../world/proc-process.ts'
import { Keys } from './gnu/keys.ts'
import { systemdCommand } from './systemd/command.ts'

const HEADER = ['Control Group', 'Tasks', '%CPU', 'Memory', 'Input/s', 'Output/s'] as const

export default systemdCommand({
  name: 'systemd-cgtop',
  usage: '[OPTIONS...] [CGROUP]',
  short: 'ptcmirkPbn:d:M:1',
  long: { order: 'order=', raw: 'r', cpu: 'cpu?', iterations: 'n', delay: 'd', batch: 'b', depth: 'depth=', recursive: 'recursive=' },
  async run(process, options) {
    const delay = Math.max(0.1, Number.parseFloat(options.value('d') ?? '1') || 1) * 1000
    const { terminal, stdout } = process
    const isScreen = stdout.isTerminal && terminal !== undefined && !options.has('b')
    const times = Number(options.value('n') ?? (isScreen || options.has('b') ? Number.POSITIVE_INFINITY : 1)) || 1
    if (!isScreen) {
      for (let i = 0; i < times; i++) {
        if (i > 0) await process.sleep(delay)
        await stdout.write(rows(process, 50))
      }
      return 0
    }
    const keys = new Keys(process)
    try {
      for (let i = 0; i < times && !keys.ended; i++) {
        const head = `${HEADER[0].padEnd(Math.max(10, terminal.columns - 45))} ${HEADER[1].padStart(6)} ${HEADER[2].padStart(6)} ${HEADER[3].padStart(8)} ${HEADER[4].padStart(8)} ${HEADER[5].padStart(8)}`
        await stdout.write(
          `\x1b[H\x1b[2J\x1b[1;37m${head}\x1b[0m\n\n${rows(process, terminal.columns - 45)
            .split('\n')
            .slice(0, terminal.rows - 3)
            .join('\n')}\n`,
        )
        const key = await keys.next(delay)
        if (key === 'q' || key === '\x03') break
      }
    } finally {
      keys.close()
    }
    return 0
  },
})

/** A row for each control group and those above it, the fullest first. */
function rows({ world }: Process, width: number): string {
  const sums = new Map<string, { tasks: number; rssKiB: number }>()
  for (const info of world.processes.list()) {
    if (info.argv.length === 0) continue
    const parts = cgroupOf(world, info).split('/').filter(Boolean)
    for (let depth = 0; depth <= Math.min(3, parts.length); depth++) {
      const path = depth === 0 ? '/' : parts.slice(0, depth).join('/')
      const sum = sums.get(path) ?? { tasks: 0, rssKiB: 0 }
      sums.set(path, { tasks: sum.tasks + info.threads, rssKiB: sum.rssKiB + info.rssKiB })
    }
  }
  return [...sums]
    .sort((a, b) => b[1].rssKiB - a[1].rssKiB)
    .map(
      ([path, { tasks, rssKiB }]) =>
        `${path.slice(0, width).padEnd(width)} ${String(tasks).padStart(6)} ${'-'.padStart(6)} ${size(rssKiB).padStart(8)} ${'-'.padStart(8)} ${'-'.padStart(8)}\n`,
    )
    .join('')
}

function size(kib: number): string {
  if (kib >= 1024 * 1024) return `${(kib / 1024 / 1024).toFixed(1)}G`
  return kib >= 1024 ? `${(kib / 1024).toFixed(1)}M` : `${kib.toFixed(1)}K`
}
