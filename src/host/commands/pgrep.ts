import { gnuCommand } from './gnu/command.ts'
import { multiCall } from './gnu/multi-call.ts'
import { MATCH_LONG, MATCH_OPTIONS, matching } from './gnu/process-match.ts'
import pkill from './pkill.ts'

const pgrep = gnuCommand({
  name: 'pgrep',
  package: 'procps',
  version: 'pgrep from procps-ng 4.0.2',
  usage: '[options] <pattern>',
  trouble: 2,
  short: `${MATCH_OPTIONS}V`,
  long: MATCH_LONG,
  async run(process, options) {
    const found = matching(process, options)
    if (options.has('c')) await process.stdout.write(`${found.length}\n`)
    else if (found.length) {
      const rows = found.map(
        (info) =>
          `${info.pid}${options.has('a') ? ` ${info.argv.length ? info.argv.join(' ') : info.comm}` : options.has('l') ? ` ${info.comm}` : ''}`,
      )
      await process.stdout.write(`${rows.join(options.value('d') ?? '\n')}\n`)
    }
    return found.length ? 0 : 1
  },
})

export default multiCall(pgrep, [pkill])
