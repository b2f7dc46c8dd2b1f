import { HostError } from '../contract.ts'
import { complain, gnuCommand, Usage } from './gnu/command.ts'
import { localQuotes } from './gnu/locale.ts'
import { quoted } from './gnu/quote.ts'

export default gnuCommand({
  name: 'nohup',
  usage: ['COMMAND [ARG]...', 'OPTION'],
  about: 'Run COMMAND, ignoring hangup signals.',
  authors: 'Jim Meyering',
  trouble: 125,
  short: '+',
  async run(process, options) {
    const [name] = options.operands
    if (name === undefined) throw new Usage('missing operand')
    process.onSignal('HUP', () => undefined)
    const ignoresInput = process.stdin.isTerminal
    let target: string | undefined
    if (process.stdout.isTerminal) {
      target = 'nohup.out'
      await complain(process, localQuotes(process, `${ignoresInput ? 'ignoring input and ' : ''}appending output to 'nohup.out'`))
    } else if (ignoresInput)
      await complain(process, process.stderr.isTerminal ? 'ignoring input and redirecting stderr to stdout' : 'ignoring input')
    const output = target === undefined ? undefined : process.openOutput(target, 'append')
    try {
      return await process.run(options.operands, {
        ...(ignoresInput && { stdin: new Uint8Array() }),
        ...(output && { stdout: output, stderr: output }),
      })
    } catch (error) {
      if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
      await complain(process, `failed to run command ${quoted(name)}: ${error.message}`)
      return error.code === 'ENOENT' ? 127 : 126
    }
  },
})
