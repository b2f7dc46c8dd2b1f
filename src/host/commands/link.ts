import { attempt, complain, gnuCommand, Usage } from './gnu/command.ts'
import { quoted } from './gnu/quote.ts'

export default gnuCommand({
  name: 'link',
  usage: ['FILE1 FILE2', 'OPTION'],
  about: 'Call the link function to create a link named FILE2 to an existing FILE1.',
  authors: 'Michael Stone',
  short: '',
  async run(process, options) {
    const [from, to, extra] = options.operands
    if (from === undefined) throw new Usage('missing operand')
    if (to === undefined) throw new Usage(`missing operand after '${from}'`)
    if (extra !== undefined) throw new Usage(`extra operand '${extra}'`)
    const fine = await attempt(
      () => process.files.link(from, to),
      (error) => complain(process, `cannot create link ${quoted(to)} to ${quoted(from)}: ${error.message}`),
    )
    return fine ? 0 : 1
  },
})
