import type { Persona } from '../config/persona.ts'
import type { ByteSink, ByteSource, ExitStatus, Host, HostFiles, HostProcess, HostSetup, SpawnRequest } from './contract.ts'
import { HostError } from './contract.ts'
import { foreignProgram } from './ask.ts'
import { Captures } from './captures.ts'
import { Mounts } from './files/mounts.ts'
import { type Disk, FilesView } from './files/view.ts'
import { Volume } from './files/volume.ts'
import type { ComposedImage } from './image/compose.ts'
import { buildId, elfFacts, runsOn } from './image/elf.ts'
import { loginEnvironment } from './login-environment.ts'
import { Descriptors } from './process/descriptors.ts'
import { Kernel } from './process/kernel.ts'
import type { Account, KernelProcess, SessionContext } from './process/kernel-process.ts'
import type { Block, OpenFile } from './process/open-file.ts'
import { Pipe } from './process/pipe.ts'
import type { Programs } from './process/programs.ts'
import { ProcessorTime } from './process/slice.ts'
import { ProcessTable } from './process/table.ts'
import { toText } from './text.ts'
import { Turn } from './turns.ts'
import { Accounts, type User } from './world/accounts.ts'
import { furnishWorld } from './world/furnish.ts'
import { bootTime, HostWorld } from './world/world.ts'

/** Waiting of front ends, which no signal ends. */
const patiently: Block = (start) => new Promise((resolve) => void start(resolve))

/** The simulated machine of one persona as one source sees it. */
export class Machine implements Host {
  readonly persona: Persona
  readonly disk: Disk
  readonly world: HostWorld
  readonly kernel: Kernel
  readonly accounts: Accounts

  constructor(setup: HostSetup, composed: ComposedImage, now: () => number = Date.now) {
    const { persona, identity, engine } = setup
    this.persona = persona
    this.disk = { volume: new Volume(composed.image), mounts: new Mounts(), now }
    const table = new ProcessTable(now, identity.integer(`persona/${persona.name}/first-pid`, 900, 3000))
    this.world = new HostWorld(persona, identity, this.disk, table, bootTime(persona, identity, now()))
    this.world.hostname = persona.hostname
    this.accounts = new Accounts(this.world.files)
    this.kernel = new Kernel({
      disk: this.disk,
      world: this.world,
      table,
      engine,
      programs: programsOf(composed, persona),
      account: (user) => accountOf(this.accounts, this.accounts.user(user)),
    })
    furnishWorld(this.world)
  }

  spawn(request: SpawnRequest): HostProcess {
    return new SpawnedProcess(this, request)
  }

  async run(request: SpawnRequest & { command: string }): Promise<{ stdout: Buffer; stderr: Buffer; exitCode: number }> {
    const process = this.spawn(request)
    process.stdin.end()
    const [stdout, stderr, status] = await Promise.all([collect(process.stdout), collect(process.stderr), process.exited])
    return { stdout, stderr, exitCode: status.code }
  }

  files(user: string): HostFiles {
    const account = this.kernel.account(user) ?? { uid: 65534, gid: 65534, groups: [65534] }
    return new FilesView(this.disk, { uid: account.uid, gid: account.gid, groups: account.groups, pid: undefined, cwd: '/', umask: 0o022 })
  }

  checkPassword(_user: string, _password: string): boolean {
    return false
  }

  authorizedKeys(user: string): string[] {
    const account = this.accounts.user(user)
    if (!account) return []
    try {
      return toText(this.world.files.read(`${account.home}/.ssh/authorized_keys`)).split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
    } catch (error) {
      if (error instanceof HostError) return []
      throw error
    }
  }

  userExists(user: string): boolean {
    return this.accounts.user(user) !== undefined
  }
}

export function accountOf(accounts: Accounts, user: User | undefined): Account | undefined {
  return user && { user: user.name, uid: user.uid, gid: user.gid, groups: accounts.groupsOf(user) }
}

function programsOf(composed: ComposedImage, persona: Persona): Programs {
  return {
    of: (inode) => composed.programs.get(inode.content),
    foreign: (head) => {
      const copy = composed.byBuildId.get(buildId(head) ?? '')
      if (copy) return copy.program
      const facts = elfFacts(head)
      return facts && runsOn(facts, persona.os.kernel.machine) ? foreignProgram() : undefined
    },
  }
}

async function collect(source: ByteSource): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of source) parts.push(part)
  return Buffer.concat(parts)
}

class SpawnedProcess implements HostProcess {
  readonly stdin: ByteSink
  readonly stdout: ByteSource
  readonly stderr: ByteSource
  readonly exited: Promise<ExitStatus>
  readonly #process: KernelProcess

  constructor(machine: Machine, request: SpawnRequest) {
    const [input, output, errors] = [new Pipe(), new Pipe(), new Pipe()]
    const user = machine.accounts.user(request.user)
    const account = accountOf(machine.accounts, user) ?? { user: request.user, uid: 65534, gid: 65534, groups: [65534] }
    const captures = new Captures(request.recorder, (path) => path === `${user?.home}/.bash_history`)
    const session: SessionContext = {
      recorder: request.recorder,
      processor: new ProcessorTime(),
      tty: undefined,
      remote: request.remote,
      history: [],
      answered: undefined,
      onWrite: (inode, path, what) => captures.note(inode, path, what),
    }
    const descriptors = new Descriptors()
    descriptors.set(0, input.reader)
    descriptors.set(1, output.writer)
    descriptors.set(2, errors.writer)
    const shell = user?.shell || '/bin/sh'
    const zero = shell.slice(shell.lastIndexOf('/') + 1)
    const argv = request.command === undefined ? [`-${zero}`] : [zero, '-c', request.command]
    const home = user?.home ?? '/'
    this.#process = machine.kernel.birth({
      argv,
      env: loginEnvironment(machine.persona, user, request, undefined),
      cwd: isDirectory(machine, home) ? home : '/',
      account,
      umask: 0o022,
      descriptors,
      session,
      exe: shell,
      parent: undefined,
      ppid: 1,
      pgid: 'own',
      sid: 'own',
    })
    const turn = request.command === undefined ? undefined : new Turn(session, request.command, { cwd: home, user: account.user, tty: undefined })
    this.exited = new Promise((resolve) => {
      const process = this.#process
      const done = () => {
        if (!process.status) {
          process.watch(done)
          return
        }
        captures.collect((ino) => machine.disk.volume.find(ino))
        turn?.end(process.status.code)
        resolve(process.status)
      }
      process.watch(done)
    })
    this.stdin = new Sink(input.writer)
    this.stdout = new Source(output.reader, (bytes) => turn?.output(bytes))
    this.stderr = new Source(errors.reader, (bytes) => turn?.errors(bytes))
    void this.#process.execute((process) => {
      const executable = machine.kernel.load(process, shell, argv)
      process.exe = executable.exe
      return executable.program(process)
    })
  }

  resize(): void {}

  signal(name: string): void {
    this.#process.deliver(name)
  }

  hangup(): void {
    this.#process.deliver('HUP')
  }
}

function isDirectory(machine: Machine, path: string): boolean {
  try {
    return machine.world.files.stat(path).type === 'directory'
  } catch (error) {
    if (error instanceof HostError) return false
    throw error
  }
}

class Sink implements ByteSink {
  readonly #file: OpenFile
  #last: Promise<void> = Promise.resolve()

  constructor(file: OpenFile) {
    this.#file = file
  }

  write(bytes: Uint8Array): void {
    const copy = Uint8Array.from(bytes)
    this.#last = this.#last.then(() => this.#file.write(copy, patiently)).catch(() => undefined)
  }

  end(): void {
    void this.#last.then(() => this.#file.release())
  }
}

class Source implements ByteSource {
  readonly #file: OpenFile
  readonly #seen: (bytes: Uint8Array) => void

  constructor(file: OpenFile, seen: (bytes: Uint8Array) => void) {
    this.#file = file
    this.#seen = seen
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const bytes = await this.#file.read(65_536, patiently)
        if (!bytes) return
        this.#seen(bytes)
        yield bytes
      }
    } finally {
      this.#file.release()
    }
  }
}
