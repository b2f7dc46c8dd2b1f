import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import type { CommandFile } from '../command.ts'
import { type Content, FixedContent } from '../files/content.ts'
import type { Image } from '../files/inode.ts'
import { isSourced } from '../files/sourced-content.ts'
import { hasHoneytokens, MarkedContent } from '../honeytokens/marked-seed.ts'
import type { Program } from '../process/kernel-process.ts'
import { ProgramRegistry } from '../process/programs.ts'
import { encodeFileCapabilities, parseCapabilities } from '../world/capabilities.ts'
import { type AccountFiles, accountFiles } from './accounts.ts'
import { alternativeRecords } from './alternatives.ts'
import { type EntryFacts, ImageBuilder } from './builder.ts'
import { buildIdOf, elfContent } from './elf.ts'
import { fillerContent, scriptContent } from './filler.ts'
import type { ListedEntry } from './listing.ts'
import { isFlashImage, type SystemTree, systemOf } from './system.ts'

/** What a host starts from: the tree of its disk and what its executables do. */
export interface ComposedImage {
  image: Image
  programs: ProgramRegistry
  /** Programs of executables by the build id in their bytes, so that a copy runs too. */
  byBuildId: ReadonlyMap<string, { program: Program; path: string }>
  accounts: AccountFiles
  /** Inodes of files that are not the same for every source, see {@link SourcedContent}. */
  sourced: ReadonlySet<number>
}

export interface ImageSetup {
  persona: Persona
  identity: Identity
  /** UTC milliseconds: when the machine was set up and booted last, and now. */
  installedAt: number
  bootedAt: number
  now: number
  commands: readonly CommandFile[]
  /** Makes the program of an executable: its command when there is one, the engine's answer otherwise. */
  program: (name: string, path: string, command: CommandFile | undefined) => Program
  hash: (user: string, password: string) => string
  /** Files that other parts of the world bring: package database, logs. */
  extra: ReadonlyMap<string, ExtraFile>
}

export interface ExtraFile {
  content: Buffer | Content
  mode?: number
  owner?: string
  group?: string
}

/** Size of an executable of which only the name is known. */
const USUAL_SIZE = 43_432

/** Puts a persona's disk together: the standard tree of its system, its packages, its accounts, its commands, its own seeds. */
export function composeImage(setup: ImageSetup): ComposedImage {
  return new Composition(setup).compose()
}

class Composition {
  readonly #setup: ImageSetup
  readonly #builder: ImageBuilder
  readonly #system: SystemTree
  readonly #accounts: AccountFiles
  readonly #programs = new ProgramRegistry()
  readonly #byBuildId = new Map<string, { program: Program; path: string }>()
  readonly #commands: ReadonlyMap<string, CommandFile>
  readonly #byName: ReadonlyMap<string, CommandFile>
  readonly #sourced = new Set<number>()
  readonly #machine: string

  constructor(setup: ImageSetup) {
    const { persona, identity, commands } = setup
    this.#setup = setup
    this.#builder = new ImageBuilder(setup.installedAt)
    this.#system = systemOf(persona.os.family)
    this.#accounts = accountFiles(persona, identity, setup.hash)
    this.#machine = persona.os.kernel.machine
    this.#byName = new Map(commands.map((command) => [command.name, command]))
    this.#commands = this.#commandsByPath(commands)
  }

  /** A command that is known by the name of an alternative (`vi`, `nc`, `which`) is what the alternative leads to, too. */
  #commandsByPath(commands: readonly CommandFile[]): ReadonlyMap<string, CommandFile> {
    const byPath = new Map(commands.flatMap((command) => command.paths.map((path) => [path, command] as const)))
    for (const [, link, target] of this.#system.alternatives) {
      const command = byPath.get(inUsr(link)) ?? byPath.get(link)
      if (command && !byPath.has(inUsr(target))) byPath.set(inUsr(target), command)
    }
    return byPath
  }

  compose(): ComposedImage {
    const { persona, commands, extra } = this.#setup
    this.#skeleton()
    for (const name of this.#installed()) this.#package(name)
    this.#alternatives()
    this.#accountFiles()
    this.#kernelFiles()
    for (const command of commands) this.#command(command)
    for (const [path, file] of extra) this.#extra(path, file)
    for (const [path, bytes] of siteFiles(persona)) this.#seed(path, bytes)
    for (const [path, bytes] of persona.files) this.#seed(path, bytes)
    this.#attributes()
    this.#capabilities()
    return {
      image: this.#builder,
      programs: this.#programs,
      byBuildId: this.#byBuildId,
      accounts: this.#accounts,
      sourced: this.#sourced,
    }
  }

  #skeleton(): void {
    const { directories, links, devices, contents, copied } = this.#system
    for (const [path, target] of Object.entries(links)) if (!path.slice(1).includes('/')) this.#builder.symlink(path, target)
    for (const [mode, paths] of Object.entries(directories)) {
      for (const path of paths)
        this.#builder.directory(path, {
          mode: Number.parseInt(mode, 8),
          gid: mode === '2775' ? this.#gid(path === '/var/mail' ? 'mail' : 'staff') : 0,
          ...(isVolatile(path) && { mtime: this.#setup.bootedAt }),
        })
    }
    for (const [path, target] of Object.entries(links)) if (path.slice(1).includes('/')) this.#builder.symlink(path, target)
    for (const [name, kind, major, minor, mode, group] of devices) {
      this.#builder.device(`/dev/${name}`, kind === 'c' ? 'character' : 'block', major, minor, {
        mode: Number.parseInt(mode, 8),
        gid: this.#gid(group),
      })
    }
    for (const [path, text] of Object.entries(contents)) this.#builder.file(path, text)
    for (const [path, bytes] of copied) this.#builder.file(path, bytes)
  }

  /** Names of the persona's packages; without a list, all that the system knows. */
  #installed(): readonly string[] {
    const { packages } = this.#setup.persona
    return packages.length > 0 ? packages.map(nameOf) : [...this.#system.packages.keys()]
  }

  #package(name: string): void {
    for (const entry of this.#system.packages.get(name) ?? []) this.#entry(entry)
    if (isFlashImage(this.#setup.persona.os.family)) return
    this.#builder.file(
      `/usr/share/doc/${name}/copyright`,
      fillerContent(`/usr/share/doc/${name}/copyright`, 900 + name.length * 131, this.#machine),
    )
    this.#builder.file(
      `/usr/share/doc/${name}/changelog.Debian.gz`,
      fillerContent(`/usr/share/doc/${name}/changelog.Debian.gz`, 1100 + name.length * 173, this.#machine),
    )
  }

  #entry(entry: ListedEntry): void {
    const { path, kind, size, text, mode, mtime } = entry
    const facts: EntryFacts = { mode, mtime, uid: this.#uid(entry.owner), gid: this.#gid(entry.group) }
    switch (kind) {
      case 'folder':
        this.#builder.directory(path, { mode, uid: facts.uid ?? 0, gid: facts.gid ?? 0 })
        return
      case 'link':
        this.#builder.symlink(path, text, facts)
        return
      case 'hard-link': {
        const inode = this.#builder.find(text)
        if (inode?.content) this.#builder.file(path, inode.content, { ...facts, mode: inode.mode, mtime: inode.mtime })
        return
      }
      case 'executable':
        this.#executable(path, elfContent(path, size, this.#machine), facts)
        return
      case 'script':
        this.#executable(path, this.#text(path) ?? scriptContent(path, size, text), facts)
        return
      default:
        if (this.#system.contents[path] === undefined && !this.#system.copied.has(path))
          this.#builder.file(path, this.#text(path) ?? fillerContent(path, size, this.#machine), facts)
    }
  }

  /** Text of a package's file, of those that are known word for word. */
  #text(path: string): Content | undefined {
    const bytes = this.#system.texts.get(path)
    return bytes && new FixedContent(bytes)
  }

  /** A file that runs. Its program stays with its content, wherever it is moved or copied. */
  #executable(path: string, content: Content, facts: EntryFacts): void {
    // OpenWrt has in /bin and /sbin what Debian has in /usr.
    // The script of a service does what `service` does; its name may be that of a program.
    const name = path.startsWith('/etc/init.d/') ? 'service' : baseName(path)
    const command = this.#commands.get(path) ?? this.#byName.get(name)
    const program = this.#setup.program(command?.name ?? baseName(path), path, command)
    this.#programs.set(content, program)
    this.#byBuildId.set(buildIdOf(path, content.size), { program, path })
    this.#builder.file(path, content, facts)
  }

  #alternatives(): void {
    for (const [name, link, target] of this.#system.alternatives) {
      if (!this.#builder.find(target) || this.#builder.find(`/etc/alternatives/${name}`)) continue
      this.#builder.symlink(`/etc/alternatives/${name}`, target)
      this.#builder.symlink(link, `/etc/alternatives/${name}`)
    }
    if (isFlashImage(this.#setup.persona.os.family)) return
    const records = alternativeRecords(this.#system.alternatives, (path) => this.#builder.find(path) !== undefined)
    for (const [name, text] of records) this.#builder.file(`/var/lib/dpkg/alternatives/${name}`, text)
  }

  #accountFiles(): void {
    const { persona } = this.#setup
    const flash = isFlashImage(persona.os.family)
    const secret = flash ? { mode: 0o600 } : { mode: 0o640, gid: this.#gid('shadow') }
    const { passwd, group, shadow, gshadow } = this.#accounts
    this.#builder.file('/etc/passwd', passwd)
    this.#builder.file('/etc/group', group)
    // Android knows its users by the C library; the table is there for the tools of a rooted box.
    if (persona.os.family === 'android') return
    this.#builder.file('/etc/shadow', shadow, secret)
    if (!flash) {
      this.#builder.file('/etc/gshadow', gshadow, secret)
      for (const [name, text] of Object.entries({ passwd, group, shadow, gshadow }))
        this.#builder.file(`/etc/${name}-`, text, name.endsWith('shadow') ? secret : {})
    }
    for (const user of persona.users) {
      const owner = { uid: user.uid, gid: user.gid }
      if (user.uid !== 0 && (user.uid < 1000 || user.uid >= 65534)) continue
      this.#builder.directory(user.home, { mode: flash ? 0o755 : 0o700, ...owner })
      if (!flash) this.#dotFiles(user.home, owner)
    }
    this.#builder.file('/etc/hostname', `${persona.hostname}\n`)
    this.#builder.file('/etc/motd', persona.banners.motd)
    this.#builder.file('/etc/issue', persona.banners.issue || `${persona.os.name} ${persona.os.version} \\n \\l\n\n`)
    this.#builder.file('/etc/timezone', `${persona.timezone}\n`)
    if (!flash) this.#builder.symlink('/etc/localtime', `/usr/share/zoneinfo/${persona.timezone}`)
    if (!flash)
      this.#builder.file('/etc/machine-id', `${this.#setup.identity.hex(`persona/${persona.name}/machine-id`, 16)}\n`, { mode: 0o444 })
  }

  /** What a home has from the beginning: /etc/skel's files, or what base-files gave root. */
  #dotFiles(home: string, owner: { uid: number; gid: number }): void {
    const prefix = owner.uid === 0 ? '/usr/share/base-files/dot' : '/etc/skel/'
    for (const [path, bytes] of this.#system.texts)
      if (path.startsWith(prefix)) this.#builder.file(`${home}/${path.slice(prefix.length)}`, bytes, owner)
  }

  /** /boot and the modules of the running kernel; the disks' devices. */
  #kernelFiles(): void {
    const { os, hardware } = this.#setup.persona
    if (isFlashImage(os.family)) {
      if (os.family === 'openwrt') this.#builder.directory(`/lib/modules/${os.kernel.release}`)
      return
    }
    const { release } = os.kernel
    const kernel: [string, number, number][] = [
      ['vmlinuz', 8_210_272, 0o644],
      ['initrd.img', 44_871_203, 0o644],
      ['config', 259_593, 0o644],
      ['System.map', 83, 0o600],
    ]
    for (const [name, size, mode] of kernel)
      this.#builder.file(
        `/boot/${name}-${release}`,
        fillerContent(`/boot/${name}.${mode === 0o600 || name === 'config' ? 'txt' : 'bin'}`, size, this.#machine),
        { mode },
      )
    this.#builder.symlink('/vmlinuz', `boot/vmlinuz-${release}`)
    this.#builder.symlink('/initrd.img', `boot/initrd.img-${release}`)
    this.#builder.directory('/boot/grub')
    this.#builder.directory(`/usr/lib/modules/${release}/kernel`)
    for (const [index, disk] of hardware.disks.entries()) this.#disk(disk.device, index)
  }

  #disk(device: string, index: number): void {
    const whole = /^\/dev\/nvme/.test(device) ? device.replace(/p\d+$/, '') : device.replace(/\d+$/, '')
    const letter = whole.charCodeAt(whole.length - 1) - 97
    const major = whole.startsWith('/dev/nvme') ? 259 : whole.startsWith('/dev/vd') ? 254 : 8
    const base = whole.startsWith('/dev/nvme') ? index * 8 : letter * 16
    const facts = { mode: 0o660, gid: this.#gid('disk') }
    if (!whole.startsWith('/dev/') || this.#builder.find(device)) return
    if (!this.#builder.find(whole)) this.#builder.device(whole, 'block', major, base, facts)
    if (device !== whole) this.#builder.device(device, 'block', major, base + Number(/\d+$/.exec(device)?.[0] ?? 1), facts)
  }

  /** Makes the files of a command that no package brought, if its package is installed. */
  #command(command: CommandFile): void {
    const wanted = command.package ?? 'base'
    const { packages } = this.#setup.persona
    if (wanted !== 'base' && packages.length > 0 && !packages.some((p) => nameOf(p) === wanted)) return
    const flash = isFlashImage(this.#setup.persona.os.family)
    const [first, ...others] = command.paths
    // A router has what its BusyBox and packages brought, no more.
    if (!first || (flash && wanted !== 'base')) return
    if (!this.#builder.find(first) && !flash) this.#executable(first, elfContent(first, USUAL_SIZE, this.#machine), { mode: 0o755 })
    for (const path of others) if (!this.#builder.find(path) && this.#builder.find(first)) this.#builder.symlink(path, baseName(first))
  }

  #extra(path: string, { content, mode, owner, group }: ExtraFile): void {
    const facts = { mode: mode ?? 0o644, uid: this.#uid(owner ?? 'root'), gid: this.#gid(group), mtime: this.#seedTime(path) }
    const { ino } = this.#builder.file(path, content, facts)
    if (!Buffer.isBuffer(content) && isSourced(content)) this.#sourced.add(ino)
  }

  #seed(path: string, bytes: Buffer): void {
    const before = this.#builder.find(path)
    const owner = this.#ownedFolder(path.slice(0, path.lastIndexOf('/')))
    const script = bytes.subarray(0, 2).toString('latin1') === '#!'
    const fresh = script ? 0o755 : /\/\.\w+_history$/.test(path) ? 0o600 : 0o644
    const mode = before && before.type === 'file' ? before.mode : fresh
    const facts = { ...owner, mode, mtime: this.#seedTime(path) }
    if (!hasHoneytokens(bytes)) this.#builder.file(path, bytes, facts)
    else this.#sourced.add(this.#builder.file(path, new MarkedContent(bytes, this.#setup.persona, path), facts).ino)
  }

  /** Makes a seed's folder: new ones belong to whom the one above belongs. */
  #ownedFolder(path: string): { uid: number; gid: number } {
    const known = this.#builder.find(path || '/')
    if (known || path === '') return { uid: known?.uid ?? 0, gid: known?.gid ?? 0 }
    const owner = this.#ownedFolder(path.slice(0, path.lastIndexOf('/')))
    this.#builder.directory(path, owner)
    return owner
  }

  /** When somebody last wrote a seed: logs until just now, history lately, the rest at some time since the machine was set up. */
  #seedTime(path: string): number {
    const { identity, persona, installedAt, now } = this.#setup
    const dated = /\D(20\d\d)-?([01]\d)-?([0-3]\d)\D[^/]*$/.exec(path)
    // A nightly copy is written in the night that its name tells.
    if (dated) return Math.min(now, Date.UTC(Number(dated[1]), Number(dated[2]) - 1, Number(dated[3]), 2, 17))
    const ago = (most: number) => now - identity.integer(`persona/${persona.name}/written${path}`, 0, most)
    if (/^\/var\/log\/.*\.\d(\.gz)?$/.test(path)) return Math.floor(now / DAY) * DAY
    if (path.startsWith('/var/log/')) return ago(HOUR / 2)
    // Host keys are made all at once, when the daemon is installed.
    if (/^\/etc\/(ssh\/ssh_host|dropbear\/dropbear)_/.test(path)) return installedAt
    if (/history$|\/logs?\//.test(path)) return ago(6 * DAY)
    return ago(Math.max(DAY, now - installedAt))
  }

  /** Owners and modes that the persona gives its seeds; a path that ends in a slash means all below it. */
  #attributes(): void {
    const { persona } = this.#setup
    for (const { path, owner, group, mode } of persona.attributes) {
      for (const seed of persona.files.keys()) {
        if (path.endsWith('/') ? !seed.startsWith(path) : seed !== path) continue
        const facts: EntryFacts = { ...(owner && { uid: this.#uid(owner) }), ...(group && { gid: this.#gid(group) }) }
        this.#builder.change(seed, { ...facts, ...(mode && { mode: Number.parseInt(mode, 8) }) })
        if (path.endsWith('/')) this.#foldersAbove(seed, path.slice(0, -1), facts)
      }
    }
  }

  #capabilities(): void {
    for (const [path, text] of Object.entries(this.#system.capabilities)) {
      const sets = parseCapabilities(text)
      if (sets) this.#builder.change(path, { capability: encodeFileCapabilities(sets) })
    }
  }

  #foldersAbove(seed: string, top: string, facts: EntryFacts): void {
    for (
      let at = seed.slice(0, seed.lastIndexOf('/'));
      at.length >= top.length && at !== '' && !/^\/(etc|root|var\/log|usr(\/\w+){0,2})$/.test(at);
      at = at.slice(0, at.lastIndexOf('/'))
    )
      this.#builder.change(at, facts)
  }

  #uid(name: string): number {
    return this.#setup.persona.users.find((user) => user.name === name)?.uid ?? 0
  }

  #gid(name: string | undefined): number {
    return (name && this.#accounts.groups.get(name)) || 0
  }
}

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Folders that are empty after each boot. */
function isVolatile(path: string): boolean {
  return /^\/(tmp|run|dev|proc|sys)(\/|$)/.test(path)
}

function inUsr(path: string): string {
  return path.replace(/^\/(s?bin)\//, '/usr/$1/')
}

function nameOf(installed: string): string {
  return installed.split(' ')[0] as string
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** The web site lies where its server serves it from; a page that a program prints lies on no disk. */
function siteFiles({ web, site }: Persona): [path: string, bytes: Buffer][] {
  if (!web) return []
  return [...site].filter(([path]) => !path.startsWith('/cgi-bin/')).map(([path, bytes]) => [web.root + path, bytes])
}
