import type { HostText, Process } from '../../command.ts'
import { type FileStat, HostError } from '../../contract.ts'
import { joinPath } from './command.ts'

/** The stat of a path, or undefined when it does not exist (any other trouble passes). */
export function statIfThere(process: Process, path: HostText, follow = true): FileStat | undefined {
  try {
    return follow ? process.files.stat(path) : process.files.lstat(path)
  } catch (error) {
    if (error instanceof HostError && ['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'ENAMETOOLONG'].includes(error.code)) return undefined
    throw error
  }
}

/** Makes a folder and those above it that are not there yet. @throws HostError */
export function makeFolders(process: Process, path: HostText, mode?: number): void {
  let at = path.startsWith('/') ? '/' : ''
  for (const part of path.split('/').filter((p) => p !== '')) {
    at = at === '' ? part : joinPath(at, part)
    if (!statIfThere(process, at)) process.files.mkdir(at, mode)
  }
}

/** Writes what was made of a file under another name, with that file's mode, times and, for root, owner; the file goes unless kept. */
export function replaceFile(
  { files, uid }: Process,
  { path, stat, keep }: { path: HostText; stat: FileStat; keep: boolean },
  target: HostText,
  bytes: Uint8Array,
): void {
  files.write(target, bytes, stat.mode)
  files.utimes(target, stat.atime, stat.mtime)
  if (uid === 0) files.chown(target, stat.uid, stat.gid)
  if (!keep) files.remove(path)
}

export interface TreeVisit {
  path: HostText
  stat: FileStat
  depth: number
}

/** Whether a path names the same directory as one of these, so that nothing is copied or moved into itself. */
export function isInside(process: Process, path: HostText, folder: HostText): boolean {
  const real = (p: HostText): string => {
    try {
      return process.files.realpath(p)
    } catch (error) {
      if (error instanceof HostError) return p
      throw error
    }
  }
  const [inner, outer] = [real(path), real(folder)]
  return inner === outer || inner.startsWith(outer === '/' ? '/' : `${outer}/`)
}

/**
 * Walks a tree, parents first (`pre`) and after their children (`post`). Never follows links below the start.
 * `failed` hears of directories that cannot be read.
 */
export async function walkTree(
  process: Process,
  start: HostText,
  visit: {
    /** Awaited; `'skip'` leaves the folder's content out. */
    pre?: (entry: TreeVisit) => unknown
    post?: (entry: TreeVisit) => unknown
    failed: (path: HostText, error: HostError) => Promise<void>
    follow?: boolean
  },
): Promise<void> {
  const step = async (path: HostText, depth: number): Promise<void> => {
    const pause = process.spend(2)
    if (pause) await pause
    let stat: FileStat
    try {
      stat = depth === 0 && visit.follow ? process.files.stat(path) : process.files.lstat(path)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      await visit.failed(path, error)
      return
    }
    const entry = { path, stat, depth }
    if ((await visit.pre?.(entry)) === 'skip') return
    if (stat.type === 'directory' && depth < 500) {
      try {
        for (const name of process.files.list(path)) await step(joinPath(path, name), depth + 1)
      } catch (error) {
        if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
        await visit.failed(path, error)
      }
    }
    await visit.post?.(entry)
  }
  await step(start, 0)
}
