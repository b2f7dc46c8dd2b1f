import type { HostText, Process } from '../../command.ts'
import { type FileStat, HostError } from '../../contract.ts'
import { collation } from '../gnu/locale.ts'
import { statIfThere } from '../gnu/tree.ts'
import { compareVersions } from '../gnu/versions.ts'
import type { LsStyle } from './style.ts'

export interface Entry {
  name: HostText
  path: HostText
  stat: FileStat
  /** Where a link leads; undefined for others and for links into nothing. */
  target: FileStat | undefined
  link: HostText | undefined
}

export function entryOf(process: Process, name: HostText, path: HostText, follow: boolean): Entry {
  const stat = follow ? process.files.stat(path) : process.files.lstat(path)
  const isLink = stat.type === 'symlink'
  return { name, path, stat, target: isLink ? statIfThere(process, path) : undefined, link: isLink ? linkText(process, path) : undefined }
}

function linkText(process: Process, path: HostText): HostText {
  try {
    return process.files.readlink(path)
  } catch (error) {
    if (error instanceof HostError) return ''
    throw error
  }
}

export function sortEntries(process: Process, entries: Entry[], style: LsStyle): Entry[] {
  if (style.sort === 'none') return style.reverse ? entries.reverse() : entries
  const compare = collation(process)
  const byName = (a: Entry, b: Entry): number => compare(a.name, b.name)
  const orders: Record<Exclude<LsStyle['sort'], 'none'>, (a: Entry, b: Entry) => number> = {
    name: byName,
    size: (a, b) => b.stat.size - a.stat.size || byName(a, b),
    time: (a, b) => b.stat[style.time] - a.stat[style.time] || byName(a, b),
    version: (a, b) => compareVersions(a.name, b.name),
    extension: (a, b) => compare(extension(a.name), extension(b.name)) || byName(a, b),
  }
  const order = orders[style.sort]
  const sign = style.reverse ? -1 : 1
  const isFolder = (entry: Entry): number => ((entry.target ?? entry.stat).type === 'directory' ? 0 : 1)
  return entries.sort((a, b) => (style.directoriesFirst ? isFolder(a) - isFolder(b) : 0) || sign * order(a, b))
}

function extension(name: string): string {
  const dot = name.lastIndexOf('.')
  return dot < 0 ? '' : name.slice(dot)
}
