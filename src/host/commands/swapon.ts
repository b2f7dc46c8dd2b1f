import { memory } from '../world/hardware.ts'
import { swapDevice } from '../world/proc-system.ts'
import { gnuCommand } from './gnu/command.ts'
import { humanSize } from './gnu/size.ts'

export default gnuCommand({
  name: 'swapon',
  package: 'mount',
  paths: ['/usr/sbin/swapon'],
  version: 'swapon from util-linux 2.38.1',
  usage: '[options] [<spec>]',
  short: 'ad::efo:p:sT:vhV',
  long: { show: 'show?', summary: 's', all: 'a', noheadings: 'noheadings' },
  async run(process, options) {
    const m = memory(process.world)
    const name = swapDevice(process.world)
    if (options.has('show') || process.argv.length === 1) {
      if (m.swapTotal)
        await process.stdout.write(
          `${options.has('noheadings') ? '' : 'NAME      TYPE SIZE USED PRIO\n'}${name.padEnd(9)} ${name.startsWith('/dev') ? 'partition' : 'file'} ${humanSize(m.swapTotal * 1024)} ${humanSize((m.swapTotal - m.swapFree) * 1024)}   -2\n`,
        )
      return 0
    }
    if (options.has('s')) return process.run(['cat', '/proc/swaps'])
    if (process.uid === 0) return 0
    await process.stderr.write('swapon: Not superuser.\n')
    return 1
  },
})
