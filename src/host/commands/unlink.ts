import { attempt, complain, gnuCommand, Usage } from './gnu/command.ts'
import { quoted } from './gnu/quote.ts'

export default gnuCommand({
  name: 'unlink',
  usage: ['FILE', 'OPTION'],
  about: 'Call the unlink function to remove the specified FILE.',
  authors: 'Michael Stone',
  short: '',
  async run(process, options) {
    const [path, extra] = options.operands
    if (path === undefined) throw new Usage('missing operand')
    if (extra !== undefined) throw new Usage(`extra operand '${extra}'`)
    const fine = await attempt(
      () => process.files.remove(path),
      (error) => complain(process, `cannot unlink ${quoted(path)}: ${error.message}`),
    )
    return fine ? 0 : 1
  },
})
