import type { HostText, Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { dirName } from './command.ts'
import { absolutePath, realPathLenient } from './relative.ts'

/** Canonical path: `e` = all must exist, `f` = all but the last, `m` = none need to. Throws HostError. */
export function resolveAs(process: Process, path: HostText, kind: 'e' | 'f' | 'm'): HostText {
  if (path === '') throw new HostError('ENOENT', 'No such file or directory')
  if (kind === 'e') return process.files.realpath(path)
  if (kind === 'f') {
    const folder = dirName(absolutePath(process, path))
    if (process.files.stat(process.files.realpath(folder)).type !== 'directory') throw new HostError('ENOTDIR', 'Not a directory')
  }
  return realPathLenient(process, path)
}
