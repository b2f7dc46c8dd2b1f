import { LineReader, Writer } from './gnu/bytes.ts'
import { gnuCommand } from './gnu/command.ts'
import { eachInput } from './gnu/inputs.ts'

export default gnuCommand({
  name: 'expand',
  usage: '[OPTION]... [FILE]...',
  about: 'Convert tabs in each FILE to spaces, writing to standard output.',
  authors: 'David MacKenzie',
  short: 'it:',
  long: { initial: 'i', tabs: 't' },
  async run(process, options) {
    const stop = Math.min(1000, Number(options.value('t') ?? 8) || 8)
    const out = new Writer(process.stdout)
    const fine = await eachInput(process, options.operands, async (input) => {
      const lines = new LineReader(process, input)
      for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
        let column = 0
        let text = ''
        let leading = true
        for (const c of line) {
          if (c !== ' ' && c !== '\t') leading = false
          const piece = c === '\t' && (leading || !options.has('i')) ? ' '.repeat(stop - (column % stop)) : c
          text += piece
          column += piece.length
        }
        await out.write(text + (lines.terminated ? '\n' : ''))
      }
    })
    await out.flush()
    return fine ? 0 : 1
  },
})
