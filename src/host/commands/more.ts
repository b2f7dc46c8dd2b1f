import { HostError } from '../contract.ts'
import { complain, gnuCommand } from './gnu/command.ts'
import { runMore } from './pager/more.ts'

export default gnuCommand({
  name: 'more',
  package: 'util-linux',
  version: 'more from util-linux 2.38.1',
  usage: '[options] <file>...',
  short: 'defln:pcsu0123456789hV',
  async run(process, options) {
    if (options.operands.length === 0 && process.stdin.isTerminal) {
      await process.stderr.write("more: bad usage\nTry 'more --help' for more information.\n")
      return 1
    }
    const names = options.operands.length > 0 ? options.operands : ['-']
    const isPaged = process.stdout.isTerminal && process.terminal !== undefined
    for (const name of names) {
      try {
        const stat = name === '-' ? undefined : process.files.stat(name)
        if (stat?.type === 'directory') {
          await process.stdout.write(`\n*** ${name}: directory ***\n\n`)
          continue
        }
        const input = name === '-' ? process.stdin : process.openInput(name)
        if (names.length > 1) await process.stdout.write(`::::::::::::::\n${name}\n::::::::::::::\n`)
        if (isPaged) await runMore(process, [input], stat?.size)
        else for (let part = await input.read(); part !== undefined; part = await input.read()) await process.stdout.write(part)
      } catch (error) {
        if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
        await complain(process, `cannot open ${name}: ${error.message}`)
      }
    }
    return 0
  },
})
