import type { HostText } from '../command.ts'
import { HostError } from '../contract.ts'
import { complain, gnuCommand, Usage } from './gnu/command.ts'
import { localQuotes } from './gnu/locale.ts'
import { quoted } from './gnu/quote.ts'

export default gnuCommand({
  name: 'env',
  usage: '[OPTION]... [-] [NAME=VALUE]... [COMMAND [ARG]...]',
  about: 'Set each NAME to VALUE in the environment and run COMMAND.',
  authors: 'Richard Mlynarik, David MacKenzie, and Assaf Gordon',
  trouble: 125,
  short: '+C:iS:u:v0',
  long: { 'ignore-environment': 'i', null: '0', unset: 'u', chdir: 'C', 'split-string': 'S', debug: 'v' },
  async run(process, options) {
    const operands = options.has('S')
      ? [...(options.value('S') as string).split(/\s+/).filter((word) => word !== ''), ...options.operands]
      : [...options.operands]
    const env = new Map<string, HostText>(options.has('i') || operands[0] === '-' ? [] : process.env)
    if (operands[0] === '-') operands.shift()
    for (const name of options.values('u')) env.delete(name)
    while (operands[0]?.includes('=')) {
      const word = operands.shift() as string
      env.set(word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1))
    }
    if (operands.length === 0) {
      const end = options.has('0') ? '\0' : '\n'
      await process.stdout.write([...env].map(([name, value]) => `${name}=${value}${end}`).join(''))
      return 0
    }
    if (options.has('0')) throw new Usage('cannot specify --null (-0) with command')
    try {
      return await process.run(operands, { env, ...(options.has('C') && { cwd: options.value('C') as string }) })
    } catch (error) {
      if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
      await complain(process, localQuotes(process, `${quoted(operands[0] as string)}: ${error.message}`))
      return error.code === 'ENOENT' ? 127 : 126
    }
  },
})
