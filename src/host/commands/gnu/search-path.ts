import type { HostText, Process } from '../../command.ts'
import { joinPath } from './command.ts'
import { statIfThere } from './tree.ts'

/** Executables of a name in `$PATH`, in its order; a name with a slash is itself. */
export function searchPath(process: Process, name: HostText): HostText[] {
  const runs = (path: HostText): boolean => statIfThere(process, path)?.type === 'file' && process.files.may('x', path)
  if (name.includes('/')) return runs(name) ? [name] : []
  if (name === '') return []
  return (process.env.get('PATH') ?? '/usr/bin:/bin')
    .split(':')
    .map((folder) => joinPath(folder || '.', name))
    .filter(runs)
}
