import type { Recorder } from '../../events/recorder.ts'
import type { AnswerSource, Generation } from '../../events/schema.ts'
import type { HostText, Process, ProcessInput, ProcessOutput, ProcessTerminal, RunOptions, World } from '../command.ts'
import { type ExitStatus, HostError } from '../contract.ts'
import { errno } from '../files/errno.ts'
import type { Inode } from '../files/inode.ts'
import { FilesView } from '../files/view.ts'
import { join, typeOf } from '../files/walk.ts'
import { toBytes } from '../text.ts'
import { ALL_CAPABILITIES, type CapabilitySets, holds } from '../world/capabilities.ts'
import type { ControllingTerminal } from './controlling-terminal.ts'
import type { Descriptors } from './descriptors.ts'
import { type OpenMode, openPath } from './disk-file.ts'
import { Eyes } from './eyes.ts'
import type { Kernel } from './kernel.ts'
import { INITIAL_NAMESPACES, type Namespaces } from './namespaces.ts'
import { type Block, MemoryFile, type OpenFile, WriteFile } from './open-file.ts'
import type { ProcessorTime } from './processor.ts'
import { defaultAction, SIGNALS } from './signals.ts'
import { InputStream, OutputStream, type StreamOwner } from './streams.ts'
import { Killed, type TableEntry } from './table.ts'

/** What runs in a process: a command of the host, a shell, a subshell. */
export type Program = (process: KernelProcess) => Promise<number> | number

export interface Account {
  user: string
  uid: number
  gid: number
  groups: readonly number[]
  /** Who it is outside of the user namespace that it has gone into: by that its rights over files go. */
  outside?: Omit<Account, 'outside'>
}

/** What processes of one login share. */
export interface SessionContext {
  recorder: Recorder
  processor: ProcessorTime
  tty: ControllingTerminal | undefined
  /** Where the session's attacker comes from. */
  remote: { ip: string; port: number }
  /** Earlier lines and what they gave, newest last, for questions to the engine. */
  history: { input: string; output: string }[]
  /** Set when the engine had a part in the answer to the line that runs. */
  answered: { source: AnswerSource; generation: Generation } | undefined
  /** To be called when a line has run: keeps the files that it wrote. */
  collect: () => void
  /** Told of each file that the session's processes change or remove. */
  onWrite: (inode: Inode, path: string, what: 'changed' | 'removing') => void
}

export interface Birth {
  argv: readonly HostText[]
  env: Map<string, HostText>
  cwd: string
  account: Account
  umask: number
  descriptors: Descriptors
  session: SessionContext
  /** Path of the running file. */
  exe: string
  parent: KernelProcess | undefined
  ppid: number
  pgid?: number | 'own'
  sid?: number | 'own'
  /** Without a terminal to read from or be interrupted by (`setsid`, daemons). */
  detached?: boolean
  comm?: string
  /** Signals that it ignores from birth, as nohup and `trap ''` hand down. */
  ignores?: Iterable<string>
  /** Of the file that it runs. */
  fileCapabilities?: CapabilitySets | undefined
}

/** What a small program takes of memory, as ps shows it. */
const SMALLEST_RSS_KIB = 944
const SMALLEST_VSZ_KIB = 2580

type Handler = () => void

/** One running process of the host; the kernel's side of {@link Process}. */
export class KernelProcess implements Process, TableEntry, StreamOwner {
  readonly pid: number
  ppid: number
  pgid: number
  sid: number
  argv: readonly HostText[]
  env: Map<string, HostText>
  cwd: string
  account: Account
  umask: number
  exe: string
  comm: string
  fileCapabilities: CapabilitySets | undefined
  /** What it and its children may have of capabilities at all. */
  bounding: bigint
  /** As chroot(2) left it. */
  root: string
  namespaces: Namespaces
  readonly startedAt: number
  readonly descriptors: Descriptors
  readonly session: SessionContext
  readonly kernel: Kernel
  readonly stdin: InputStream
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  readonly view: FilesView
  readonly threads = 1
  nice = 0
  /** The sleeping and reading that a signal must end. */
  readonly #waits = new Set<(error: HostError) => void>()
  readonly #handlers = new Map<string, Handler>()
  readonly #children = new Set<KernelProcess>()
  readonly #watchers = new Set<() => void>()
  readonly #abort = new AbortController()
  #resume: (() => void)[] = []
  readonly #opened: OpenFile[] = []
  #stopped = false
  #cpuMs = 0
  #status: ExitStatus | undefined
  readonly #tty: ControllingTerminal | undefined

  constructor(kernel: Kernel, pid: number, birth: Birth) {
    this.kernel = kernel
    this.pid = pid
    this.ppid = birth.ppid
    this.pgid = birth.pgid === 'own' ? pid : (birth.pgid ?? birth.parent?.pgid ?? pid)
    this.sid = birth.sid === 'own' ? pid : (birth.sid ?? birth.parent?.sid ?? pid)
    this.argv = birth.argv
    this.env = birth.env
    this.cwd = birth.cwd
    this.account = birth.account
    this.umask = birth.umask
    this.nice = birth.parent?.nice ?? 0
    this.exe = birth.exe
    this.comm = (birth.comm ?? baseName(birth.argv[0] ?? birth.exe).replace(/^-/, '')).slice(0, 15)
    this.fileCapabilities = birth.fileCapabilities
    this.bounding = birth.parent?.bounding ?? ALL_CAPABILITIES
    this.root = birth.parent?.root ?? '/'
    this.namespaces = birth.parent?.namespaces ?? INITIAL_NAMESPACES
    this.descriptors = birth.descriptors
    this.session = birth.session
    this.startedAt = kernel.world.now()
    this.#tty = birth.detached ? undefined : birth.session.tty
    for (const name of birth.ignores ?? []) this.#handlers.set(name, ignore)
    this.stdin = new InputStream(this, () => this.descriptors.get(0))
    this.stdout = new OutputStream(this, () => this.descriptors.get(1))
    this.stderr = new OutputStream(this, () => this.descriptors.get(2))
    this.view = new FilesView(kernel.disk, new Eyes(this))
    birth.parent?.adopt(this)
  }

  get uid(): number {
    return this.account.uid
  }

  get gid(): number {
    return this.account.gid
  }

  get user(): string {
    return this.account.user
  }

  get groups(): readonly number[] {
    return this.account.groups
  }

  /** The name of the machine in its UTS namespace. */
  get nodeName(): string {
    return this.kernel.nodeNames.get(this.namespaces.uts) ?? this.kernel.world.hostname
  }

  set nodeName(name: string) {
    if (this.namespaces.uts === INITIAL_NAMESPACES.uts) this.kernel.world.hostname = name
    else this.kernel.nodeNames.set(this.namespaces.uts, name)
  }

  get world(): World {
    return this.kernel.world
  }

  get files(): FilesView {
    return this.view
  }

  get recorder(): Recorder {
    return this.session.recorder
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get tty(): string | undefined {
    return this.#tty?.name
  }

  get controllingTerminal(): ControllingTerminal | undefined {
    return this.#tty
  }

  get terminal(): ProcessTerminal | undefined {
    return this.#tty
  }

  get foreground(): boolean {
    return this.#tty !== undefined && this.#tty.foreground === this.pgid
  }

  get cpuMs(): number {
    return this.#cpuMs
  }

  get rssKiB(): number {
    return SMALLEST_RSS_KIB + (this.kernel.memory.of(this) >> 10)
  }

  get vszKiB(): number {
    return SMALLEST_VSZ_KIB + (this.kernel.memory.of(this) >> 10)
  }

  get state(): 'R' | 'S' | 'T' | 'Z' {
    if (this.#status) return 'Z'
    if (this.#stopped) return 'T'
    return this.#waits.size > 0 ? 'S' : 'R'
  }

  get stopped(): boolean {
    return this.#stopped
  }

  get status(): ExitStatus | undefined {
    return this.#status
  }

  get children(): ReadonlySet<KernelProcess> {
    return this.#children
  }

  readonly block: Block = async (start) => {
    if (this.#status) throw new Killed()
    const value = await new Promise<Parameters<Parameters<typeof start>[0]>[0]>((resolve, reject) => {
      let stop: (() => void) | undefined
      const fail = (error: HostError) => {
        stop?.()
        this.#waits.delete(fail)
        reject(error)
      }
      this.#waits.add(fail)
      stop = start((result) => {
        this.#waits.delete(fail)
        resolve(result)
      })
    })
    if (this.#stopped) await this.#continued()
    return value
  }

  /** Ends what the process is waiting for with EINTR, or with an error of the caller's. */
  interrupt(error: HostError = errno('EINTR')): void {
    for (const fail of [...this.#waits]) fail(error)
  }

  spend(steps = 1): Promise<void> | undefined {
    if (this.#status) throw new Killed()
    const before = this.session.processor.usedMs
    const wait = this.session.processor.spend(steps)
    this.#cpuMs += this.session.processor.usedMs - before
    if (this.session.processor.exhausted) this.deliver('KILL')
    if (this.#stopped) return this.#continued()
    return wait && this.#afterwards(wait)
  }

  hold(bytes: number): void {
    if (!this.#status) this.kernel.memory.hold(this, bytes)
    if (this.#status) throw new Killed()
  }

  release(bytes: number): void {
    this.kernel.memory.release(this, bytes)
  }

  beforeRead(_file: OpenFile): Promise<void> | undefined {
    const tty = this.#tty
    if (!tty || tty.foreground === 0 || tty.foreground === this.pgid) return undefined
    if (this.ignoresSignal('TTIN')) throw errno('EIO')
    this.deliver('TTIN')
    return this.#continued()
  }

  moved(bytes: number): Promise<void> | undefined {
    return this.spend(1 + (bytes >> 8))
  }

  async sleep(ms: number): Promise<void> {
    await this.block<void>((done) => {
      const timer = setTimeout(done, Math.min(ms, 0x7fffffff))
      return () => clearTimeout(timer)
    })
  }

  onSignal(name: string, handler: Handler): void {
    this.#handlers.set(name, handler)
  }

  defaultSignal(name: string): void {
    this.#handlers.delete(name)
  }

  /** Names of the signals that a child will ignore too. */
  get ignored(): string[] {
    return [...this.#handlers].filter(([, handler]) => handler === ignore).map(([name]) => name)
  }

  ignoreSignal(name: string): void {
    this.#handlers.set(name, ignore)
  }

  ignoresSignal(name: string): boolean {
    return this.#handlers.get(name) === ignore
  }

  deliver(name: string): void {
    if (this.#status) return
    const handler = name === 'KILL' || name === 'STOP' ? undefined : this.#handlers.get(name)
    if (name === 'CONT') this.#cont()
    if (handler) {
      handler()
      return
    }
    const action = defaultAction(name)
    if (action === 'stop') this.#stop()
    if (action === 'end') this.end({ code: 128 + (SIGNALS[name] ?? 0), signal: name })
  }

  /** chroot(2), then chdir into it. @throws HostError ENOENT, ENOTDIR, EACCES, EPERM */
  changeRoot(path: HostText): void {
    const found = this.view.openable(path)
    if (typeOf(found) !== 'directory') throw errno('ENOTDIR')
    if (!holds(this, 'cap_sys_chroot')) throw errno('EPERM')
    this.root = found.path === '/' ? this.root : join(this.root, found.path.slice(1))
    this.cwd = '/'
  }

  openFile(path: HostText, mode: OpenMode): OpenFile {
    const own = /^\/(?:dev|proc\/self)\/(?:fd\/(\d{1,4})|(stdin|stdout|stderr))$/.exec(path)
    if (own) {
      const fd = own[1] === undefined ? ['stdin', 'stdout', 'stderr'].indexOf(own[2] as string) : Number(own[1])
      const file = this.descriptors.get(fd)
      if (!file) throw errno('ENOENT')
      return file.retain()
    }
    return openPath(this.kernel.disk, this.view, path, mode, () => this.#tty?.file())
  }

  openInput(path: HostText): ProcessInput {
    const file = this.#hold(this.openFile(path, 'read'))
    return new InputStream(this, () => file)
  }

  openOutput(path: HostText, how: 'truncate' | 'append'): ProcessOutput {
    const file = this.#hold(this.openFile(path, how))
    return new OutputStream(this, () => file)
  }

  /** What a command opened by path is closed with it, so that who reads the other end of a pipe sees its end. */
  #hold(file: OpenFile): OpenFile {
    this.#opened.push(file)
    return file
  }

  /** Open files by descriptor, as /proc/PID/fd names them. */
  get openFiles(): ReadonlyMap<number, string> {
    return new Map(this.descriptors.numbers.map((fd) => [fd, this.descriptors.get(fd)?.name ?? '']))
  }

  async run(argv: readonly HostText[], options: RunOptions = {}): Promise<number> {
    const child = this.kernel.start(this, argv, await this.#childDescriptors(options), options)
    if (options.signal) {
      const stop = () => child.deliver('TERM')
      options.signal.addEventListener('abort', stop, { once: true })
      child.watch(() => child.status && options.signal?.removeEventListener('abort', stop))
    }
    if (options.background) return 0
    return (await this.waitFor(child)).code
  }

  /** Waits until a child has ended; a stopped child is waited for. */
  async waitFor(child: KernelProcess): Promise<ExitStatus> {
    while (!child.status) await this.changeOf(child)
    return child.status
  }

  /** Waits until a child stops, continues or ends. */
  async changeOf(child: KernelProcess): Promise<void> {
    if (child.status) return
    await this.block<void>((done) => child.watch(done))
  }

  /** Calls back once at the next change of state. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  adopt(child: KernelProcess): void {
    this.#children.add(child)
  }

  /** Runs the program to its end and settles the exit status, whatever happens in it. */
  async execute(program: Program): Promise<void> {
    try {
      this.end({ code: (await program(this)) & 0xff })
    } catch (error) {
      this.end(this.#statusOf(error))
    }
  }

  end(status: ExitStatus): void {
    if (this.#status) return
    this.#status = status
    this.kernel.memory.release(this)
    this.#abort.abort()
    this.interrupt(new Killed())
    for (const go of this.#resume.splice(0)) go()
    this.descriptors.closeAll()
    for (const file of this.#opened.splice(0)) file.release()
    for (const child of this.#children) child.ppid = 1
    this.kernel.table.remove(this.pid)
    this.#notify()
  }

  #statusOf(error: unknown): ExitStatus {
    // Whatever a program does after its end is nobody's business any more.
    if (this.#status) return this.#status
    if (error instanceof Killed) return { code: 130 }
    if (error instanceof HostError && error.code === 'EPIPE') return { code: 141, signal: 'PIPE' }
    if (error instanceof HostError && error.code === 'EINTR') return { code: 130, signal: 'INT' }
    // Whoever has no stderr to complain to, or a terminal that has hung up, ends in silence.
    if (error instanceof HostError && (error.code === 'EBADF' || error.code === 'EIO')) return { code: 1 }
    this.kernel.fault(this, error)
    return { code: 139, signal: 'SEGV' }
  }

  async #childDescriptors(options: RunOptions): Promise<Descriptors> {
    const descriptors = this.descriptors.copy()
    const { stdin, stdout, stderr } = options
    if (stdin instanceof Uint8Array) descriptors.set(0, new MemoryFile(stdin))
    if (stdout) descriptors.set(1, new WriteFile('pipe:[0]', (bytes) => stdout.write(bytes), undefined, stdout.isTerminal))
    if (stderr) descriptors.set(2, new WriteFile('pipe:[0]', (bytes) => stderr.write(bytes), undefined, stderr.isTerminal))
    if (options.background && stdin === undefined) descriptors.set(0, new MemoryFile(Buffer.alloc(0), '/dev/null'))
    return descriptors
  }

  async #afterwards(wait: Promise<void>): Promise<void> {
    await wait
    if (this.#status) throw new Killed()
    if (this.#stopped) await this.#continued()
  }

  async #continued(): Promise<void> {
    while (this.#stopped && !this.#status) await new Promise<void>((resolve) => this.#resume.push(resolve))
    if (this.#status) throw new Killed()
  }

  #stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#notify()
  }

  #cont(): void {
    if (!this.#stopped) return
    this.#stopped = false
    for (const go of this.#resume.splice(0)) go()
    this.#notify()
  }

  #notify(): void {
    const watchers = [...this.#watchers]
    this.#watchers.clear()
    for (const watcher of watchers) watcher()
  }
}

function ignore(): void {}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** Writes a line to a stream that may be closed or gone, as a diagnostic does. */
export async function complain(process: KernelProcess, text: HostText): Promise<void> {
  try {
    await process.descriptors.get(2)?.write(toBytes(text), process.block)
  } catch (error) {
    if (error instanceof Killed || !(error instanceof HostError)) throw error
  }
}
