import { posix } from 'node:path'
import { attempt, complainOf, gnuCommand, Usage } from './gnu/command.ts'
import { absolutePath, realPathLenient } from './gnu/relative.ts'
import { resolveAs } from './gnu/resolve.ts'

export default gnuCommand({
  name: 'realpath',
  usage: '[OPTION]... FILE...',
  about: 'Print the resolved absolute file name;\nall but the last component must exist',
  authors: 'Padraig Brady',
  short: 'eLmPqsz',
  long: {
    'canonicalize-existing': 'e',
    'canonicalize-missing': 'm',
    logical: 'L',
    physical: 'P',
    quiet: 'q',
    'relative-to': 'relative-to=',
    'relative-base': 'relative-base=',
    strip: 's',
    'no-symlinks': 's',
    zero: 'z',
  },
  async run(process, options) {
    if (options.operands.length === 0) throw new Usage('missing operand')
    const kind = (options.last('e', 'm') ?? 'f') as 'e' | 'f' | 'm'
    const base = options.value('relative-to')
    let status = 0
    for (const name of options.operands) {
      const fine = await attempt(
        async () => {
          const path = options.has('s') ? absolutePath(process, name) : resolveAs(process, name, kind)
          const shown = base === undefined ? path : posix.relative(realPathLenient(process, base), path) || '.'
          await process.stdout.write(shown + (options.has('z') ? '\0' : '\n'))
        },
        async (error) => {
          if (!options.has('q')) await complainOf(process, name, error)
        },
      )
      if (!fine) status = 1
    }
    return status
  },
})
