import { HostError } from '../contract.ts'
import { complain, Failure, gnuCommand } from './gnu/command.ts'
import { localQuotes } from './gnu/locale.ts'

export default gnuCommand({
  name: 'nice',
  usage: '[OPTION] [COMMAND [ARG]...]',
  about: 'Run COMMAND with an adjusted niceness, which affects process scheduling.',
  authors: 'David MacKenzie',
  trouble: 125,
  short: '+n:0123456789',
  long: { adjustment: 'n' },
  async run(process, options) {
    const current = process.world.processes.get(process.pid)?.nice ?? 0
    if (options.operands.length === 0) {
      await process.stdout.write(`${current}\n`)
      return 0
    }
    const given = options.value('n')
    if (given !== undefined && !/^[-+]?\d+$/.test(given)) throw new Failure(`invalid adjustment '${given}'`, 125)
    const own = process.world.processes.get(process.pid) as { nice: number } | undefined
    const digits = options.given.filter(({ key }) => /^\d$/.test(key)).map(({ key }) => key)
    const adjustment = Number(given ?? (digits.length ? digits.join('') : 10))
    if (adjustment < 0 && process.uid !== 0) await complain(process, 'cannot set niceness: Permission denied')
    else if (own) own.nice = Math.max(-20, Math.min(19, current + adjustment))
    try {
      return await process.run(options.operands)
    } catch (error) {
      if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
      await complain(process, localQuotes(process, `'${options.operands[0]}': ${error.message}`))
      return error.code === 'ENOENT' ? 127 : 126
    }
  },
})
