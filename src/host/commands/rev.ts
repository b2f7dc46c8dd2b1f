import { byteString, hostText, LineReader, Writer } from './gnu/bytes.ts'
import { gnuCommand } from './gnu/command.ts'
import { eachInput } from './gnu/inputs.ts'

export default gnuCommand({
  name: 'rev',
  package: 'util-linux',
  version: 'rev from util-linux 2.38.1',
  usage: '[options] [file ...]',
  about: 'Reverse lines characterwise.',
  short: 'hV',
  async run(process, options) {
    const out = new Writer(process.stdout)
    const fine = await eachInput(process, options.operands, async (input) => {
      const lines = new LineReader(process, input)
      for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
        await out.write(byteString([...hostText(line)].reverse().join('')) + (lines.terminated ? '\n' : ''))
      }
    })
    await out.flush()
    return fine ? 0 : 1
  },
})
