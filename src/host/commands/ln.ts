import type { HostText, Process } from '../command.ts'
import { attempt, baseName, complain, Failure, gnuCommand, joinPath, Usage } from './gnu/command.ts'
import { confirms } from './gnu/confirm.ts'
import type { Options } from './gnu/options.ts'
import { quoted } from './gnu/quote.ts'
import { relativePath } from './gnu/relative.ts'
import { statIfThere } from './gnu/tree.ts'

export default gnuCommand({
  name: 'ln',
  usage: [
    '[OPTION]... [-T] TARGET LINK_NAME',
    '[OPTION]... TARGET',
    '[OPTION]... TARGET... DIRECTORY',
    '[OPTION]... -t DIRECTORY TARGET...',
  ],
  about: 'In the 1st form, create a link to TARGET with the name LINK_NAME.',
  authors: 'Mike Parker and David MacKenzie',
  short: 'bdfFiLnPrsS:t:Tv',
  long: {
    backup: 'backup?',
    directory: 'd',
    force: 'f',
    interactive: 'i',
    logical: 'L',
    'no-dereference': 'n',
    physical: 'P',
    relative: 'r',
    symbolic: 's',
    suffix: 'S',
    'target-directory': 't',
    'no-target-directory': 'T',
    verbose: 'v',
  },
  async run(process, options) {
    const operands = [...options.operands]
    if (operands.length === 0) throw new Usage('missing file operand')
    const folder = options.value('t') ?? (operands.length > 1 ? (operands.pop() as HostText) : '.')
    const isFolder =
      !options.has('T') && (options.has('n') ? statIfThere(process, folder, false) : statIfThere(process, folder))?.type === 'directory'
    if (!isFolder && operands.length > 1)
      throw new Failure(
        `target ${quoted(folder)}${statIfThere(process, folder) ? '' : ': No such file or directory'}${statIfThere(process, folder) ? ' is not a directory' : ''}`,
        1,
        true,
      )
    let status = 0
    for (const target of operands) {
      const link = isFolder ? joinPath(folder, baseName(target)) : folder
      if (!(await makeLink(process, options, target, link))) status = 1
    }
    return status
  },
})

async function makeLink(process: Process, options: Options, target: HostText, link: HostText): Promise<boolean> {
  const symbolic = options.has('s')
  const { files } = process
  if (!symbolic) {
    const stat = statIfThere(process, target)
    if (!stat) {
      await complain(process, `failed to access ${quoted(target)}: No such file or directory`)
      return false
    }
    if (stat.type === 'directory') {
      await complain(process, `${target}: hard link not allowed for directory`)
      return false
    }
  }
  return attempt(
    async () => {
      const existing = statIfThere(process, link, false)
      if (existing && options.has('i') && !(await confirms(process, `${process.argv[0]}: replace ${quoted(link)}? `))) return
      if (existing && options.has('b')) files.rename(link, `${link}~`)
      else if (existing && options.has('f', 'i') && existing.type !== 'directory') files.remove(link)
      const text = symbolic && options.has('r') ? relativePath(process, link, target) : target
      if (symbolic) files.symlink(text, link)
      else files.link(target, link)
      if (options.has('v')) await process.stdout.write(`${quoted(link)} ${symbolic ? '->' : '=>'} ${quoted(text)}\n`)
    },
    (error) =>
      complain(
        process,
        `failed to create ${symbolic ? 'symbolic' : 'hard'} link ${quoted(link)}${symbolic ? '' : error.code === 'EEXIST' ? '' : ` => ${quoted(target)}`}: ${error.message}`,
      ),
  )
}
