/** One file, link or folder of a package. */
export interface ListedEntry {
  kind: 'executable' | 'script' | 'other-executable' | 'object' | 'file' | 'link' | 'hard-link' | 'folder'
  path: string
  size: number
  mode: number
  owner: string
  group: string
  /** UTC milliseconds. */
  mtime: number
  /** Target of a link, first line of a script. */
  text: string
}

const KINDS: Readonly<Record<string, { kind: ListedEntry['kind']; mode: number }>> = {
  e: { kind: 'executable', mode: 0o755 },
  s: { kind: 'script', mode: 0o755 },
  x: { kind: 'other-executable', mode: 0o755 },
  o: { kind: 'object', mode: 0o644 },
  f: { kind: 'file', mode: 0o644 },
  l: { kind: 'link', mode: 0o777 },
  h: { kind: 'hard-link', mode: 0o755 },
  d: { kind: 'folder', mode: 0o755 },
}

/** Reads a listing of packages (systems/debian-12.txt says what it looks like); gives the entries by package. */
export function readListing(text: string): Map<string, ListedEntry[]> {
  const packages = new Map<string, ListedEntry[]>()
  let entries: ListedEntry[] = []
  let time = 0
  let folder = ''
  let applets: string | undefined
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    if (line.startsWith('package ')) {
      const [, name, at] = line.split(' ') as [string, string, string]
      entries = []
      packages.set(name, entries)
      time = Number(at) * 1000
      applets = undefined
    } else if (line.startsWith('applets ')) {
      ;[, folder, applets] = line.split(' ') as [string, string, string]
    } else if (line.startsWith('/')) {
      folder = line
      applets = undefined
    } else if (applets !== undefined) {
      for (const name of line.split(' ')) entries.push(link(`${folder}/${name}`, applets, time))
    } else entries.push(entry(line, folder, time))
  }
  return packages
}

function link(path: string, target: string, mtime: number): ListedEntry {
  return { kind: 'link', path, size: 0, mode: 0o777, owner: 'root', group: 'root', mtime, text: target }
}

function entry(line: string, folder: string, time: number): ListedEntry {
  const space = line.indexOf(' ')
  const [letter, mode, owner = 'root', group = 'root'] = line.slice(0, space).split(':') as [string, string?, string?, string?]
  const known = KINDS[letter]
  if (!known) throw new Error(`listing: unknown kind in "${line}"`)
  const sized = !'lhd'.includes(letter)
  const [, size = '0', at, rest] = (sized ? /^(\d+)(?:@(\d+))? (.*)$/ : /^()()(.*)$/).exec(line.slice(space + 1)) as unknown as [
    string,
    string,
    string | undefined,
    string,
  ]
  const split = letter === 's' || letter === 'l' || letter === 'h' ? rest.indexOf(' ') : -1
  const name = split < 0 ? rest : rest.slice(0, split)
  return {
    kind: known.kind,
    path: `${folder === '/' ? '' : folder}/${name}`,
    size: Number(size),
    mode: mode ? Number.parseInt(mode, 8) : known.mode,
    owner,
    group,
    mtime: at ? Number(at) * 1000 : time,
    text: split < 0 ? '' : rest.slice(split + 1),
  }
}
