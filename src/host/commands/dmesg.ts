import { clearKernelLog, kernelLog } from '../world/logs-kernel.ts'
import { kernelParameter } from '../world/proc-sys.ts'
import { isBusyBox } from './busybox/flavour.ts'
import { gnuCommand } from './gnu/command.ts'
import { localTime, strftime, zoneOf } from './gnu/strftime.ts'

export default gnuCommand({
  name: 'dmesg',
  package: 'util-linux',
  version: 'dmesg from util-linux 2.38.1',
  usage: '[options]',
  short: 'CcDdeF:f:HhJkLl:n:PpruSs:TtVwWx',
  long: {
    clear: 'C',
    'read-clear': 'c',
    human: 'H',
    ctime: 'T',
    notime: 't',
    level: 'l',
    facility: 'f',
    follow: 'w',
    decode: 'x',
    color: 'L?',
    nopager: 'P',
    raw: 'r',
  },
  async run(process, options) {
    if (process.uid !== 0 && kernelParameter(process.world, 'kernel/dmesg_restrict') === '1') {
      await process.stderr.write(
        isBusyBox(process) ? 'dmesg: klogctl: Operation not permitted\n' : 'dmesg: read kernel buffer failed: Operation not permitted\n',
      )
      return 1
    }
    if (!options.has('C')) {
      const zone = zoneOf(process)
      const lines = kernelLog(process.world).map((line) => {
        const stamp = options.has('t')
          ? ''
          : options.has('T')
            ? `[${strftime('%a %b %e %H:%M:%S %Y', localTime(process.world.bootedAt + line.at * 1000, zone))}] `
            : `[${line.at.toFixed(6).padStart(12)}] `
        return `${stamp}${line.text}\n`
      })
      await process.stdout.write(lines.join(''))
    }
    if (options.has('C', 'c')) clearKernelLog(process.world)
    while (options.has('w')) await process.sleep(60_000)
    return 0
  },
})
