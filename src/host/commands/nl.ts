import { byteString, LineReader, Writer } from './gnu/bytes.ts'
import { Failure, gnuCommand } from './gnu/command.ts'
import { eachInput } from './gnu/inputs.ts'
import { Regex } from './regex/regex.ts'

export default gnuCommand({
  name: 'nl',
  usage: '[OPTION]... [FILE]...',
  about: 'Write each FILE to standard output, with line numbers added.',
  authors: 'Scott Bartram and David MacKenzie',
  short: 'b:d:f:h:i:l:n:ps:v:w:',
  long: {
    'body-numbering': 'b',
    'line-increment': 'i',
    'number-format': 'n',
    'number-separator': 's',
    'starting-line-number': 'v',
    'number-width': 'w',
  },
  async run(process, options) {
    const style = options.value('b') ?? 't'
    if (!/^([atn]$|p)/.test(style)) throw new Failure(`invalid body numbering style: '${style}'`)
    const regex = style.startsWith('p') ? Regex.compile(byteString(style.slice(1)), 'basic') : undefined
    const width = Number(options.value('w') ?? 6)
    const separator = byteString(options.value('s') ?? '\t')
    const format = options.value('n') ?? 'rn'
    const step = Number(options.value('i') ?? 1)
    let number = Number(options.value('v') ?? 1)
    const out = new Writer(process.stdout)
    const numbers = (line: string): boolean => (regex ? regex.test(line) : style === 'a' || (style === 't' && line !== ''))
    const fine = await eachInput(process, options.operands, async (input) => {
      const lines = new LineReader(process, input)
      for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
        if (numbers(line)) {
          const digits =
            format === 'rz'
              ? String(number).padStart(width, '0')
              : format === 'ln'
                ? String(number).padEnd(width)
                : String(number).padStart(width)
          await out.write(`${digits}${separator}${line}\n`)
          number += step
        } else await out.write(`${' '.repeat(width + separator.length)}${line}\n`)
      }
    })
    await out.flush()
    return fine ? 0 : 1
  },
})
