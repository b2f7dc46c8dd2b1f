import { uptimeSeconds } from '../world/hardware.ts'
import { isBusyBox } from './busybox/flavour.ts'
import { gnuCommand } from './gnu/command.ts'
import { localTime, strftime, zoneOf } from './gnu/strftime.ts'
import { uptimeLine } from './gnu/uptime.ts'

export default gnuCommand({
  name: 'uptime',
  package: 'procps',
  version: 'uptime from procps-ng 4.0.2',
  usage: '[options]',
  short: 'hpsV',
  long: { pretty: 'p', since: 's' },
  async run(process, options) {
    const { world } = process
    if (options.has('V')) await process.stdout.write('uptime from procps-ng 4.0.2\n')
    else if (options.has('s')) await process.stdout.write(`${strftime('%Y-%m-%d %H:%M:%S', localTime(world.bootedAt, zoneOf(process)))}\n`)
    else if (options.has('p')) await process.stdout.write(`up ${pretty(uptimeSeconds(world))}\n`)
    else await process.stdout.write(`${uptimeLine(world, zoneOf(process), isBusyBox(process))}\n`)
    return 0
  },
})

function pretty(seconds: number): string {
  const parts: string[] = []
  let rest = Math.floor(seconds / 60)
  for (const [name, minutes] of [
    ['decade', 5_256_000],
    ['year', 525_600],
    ['week', 10_080],
    ['day', 1440],
    ['hour', 60],
    ['minute', 1],
  ] as const) {
    const count = Math.floor(rest / minutes)
    rest %= minutes
    if (count || (name === 'minute' && parts.length === 0)) parts.push(`${count} ${name}${count === 1 ? '' : 's'}`)
  }
  return parts.join(', ')
}
