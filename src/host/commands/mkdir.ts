import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { attempt, complain, dirName, Failure, gnuCommand, Usage } from './gnu/command.ts'
import { localQuotes } from './gnu/locale.ts'
import { parseMode } from './gnu/mode.ts'
import { quoted } from './gnu/quote.ts'
import { statIfThere } from './gnu/tree.ts'

export default gnuCommand({
  name: 'mkdir',
  usage: '[OPTION]... DIRECTORY...',
  about: 'Create the DIRECTORY(ies), if they do not already exist.',
  authors: 'David MacKenzie',
  short: 'm:pvZ',
  long: { mode: 'm', parents: 'p', verbose: 'v', context: 'context?' },
  async run(process, options) {
    if (options.operands.length === 0) throw new Usage('missing operand')
    const text = options.value('m')
    const change = text === undefined ? undefined : parseMode(text, process.umask)
    if (text !== undefined && !change) throw new Failure(`invalid mode ${quoted(text)}`)
    let status = 0
    for (const name of options.operands) {
      const fine = await attempt(
        async () => {
          for (const path of options.has('p') ? missingFolders(process, name) : [name]) {
            if (path === '') throw new HostError('ENOENT', 'No such file or directory')
            process.files.mkdir(path)
            if (options.has('v')) await process.stdout.write(`${process.argv[0]}: created directory ${quoted(path)}\n`)
          }
          if (change) process.files.chmod(name, change(0o777, true))
        },
        (error) => complain(process, localQuotes(process, `cannot create directory ${quoted(name)}: ${error.message}`)),
      )
      if (!fine) status = 1
    }
    return status
  },
})

/** The folders of a path that are not there yet, outermost first; the path itself when it is something else than a folder. */
function missingFolders(process: Process, path: HostText): HostText[] {
  const missing: HostText[] = []
  let at = path
  for (;;) {
    const stat = statIfThere(process, at)
    if (stat?.type === 'directory') return missing
    missing.unshift(at)
    const parent = dirName(at)
    if (stat || parent === at) return missing
    at = parent
  }
}
