import { LRUCache } from 'lru-cache'
import type { Engine } from '../../llm/question.ts'
import type { HostText, RunOptions, World } from '../command.ts'
import { HostError } from '../contract.ts'
import { wholeContent } from '../files/content.ts'
import { errno } from '../files/errno.ts'
import type { Disk } from '../files/view.ts'
import { toText } from '../text.ts'
import { type CapabilitySets, decodeFileCapabilities } from '../world/capabilities.ts'
import type { Descriptors } from './descriptors.ts'
import { type Account, type Birth, KernelProcess, type Program } from './kernel-process.ts'
import { failingProgram, missingLibrary } from './loader.ts'
import { HostMemory } from './memory.ts'
import { FIRST_FREE_NAMESPACE } from './namespaces.ts'
import type { ProcessorShare } from './processor.ts'
import type { Programs } from './programs.ts'
import type { ProcessTable } from './table.ts'

/** What execve(2) found at a path. */
export interface Executable {
  program: Program
  argv: readonly HostText[]
  exe: string
  comm: string
  /** Of the file itself; a script gives none. */
  fileCapabilities: CapabilitySets | undefined
}

export interface KernelParts {
  disk: Disk
  world: World
  table: ProcessTable
  programs: Programs
  engine: Engine
  /** Of the host's source. */
  processor: ProcessorShare
  /** Looks an account up in /etc/passwd and /etc/group. */
  account(user: string): Account | undefined
}

/** Interpreters of scripts may be scripts; Linux follows four of them. */
const MOST_INTERPRETERS = 4
/** Enough of a file for its `#!` line, its ELF header and its build id. */
const HEAD_BYTES = 1024
/** Enough for its dynamic section. */
const LOADER_BYTES = 8192

/** Starts processes and loads what they run. */
export class Kernel {
  readonly disk: Disk
  readonly world: World
  readonly table: ProcessTable
  readonly programs: Programs
  readonly engine: Engine
  readonly account: (user: string) => Account | undefined
  readonly processor: ProcessorShare
  readonly memory = new HostMemory()
  /** What sethostname(2) set in UTS namespaces, by their numbers. */
  readonly nodeNames = new LRUCache<number, string>({ max: 64 })
  #namespaces = FIRST_FREE_NAMESPACE

  constructor(parts: KernelParts) {
    this.disk = parts.disk
    this.world = parts.world
    this.table = parts.table
    this.programs = parts.programs
    this.engine = parts.engine
    this.processor = parts.processor
    this.account = parts.account
  }

  /** A number for a namespace that unshare(2) makes. */
  newNamespace(): number {
    return this.#namespaces++
  }

  /** A new process without code yet. @throws HostError EAGAIN */
  birth(facts: Birth): KernelProcess {
    let made: KernelProcess | undefined
    this.table.add(
      (pid) => {
        made = new KernelProcess(this, pid, facts)
        return made
      },
      facts.parent ? 'session' : 'login',
    )
    return made as unknown as KernelProcess
  }

  /** A copy of a process (fork(2)) that will run something else. */
  fork(parent: KernelProcess, change: Partial<Birth> = {}): KernelProcess {
    const { argv, cwd, account, umask, session, exe, comm, fileCapabilities } = parent
    return this.birth({
      argv,
      env: new Map(parent.env),
      cwd,
      account,
      umask,
      session,
      exe,
      comm,
      fileCapabilities,
      parent,
      ppid: parent.pid,
      ignores: parent.ignored,
      detached: parent.controllingTerminal === undefined,
      ...change,
      descriptors: change.descriptors ?? parent.descriptors.copy(),
    })
  }

  /** fork and execvp for `process.run`. @throws HostError ENOENT, EACCES, ENOEXEC, EAGAIN */
  start(parent: KernelProcess, argv: readonly HostText[], descriptors: Descriptors, options: RunOptions): KernelProcess {
    let executable: Executable
    let account: Account | undefined
    try {
      executable = this.load(parent, this.search(parent, argv[0] ?? '', options.env ?? parent.env), argv)
      account = options.user === undefined ? parent.account : this.account(options.user)
      if (!account) throw errno('EINVAL')
      if (parent.account.outside) account = { ...account, outside: parent.account.outside }
    } catch (error) {
      descriptors.closeAll()
      throw error
    }
    const child = this.fork(parent, {
      argv: executable.argv,
      exe: executable.exe,
      comm: executable.comm,
      fileCapabilities: executable.fileCapabilities,
      env: new Map(options.env ?? parent.env),
      cwd: options.cwd ?? parent.cwd,
      account,
      descriptors,
      ...(options.background && { pgid: 'own', sid: 'own', detached: true }),
    })
    void child.execute(executable.program)
    return child
  }

  /** Finds a command as execvp does. @throws HostError ENOENT, EACCES */
  search(process: KernelProcess, name: HostText, env: ReadonlyMap<string, HostText>): string {
    if (name === '') throw errno('ENOENT')
    if (name.includes('/')) return name
    let denied = false
    for (const folder of (env.get('PATH') ?? '/bin:/usr/bin').split(':')) {
      const path = `${folder || '.'}/${name}`
      const kind = executableKind(process, path)
      if (kind === 'executable') return path
      denied ||= kind === 'denied'
    }
    throw errno(denied ? 'EACCES' : 'ENOENT')
  }

  /** @throws HostError ENOENT, ENOTDIR, EACCES, ENOEXEC, ELOOP */
  load(process: KernelProcess, path: HostText, argv: readonly HostText[], depth = 0): Executable {
    if (depth > MOST_INTERPRETERS) throw errno('ELOOP')
    const found = process.view.openable(path)
    const inode = found.inode
    if (inode?.type !== 'file' || !process.view.may('x', path)) throw errno('EACCES')
    const comm = baseName(path).slice(0, 15)
    const installed = this.programs.of(inode)
    const given = decodeFileCapabilities(inode.capability)
    const fileCapabilities = given?.rootId === 0 ? given : undefined
    // Where the root is another, what every program needs of the system may be missing.
    const without = process.root === '/' ? undefined : missingLibrary(process.view, inode.content?.read(0, LOADER_BYTES) ?? Buffer.alloc(0))
    if (without !== undefined) return { program: failingProgram(without), argv, exe: found.path, comm, fileCapabilities }
    if (installed) return { program: installed, argv, exe: found.path, comm, fileCapabilities }
    const head = inode.content?.read(0, HEAD_BYTES) ?? Buffer.alloc(0)
    if (head[0] === 0x23 && head[1] === 0x21) {
      const line = toText(head.subarray(2)).split('\n')[0] as string
      const [, interpreter, argument] = /^[ \t]*([^ \t]+)[ \t]*(.*?)[ \t]*$/.exec(line) ?? []
      if (!interpreter) throw errno('ENOEXEC')
      const rest = argument ? [interpreter, argument] : [interpreter]
      const loaded = this.load(process, interpreter, [...rest, path, ...argv.slice(1)], depth + 1)
      return { ...loaded, comm }
    }
    const foreign = this.programs.foreign(head, () => wholeContent(inode.content), found.path)
    if (!foreign) throw errno('ENOEXEC')
    return { program: foreign, argv, exe: found.path, comm, fileCapabilities }
  }

  /** A mistake of ours in a simulated program: written down for the operator; the attacker sees a crash. */
  fault(process: KernelProcess, error: unknown): void {
    const { message, stack } = error instanceof Error ? error : new Error(String(error))
    process.recorder.record('lure.fault', { message: `${process.argv.join(' ').slice(0, 200)}: ${message}`, ...(stack && { stack }) })
  }
}

export function executableKind(process: KernelProcess, path: string): 'executable' | 'denied' | 'missing' {
  try {
    const stat = process.view.stat(path)
    if (stat.type !== 'file') return 'missing'
    return process.view.may('x', path) ? 'executable' : 'denied'
  } catch (error) {
    if (error instanceof HostError) return 'missing'
    throw error
  }
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
