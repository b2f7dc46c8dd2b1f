import { latin1, rawBytes } from './gnu/bytes.ts'
import { gnuCommand } from './gnu/command.ts'
import { eachInput } from './gnu/inputs.ts'
import { quoted } from './gnu/quote.ts'

/** As much input is turned round. */
const MOST_BYTES = 4 * 1024 * 1024

export default gnuCommand({
  name: 'tac',
  usage: '[OPTION]... [FILE]...',
  about: 'Write each FILE to standard output, last line first.',
  authors: 'Jay Lepreau and David MacKenzie',
  short: 'brs:',
  long: { before: 'b', regex: 'r', separator: 's' },
  async run(process, options) {
    const separator = options.value('s') ?? '\n'
    const fine = await eachInput(
      process,
      options.operands,
      async (input) => {
        const pieces = latin1(await input.all(MOST_BYTES)).split(separator)
        const tail = pieces.pop() as string
        const records = pieces.map((piece) => piece + separator)
        if (tail !== '') records.push(tail)
        await process.stdout.write(rawBytes(records.reverse().join('')))
      },
      (name, error) => `failed to open ${quoted(name)} for reading: ${error.message}`,
    )
    return fine ? 0 : 1
  },
})
