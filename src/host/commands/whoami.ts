import { isBusyBox } from './busybox/flavour.ts'
import { userName } from './gnu/accounts.ts'
import { Failure, gnuCommand, Usage } from './gnu/command.ts'

export default gnuCommand({
  name: 'whoami',
  usage: '[OPTION]...',
  about: 'Print the user name associated with the current effective user ID.',
  authors: 'Richard Mlynarik',
  short: '',
  async run(process, options) {
    if (options.operands.length) throw new Usage(`extra operand '${options.operands[0]}'`)
    const name = userName(process, process.uid)
    if (name === String(process.uid))
      throw new Failure(isBusyBox(process) ? `unknown uid ${process.uid}` : `cannot find name for user ID ${process.uid}`)
    await process.stdout.write(`${name}\n`)
    return 0
  },
})
