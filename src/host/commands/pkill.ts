import { HostError } from '../contract.ts'
import { complain, gnuCommand } from './gnu/command.ts'
import { parseOptions } from './gnu/options.ts'
import { MATCH_LONG, MATCH_OPTIONS, matching } from './gnu/process-match.ts'
import { signalName } from './gnu/signals.ts'

export default gnuCommand({
  name: 'pkill',
  package: 'procps',
  version: 'pkill from procps-ng 4.0.2',
  usage: '[options] <pattern>',
  trouble: 2,
  rawArguments: true,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    const at = words.findIndex((word) => /^-([A-Z][A-Z0-9]+|\d+)$/.test(word) && signalName(word.slice(1)) !== undefined)
    const given = at >= 0 ? (words.splice(at, 1)[0] as string).slice(1) : undefined
    const options = parseOptions(words, { short: `${MATCH_OPTIONS}ehV`, long: { ...MATCH_LONG, signal: 'signal=', echo: 'e' } })
    const signal = signalName(given ?? options.value('signal') ?? 'TERM') ?? 'TERM'
    const found = matching(process, options)
    for (const info of found) {
      try {
        process.world.processes.signal(info.pid, signal, { uid: process.uid })
        if (options.has('e')) await process.stdout.write(`${info.comm} killed (pid ${info.pid})\n`)
      } catch (error) {
        if (!(error instanceof HostError)) throw error
        await complain(process, `killing pid ${info.pid} failed: ${error.message}`)
      }
    }
    return found.length ? 0 : 1
  },
})
