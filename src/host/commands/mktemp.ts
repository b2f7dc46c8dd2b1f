import { randomInt } from 'node:crypto'
import { attempt, complain, Failure, gnuCommand, joinPath } from './gnu/command.ts'
import { localQuotes } from './gnu/locale.ts'
import { quoted } from './gnu/quote.ts'
import { statIfThere } from './gnu/tree.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

export default gnuCommand({
  name: 'mktemp',
  usage: '[OPTION]... [TEMPLATE]',
  about: 'Create a temporary file or directory, safely, and print its name.',
  authors: 'Jim Meyering and Eric Blake',
  short: 'dp:qtuV',
  long: { directory: 'd', quiet: 'q', 'dry-run': 'u', tmpdir: 'p?', suffix: 'suffix=' },
  async run(process, options) {
    const template = options.operands[0] ?? 'tmp.XXXXXXXXXX'
    if (options.operands.length > 1) throw new Failure('too many templates')
    const folder =
      options.has('p', 't') || options.operands.length === 0 ? (options.value('p') ?? process.env.get('TMPDIR') ?? '/tmp') : undefined
    const suffix = options.value('suffix') ?? ''
    const found = /^(.*?)(X{3,})([^X]*)$/s.exec(template)
    if (!found) throw new Failure(`too few X's in template ${quoted(template)}`)
    const [, head, marks, tail] = found as unknown as [string, string, string, string]
    let path = ''
    do {
      const random = Array.from({ length: marks.length }, () => LETTERS[randomInt(LETTERS.length)]).join('')
      path = head + random + tail + suffix
      if (folder !== undefined) path = joinPath(folder, path)
    } while (statIfThere(process, path, false))
    const fine =
      options.has('u') ||
      (await attempt(
        () => (options.has('d') ? process.files.mkdir(path, 0o700) : process.files.write(path, Buffer.alloc(0), 0o600)),
        async (error) => {
          const shown = folder === undefined ? template : joinPath(folder, template)
          if (!options.has('q'))
            await complain(
              process,
              localQuotes(
                process,
                `failed to create ${options.has('d') ? 'directory' : 'file'} via template ${quoted(shown)}: ${error.message}`,
              ),
            )
        },
      ))
    if (fine) await process.stdout.write(`${path}\n`)
    return fine ? 0 : 1
  },
})
