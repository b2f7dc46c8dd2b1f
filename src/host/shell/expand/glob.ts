import { HostError, type HostFiles } from '../../contract.ts'
import { hasSpecial, Pattern, unescapePattern } from './pattern.ts'

export interface GlobOptions {
  extended: boolean
  dots: boolean
  ignoreCase: boolean
  globstar: boolean
  /** Called for each directory that is read; may wait. */
  spend: (steps: number) => Promise<void> | undefined
}

/** Names that one pattern may give. */
const MOST_NAMES = 100_000

/** Paths that match a pattern, sorted as in the C locale; empty when none does. */
export async function glob(files: HostFiles, pattern: string, options: GlobOptions): Promise<string[]> {
  const absolute = pattern.startsWith('/')
  const parts = splitPath(pattern)
  let found: string[] = [absolute ? '/' : '']
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1
    const next: string[] = []
    for (const base of found) {
      const wait = options.spend(8)
      if (wait) await wait
      if (part === '**' && options.globstar) next.push(...(await descend(files, base, last, options)))
      else if (!hasSpecial(part, options.extended)) next.push(...literal(files, base, unescapePattern(part), last))
      else next.push(...matching(files, base, part, last, options))
      if (next.length > MOST_NAMES) break
    }
    found = next
    if (found.length === 0) return []
  }
  return found
    .filter((path) => path !== '')
    .map((path) => path.replace(/(.)\/$/, (whole, before) => (pattern.endsWith('/') ? whole : before)))
    .sort(compare)
}

/** The parts of a pattern between slashes; a final slash gives an empty last part, which only directories match. */
function splitPath(pattern: string): string[] {
  return pattern.replace(/^\/+/, '').split(/\/+/)
}

function literal(files: HostFiles, base: string, name: string, last: boolean): string[] {
  const path = base + name
  if (name === '') return isDirectory(files, base) ? [base] : []
  if (last) return exists(files, path) ? [path] : []
  return isDirectory(files, path) ? [`${path}/`] : []
}

function matching(files: HostFiles, base: string, part: string, last: boolean, options: GlobOptions): string[] {
  const pattern = new Pattern(part, { extended: options.extended, ignoreCase: options.ignoreCase })
  const wantsDot = /^\\?\./.test(part)
  return listed(files, base)
    .filter((name) => (wantsDot || options.dots || !name.startsWith('.')) && pattern.matches(name))
    .map((name) => base + name)
    .flatMap((path) => (last ? [path] : isDirectory(files, path) ? [`${path}/`] : []))
}

async function descend(files: HostFiles, base: string, last: boolean, options: GlobOptions): Promise<string[]> {
  const found: string[] = last && base ? [base] : last ? [] : [base]
  const queue = [base]
  while (queue.length > 0 && found.length < MOST_NAMES) {
    const folder = queue.shift() as string
    const wait = options.spend(8)
    if (wait) await wait
    for (const name of listed(files, folder)) {
      if (name.startsWith('.') && !options.dots) continue
      const path = folder + name
      const directory = files.lstat(path).type === 'directory'
      if (last) found.push(path)
      else if (directory) found.push(`${path}/`)
      if (directory) queue.push(`${path}/`)
    }
  }
  return found
}

function listed(files: HostFiles, folder: string): string[] {
  try {
    return files.list(folder || '.')
  } catch (error) {
    if (error instanceof HostError) return []
    throw error
  }
}

function exists(files: HostFiles, path: string): boolean {
  try {
    files.lstat(path)
    return true
  } catch (error) {
    if (error instanceof HostError) return false
    throw error
  }
}

function isDirectory(files: HostFiles, path: string): boolean {
  try {
    return files.stat(path || '.').type === 'directory'
  } catch (error) {
    if (error instanceof HostError) return false
    throw error
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
