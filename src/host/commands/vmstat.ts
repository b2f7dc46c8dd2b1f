import { cpuTimes, memory } from '../world/hardware.ts'
import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'vmstat',
  package: 'procps',
  version: 'vmstat from procps-ng 4.0.2',
  usage: '[options] [delay [count]]',
  short: 'afmnsdDp:S:twhV',
  async run(process, options) {
    const [delay, count] = options.operands.map(Number)
    const rounds = count ?? (delay ? Number.POSITIVE_INFINITY : 1)
    await process.stdout.write(
      'procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu-----\n r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st\n',
    )
    for (let i = 0; i < rounds; i++) {
      if (i > 0) await process.sleep((delay ?? 1) * 1000)
      const m = memory(process.world)
      const times = cpuTimes(process.world)
      const total = times.user + times.system + times.idle + times.iowait + times.steal || 1
      const share = (value: number): string => String(Math.round((value / total) * 100)).padStart(2)
      const cell = (value: number, width: number): string => String(value).padStart(width)
      const beat = Math.floor(process.world.now() / 1000) % 7
      await process.stdout.write(
        ` 1  0 ${cell(m.swapTotal - m.swapFree, 6)} ${cell(m.free, 6)} ${cell(m.buffers, 6)} ${cell(m.cached + m.reclaimable, 6)}    0    0 ${cell(i ? 0 : 3, 5)} ${cell(19 + beat * 4, 5)} ${cell(90 + beat * 11, 4)} ${cell(160 + beat * 23, 4)} ${share(times.user)} ${share(times.system)} ${share(times.idle)} ${share(times.iowait)} ${share(times.steal)}\n`,
      )
    }
    return 0
  },
})
