import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Tags of the dynamic section, elf(5). */
const DT = { NULL: 0, NEEDED: 1, STRTAB: 5, STRSZ: 10 } as const
const PT_LOAD = 1
const PT_DYNAMIC = 2
/** More than any program of Debian's names; a file that claims more is cut off there. */
const MOST_NEEDED = 256
const MOST_SEGMENTS = 128

let listed: ReadonlyMap<string, readonly string[]> | undefined

/** What a file of Debian 12 needs (systems/debian/needed.txt), by its path in /usr; undefined when the list does not have it. */
export function listedNeeds(path: string): readonly string[] | undefined {
  listed ??= readNeeds(readFileSync(join(import.meta.dirname, 'systems/debian/needed.txt'), 'utf8'))
  return listed.get(path)
}

function readNeeds(text: string): Map<string, readonly string[]> {
  const needs = new Map<string, readonly string[]>()
  let current: readonly string[] = []
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    if (!line.startsWith(' ')) current = line === '-' ? [] : line.split(' ')
    else for (const name of line.slice(1).split(' ')) needs.set(`/usr/${name.replace(/^lib\//, 'lib/x86_64-linux-gnu/')}`, current)
  }
  return needs
}

/** A dynamic section with the names behind it, of a file that is loaded where it lies: address = offset. */
export function dynamicSection(names: readonly string[], at: number, wide: boolean, big: boolean): { bytes: Buffer; section: number } {
  const word = wide ? 8 : 4
  const section = (names.length + 3) * 2 * word
  const offsets: number[] = []
  let end = 1
  for (const name of names) {
    offsets.push(end)
    end += name.length + 1
  }
  const bytes = Buffer.alloc(section + end)
  const put = (value: number, where: number): void => {
    if (big) bytes.writeUInt32BE(value, where + (wide ? 4 : 0))
    else bytes.writeUInt32LE(value, where)
  }
  const entries = [...offsets.map((offset) => [DT.NEEDED, offset]), [DT.STRTAB, at + section], [DT.STRSZ, end], [DT.NULL, 0]]
  for (const [i, [tag, value]] of entries.entries()) {
    put(tag as number, i * 2 * word)
    put(value as number, (i * 2 + 1) * word)
  }
  for (const [i, name] of names.entries()) bytes.write(name, section + (offsets[i] as number), 'latin1')
  return { bytes, section }
}

/**
 * The shared objects that an ELF file names as needed, in their order; undefined when it is none or has no dynamic section (a
 * static program, an object file).
 */
export function neededOf(file: Buffer): string[] | undefined {
  if (file.length < 52 || file.toString('latin1', 0, 4) !== '\x7fELF') return undefined
  const wide = file[4] === 2
  const big = file[5] === 2
  const number = (at: number, bytes: 2 | 4 | 8): number => {
    if (at < 0 || at + bytes > file.length) return 0
    if (bytes === 2) return big ? file.readUInt16BE(at) : file.readUInt16LE(at)
    if (bytes === 4) return big ? file.readUInt32BE(at) : file.readUInt32LE(at)
    return Number(big ? file.readBigUInt64BE(at) : file.readBigUInt64LE(at))
  }
  const word = wide ? 8 : 4
  const table = number(24 + word, word)
  const [entry, count] = [number(wide ? 54 : 42, 2), Math.min(MOST_SEGMENTS, number(wide ? 56 : 44, 2))]
  const segments = Array.from({ length: count }, (_, i) => {
    const at = table + i * entry
    const fields = at + (wide ? 8 : 4)
    return {
      type: number(at, 4),
      offset: number(fields, word),
      address: number(fields + word, word),
      size: number(fields + 3 * word, word),
    }
  })
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC)
  if (!dynamic) return undefined
  const names: number[] = []
  let strings = 0
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size && names.length < MOST_NEEDED; at += 2 * word) {
    if (at + 2 * word > file.length) break
    const [tag, value] = [number(at, word), number(at + word, word)]
    if (tag === DT.NULL) break
    if (tag === DT.NEEDED) names.push(value)
    if (tag === DT.STRTAB) strings = value
  }
  const loaded = segments.find(({ type, address, size }) => type === PT_LOAD && strings >= address && strings < address + size)
  const base = loaded ? loaded.offset + strings - loaded.address : strings
  return names.map((name) => {
    const from = Math.min(base + name, file.length)
    const end = file.indexOf(0, from)
    return file.toString('latin1', from, end < 0 ? from : Math.min(end, from + 255))
  })
}
