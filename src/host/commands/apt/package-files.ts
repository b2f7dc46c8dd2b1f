import type { World } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { systemOf } from '../../image/system.ts'
import { commandPaths } from './command-paths.ts'
import merged from './merged-usr.json' with { type: 'json' }

const OF_BIN = new Set(merged.bin)
const OF_SBIN = new Set(merged.sbin)

/** Files that a package has on this host's disk, by the names in its archive: Debian 12's dpkg knows `/bin/ls`, not `/usr/bin/ls`. */
export function filesOfPackage(world: World, name: string): string[] {
  const { family } = world.persona.os
  const listed = (systemOf(family).packages.get(name) ?? []).map((entry) => entry.path)
  const own = [...new Set([...listed, ...commandPaths(name)])]
    .filter((path) => isThere(world, path))
    .map((path) => archiveName(family, path))
  const docs = ['copyright', 'changelog.Debian.gz'].map((file) => `/usr/share/doc/${name}/${file}`)
  return family === 'openwrt' ? own : [...own, ...docs.filter((path) => isThere(world, path))]
}

/** The files with the folders they are in, as `dpkg -L` lists them. */
export function withFolders(files: readonly string[]): string[] {
  const all = new Set(['/.'])
  for (const file of files) {
    for (let at = file.indexOf('/', 1); at > 0; at = file.indexOf('/', at + 1)) all.add(file.slice(0, at))
    all.add(file)
  }
  return [...all].sort()
}

/** Takes a package's files off the disk; folders stay. */
export function removeFilesOf(world: World, name: string): void {
  for (const path of filesOfPackage(world, name)) if (world.files.lstat(path).type !== 'directory') world.files.remove(path)
}

function archiveName(family: string, path: string): string {
  const found = family === 'openwrt' ? undefined : /^\/usr\/(s?bin)\/([^/]+)$/.exec(path)
  if (!found) return path
  const [, folder, name] = found as unknown as [string, string, string]
  return (folder === 'bin' ? OF_BIN : OF_SBIN).has(name) ? `/${folder}/${name}` : path
}

function isThere(world: World, path: string): boolean {
  try {
    world.files.lstat(path)
    return true
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return false
  }
}
