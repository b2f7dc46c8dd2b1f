/** What a share shows of a file or folder. */
export interface Node {
  name: string
  isDirectory: boolean
  /** The attribute of what was changed since the last backup; Samba keeps it as the owner's right to execute. */
  isArchive: boolean
  size: number
  /** UTC milliseconds. */
  created: number
  modified: number
  /** File index, as it stands in listings. */
  id: number
}

/** The files of one share. Paths are parts joined by `/`, empty for the share itself; names differ in more than case. */
export interface ShareStore {
  stat(path: string): Node | undefined
  list(path: string): Node[]
  read(path: string): Buffer
  /** Makes or replaces a file. The folder must exist. */
  write(path: string, bytes: Buffer): void
  mkdir(path: string): void
  /** Removes a file or an empty folder. */
  remove(path: string): void
  rename(from: string, to: string): void
}

/** The path of a request: parts divided by `\`, `..` resolved and never above the share. */
export function sharePath(given: string): string {
  const parts: string[] = []
  for (const part of given.replaceAll('\\', '/').split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts.join('/')
}

export function parentOf(path: string): string {
  const at = path.lastIndexOf('/')
  return at < 0 ? '' : path.slice(0, at)
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
