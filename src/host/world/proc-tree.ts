import type { World } from '../command.ts'
import type { SyntheticFiles, SyntheticNode, Viewer } from '../files/synthetic.ts'

/** A computed tree written down as nested entries; what a look needs is made at the look. */
export type Entry =
  | {
      kind: 'directory'
      entries: () => Record<string, Entry>
      /** One of the entries, where making them all is too much for a look at one. */
      entry?: (name: string) => Entry | undefined
      mode?: number
      owner?: Owner
    }
  | { kind: 'file'; text: () => string | Buffer; mode?: number; size?: number; owner?: Owner; write?: (bytes: Uint8Array) => void }
  | { kind: 'link'; target: () => string; mode?: number; size?: number; owner?: Owner }
  | { kind: 'device'; type: 'character' | 'block'; major: number; minor: number; mode: number; owner?: Owner }

export interface Owner {
  uid: number
  gid: number
}

export function directory(entries: () => Record<string, Entry>, mode = 0o555, owner?: Owner): Entry {
  return { kind: 'directory', entries, mode, ...(owner && { owner }) }
}

export function file(text: () => string | Buffer, mode = 0o444, owner?: Owner): Entry {
  return { kind: 'file', text, mode, ...(owner && { owner }) }
}

export function link(target: () => string, owner?: Owner): Entry {
  return { kind: 'link', target, ...(owner && { owner }) }
}

/** Serves a tree; seeds of the persona below the same mount point come before it. */
export function treeFiles(world: World, mountPoint: string, root: (viewer: Viewer) => Entry): SyntheticFiles {
  return {
    lookup(path, viewer) {
      const seed = world.persona.files.get(`${mountPoint}/${path}`)
      if (seed) return { type: 'file', mode: 0o444, read: () => seed }
      let entry: Entry | undefined = root(viewer)
      for (const name of path === '' ? [] : path.split('/')) {
        if (entry?.kind !== 'directory') return undefined
        entry = childOf(entry, name)
      }
      if (!entry) return undefined
      return nodeOf(entry, seedNames(world, `${mountPoint}/${path === '' ? '' : `${path}/`}`))
    },
  }
}

function childOf(folder: Extract<Entry, { kind: 'directory' }>, name: string): Entry | undefined {
  if (folder.entry) return folder.entry(name)
  const entries = folder.entries()
  return Object.hasOwn(entries, name) ? entries[name] : undefined
}

function seedNames(world: World, folder: string): string[] {
  const names = new Set<string>()
  for (const path of world.persona.files.keys()) if (path.startsWith(folder)) names.add(path.slice(folder.length).split('/')[0] as string)
  return [...names]
}

function nodeOf(entry: Entry, seeds: string[]): SyntheticNode {
  const owner = entry.owner ?? { uid: 0, gid: 0 }
  switch (entry.kind) {
    case 'directory':
      return {
        type: 'directory',
        mode: entry.mode ?? 0o555,
        ...owner,
        get links() {
          return 2 + Object.values(entry.entries()).filter(({ kind }) => kind === 'directory').length
        },
        list: () => [...new Set([...Object.keys(entry.entries()), ...seeds])],
      }
    case 'link':
      return {
        type: 'symlink',
        mode: entry.mode ?? 0o777,
        ...owner,
        readlink: entry.target,
        ...(entry.size !== undefined && { size: entry.size }),
      }
    case 'device':
      return { type: entry.type, mode: entry.mode, ...owner, device: { major: entry.major, minor: entry.minor } }
    case 'file':
      return {
        type: 'file',
        mode: entry.mode ?? 0o444,
        ...owner,
        read: entry.text,
        ...(entry.size !== undefined && { size: entry.size }),
        ...(entry.write && { write: entry.write }),
      }
  }
}
