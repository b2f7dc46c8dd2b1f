import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import type { CommandFile } from '../command.ts'
import type { Image, Inode } from '../files/inode.ts'
import type { Program } from '../process/kernel-process.ts'
import { ProgramRegistry } from '../process/programs.ts'
import { type AccountFiles, accountFiles } from './accounts.ts'
import { ImageBuilder } from './builder.ts'
import { buildIdOf, elfContent } from './elf.ts'
import { skeleton } from './skeleton.ts'

/** What a host starts from: the tree of its disk and what its executables do. */
export interface ComposedImage {
  image: Image
  programs: ProgramRegistry
  /** Programs of executables by the build id in their bytes, so that a copy runs too. */
  byBuildId: ReadonlyMap<string, { program: Program; path: string }>
  accounts: AccountFiles
}

export interface ImageSetup {
  persona: Persona
  identity: Identity
  /** UTC milliseconds. */
  installedAt: number
  commands: readonly CommandFile[]
  /** Makes the program of an executable: its command when there is one, the engine's answer otherwise. */
  program: (name: string, path: string, command: CommandFile | undefined) => Program
  hash: (user: string, password: string) => string
}

/** Size of an executable of which only the name is known. */
const USUAL_SIZE = 43_432

/** Puts a persona's disk together: the standard tree of its system, its accounts, its commands, its own seeds. */
export function composeImage(setup: ImageSetup): ComposedImage {
  const { persona, identity, installedAt, commands } = setup
  const builder = new ImageBuilder(installedAt)
  const programs = new ProgramRegistry()
  const byBuildId = new Map<string, { program: Program; path: string }>()
  const byPath = new Map(commands.flatMap((command) => command.paths.map((path) => [path, command] as const)))

  const executable = (path: string, size: number, mtime: number | undefined, mode = 0o755): Inode => {
    const command = byPath.get(path)
    const name = command?.name ?? path.slice(path.lastIndexOf('/') + 1)
    const content = elfContent(path, size, persona.os.kernel.machine)
    const program = setup.program(name, path, command)
    programs.set(content, program)
    byBuildId.set(buildIdOf(path, size), { program, path })
    return builder.file(path, content, { mode, ...(mtime !== undefined && { mtime }) })
  }

  skeleton(builder, persona, executable)
  const accounts = accountFiles(persona, identity, setup.hash)
  addAccounts(builder, accounts, persona)
  for (const command of commands) addCommand(builder, command, persona, executable)
  // The web site lies where its server serves it from.
  if (persona.web) for (const [path, bytes] of persona.site) addSeed(builder, persona.web.root + path, bytes)
  for (const [path, bytes] of persona.files) addSeed(builder, path, bytes)
  return { image: builder, programs, byBuildId, accounts }
}

function addAccounts(builder: ImageBuilder, accounts: AccountFiles, persona: Persona): void {
  const shadow = accounts.groups.get('shadow') ?? 0
  builder.file('/etc/passwd', accounts.passwd)
  builder.file('/etc/group', accounts.group)
  const secret = persona.os.family === 'openwrt' ? { mode: 0o600 } : { mode: 0o640, gid: shadow }
  builder.file('/etc/shadow', accounts.shadow, secret)
  if (persona.os.family !== 'openwrt') builder.file('/etc/gshadow', accounts.gshadow, secret)
  for (const user of persona.users) {
    if (user.uid === 0) builder.directory(user.home, { mode: 0o700 })
    else if (user.uid >= 1000 && user.uid < 65534) builder.directory(user.home, { mode: 0o700, uid: user.uid, gid: user.gid })
  }
}

/** Makes the files of a command that the standard tree does not have already, if its package is installed. */
function addCommand(
  builder: ImageBuilder,
  command: CommandFile,
  persona: Persona,
  executable: (path: string, size: number, mtime: number | undefined) => Inode,
): void {
  const wanted = command.package ?? 'base'
  if (wanted !== 'base' && !persona.packages.some((p) => p.split(' ')[0] === wanted)) return
  const [first, ...others] = command.paths
  if (!first) return
  if (!builder.find(first)) executable(first, USUAL_SIZE, undefined)
  for (const path of others) if (!builder.find(path)) builder.symlink(path, first.slice(first.lastIndexOf('/') + 1))
}

function addSeed(builder: ImageBuilder, path: string, bytes: Buffer): void {
  const before = builder.find(path)
  const folder = builder.find(path.slice(0, path.lastIndexOf('/')) || '/')
  const owner = { uid: folder?.uid ?? 0, gid: folder?.gid ?? 0 }
  builder.file(path, bytes, { ...owner, ...(before && { mode: before.mode }) })
}
