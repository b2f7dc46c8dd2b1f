import { createHash } from 'node:crypto'
import { type Content, FixedContent, LazyContent } from '../files/content.ts'
import { elfContent } from './elf.ts'

/** First bytes of files of which only name and size are known, by extension. */
const MAGIC: Readonly<Record<string, string>> = {
  gz: '\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03',
  xz: '\xfd7zXZ\x00\x00\x04',
  png: '\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR',
  jpg: '\xff\xd8\xff\xe0\x00\x10JFIF',
  zip: 'PK\x03\x04',
  jar: 'PK\x03\x04',
  pyc: '\xa7\r\r\n',
  db: 'SQLite format 3\x00',
  mo: '\xde\x12\x04\x95\x00\x00\x00\x00',
  gpg: '\x99\x02\x0d\x04',
  mgc: '\x1c\x04\x1e\xf1',
  bin: '\x00',
}

/** Content of a file whose size is known and its text is not: of the right kind for its name, the same on every look. */
export function fillerContent(path: string, size: number, machine: string): Content {
  const extension = /\.([A-Za-z0-9]+)$/.exec(path)?.[1] ?? ''
  if (/\.so(\.[0-9.]+)?$/.test(path)) return elfContent(path, size, machine)
  const magic = MAGIC[extension]
  if (magic !== undefined) return binary(path, size, Buffer.from(magic, 'latin1'))
  // Settings that nobody has changed: better short than long and meaningless.
  if (path.startsWith('/etc/')) return new FixedContent(Buffer.from(heading(path)))
  return new LazyContent(size, (offset, length) => commentText(path, size).subarray(offset, offset + length))
}

/** A script of which the first line is known. */
export function scriptContent(path: string, size: number, firstLine: string): LazyContent {
  return new LazyContent(size, (offset, length) => {
    const head = Buffer.from(`${firstLine}\n`, 'latin1')
    return Buffer.concat([head, commentText(path, Math.max(0, size - head.length))]).subarray(offset, Math.min(size, offset + length))
  })
}

function binary(path: string, size: number, magic: Buffer): LazyContent {
  return new LazyContent(size, (offset, length) => {
    const bytes = Buffer.alloc(length)
    let block = Buffer.alloc(0)
    let at = -1
    for (let i = 0; i < length; i++) {
      const place = offset + i
      const wanted = place >>> 5
      if (wanted !== at) {
        block = createHash('sha256').update(`${path}#${wanted}`).digest()
        at = wanted
      }
      bytes[i] = place < magic.length ? (magic[place] as number) : (block[place & 31] as number)
    }
    return bytes
  })
}

function heading(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return `# ${path}\n#\n# Settings of ${name.replace(/\..*$/, '')}. The defaults are compiled in; see its manual page.\n`
}

/** Lines of comment, cut so that the whole has the right length and ends with a newline. */
function commentText(path: string, size: number): Buffer {
  const text = heading(path)
  return Buffer.from(size === 0 ? '' : `${(text + '#\n'.repeat(Math.max(0, Math.ceil((size - text.length) / 2)))).slice(0, size - 1)}\n`)
}
