import { attempt, complain, gnuCommand, Usage } from './gnu/command.ts'
import { quoted } from './gnu/quote.ts'

export default gnuCommand({
  name: 'mkfifo',
  usage: '[OPTION]... NAME...',
  about: 'Create named pipes (FIFOs) with the given NAMEs.',
  authors: 'David MacKenzie',
  short: 'm:Z',
  long: { mode: 'm' },
  async run(process, options) {
    if (options.operands.length === 0) throw new Usage('missing operand')
    const mode = Number.parseInt(options.value('m') ?? (0o666 & ~process.umask).toString(8), 8)
    let status = 0
    for (const name of options.operands) {
      const fine = await attempt(
        () => process.files.mknod(name, 'fifo', mode),
        (error) => complain(process, `cannot create fifo ${quoted(name)}: ${error.message}`),
      )
      if (!fine) status = 1
    }
    return status
  },
})
