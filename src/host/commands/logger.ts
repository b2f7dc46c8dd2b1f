import { toText } from '../text.ts'
import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'logger',
  package: 'bsdutils',
  version: 'logger from util-linux 2.38.1',
  usage: '[options] [<message>]',
  about: 'Enter messages into the system log.',
  short: 'ef:hin:P:p:sS:t:Tu:dV',
  long: { file: 'f', server: 'n', port: 'P', priority: 'p', stderr: 's', tag: 't', tcp: 'T', socket: 'u', udp: 'd', id: 'id?' },
  async run(process, options) {
    const { world } = process
    const tag = `${options.value('t') ?? process.user}${options.has('i') ? `[${process.pid}]` : ''}`
    const lines = options.operands.length
      ? [options.operands.join(' ')]
      : toText(Buffer.from(await process.stdin.all()))
          .split('\n')
          .filter(Boolean)
    for (const line of lines.slice(0, 1000)) {
      world.logs.write({ facility: 'user', identifier: tag, pid: undefined, unit: undefined, text: line })
      if (options.has('s')) await process.stderr.write(`<13>${tag}: ${line}\n`)
    }
    return 0
  },
})
