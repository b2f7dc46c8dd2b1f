import { AgentSocket } from './agent-socket.ts'
import { Captures } from './captures.ts'
import type { ByteSink, ByteSource, ExitStatus, HostProcess, SpawnRequest, Terminal } from './contract.ts'
import { HostError } from './contract.ts'
import { greeting } from './greeting.ts'
import { loginEnvironment } from './login-environment.ts'
import { LoginProcesses } from './login-processes.ts'
import type { Machine } from './machine.ts'
import { Descriptors } from './process/descriptors.ts'
import type { Executable } from './process/kernel.ts'
import { type Account, KernelProcess, type SessionContext } from './process/kernel-process.ts'
import { Pipe } from './process/pipe.ts'
import { ProcessorTime } from './process/processor.ts'
import { FileSink, FileSource, nothing, patiently, TerminalSink } from './streams.ts'
import { Pty } from './terminal/pty.ts'
import { toBytes } from './text.ts'
import { Turn } from './turns.ts'
import type { User } from './world/accounts.ts'

/** How long processes of a session that is over may go on. */
const LINGER_MS = 60 * 60 * 1000

const NOBODY: Account = { user: 'nobody', uid: 65534, gid: 65534, groups: [65534] }

/** A shell or command that a front end started, with its streams and, if asked for, its terminal. */
export class SpawnedProcess implements HostProcess {
  readonly stdin: ByteSink
  readonly stdout: ByteSource
  readonly stderr: ByteSource
  readonly exited: Promise<ExitStatus>
  readonly #machine: Machine
  readonly #process: KernelProcess
  readonly #pty: Pty | undefined
  readonly #sources: FileSource[] = []

  constructor(machine: Machine, request: SpawnRequest) {
    this.#machine = machine
    const user = machine.accounts.user(request.user)
    const account = machine.account(request.user) ?? { ...NOBODY, user: request.user }
    // sshd runs a command without a terminal on pipes; other daemons give it their socket.
    const ends = request.via === 'sshd' ? 'pipe' : 'socket'
    const firstEnd = 30_000 + machine.kernel.table.lastPid
    const output = new Pipe(`${ends}:[${firstEnd}]`)
    this.#pty = request.terminal && openPty(machine, request.terminal, output)
    const login = new LoginProcesses(machine, request, account, this.#pty, () => this.hangup())
    const session = this.#session(machine, request, user)
    const home = user && isDirectory(machine, user.home) ? user.home : '/'
    const turn =
      request.command === undefined
        ? undefined
        : new Turn(session, request.command, { cwd: home, user: account.user, tty: this.#pty?.name })
    const agent = agentSocket(machine, request, account, login.pid)
    const descriptors = new Descriptors()
    if (this.#pty) {
      for (const fd of [0, 1, 2]) descriptors.set(fd, this.#pty.file())
      if (turn) this.#pty.onOutput = (bytes) => turn.output(bytes)
      this.stdin = new TerminalSink(this.#pty)
      this.stdout = this.#source(output)
      this.stderr = nothing
    } else {
      const [input, errors] = [new Pipe(`${ends}:[${firstEnd - 1}]`, undefined, true), new Pipe(`${ends}:[${firstEnd + 1}]`)]
      const oneOutput = request.oneOutput === true
      descriptors.set(0, input.reader)
      descriptors.set(1, output.writer)
      descriptors.set(2, oneOutput ? output.writer.retain() : errors.writer)
      this.stdin = new FileSink(input.writer)
      this.stdout = this.#source(output, (bytes) => turn?.output(bytes))
      this.stderr = oneOutput ? nothing : this.#source(errors, (bytes) => turn?.errors(bytes))
    }
    this.#process = this.#birth(machine, request, { user, account, home, descriptors, session, parent: login.pid, agent })
    login.begin(this.#process.pid, user)
    this.exited = this.#ended(turn, session, () => {
      login.end()
      agent?.remove()
      this.#pty?.hangup()
      if (this.#pty) output.writer.release()
    })
    void this.#start(machine, request, user, login)
  }

  resize(columns: number, rows: number): void {
    this.#pty?.resize(columns, rows)
  }

  signal(name: string): void {
    this.#process.deliver(name)
  }

  hangup(): void {
    const pty = this.#pty
    if (pty) {
      pty.hangup()
      const { table } = this.#machine.kernel
      for (const group of new Set([pty.foreground, this.#process.pgid])) {
        if (group > 0 && table.list().some((p) => p.pgid === group)) table.signal(-group, 'HUP', { uid: 0 })
      }
    }
    this.stdin.end()
    for (const source of this.#sources) source.close()
    this.#reapLater()
  }

  /** What outlives its session (nohup, setsid, loops) goes on for a while, but not for ever. */
  #reapLater(): void {
    const { kernel } = this.#machine
    const { session } = this.#process
    const left = () =>
      kernel.table.list().filter((process): process is KernelProcess => process instanceof KernelProcess && process.session === session)
    // Most sessions leave nothing behind: a timer would keep all that belongs to them.
    if (left().length === 0) return
    setTimeout(() => {
      for (const process of left()) process.deliver('KILL')
    }, LINGER_MS).unref()
  }

  #source(pipe: Pipe, seen?: (bytes: Uint8Array) => void): FileSource {
    const source = new FileSource(pipe.reader, seen)
    this.#sources.push(source)
    return source
  }

  #session(machine: Machine, request: SpawnRequest, user: User | undefined): SessionContext {
    const history = `${user?.home}/.bash_history`
    const captures = new Captures(request.recorder, (path) => path === history || path.startsWith('/var/log/') || path.startsWith('/run/'))
    return {
      recorder: request.recorder,
      processor: new ProcessorTime(machine.kernel.processor),
      tty: this.#pty,
      remote: request.remote,
      history: [],
      answered: undefined,
      collect: () => captures.collect((ino) => machine.disk.volume.find(ino)),
      onWrite: (inode, path, what) => captures.note(inode, path, what),
    }
  }

  #birth(
    machine: Machine,
    request: SpawnRequest,
    facts: {
      user: User | undefined
      account: Account
      home: string
      descriptors: Descriptors
      session: SessionContext
      parent: number
      agent: AgentSocket | undefined
    },
  ): KernelProcess {
    const shell = shellOf(facts.user, request.via)
    const android = machine.persona.os.family === 'android'
    // adbd starts the shell by its path; others by its name, with a dash when it is a login.
    const zero = android ? shell : shell.slice(shell.lastIndexOf('/') + 1)
    const interactive = android ? [zero, '-'] : [`-${zero}`]
    return machine.kernel.birth({
      argv: request.command === undefined ? interactive : [zero, '-c', request.command],
      env: loginEnvironment(machine.persona, facts.user, request, this.#pty?.name, facts.agent?.path),
      cwd: facts.home,
      account: facts.account,
      umask: 0o022,
      descriptors: facts.descriptors,
      session: facts.session,
      exe: shell,
      parent: undefined,
      ppid: facts.parent,
      pgid: 'own',
      sid: 'own',
    })
  }

  async #start(machine: Machine, request: SpawnRequest, user: User | undefined, login: LoginProcesses): Promise<void> {
    const process = this.#process
    if (this.#pty) this.#pty.foreground = process.pgid
    if (this.#pty && user && login.session && request.command === undefined && greets(request.via)) {
      await greet(this.#pty, greeting(machine.world, user, login.session, request.via))
    }
    login.record(user)
    const shell = shellOf(user, request.via)
    await process.execute(async (self) => {
      const executable = await this.#load(self, shell)
      if (!executable) return 1
      self.exe = executable.exe
      self.comm = executable.comm
      return executable.program(self)
    })
  }

  /** The attacker may have removed the shell itself: then the daemon's child has only its name to say, and why (session.c, do_child). */
  async #load(process: KernelProcess, shell: string): Promise<Executable | undefined> {
    try {
      return process.kernel.load(process, shell, process.argv)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      await process.stderr.write(`${shell}: ${error.message}\n`)
      return undefined
    }
  }

  #ended(turn: Turn | undefined, session: SessionContext, after: () => void): Promise<ExitStatus> {
    return new Promise((resolve) => {
      const look = () => {
        const { status } = this.#process
        if (!status) {
          this.#process.watch(look)
          return
        }
        session.collect()
        after()
        // Output that the front end has still to fetch belongs to the turn.
        setImmediate(() => {
          turn?.end(status.code)
          resolve(status)
        })
      }
      this.#process.watch(look)
    })
  }
}

function agentSocket(machine: Machine, request: SpawnRequest, account: Account, pid: number): AgentSocket | undefined {
  if (!request.forwards?.agent) return undefined
  try {
    return new AgentSocket(machine, account, pid)
  } catch (error) {
    if (error instanceof HostError) return undefined
    throw error
  }
}

/** Who hangs up before the greeting does not see it. */
async function greet(pty: Pty, text: string): Promise<void> {
  try {
    await pty.write(toBytes(text), patiently)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
  }
}

function greets(via: string): boolean {
  return via === 'sshd' || via === 'telnetd'
}

function openPty(machine: Machine, terminal: Terminal, output: Pipe): Pty {
  const taken = new Set(machine.world.logins.map((login) => login.tty))
  let number = 0
  while (taken.has(`pts/${number}`)) number++
  return new Pty({
    name: `pts/${number}`,
    term: terminal.term || 'dumb',
    columns: terminal.columns || 80,
    rows: terminal.rows || 24,
    output: (bytes, block) => output.writer.write(bytes, block),
    signal: (group, name) => {
      if (machine.kernel.table.list().some((p) => p.pgid === group)) machine.kernel.table.signal(-group, name, { uid: 0 })
    },
  })
}

function isDirectory(machine: Machine, path: string): boolean {
  try {
    return machine.world.files.stat(path).type === 'directory'
  } catch (error) {
    if (error instanceof HostError) return false
    throw error
  }
}

/** Daemons that give a user the shell of /etc/passwd. All others run a command as system(3) does, so that `nologin` does not stop a web shell. */
const LOGIN_DAEMONS: ReadonlySet<string> = new Set(['sshd', 'telnetd', 'adbd'])

function shellOf(user: User | undefined, via: string): string {
  return (LOGIN_DAEMONS.has(via) && user?.shell) || '/bin/sh'
}
