import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import type { PersonaSpec } from '../../config/persona.ts'
import { type ListedEntry, readListing } from './listing.ts'

const Mode = z.string().regex(/^[0-7]{4}$/)

/** What a system has besides its packages' files; see systems/*.yaml. */
const System = z.strictObject({
  directories: z.record(Mode, z.array(z.string())),
  links: z.record(z.string(), z.string()),
  alternatives: z.array(z.tuple([z.string(), z.string(), z.string()])),
  devices: z.array(z.tuple([z.string(), z.enum(['c', 'b']), z.number(), z.number(), Mode, z.string()])),
  contents: z.record(z.string(), z.string()),
  /** What postinst scripts give files, as setcap takes it. */
  capabilities: z.record(z.string(), z.string()).default({}),
  copies: z.record(z.string(), z.string()),
})

export interface SystemTree extends z.infer<typeof System> {
  packages: ReadonlyMap<string, readonly ListedEntry[]>
  /** Contents of the files under `copies`. */
  copied: ReadonlyMap<string, Buffer>
  /** Contents of files that a package may bring, by path. From `systems/<name>/texts/`. */
  texts: ReadonlyMap<string, Buffer>
}

const LISTINGS = { debian: 'debian-12.txt', openwrt: 'openwrt-22.txt', android: 'android-9.txt' }
const FOLDER = join(import.meta.dirname, 'systems')
const known = new Map<string, SystemTree>()

/** Whether the system is one image for flash memory, without a package of every file, /boot, or users who log in at a console. */
export function isFlashImage(family: PersonaSpec['os']['family']): boolean {
  return family === 'openwrt' || family === 'android'
}

/** The standard tree of a family of systems, read once. */
export function systemOf(family: PersonaSpec['os']['family']): SystemTree {
  const name = family === 'ubuntu' ? 'debian' : family
  const before = known.get(name)
  if (before) return before
  const system = System.parse(parse(readFileSync(join(FOLDER, `${name}.yaml`), 'utf8')))
  const packages = readListing(readFileSync(join(FOLDER, LISTINGS[name]), 'utf8'))
  const copied = new Map(Object.entries(system.copies).map(([path, file]) => [path, readFileSync(join(FOLDER, file))]))
  const tree = { ...system, packages, copied, texts: textsBelow(join(FOLDER, name, 'texts')) }
  known.set(name, tree)
  return tree
}

function textsBelow(folder: string): Map<string, Buffer> {
  if (!existsSync(folder)) return new Map()
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return new Map(
    files.map((entry) => {
      const file = join(entry.parentPath, entry.name)
      return [`/${relative(folder, file)}`, readFileSync(file)]
    }),
  )
}

/** Texts of those files that a persona's packages bring. */
export function packageTexts({ os, packages }: Pick<PersonaSpec, 'os' | 'packages'>): Map<string, Buffer> {
  const system = systemOf(os.family)
  const names = packages.length > 0 ? packages.map((line) => line.split(' ')[0] as string) : [...system.packages.keys()]
  const paths = new Set(names.flatMap((name) => system.packages.get(name) ?? []).map((entry) => entry.path))
  return new Map([...system.texts].filter(([path]) => paths.has(path)))
}
