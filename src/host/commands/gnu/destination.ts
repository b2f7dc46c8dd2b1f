import type { HostText, Process } from '../../command.ts'
import { baseName, Failure, joinPath, Usage } from './command.ts'
import type { Options } from './options.ts'
import { quoted } from './quote.ts'
import { statIfThere } from './tree.ts'

/** Pairs of source and destination for `cp`, `mv`, `ln` and `install`: into a folder, or onto one name. */
export function destinations(process: Process, options: Options): { from: HostText; to: HostText }[] {
  const operands = [...options.operands]
  const folder = options.value('t')
  if (folder !== undefined && operands.length === 0) throw new Usage('missing file operand')
  if (folder === undefined && operands.length === 0) throw new Usage('missing file operand')
  if (folder === undefined && operands.length === 1)
    throw new Usage(`missing destination file operand after ${quoted(operands[0] as string)}`, true)
  if (options.has('T') && operands.length > 2) throw new Usage(`extra operand ${quoted(operands[2] as string)}`, true)
  const target = folder ?? (operands.pop() as HostText)
  const isFolder = !options.has('T') && statIfThere(process, target)?.type === 'directory'
  if (folder !== undefined && !isFolder)
    throw new Failure(
      `target directory ${quoted(target)}: ${statIfThere(process, target) ? 'Not a directory' : 'No such file or directory'}`,
    )
  if (operands.length > 1 && !isFolder)
    throw new Failure(
      `target ${quoted(target)}: ${statIfThere(process, target) ? 'Not a directory' : 'No such file or directory'}`,
      1,
      true,
    )
  return operands.map((from) => ({ from, to: isFolder ? joinPath(target, baseName(from)) : target }))
}
