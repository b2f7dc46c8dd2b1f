import { cpuTimes, processorCount, uptimeSeconds } from '../world/hardware.ts'
import { gnuCommand } from './gnu/command.ts'
import { localTime, strftime, zoneOf } from './gnu/strftime.ts'

export default gnuCommand({
  name: 'iostat',
  package: 'sysstat',
  usage: '[ options ] [ <interval> [ <count> ] ]',
  applet: false,
  short: 'cdhkmNstVxyz',
  async run(process) {
    const { world } = process
    const times = cpuTimes(world)
    const all = Object.values(times).reduce((sum: number, value) => sum + Number(value), 0) || 1
    const share = (value: number | undefined): string => (((value ?? 0) / all) * 100).toFixed(2).padStart(8)
    const seconds = uptimeSeconds(world)
    const disks = world.persona.hardware.disks.map((disk) => {
      const read = Math.round(disk.usedGiB * 1_048_576 * 0.4)
      const written = Math.round(seconds * 11.7)
      return `${disk.device.replace('/dev/', '').padEnd(9)} ${(1.9).toFixed(2).padStart(8)} ${(read / seconds).toFixed(2).padStart(12)} ${(written / seconds).toFixed(2).padStart(12)} ${'0.00'.padStart(12)} ${String(read).padStart(10)} ${String(written).padStart(10)} ${'0'.padStart(10)}\n`
    })
    await process.stdout.write(
      `Linux ${world.persona.os.kernel.release} (${world.hostname}) \t${strftime('%m/%d/%y', localTime(world.now(), zoneOf(process)))} \t_${world.persona.os.kernel.machine}_\t(${processorCount(world)} CPU)\n\navg-cpu:  %user   %nice %system %iowait  %steal   %idle\n        ${share(times.user)}${share(times.nice)}${share(times.system)}${share(times.iowait)}${share(0)}${share(times.idle)}\n\nDevice             tps    kB_read/s    kB_wrtn/s    kB_dscd/s    kB_read    kB_wrtn    kB_dscd\n${disks.join('')}\n\n`,
    )
    return 0
  },
})
