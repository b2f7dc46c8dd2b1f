import { HostError } from '../contract.ts'
import { complain, gnuCommand } from './gnu/command.ts'
import { SIGNALS, signalName } from './gnu/signals.ts'

export default gnuCommand({
  name: 'kill',
  package: 'procps',
  version: 'kill from procps-ng 4.0.2',
  usage: '[options] <pid> [...]',
  rawArguments: true,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    if (words.length === 0) {
      await process.stderr.write('\nUsage:\n kill [options] <pid> [...]\n\nFor more details see kill(1).\n')
      return 1
    }
    if (words[0] === '-l' || words[0] === '-L' || words[0] === '--list') {
      const one = words[1]
      await process.stdout.write(
        one === undefined
          ? `${SIGNALS.join(' ')}\n`
          : `${/^\d+$/.test(one) ? (SIGNALS[(Number(one) & 127) - 1] ?? one) : SIGNALS.indexOf(signalName(one) ?? '') + 1}\n`,
      )
      return 0
    }
    let signal: string | undefined = 'TERM'
    const first = words[0] as string
    if (first === '-s' || first === '--signal' || first === '-n') {
      words.shift()
      signal = signalName(words.shift() ?? '')
    } else if (/^-[A-Z0-9]/i.test(first) && !/^-\d{3,}$/.test(first) && words.length > 1) {
      words.shift()
      signal = signalName(first.slice(1))
    }
    if (words[0] === '--') words.shift()
    if (signal === undefined) {
      await complain(process, `unknown signal ${first.replace(/^-/, '')}`)
      return 1
    }
    let status = 0
    for (const word of words) {
      if (!/^-?\d{1,9}$/.test(word)) {
        await complain(process, `failed to parse argument: '${word}'`)
        status = 1
        continue
      }
      try {
        process.world.processes.signal(Number(word), signal, { uid: process.uid })
      } catch (error) {
        if (!(error instanceof HostError)) throw error
        await complain(process, `(${word}): ${error.message}`)
        status = 1
      }
    }
    return status
  },
})
