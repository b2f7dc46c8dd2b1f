import { LineReader, Writer } from './gnu/bytes.ts'
import { gnuCommand } from './gnu/command.ts'
import { eachInput } from './gnu/inputs.ts'

export default gnuCommand({
  name: 'unexpand',
  usage: '[OPTION]... [FILE]...',
  about: 'Convert blanks in each FILE to tabs, writing to standard output.',
  authors: 'David MacKenzie',
  short: 'at:',
  long: { all: 'a', 'first-only': 'first-only', tabs: 't' },
  async run(process, options) {
    const stop = Math.min(1000, Number(options.value('t') ?? 8) || 8)
    const everywhere = (options.has('a') || options.has('t')) && !options.has('first-only')
    const out = new Writer(process.stdout)
    const fine = await eachInput(process, options.operands, async (input) => {
      const lines = new LineReader(process, input)
      for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
        await out.write(tabbed(line, stop, everywhere) + (lines.terminated ? '\n' : ''))
      }
    })
    await out.flush()
    return fine ? 0 : 1
  },
})

function tabbed(line: string, stop: number, everywhere: boolean): string {
  let text = ''
  let column = 0
  let held = 0
  let leading = true
  for (const c of line) {
    if (c === ' ' && (leading || everywhere)) {
      held++
      column++
      if (column % stop === 0 && held > 1) {
        text += '\t'
        held = 0
      }
      continue
    }
    if (c === '\t') {
      held = 0
      column += stop - (column % stop)
    } else {
      leading = false
      column++
    }
    text += ' '.repeat(held) + c
    held = 0
  }
  return text + ' '.repeat(held)
}
