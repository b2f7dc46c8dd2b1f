import type { Process } from '../command.ts'
import { memory } from '../world/hardware.ts'
import { isBusyBox } from './busybox/flavour.ts'
import { Failure, gnuCommand } from './gnu/command.ts'
import type { Options } from './gnu/options.ts'

/** Divisors of KiB by option. */
const UNITS: Record<string, number> = {
  b: 1 / 1024,
  k: 1,
  m: 1024,
  g: 1024 ** 2,
  tebi: 1024 ** 3,
  kilo: 1000 / 1024,
  mega: 1e6 / 1024,
  giga: 1e9 / 1024,
}

export default gnuCommand({
  name: 'free',
  package: 'procps',
  version: 'free from procps-ng 4.0.2',
  usage: '[options]',
  short: 'bkmghltws:c:V',
  long: {
    bytes: 'b',
    kibi: 'k',
    mebi: 'm',
    gibi: 'g',
    tebi: 'tebi',
    kilo: 'kilo',
    mega: 'mega',
    giga: 'giga',
    human: 'h',
    si: 'si',
    lohi: 'l',
    total: 't',
    seconds: 's',
    count: 'c',
    wide: 'w',
  },
  async run(process, options) {
    if (options.has('V')) {
      await process.stdout.write('free from procps-ng 4.0.2\n')
      return 0
    }
    const delay = Number(options.value('s') ?? 1)
    const repeats = options.has('c') ? Number(options.value('c')) : options.has('s') ? Number.POSITIVE_INFINITY : 1
    if (!(repeats >= 1)) throw new Failure(`failed to parse count argument: '${options.value('c')}'`)
    if (!(delay > 0)) throw new Failure(`seconds argument '${options.value('s')}' failed`)
    for (let i = 0; i < repeats; i++) {
      if (i > 0) await process.sleep(delay * 1000)
      await process.stdout.write(`${table(process, options)}${repeats > 1 ? '\n' : ''}`)
    }
    return 0
  },
})

function table(process: Process, options: Options): string {
  const m = memory(process.world)
  const busybox = isBusyBox(process)
  const cache = m.cached + m.reclaimable
  const used = busybox ? m.total - m.free - m.buffers - m.cached : m.total - m.available
  const show = (kib: number): string =>
    options.has('h') && !busybox
      ? human(kib * 1024)
      : String(Math.floor(kib / (UNITS[options.last(...Object.keys(UNITS)) ?? 'k'] as number)))
  const wide = options.has('w')
  const caches = wide ? [m.buffers, cache] : [m.buffers + (busybox ? m.cached : cache)]
  const lead = busybox ? 7 : 8
  const row = (name: string, values: readonly number[]): string =>
    `${name.padEnd(lead)}${values.map((value) => show(value).padStart(12)).join('')}\n`
  const titles = ['total', 'used', 'free', 'shared', ...(wide ? ['buffers', 'cache'] : ['buff/cache']), 'available']
  const swapUsed = m.swapTotal - m.swapFree
  let text = `${' '.repeat(lead)}${titles.map((title) => title.padStart(12)).join('')}\n`
  text += row('Mem:', [m.total, used, m.free, m.shared, ...caches, m.available])
  if (options.has('l')) text += row('Low:', [m.total, used, m.free]) + row('High:', [0, 0, 0])
  text += row('Swap:', [m.swapTotal, swapUsed, m.swapFree])
  if (options.has('t')) text += row('Total:', [m.total + m.swapTotal, used + swapUsed, m.free + m.swapFree])
  return text
}

/** `1.2Gi`, `473Mi`, `0B` */
function human(bytes: number): string {
  let value = bytes
  let power = 0
  while (value >= 1024 && power < 5) {
    value /= 1024
    power++
  }
  const unit = power === 0 ? 'B' : `${'KMGTP'[power - 1]}i`
  return power > 0 && value < 9.95 ? `${value.toFixed(1)}${unit}` : `${Math.round(value)}${unit}`
}
