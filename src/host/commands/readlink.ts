import { attempt, complain, gnuCommand, Usage } from './gnu/command.ts'
import { resolveAs } from './gnu/resolve.ts'

export default gnuCommand({
  name: 'readlink',
  usage: '[OPTION]... FILE...',
  about: 'Print value of a symbolic link or canonical file name',
  authors: 'Dmitry V. Levin',
  short: 'efmnqsvz',
  long: {
    canonicalize: 'f',
    'canonicalize-existing': 'e',
    'canonicalize-missing': 'm',
    'no-newline': 'n',
    quiet: 'q',
    silent: 's',
    verbose: 'v',
    zero: 'z',
  },
  async run(process, options) {
    if (options.operands.length === 0) throw new Usage('missing operand')
    const kind = options.last('e', 'f', 'm') as 'e' | 'f' | 'm' | undefined
    const end = options.has('z') ? '\0' : options.has('n') && options.operands.length === 1 ? '' : '\n'
    let status = 0
    for (const name of options.operands) {
      const fine = await attempt(
        async () => process.stdout.write((kind ? resolveAs(process, name, kind) : process.files.readlink(name)) + end),
        async (error) => {
          if (options.has('v')) await complain(process, `${name}: ${error.message}`)
        },
      )
      if (!fine) status = 1
    }
    return status
  },
})
