import type { Process } from '../../command.ts'
import { aroundNow, timersOf } from '../../world/logs/timers.ts'
import { localTime, strftime, zoneOf } from '../gnu/strftime.ts'
import { ago } from './show.ts'

const HEADER = ['NEXT', 'LEFT', 'LAST', 'PASSED', 'UNIT', 'ACTIVATES']

/** The table of `systemctl list-timers`, the next one first. */
export function timerTable(process: Process): string {
  const { world } = process
  const now = world.now()
  const zone = zoneOf(process)
  const when = (time: number | undefined) => (time === undefined ? '-' : strftime('%a %Y-%m-%d %H:%M:%S %Z', localTime(time, zone)))
  const rows = timersOf(world)
    .map((timer) => ({ timer, ...aroundNow(timer, world, now) }))
    .sort((a, b) => (a.next ?? Number.POSITIVE_INFINITY) - (b.next ?? Number.POSITIVE_INFINITY))
    .map(({ timer, last, next }) => [
      when(next),
      next === undefined ? '-' : ago(next - now).replace(/ago$/, 'left'),
      when(last),
      last === undefined ? '-' : ago(now - last),
      `${timer.unit}.timer`,
      `${timer.unit}.service`,
    ])
  const widths = HEADER.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] as string).length)))
  const line = (cells: readonly string[]) => `${cells.map((cell, i) => (i === 5 ? cell : cell.padEnd(widths[i] as number))).join(' ')}\n`
  return `${[HEADER, ...rows].map(line).join('')}\n${rows.length} timers listed.\nPass --all to see loaded but inactive timers, too.\n`
}
