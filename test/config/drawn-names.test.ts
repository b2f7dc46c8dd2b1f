import { createHash } from 'node:crypto'
import { crc32, gunzipSync, inflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { drawNames, PersonaNames, peopleFrom } from '../../src/config/drawn-names.ts'
import { Identity } from '../../src/config/identity.ts'
import { listPersonas, loadPersona, playedPersona } from '../../src/config/personas.ts'

const identity = (fill: number): Identity => new Identity(Buffer.alloc(32, fill))
const rename = drawNames(
  PersonaNames.parse({ place: ['tarnholt'], family: ['weir', 'fennick'], given: ['maris'], initials: ['tw'], network: ['10.20'] }),
  'p',
  identity(7),
)

describe('the names of an install', () => {
  it('stand wherever the words stand, in their case, and in no other word', () => {
    const [, place = '', family = ''] = /^(\w+) & (\w+)$/.exec(rename('tarnholt & weir')) ?? []
    expect([place, family]).not.toEqual(['tarnholt', 'weir'])
    const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)
    expect(rename('Tarnholt TARNHOLT www.tarnholt-weir.internal tarnholt_x')).toBe(
      `${capital(place)} ${place.toUpperCase()} www.${place}-${family}.internal ${place}_x`,
    )
    expect(rename('Tarnholts, weird, amaris; two')).toBe('Tarnholts, weird, amaris; two')
    expect(rename('10.20.0.1 110.20.0.1 1.10.20.3 10.20')).toMatch(/^10\.\d+\.0\.1 110\.20\.0\.1 1\.10\.20\.3 10\.20$/)
    expect(rename('weir')).not.toBe(rename('fennick'))
  })

  it('are the same tomorrow, and others elsewhere', () => {
    const of = (fill: number): string => playedPersona('prompts', 'debian-web', identity(fill)).domain
    expect(of(1)).toBe(of(1))
    expect(new Set([1, 2, 3, 4].map(of)).size).toBe(4)
  })

  it('are of as many people as a lure needs, no two alike', () => {
    const people = peopleFrom(identity(1), 'staff', 16)
    for (const part of [0, 1] as const) expect(new Set(people.map((names) => names[part])).size).toBe(16)
    expect(people.flat().every((name) => /^[A-Z][a-z]+$/.test(name))).toBe(true)
    expect(peopleFrom(identity(2), 'staff', 16)).not.toEqual(people)
  })

  it.each(listPersonas('prompts'))('leave none of those that %s is written with', (name) => {
    const written = loadPersona('prompts', name, identity(1))
    const played = playedPersona('prompts', name, identity(1))
    const words = Object.values(written.names).flat()
    const { names: _, ...spec } = played
    const texts = [JSON.stringify({ ...spec, files: 0, site: 0 })]
    for (const seeds of [played.files, played.site]) for (const [path, bytes] of seeds) texts.push(path, opened(path, bytes))
    const drawn = new Set(Object.values(played.names).flat())
    const pattern = (word: string): RegExp => new RegExp(`(?<![A-Za-z\\d.])${word.replace('.', '\\.')}(?![A-Za-z\\d])`, 'i')
    for (const word of words.filter((one) => !drawn.has(one))) expect(texts.filter((text) => pattern(word).test(text))).toEqual([])
  })

  it.each(listPersonas('prompts'))('stand beside icons and pages of %s that no other install has', (name) => {
    const [one, other] = [1, 2].map((fill) => playedPersona('prompts', name, identity(fill)).site)
    // LuCI's first page is that of the product everywhere.
    const isOwn = name !== 'openwrt-router'
    const seen = [...one!].filter(([path]) => (isOwn || path !== '/index.html') && /^\/(favicon\.ico|index\.html)$|\.png$/.test(path))
    expect(seen.filter(([path, bytes]) => other!.get(path)?.equals(bytes)).map(([path]) => path)).toEqual([])
    for (const [path, bytes] of seen) {
      if (!/ico$|png$/.test(path)) continue
      const picture = bytes.subarray(bytes.indexOf('\x89PNG', 0, 'latin1'))
      for (let at = 8; at < picture.length; at += 12 + picture.readUInt32BE(at)) {
        const end = at + 8 + picture.readUInt32BE(at)
        expect(picture.readUInt32BE(end)).toBe(crc32(picture.subarray(at + 4, end)))
      }
      if (path.endsWith('.ico')) expect(bytes.readUInt32LE(14)).toBe(picture.length)
    }
  })

  it('leave a repository whole, with ids of its own', () => {
    const { site } = playedPersona('prompts', 'debian-web', identity(1))
    const objects = new Map([...site].flatMap(([path, bytes]) => (OBJECT.test(path) ? [[idOf(path), inflateSync(bytes)] as const] : [])))
    expect(objects.size).toBeGreaterThan(10)
    for (const [id, bytes] of objects) expect(createHash('sha1').update(bytes).digest('hex')).toBe(id)
    const pointed = [...objects.values()].flatMap((bytes) =>
      bytes.toString('latin1', 0, 4) === 'tree'
        ? entriesOf(bytes)
        : [...bytes.toString('latin1').matchAll(/^(?:tree|parent) (\w+)$/gm)].map((m) => m[1]),
    )
    const head = String(site.get('/.git/refs/heads/main')).trim()
    const index = site.get('/.git/index')!
    const staged = Array.from({ length: index.readUInt32BE(8) }, () => 0).reduce<{ at: number; ids: string[] }>(
      ({ at, ids }) => ({
        at: at + ((62 + (index.readUInt16BE(at + 60) & 0xfff) + 8) & ~7),
        ids: [...ids, index.toString('hex', at + 40, at + 60)],
      }),
      { at: 12, ids: [] },
    )
    expect(staged.at).toBe(index.length - 20)
    expect([...pointed, ...staged.ids, head].filter((id) => !objects.has(String(id)))).toEqual([])
    expect(pointed.length).toBeGreaterThan(10)
    expect(head).not.toBe(String(playedPersona('prompts', 'debian-web', identity(2)).site.get('/.git/refs/heads/main')).trim())
  })
})

const OBJECT = /\/objects\/([0-9a-f]{2})\/([0-9a-f]{38})$/
const idOf = (path: string): string => OBJECT.exec(path)!.slice(1).join('')

/** Ids that a tree names. */
function entriesOf(tree: Buffer): string[] {
  const ids: string[] = []
  for (let at = tree.indexOf(0) + 1; at < tree.length; ) {
    const end = tree.indexOf(0, at)
    ids.push(tree.toString('hex', end + 1, end + 21))
    at = end + 21
  }
  return ids
}

/** What is within a compressed seed. */
function opened(path: string, bytes: Buffer): string {
  if (path.endsWith('.gz')) return gunzipSync(bytes).toString('latin1')
  return (OBJECT.test(path) ? inflateSync(bytes) : bytes).toString('latin1')
}
