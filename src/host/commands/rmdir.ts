import { attempt, complain, dirName, gnuCommand, Usage } from './gnu/command.ts'
import { quoted } from './gnu/quote.ts'

export default gnuCommand({
  name: 'rmdir',
  usage: '[OPTION]... DIRECTORY...',
  about: 'Remove the DIRECTORY(ies), if they are empty.',
  authors: 'David MacKenzie',
  short: 'pv',
  long: { parents: 'p', verbose: 'v', 'ignore-fail-on-non-empty': 'ignore-fail-on-non-empty' },
  async run(process, options) {
    if (options.operands.length === 0) throw new Usage('missing operand')
    let status = 0
    for (const name of options.operands) {
      for (let path = name; ; path = dirName(path)) {
        if (options.has('v')) await process.stdout.write(`${process.argv[0]}: removing directory, ${quoted(path)}\n`)
        const gone = await attempt(
          () => process.files.rmdir(path),
          async (error) => {
            if (error.code === 'ENOTEMPTY' && options.has('ignore-fail-on-non-empty')) return
            status = 1
            await complain(process, `failed to remove ${path === name ? '' : 'directory '}${quoted(path)}: ${error.message}`)
          },
        )
        if (!gone || !options.has('p') || !path.includes('/') || dirName(path) === '/') break
      }
    }
    return status
  },
})
