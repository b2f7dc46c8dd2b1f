import { HostError } from '../contract.ts'
import { gnuCommand } from './gnu/command.ts'
import { Keys } from './gnu/keys.ts'
import { localTime, strftime, zoneOf } from './gnu/strftime.ts'

export default gnuCommand({
  name: 'watch',
  package: 'procps',
  version: 'watch from procps-ng 4.0.2',
  usage: '[options] command',
  short: '+bcCd::egn:pqrtxwhv',
  long: { interval: 'n', 'no-title': 't', differences: 'd', exec: 'x', beep: 'b', color: 'c', chgexit: 'g', errexit: 'e' },
  async run(process, options) {
    if (options.operands.length === 0 || !process.terminal) {
      await process.stderr.write(options.operands.length ? 'Error opening terminal: unknown.\n' : '\nUsage:\n watch [options] command\n')
      return 1
    }
    const delay = Math.max(0.1, Number(options.value('n') ?? 2) || 2)
    const line = options.operands.join(' ')
    const keys = new Keys(process)
    try {
      while (!keys.ended) {
        const parts: Buffer[] = []
        const collect = { isTerminal: false, write: async (data: Uint8Array | string) => void parts.push(Buffer.from(data as Uint8Array)) }
        try {
          await process.run(options.has('x') ? options.operands : ['sh', '-c', line], {
            stdin: new Uint8Array(),
            stdout: collect,
            stderr: collect,
          })
        } catch (error) {
          if (!(error instanceof HostError)) throw error
        }
        const head = options.has('t')
          ? ''
          : `${`Every ${delay.toFixed(1)}s: ${line}`.padEnd(Math.max(0, process.terminal.columns - 32))}${process.world.hostname}: ${strftime('%a %b %e %H:%M:%S %Y', localTime(process.world.now(), zoneOf(process)))}\n\n`
        const text = Buffer.concat(parts)
          .toString('utf8')
          .split('\n')
          .slice(0, process.terminal.rows - (head ? 2 : 0))
          .join('\n')
        await process.stdout.write(`\x1b[H\x1b[2J${head}${text}`)
        if ((await keys.next(delay * 1000)) === '\x03') break
      }
    } finally {
      keys.close()
    }
    await process.stdout.write('\n')
    return 0
  },
})
