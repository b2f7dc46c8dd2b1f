import { byteString, rawBytes } from './gnu/bytes.ts'
import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'yes',
  usage: ['[STRING]...', 'OPTION'],
  about: "Repeatedly output a line with all specified STRING(s), or 'y'.",
  authors: 'David MacKenzie',
  short: '+',
  async run(process, options) {
    const line = `${byteString(options.operands.join(' ') || 'y')}\n`
    const block = rawBytes(line.repeat(Math.max(1, Math.floor(4096 / line.length))))
    for (;;) {
      await process.spend(100)
      await process.stdout.write(block)
    }
  },
})
