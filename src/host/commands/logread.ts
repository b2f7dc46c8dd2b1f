import { journal } from '../world/logs/journal.ts'
import { gnuCommand } from './gnu/command.ts'
import { localTime, strftime, zoneOf } from './gnu/strftime.ts'

export default gnuCommand({
  name: 'logread',
  package: 'logd',
  paths: ['/usr/sbin/logread', '/sbin/logread'],
  usage: '[options]',
  short: 's:l:r:F:S:fh:p:e:otu0P:z:Z:',
  async run(process, options) {
    const all = journal(process.world)
    const count = Number(options.value('l') ?? all.length)
    const pattern = options.value('e')
    for (const line of all.filter((entry) => pattern === undefined || entry.text.includes(pattern)).slice(-count)) {
      const facility =
        line.identifier === 'kernel'
          ? 'kern.info kernel'
          : `${line.facility === 'auth' ? 'authpriv.notice' : 'daemon.info'} ${line.identifier}${line.pid === undefined ? '' : `[${line.pid}]`}`
      await process.stdout.write(`${strftime('%a %b %e %H:%M:%S %Y', localTime(line.at, zoneOf(process)))} ${facility}: ${line.text}\n`)
    }
    while (options.has('f')) await process.sleep(60_000)
    return 0
  },
})
