import { randomBytes } from 'node:crypto'
import { attempt, complain, Failure, gnuCommand, Usage } from './gnu/command.ts'
import { quotedIfNeeded } from './gnu/quote.ts'

const MOST_BYTES = 16 * 1024 * 1024

export default gnuCommand({
  name: 'shred',
  usage: '[OPTION]... FILE...',
  about:
    'Overwrite the specified FILE(s) repeatedly, in order to make it harder\nfor even very expensive hardware probing to recover the data.',
  authors: 'Colin Plumb',
  short: 'fn:s:uvxz',
  long: { force: 'f', iterations: 'n', size: 's', verbose: 'v', exact: 'x', zero: 'z', 'random-source': 'random-source=', remove: 'u?' },
  async run(process, options) {
    if (options.operands.length === 0) throw new Usage('missing file operand')
    const text = options.value('n') ?? '3'
    if (!/^\d{1,6}$/.test(text)) throw new Failure(`invalid number of passes: '${text}'`)
    const passes = Number(text) + (options.has('z') ? 1 : 0)
    let status = 0
    for (const path of options.operands) {
      const fine = await attempt(
        async () => {
          const { size } = process.files.stat(path)
          const length = options.has('x') ? size : Math.ceil(size / 4096) * 4096
          for (let pass = 1; pass <= passes; pass++) {
            const isZero = options.has('z') && pass === passes
            if (options.has('v')) await complain(process, `${path}: pass ${pass}/${passes} (${isZero ? '000000' : 'random'})...`)
            await process.sleep(Math.ceil(length / 400_000))
          }
          const filled = Math.min(length, MOST_BYTES)
          process.files.write(path, options.has('z') ? Buffer.alloc(filled) : randomBytes(filled))
          if (!options.has('u')) return
          if (options.has('v')) await complain(process, `${path}: removing`)
          process.files.remove(path)
          if (options.has('v')) await complain(process, `${path}: removed`)
        },
        (error) => complain(process, `${quotedIfNeeded(path)}: failed to open for writing: ${error.message}`),
      )
      if (!fine) status = 1
    }
    return status
  },
})
