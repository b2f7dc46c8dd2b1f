import { createHash } from 'node:crypto'
import { deflateSync, inflateSync } from 'node:zlib'
import type { Renaming } from './drawn-names.ts'

const OBJECT = /\/objects\/([0-9a-f]{2})\/([0-9a-f]{38})$/
/** In the index, before an entry's path: times, device, owner and size, id, flags (gitformat-index, version 2). */
const ENTRY = { size: 36, id: 40, flags: 60, path: 62 } as const

/**
 * A Git repository with other names in its files, authors and messages. Objects are named by their content, so each gets a new
 * id, and all that point to it follow: `git fsck` is content, and no id is that of another install.
 * @param files of the repository, path → bytes; objects are loose, SHA-1
 */
export function renamedRepository(files: ReadonlyMap<string, Buffer>, rename: Renaming): Map<string, Buffer> {
  const objects = new Map<string, { path: string; bytes: Buffer }>()
  for (const [path, bytes] of files) {
    const [, first, rest] = OBJECT.exec(path) ?? []
    if (first !== undefined) objects.set(`${first}${rest}`, { path, bytes: inflateSync(bytes) })
  }
  const done = new Map<string, Renamed>()
  const result = new Map<string, Buffer>()

  /** What an object has become; one that is not here keeps its id. */
  function renamedObject(id: string): Renamed {
    const known = done.get(id)
    const object = objects.get(id)
    if (known || !object) return known ?? { id, size: 0 }
    const end = object.bytes.indexOf(0)
    const [type = ''] = object.bytes.toString('latin1', 0, end).split(' ')
    const before = object.bytes.subarray(end + 1)
    const content = type === 'tree' ? tree(before) : type === 'blob' ? blob(before) : Buffer.from(pointing(before.toString('utf8')))
    const bytes = Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content])
    const now = createHash('sha1').update(bytes).digest('hex')
    done.set(id, { id: now, size: content.length })
    result.set(object.path.replace(OBJECT, `/objects/${now.slice(0, 2)}/${now.slice(2)}`), deflateSync(bytes))
    return { id: now, size: content.length }
  }

  const blob = (bytes: Buffer): Buffer => (bytes.includes(0) ? bytes : Buffer.from(rename(bytes.toString('utf8'))))
  const pointing = (text: string): string => rename(text.replace(/\b[0-9a-f]{40}\b/g, (id) => renamedObject(id).id))

  function tree(bytes: Buffer): Buffer {
    const entries: { name: string; bytes: Buffer }[] = []
    for (let at = 0; at < bytes.length; ) {
      const end = bytes.indexOf(0, at)
      const [mode = '', ...words] = bytes.toString('utf8', at, end).split(' ')
      const name = rename(words.join(' '))
      const id = renamedObject(bytes.toString('hex', end + 1, end + 21)).id
      entries.push({
        name: mode === '40000' ? `${name}/` : name,
        bytes: Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]),
      })
      at = end + 21
    }
    // Git orders folders as if their names ended with a slash.
    return Buffer.concat(entries.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name))).map((entry) => entry.bytes))
  }

  function index(bytes: Buffer): Buffer {
    const entries: { path: string; bytes: Buffer }[] = []
    const count = bytes.readUInt32BE(8)
    for (let at = 12; entries.length < count; ) {
      const end = bytes.indexOf(0, at + ENTRY.path)
      const path = rename(bytes.toString('utf8', at + ENTRY.path, end))
      // Ended by one to eight zeros, so that the next begins at a multiple of eight.
      const entry = Buffer.alloc((ENTRY.path + Buffer.byteLength(path) + 8) & ~7)
      bytes.copy(entry, 0, at, at + ENTRY.path)
      const object = renamedObject(bytes.toString('hex', at + ENTRY.id, at + ENTRY.flags))
      entry.writeUInt32BE(object.size, ENTRY.size)
      entry.write(object.id, ENTRY.id, 'hex')
      entry.writeUInt16BE((bytes.readUInt16BE(at + ENTRY.flags) & 0xf000) | Buffer.byteLength(path), ENTRY.flags)
      entry.write(path, ENTRY.path)
      entries.push({ path, bytes: entry })
      at += (end - at + 8) & ~7
    }
    entries.sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)))
    // What follows the entries is a cache that Git makes anew.
    const all = Buffer.concat([bytes.subarray(0, 12), ...entries.map((entry) => entry.bytes)])
    return Buffer.concat([all, createHash('sha1').update(all).digest()])
  }

  for (const id of objects.keys()) renamedObject(id)
  for (const [path, bytes] of files) {
    if (OBJECT.test(path)) continue
    result.set(path, bytes.subarray(0, 4).toString('latin1') === 'DIRC' ? index(bytes) : Buffer.from(pointing(bytes.toString('utf8'))))
  }
  return result
}

interface Renamed {
  id: string
  /** Bytes of the content. */
  size: number
}
