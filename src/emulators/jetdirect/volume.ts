import type { Persona } from '../../config/persona.ts'
import type { Printer } from '../../host/printer.ts'
import tree from './filesystem.json' with { type: 'json' }

/** A reason of PJL's file commands: FILEERROR is the status 32xxx less 32000 (PJL reference, appendix D). */
export class FileError extends Error {
  readonly code: number

  constructor(code: number) {
    super(`FILEERROR=${code}`)
    this.name = 'FileError'
    this.code = code
  }
}

const NOT_FOUND = 3
const FULL = 5
const NOT_A_FOLDER = 10
const INVALID = 17

export type Entry = { type: 'DIR' } | { type: 'FILE'; bytes: Buffer }

/** Where PJL's volume `0:` and PostScript's `%disk0%` lie in the device's own tree. */
export const VOLUME: string = tree.volume

/** Bytes and entries that one source may add. */
const MOST_BYTES = 4 * 1024 * 1024
const MOST_ENTRIES = 500
const ENTRY_COST = 200

/** The device's files as one source has left them. */
export class Volume {
  readonly #entries: Map<string, Entry>
  #added = 0

  constructor(factory: ReadonlyMap<string, Entry>) {
    this.#entries = new Map(factory)
  }

  /** Bytes that the source added, for INFO FILESYS and for memory's sake. */
  get added(): number {
    return this.#added
  }

  find(path: string): Entry {
    const entry = this.#entries.get(path)
    if (!entry) throw new FileError(NOT_FOUND)
    return entry
  }

  read(path: string): Buffer {
    const entry = this.find(path)
    if (entry.type === 'DIR') throw new FileError(INVALID)
    return entry.bytes
  }

  /** Names and entries in a folder, in the order of their names. */
  list(path: string): [string, Entry][] {
    if (this.find(path).type !== 'DIR') throw new FileError(NOT_A_FOLDER)
    const prefix = path === '/' ? '/' : `${path}/`
    return [...this.#entries]
      .filter(([one]) => one.startsWith(prefix) && one !== '/' && !one.includes('/', prefix.length))
      .map(([one, entry]): [string, Entry] => [one.slice(prefix.length), entry])
      .sort(([a], [b]) => (a < b ? -1 : 1))
  }

  /** The files below a folder, by their names from there. */
  files(folder: string): string[] {
    return [...this.#entries]
      .filter(([path, { type }]) => type === 'FILE' && path.startsWith(`${folder}/`))
      .map(([path]) => path.slice(folder.length + 1))
  }

  write(path: string, bytes: Buffer): void {
    const old = this.#entries.get(path)
    if (old?.type === 'DIR') throw new FileError(INVALID)
    this.#place(path, { type: 'FILE', bytes }, bytes.length - (old?.bytes.length ?? -ENTRY_COST))
  }

  append(path: string, bytes: Buffer): void {
    const old = this.#entries.get(path)
    this.write(path, old?.type === 'FILE' ? Buffer.concat([old.bytes, bytes]) : bytes)
  }

  /** As PostScript writes: the folders on the way come of themselves. */
  place(path: string, bytes: Buffer, isAppended: boolean): void {
    const parents: string[] = []
    for (let at = parentOf(path); !this.#entries.has(at); at = parentOf(at)) parents.unshift(at)
    for (const parent of parents) this.mkdir(parent)
    if (isAppended) this.append(path, bytes)
    else this.write(path, bytes)
  }

  mkdir(path: string): void {
    if (!this.#entries.has(path)) this.#place(path, { type: 'DIR' }, ENTRY_COST)
  }

  remove(path: string): void {
    const entry = this.find(path)
    if (entry.type === 'DIR' && this.list(path).length) throw new FileError(INVALID)
    this.#entries.delete(path)
    this.#added -= entry.type === 'FILE' ? entry.bytes.length + ENTRY_COST : ENTRY_COST
  }

  /** FSINIT: nothing but the folder itself is left. */
  clear(path: string): void {
    for (const [one, entry] of this.#entries) {
      if (!one.startsWith(`${path}/`)) continue
      this.#entries.delete(one)
      this.#added -= entry.type === 'FILE' ? entry.bytes.length + ENTRY_COST : ENTRY_COST
    }
  }

  #place(path: string, entry: Entry, cost: number): void {
    if (this.#entries.get(parentOf(path))?.type !== 'DIR') throw new FileError(NOT_FOUND)
    if (this.#added + cost > MOST_BYTES || this.#entries.size > MOST_ENTRIES) throw new FileError(FULL)
    this.#entries.set(path, entry)
    this.#added += cost
  }
}

/**
 * A name of PJL, `0:\dir\file`, as a path of the device. The volume is a folder in the device's own tree, and the firmware
 * lets `..` climb out of it (CVE-2010-4107); at the root it stays. @throws FileError
 */
export function pathOf(name: string): string {
  const [, drive, rest = ''] = /^([0-9]):(.*)$/s.exec(name) ?? []
  if (drive !== '0' || rest.length > 512 || rest.includes('\0')) throw new FileError(INVALID)
  const parts = tree.volume.split('/').filter(Boolean)
  for (const part of rest.split(/[\\/]/)) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

/** Whether a path lies outside the volume that PJL is meant to reach. */
export function isOutside(path: string): boolean {
  return path !== tree.volume && !path.startsWith(`${tree.volume}/`)
}

/** The files that the device left the factory, and its installation, with. */
export function factoryFiles(printer: Printer, persona: Persona): Map<string, Entry> {
  const { model, serial, hostname, address } = printer
  const facts: Record<string, string> = { model, serial, hostname, address, dns: persona.network.dns[0] ?? '' }
  const entries = new Map<string, Entry>([['/', { type: 'DIR' }]])
  const addFolder = (path: string): void => {
    const parent = parentOf(path)
    if (!entries.has(parent)) addFolder(parent)
    entries.set(path, { type: 'DIR' })
  }
  for (const path of [tree.volume, ...tree.folders]) addFolder(path)
  for (const [path, text] of Object.entries(tree.files)) {
    entries.set(path, { type: 'FILE', bytes: Buffer.from(text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => facts[name] ?? '')) })
  }
  return entries
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}
