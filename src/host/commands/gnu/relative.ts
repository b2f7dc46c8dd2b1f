import { posix } from 'node:path'
import type { HostText, Process } from '../../command.ts'
import { HostError } from '../../contract.ts'

/** Absolute, lexically clean form of a path of the process. */
export function absolutePath(process: Process, path: HostText): HostText {
  return posix.resolve(process.cwd, path)
}

/** The real path as far as it exists, the rest as written (`realpath -m`). */
export function realPathLenient(process: Process, path: HostText, depth = 0): HostText {
  const absolute = absolutePath(process, path)
  for (let at = absolute, rest = ''; ; ) {
    try {
      return posix.join(process.files.realpath(at), rest)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      if (at === '/') return absolute
      const target = rest === '' ? danglingTarget(process, at) : undefined
      if (target !== undefined && depth < 40) return realPathLenient(process, posix.resolve(posix.dirname(at), target), depth + 1)
      rest = posix.join(posix.basename(at), rest)
      at = posix.dirname(at)
    }
  }
}

/** Where a link leads that leads nowhere. */
function danglingTarget(process: Process, path: HostText): HostText | undefined {
  try {
    return process.files.readlink(path)
  } catch (error) {
    if (error instanceof HostError) return undefined
    throw error
  }
}

/** How the folder of `from` reaches `to`. */
export function relativePath(process: Process, from: HostText, to: HostText): HostText {
  return posix.relative(realPathLenient(process, posix.dirname(absolutePath(process, from))), realPathLenient(process, to)) || '.'
}
