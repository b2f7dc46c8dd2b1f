import { posix } from 'node:path'
import { HostError, type HostFiles } from '../../host/contract.ts'

/** Links on the way of one path (MAXSYMLINKS of Linux). */
const MAX_LINKS = 40

/**
 * The real path of an absolute one as sftp-server finds it: its last part need not exist unless a slash follows, and what
 * stands before `/` or `/..` need not be a directory.
 * @throws HostError
 */
export function realpath(files: HostFiles, path: string): string {
  let done = '/'
  let left = path
  for (let links = 0; left !== ''; ) {
    const [, part, slash, rest] = /^([^/]*)(\/?)(.*)$/s.exec(left) as unknown as [string, string, string, string]
    left = rest
    if (part === '' || part === '.') continue
    if (part === '..') {
      done = posix.dirname(done)
      continue
    }
    const next = posix.join(done, part)
    const target = linkAt(files, next, slash !== '')
    if (target === undefined) done = next
    else if (++links > MAX_LINKS) throw new HostError('ELOOP', 'Too many levels of symbolic links')
    else {
      if (target.startsWith('/')) done = '/'
      left = `${target}${slash}${left}`
    }
  }
  return done
}

/** Where a link leads; undefined for what is none, or for nothing at all where nothing needs to be. */
function linkAt(files: HostFiles, path: string, mustExist: boolean): string | undefined {
  try {
    return files.lstat(path).type === 'symlink' ? files.readlink(path) : undefined
  } catch (error) {
    if (error instanceof HostError && error.code === 'ENOENT' && !mustExist) return undefined
    throw error
  }
}
