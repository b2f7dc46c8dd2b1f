import type { HostText } from '../command.ts'
import { HostError } from '../contract.ts'
import { isErrno } from '../files/errno.ts'
import { type Birth, complain, type KernelProcess, type Program } from '../process/kernel-process.ts'
import { Killed } from '../process/table.ts'
import { toBytes } from '../text.ts'
import { Abandon, ShellExit } from './control.ts'
import type { Dialect } from './dialect.ts'
import { FieldBuilder, STRING_BYTES, weightOf } from './expand/fields.ts'
import type { FunctionDefNode, SimpleCommandNode } from './grammar.ts'
import type { History } from './history.ts'
import type { Jobs } from './jobs.ts'
import type { Machinery } from './machinery.ts'
import { Options } from './options.ts'
import { Parameters } from './parameters.ts'
import { runExitTrap } from './traps.ts'
import { Variables } from './variables.ts'

/** Words that take less are not booked. */
const SMALL = 65_536

/** Where the commands come from, as it shows in errors. */
export type Source = 'command' | 'script' | 'stdin'

/** One level of function calls and sourced files, for `caller`, FUNCNAME and BASH_SOURCE. */
export interface CallFrame {
  function: string
  source: string
  line: number
}

export interface ShellFacts {
  process: KernelProcess
  machinery: Machinery
  dialect: Dialect
  /** `$0` */
  name: HostText
  positional: readonly HostText[]
  source: Source
  interactive: boolean
  login: boolean
  posix?: boolean
}

/** The state of one shell: everything a subshell gets a copy of. */
export class Shell {
  readonly process: KernelProcess
  readonly machinery: Machinery
  readonly dialect: Dialect
  name: HostText
  positional: HostText[]
  readonly source: Source
  interactive: boolean
  readonly login: boolean
  vars: Variables
  options: Options
  readonly functions = new Map<string, FunctionDefNode>()
  /** The file that defined a function, as errors in it name it. */
  readonly functionSources = new Map<string, string>()
  readonly aliases = new Map<string, string>()
  #definitionBytes = 0
  readonly traps = new Map<string, string>()
  readonly hashed = new Map<string, { path: string; hits: number }>()
  readonly disabledBuiltins = new Set<string>()
  directories: string[] = []
  jobs: Jobs | undefined
  history: History | undefined
  status = 0
  pipeStatus: number[] = [0]
  lastBackground: number | undefined
  /** `$$`: the pid of the shell that the user sees, in subshells too. */
  shellPid: number
  line = 1
  /** What line 1 of the text that runs now is called in errors. */
  lineBase = 0
  subshellDepth = 0
  /** Nested command substitutions: `set -x` shows them by more `+`. */
  substitutionDepth = 0
  loopDepth = 0
  functionDepth = 0
  sourceDepth = 0
  evalDepth = 0
  /** Inside a condition, `!`, or not the last of `&&`: errexit waits. */
  conditionDepth = 0
  readonly calls: CallFrame[] = []
  readonly parameters: Parameters
  startedAt: number
  /** Signals that arrived and whose traps wait for the end of a command. */
  readonly pendingTraps: string[] = []
  inTrap = false
  /** Ctrl-C came while the shell itself was busy. */
  interrupted = false
  optind = { index: 1, char: 0 }
  /** `exit` has said that there are stopped jobs; a second one goes through. */
  warnedOfJobs = false
  /** Number of the next command that is typed (`\\#`). */
  commandNumber = 1
  /** Jobs that `kill` ended in this line: the shell hears of their end only after the next prompt. */
  readonly killed = new Set<number>()
  /** `$?` as it was when the running trap began. */
  trapStatus = 0
  /** Limits that `ulimit` changed, by letter. */
  readonly limits = new Map<string, string>()
  /** The last simple command of `bash -c` takes the place of the shell. */
  readonly lastWord = { value: '' as HostText }
  /** The simple command that runs, for `$BASH_COMMAND`. */
  command: SimpleCommandNode | undefined
  /** A command substitution ran in the words of the current command: then it gives the status of an assignment. */
  substituted = false
  /** Bytes that the words under way have booked. */
  wordBytes = 0
  /** Descriptors of process substitutions, closed after the command. */
  readonly transientDescriptors: number[] = []

  constructor(facts: ShellFacts, parent?: Shell) {
    this.process = facts.process
    this.machinery = facts.machinery
    this.dialect = facts.dialect
    this.name = facts.name
    this.positional = [...facts.positional]
    this.source = facts.source
    this.interactive = facts.interactive
    this.login = facts.login
    this.shellPid = parent?.shellPid ?? facts.process.pid
    this.startedAt = parent?.startedAt ?? facts.process.startedAt
    this.vars = parent?.vars.fork() ?? new Variables()
    this.vars.released = (bytes) => this.process.release(bytes)
    this.options =
      parent?.options.fork() ?? new Options(facts.dialect.name === 'bash' ? ['braceexpand', 'hashall', 'interactive-comments'] : [])
    this.parameters = new Parameters(this)
    if (parent) this.#inherit(parent)
    else this.parameters.importEnvironment()
  }

  /** A copy of this shell in another process. */
  fork(process: KernelProcess): Shell {
    const { machinery, dialect, name, positional, source, login } = this
    const child = new Shell({ process, machinery, dialect, name, positional, source, interactive: false, login }, this)
    for (const signal of this.traps.keys()) if (this.traps.get(signal) === '' && signal !== 'EXIT') process.ignoreSignal(signal)
    return child
  }

  #inherit(parent: Shell): void {
    for (const [name, body] of parent.functions) this.functions.set(name, body)
    for (const [name, file] of parent.functionSources) this.functionSources.set(name, file)
    for (const [name, value] of parent.aliases) this.aliases.set(name, value)
    for (const [name, entry] of parent.hashed) this.hashed.set(name, { ...entry })
    for (const name of parent.disabledBuiltins) this.disabledBuiltins.add(name)
    // Caught signals are reset in a subshell, ignored ones stay ignored.
    for (const [signal, action] of parent.traps) if (action === '') this.traps.set(signal, action)
    this.directories = [...parent.directories]
    this.status = parent.status
    this.pipeStatus = [...parent.pipeStatus]
    this.lastBackground = parent.lastBackground
    this.line = parent.line
    this.lineBase = parent.lineBase
    this.subshellDepth = parent.subshellDepth + 1
    this.functionDepth = parent.functionDepth
    this.substitutionDepth = parent.substitutionDepth
    this.sourceDepth = parent.sourceDepth
    this.conditionDepth = parent.conditionDepth
    this.calls.push(...parent.calls)
    this.optind = { ...parent.optind }
    for (const [letter, value] of parent.limits) this.limits.set(letter, value)
    this.lastWord.value = parent.lastWord.value
    this.history = parent.history
    this.jobs = parent.jobs?.seen()
  }

  /** The prefix of errors here and now: `-bash: `, `bash: line 1: `, `sh: 1: `. */
  get prefix(): string {
    const frame = this.calls.at(-1)
    const interactive = this.interactive || (this.subshellDepth > 0 && this.options.has('monitor'))
    const name = !interactive && frame?.source ? frame.source : this.name
    return this.dialect.prefix({ name, line: this.line, interactive, source: this.source })
  }

  /** What errors outside of commands name: the script or sourced file, else the shell. */
  get errorName(): string {
    const frame = this.calls.at(-1)
    return !this.interactive && frame?.source ? frame.source : this.name
  }

  /** What a function that is defined here will be said to come from; bash calls the text of `-c` so. */
  get errorSource(): string {
    const frame = this.calls.at(-1)
    if (frame?.source) return frame.source
    return this.source === 'command' ? 'environment' : this.source === 'script' ? this.name : ''
  }

  /** How getopts names the shell. */
  get prefixName(): string {
    return this.name
  }

  /** A signal goes back to what this shell does of itself. */
  resetSignal(name: string): void {
    this.process.defaultSignal(name)
    this.signalDefaults?.(name)
  }

  /** Puts an interactive shell's own way with a signal in force again. */
  signalDefaults: ((name: string) => void) | undefined

  /** Ends a `wait` or `read` so that a trap can run. */
  wakeForTrap(): void {
    if (this.interruptible) this.process.interrupt()
  }

  /** Children whose end `wait -n` has given already. */
  readonly waitedFor = new Set<number>()
  /** A builtin is waiting that a trapped signal ends. */
  interruptible = false

  /** An error on stderr, with the shell's prefix. */
  async complain(message: HostText, process: KernelProcess = this.process): Promise<void> {
    await complain(process, `${this.dialect.name === 'ash' ? this.#inAsh(message) : this.prefix + message}\n`)
  }

  /** BusyBox ash names builtin and line after the shell's own name: `sh: cd: line 0: …`. */
  #inAsh(message: HostText): HostText {
    const builtin = /^(\[|[a-z.]+): /.exec(message)?.[1]
    if (builtin === undefined || !(builtin === 'exec' || this.machinery.builtins.has(builtin))) return this.prefix + message
    // These are applets of their own, called from within.
    if (/^(\[|test|kill|printf|echo|read)$/.test(builtin)) return `${this.errorName}: ${message.slice(builtin.length + 2)}`
    if (this.interactive) return this.prefix + message
    return `${this.errorName}: ${builtin}: line ${this.source === 'command' ? this.line - 1 : this.line}: ${message.slice(builtin.length + 2)}`
  }

  async say(text: HostText): Promise<void> {
    await this.process.stdout.write(toBytes(text))
  }

  /** Gives up the command line after an error in an expansion; a strict shell or `set -u` ends. */
  async abandon(message: HostText, how: 'discard' | 'exit' = 'discard', status = 1): Promise<never> {
    await this.complain(message)
    if (this.dialect.strict) throw this.interactive ? new Abandon(2) : new ShellExit(2)
    if (how === 'exit' && !this.interactive) throw new ShellExit(this.subshellDepth > 0 ? 1 : status)
    throw new Abandon(this.interactive && how === 'exit' ? 1 : status)
  }

  /** Recursion without end: a real shell runs out of stack and dies of it. */
  overflow(): never {
    this.process.end({ code: 139, signal: 'SEGV' })
    throw new Killed()
  }

  fieldBuilder(splits: boolean): FieldBuilder {
    return new FieldBuilder(splits, splits ? this.parameters.ifs : '', (bytes) => this.bookWords(bytes))
  }

  /** Books memory for words that are being expanded. */
  bookWords(bytes: number): void {
    this.wordBytes += bytes
    this.process.hold(bytes)
  }

  /** @param before what {@link wordBytes} was before an expansion that is over */
  releaseWords(before: number): void {
    this.process.release(this.wordBytes - before)
    this.wordBytes = before
  }

  /** Books words as memory while they are used. */
  async withWords<T>(words: readonly HostText[], use: () => Promise<T>): Promise<T> {
    const bytes = weightOf(words)
    if (bytes < SMALL) return use()
    this.process.hold(bytes)
    try {
      return await use()
    } finally {
      this.process.release(bytes)
    }
  }

  /** Books what functions and aliases take; `bytes` is negative for what is gone. A few cost nothing, as in any shell. */
  bookDefinition(bytes: number): void {
    const before = Math.max(0, this.#definitionBytes - SMALL)
    this.#definitionBytes += bytes
    const more = Math.max(0, this.#definitionBytes - SMALL) - before
    if (more > 0) this.process.hold(more)
    else if (more < 0) this.process.release(-more)
  }

  /** Starts a subshell of this shell in a process of its own. */
  async spawn(body: (child: Shell) => Promise<number>, change: Partial<Birth> = {}): Promise<KernelProcess> {
    const process = await this.newProcess(change)
    const child = this.fork(process)
    const program: Program = async () => {
      const copied = (child.vars.elements + child.positional.length) * STRING_BYTES
      if (copied > SMALL) process.hold(copied)
      return runToStatus(child, () => body(child))
    }
    void process.execute(program)
    return process
  }

  /**
   * fork(2), tried again as bash does while the process table is full.
   * @throws Abandon when there is no room for long
   */
  async newProcess(change: Partial<Birth> = {}): Promise<KernelProcess> {
    const facts = { env: this.vars.exported(), ...change }
    for (let seconds = 1; ; seconds *= 2) {
      try {
        return this.process.kernel.fork(this.process, facts)
      } catch (error) {
        if (!isErrno(error, 'EAGAIN')) throw error
        await this.complain(`fork: ${seconds < 16 ? 'retry: ' : ''}Resource temporarily unavailable`)
        if (seconds >= 16) {
          change.descriptors?.closeAll()
          throw new Abandon(254)
        }
        await this.process.sleep(seconds * 1000)
      }
    }
  }
}

/** Runs the body of a subshell; jumps that leave it become its status. */
export async function runToStatus(shell: Shell, body: () => Promise<number>): Promise<number> {
  const status = await bodyStatus(shell, body)
  if (!shell.traps.has('EXIT')) return status
  shell.status = status
  return bodyStatus(shell, async () => {
    await runExitTrap(shell)
    return status
  })
}

async function bodyStatus(shell: Shell, body: () => Promise<number>): Promise<number> {
  try {
    return await body()
  } catch (error) {
    if (error instanceof ShellExit || error instanceof Abandon) return error.status
    if (error && typeof error === 'object' && 'status' in error && typeof error.status === 'number' && !(error instanceof HostError))
      return error.status
    if (error && typeof error === 'object' && 'levels' in error) return shell.status
    throw error
  }
}
