import { readFileSync } from 'node:fs'
import { join } from 'node:path'
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
  copies: z.record(z.string(), z.string()),
})

export interface SystemTree extends z.infer<typeof System> {
  packages: ReadonlyMap<string, readonly ListedEntry[]>
  /** Contents of the files under `copies`. */
  copied: ReadonlyMap<string, Buffer>
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
  const tree = { ...system, packages, copied }
  known.set(name, tree)
  return tree
}
