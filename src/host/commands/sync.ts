import { attempt, complain, gnuCommand } from './gnu/command.ts'
import { quoted } from './gnu/quote.ts'

export default gnuCommand({
  name: 'sync',
  usage: '[OPTION] [FILE]...',
  about: 'Synchronize cached writes to persistent storage',
  authors: 'Jim Meyering and Giuseppe Scrivano',
  short: 'df',
  long: { data: 'd', 'file-system': 'f' },
  async run(process, options) {
    let status = 0
    for (const name of options.operands) {
      const fine = await attempt(
        () => void process.files.stat(name),
        (error) => complain(process, `error opening ${quoted(name)}: ${error.message}`),
      )
      if (!fine) status = 1
    }
    return status
  },
})
