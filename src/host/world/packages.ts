import type { Persona } from '../../config/persona.ts'
import type { World } from '../command.ts'
import { HostError } from '../contract.ts'
import { EXTENDED_STATES, extendedStates } from './package-marks.ts'
import table from './packages.json' with { type: 'json' }

/** An installed package. */
export interface Package {
  name: string
  version: string
  architecture: string
  section: string
  description: string
  /** KiB. */
  installedSize: number
  /** `install ok installed`, `deinstall ok config-files`. */
  status: string
}

/** A package of the archive that is not installed. Sizes in KiB. */
export interface Candidate {
  name: string
  version: string
  archiveSize: number
  installedSize: number
  files: string[]
  depends: string[]
  description: string
}

const STATUS_FILE = '/var/lib/dpkg/status'
const OPKG_STATUS_FILE = '/usr/lib/opkg/status'
const described = table.described as unknown as Record<string, [section: string, description: string]>
const available = table.available as unknown as Record<
  string,
  [version: string, archive: number, installed: number, files: string[], depends: string[], description: string]
>
const essential = new Set(table.essential)

type Facts = Pick<Persona, 'packages' | 'os'>

export function debianArchitecture(machine: string): string {
  const names: Record<string, string> = { x86_64: 'amd64', aarch64: 'arm64', mips: 'mipsel_24kc', i686: 'i386', armv7l: 'armhf' }
  return names[machine] ?? machine
}

function fromPersona(persona: Facts): Package[] {
  const own = debianArchitecture(persona.os.kernel.machine)
  return persona.packages.map((entry) => {
    const [name, version, architecture] = entry.split(' ') as [string, string, string | undefined]
    const [section, description] = described[name] ?? [sectionOf(name), descriptionOf(name)]
    return {
      name,
      version,
      architecture: architecture ?? own,
      section,
      description,
      installedSize: sizeOf(name),
      status: 'install ok installed',
    }
  })
}

function sectionOf(name: string): string {
  if (/^lib.*-perl$/.test(name)) return 'perl'
  if (name.startsWith('lib')) return 'libs'
  if (name.startsWith('python3')) return 'python'
  if (name.startsWith('php')) return 'php'
  if (name.startsWith('linux-')) return 'kernel'
  return name.startsWith('fonts-') ? 'fonts' : 'utils'
}

function descriptionOf(name: string): string {
  const base = name.replace(/\d[\d.-]*$/, '')
  if (/^lib.*-perl$/.test(name)) return `Perl module for ${base.slice(3, -5)}`
  if (name.startsWith('lib')) return `${base.slice(3)} library - runtime files`
  if (name.startsWith('python3-')) return `${name.slice(8)} module for Python 3`
  if (name.startsWith('kmod-')) return `kernel module ${name.slice(5)}`
  if (name.startsWith('linux-image')) return 'Linux kernel image for 64-bit PCs (signed)'
  if (name.startsWith('fonts-')) return `${name.slice(6)} fonts`
  return name
}

/** A size that stays the same for a name; nobody knows them all by heart. */
function sizeOf(name: string): number {
  const known = available[name]
  if (known) return known[2]
  let hash = 7
  for (const c of name) hash = (hash * 31 + c.charCodeAt(0)) % 100_003
  return 40 + (hash % 1900)
}

/** The package manager's own database, as files of the image: /var/lib/dpkg/status or /usr/lib/opkg/status. */
export function packageFiles(persona: Facts): Map<string, Buffer> {
  if (persona.packages.length === 0 || persona.os.family === 'android') return new Map()
  const path = persona.os.family === 'openwrt' ? OPKG_STATUS_FILE : STATUS_FILE
  const text = fromPersona(persona)
    .map((entry) => stanza(entry, persona.os.family))
    .join('')
  const files = new Map([[path, Buffer.from(text)]])
  if (persona.os.family !== 'openwrt')
    files.set(EXTENDED_STATES, Buffer.from(extendedStates(persona, debianArchitecture(persona.os.kernel.machine))))
  return files
}

/** A package as the database of its system has it, with the blank line that ends it. */
export function stanza(entry: Package, family: string): string {
  if (family === 'openwrt')
    return `Package: ${entry.name}\nVersion: ${entry.version}\nDepends: libc\nStatus: install user installed\nArchitecture: ${entry.architecture}\nInstalled-Time: 1672705461\n\n`
  return `Package: ${entry.name}
${essential.has(entry.name) ? 'Essential: yes\n' : ''}Status: ${entry.status}
Priority: ${essential.has(entry.name) ? 'required' : 'optional'}
Section: ${entry.section}
Installed-Size: ${entry.installedSize}
Maintainer: ${family === 'ubuntu' ? 'Ubuntu Developers <ubuntu-devel-discuss@lists.ubuntu.com>' : 'Debian Maintainers <debian-devel@lists.debian.org>'}
Architecture: ${entry.architecture}
Version: ${entry.version}
Description: ${entry.description}

`
}

/** Installed packages by name, as the database file says; the persona's own when the file is not there. */
export function installedPackages(world: World): Map<string, Package> {
  const path = world.persona.os.family === 'openwrt' ? OPKG_STATUS_FILE : STATUS_FILE
  let list: Package[]
  try {
    list = parseStatus(world.files.read(path).toString('utf8'))
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    list = fromPersona(world.persona)
  }
  return new Map(list.sort((a, b) => (a.name < b.name ? -1 : 1)).map((entry) => [entry.name, entry]))
}

function parseStatus(text: string): Package[] {
  return text.split(/\n\n+/).flatMap((block) => {
    const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? ''
    const name = field('Package')
    if (!name) return []
    const [section, description] = described[name] ?? [sectionOf(name), descriptionOf(name)]
    return [
      {
        name,
        version: field('Version'),
        architecture: field('Architecture'),
        section: field('Section') || section,
        description: field('Description') || description,
        installedSize: Number(field('Installed-Size')) || sizeOf(name),
        status: field('Status'),
      },
    ]
  })
}

/** Writes the database anew with these packages added and those gone. */
export function installedVersion(world: World, name: string): string | undefined {
  return installedPackages(world).get(name)?.version
}

export function changePackages(world: World, add: readonly Package[], remove: readonly string[]): void {
  const now = installedPackages(world)
  for (const name of remove) now.delete(name)
  for (const entry of add) now.set(entry.name, entry)
  const family = world.persona.os.family
  const path = family === 'openwrt' ? OPKG_STATUS_FILE : STATUS_FILE
  world.files.write(
    path,
    Buffer.from(
      [...now.values()]
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map((entry) => stanza(entry, family))
        .join(''),
    ),
  )
}

/** A package that the archive has, installed or not. */
export function candidate(world: World, name: string): Candidate | undefined {
  const installed = installedPackages(world).get(name)
  if (installed) {
    const [, archiveSize, , files, depends] = available[name] ?? ['', Math.ceil(installed.installedSize / 3), 0, [], []]
    return {
      name,
      version: installed.version,
      archiveSize,
      installedSize: installed.installedSize,
      files,
      depends,
      description: installed.description,
    }
  }
  if (!Object.hasOwn(available, name)) return undefined
  const [version, archiveSize, installedSize, files, depends, description] = available[name] as (typeof available)[string]
  return { name, version, archiveSize, installedSize, files, depends, description }
}

export function candidateNames(): string[] {
  return Object.keys(available)
}

/** A candidate and what it needs that is not there yet, dependencies first. */
export function withDependencies(world: World, names: readonly string[]): Candidate[] {
  const installed = installedPackages(world)
  const chosen = new Map<string, Candidate>()
  const visit = (name: string): void => {
    if (chosen.has(name) || installed.get(name)?.status.endsWith(' installed')) return
    const found = candidate(world, name)
    if (!found) return
    for (const dependency of found.depends) visit(dependency)
    chosen.set(name, found)
  }
  for (const name of names) visit(name)
  return [...chosen.values()]
}

export function asInstalled(world: World, entry: Candidate): Package {
  const [section, description] = described[entry.name] ?? [sectionOf(entry.name), entry.description]
  return {
    name: entry.name,
    version: entry.version,
    architecture: debianArchitecture(world.persona.os.kernel.machine),
    section,
    description,
    installedSize: entry.installedSize,
    status: 'install ok installed',
  }
}
