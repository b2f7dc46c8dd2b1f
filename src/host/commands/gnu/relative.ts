import { posix } from 'node:path'
import type { HostText, Process } from '../../command.ts'
import { HostError } from '../../contract.ts'

/** Absolute, lexically clean form of a path of the process. */
export function absolutePath(process: Process, path: HostText): HostText {
  return posix.resolve(process.cwd, path)
}

/** The real path as far as it exists, the rest as written (`realpath -m`). */
export function realPathLenient(process: Process, path: HostText): HostText {
  const absolute = absolutePath(process, path)
  for (let at = absolute, rest = ''; ; ) {
    try {
      return posix.join(process.files.realpath(at), rest)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      if (at === '/') return absolute
      rest = posix.join(posix.basename(at), rest)
      at = posix.dirname(at)
    }
  }
}

/** How the folder of `from` reaches `to`. */
export function relativePath(process: Process, from: HostText, to: HostText): HostText {
  return posix.relative(realPathLenient(process, posix.dirname(absolutePath(process, from))), realPathLenient(process, to)) || '.'
}
