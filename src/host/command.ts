import type { Identity } from '../config/identity.ts'
import type { Persona } from '../config/persona.ts'
import type { Recorder } from '../events/recorder.ts'
import type { HostFiles } from './contract.ts'
import type { SyntheticFiles } from './files/synthetic.ts'
import type { LoginSession, ProcessList } from './process/list.ts'
import type { LogMessage } from './world/logs/message.ts'

/**
 * Text inside the simulated host (arguments, variables, file names) is a JavaScript string. Bytes that are not valid
 * UTF-8 are kept as lone surrogates U+DC80…U+DCFF, one a byte (Python's `surrogateescape`), so that nothing is lost.
 * `src/host/text.ts` converts both ways.
 */
export type HostText = string

export interface ProcessInput {
  /** Some bytes, at most `max`; undefined at end of file. Pending terminal input counts only after its Enter in cooked mode. */
  read(max?: number): Promise<Uint8Array | undefined>
  /** Everything up to end of file, at most `max` bytes (default 16 MiB). */
  all(max?: number): Promise<Uint8Array>
  /** One line with its newline if it has one; undefined at end of file. Reads no byte past the newline. */
  line(): Promise<HostText | undefined>
  readonly isTerminal: boolean
}

export interface ProcessOutput {
  /** Resolves when the reader has room. Rejects with HostError EPIPE when nobody reads any more: let it pass, the process then ends as by SIGPIPE. */
  write(data: Uint8Array | HostText): Promise<void>
  readonly isTerminal: boolean
}

/** The controlling terminal as an interactive program uses it. */
export interface ProcessTerminal {
  readonly columns: number
  readonly rows: number
  readonly term: string
  /** Raw: every key arrives at once, unechoed. Cooked: the line discipline edits and echoes. Echo off is for passwords. */
  setMode(mode: 'cooked' | 'raw' | 'no-echo'): void
}

/** One process of the simulated host, as a command sees itself. */
export interface Process {
  readonly pid: number
  readonly ppid: number
  /** `argv[0]` is the name it was called by. */
  readonly argv: readonly HostText[]
  readonly env: ReadonlyMap<string, HostText>
  readonly cwd: string
  readonly uid: number
  readonly gid: number
  readonly user: string
  /** Supplementary groups. */
  readonly groups: readonly number[]
  readonly umask: number
  readonly stdin: ProcessInput
  readonly stdout: ProcessOutput
  readonly stderr: ProcessOutput
  readonly terminal: ProcessTerminal | undefined
  readonly world: World
  /** Files with this process's rights; relative paths are taken from `cwd`. */
  readonly files: HostFiles
  /** Aborted when a signal ends the process. Long work checks it or passes it on. */
  readonly signal: AbortSignal
  readonly recorder: Recorder
  /** Opens a file, fifo or device for streaming (`/dev/zero` never ends, `/dev/stdin` is this process's own). Throws HostError. */
  openInput(path: HostText): ProcessInput
  /** The same for writing; what is written is there at once, so that another process may follow it. Throws HostError. */
  openOutput(path: HostText, how: 'truncate' | 'append'): ProcessOutput
  /** Catches a signal (`INT`, `TERM`, `HUP` …) that would otherwise end the process; an empty handler ignores it. */
  onSignal(name: string, handler: () => void): void
  /** Waits in the host's time; rejects when the process is killed. */
  sleep(ms: number): Promise<void>
  /** Accounts for work (about one step a simple operation) and yields the event loop when its slice is over. Call it in every loop of attacker length. */
  spend(steps?: number): Promise<void> | undefined
  /**
   * Books memory for what may grow with what an attacker sends (64 bytes a line or so, beside its length); its end releases it.
   * A host that holds too much loses its largest process: then this throws, or the next `spend` does.
   */
  hold(bytes: number): void
  release(bytes: number): void
  /** Starts another command of the host as a child and waits for it (`xargs`, `sudo`, `nohup`, `timeout`, `find -exec`, `sh -c`). */
  run(argv: readonly HostText[], options?: RunOptions): Promise<number>
}

export interface RunOptions {
  stdin?: Uint8Array | 'inherit'
  stdout?: ProcessOutput
  stderr?: ProcessOutput
  env?: ReadonlyMap<string, HostText>
  cwd?: string
  /** Runs with this account's uid, gid and groups. */
  user?: string
  signal?: AbortSignal
  /** Returns 0 at once and leaves the child running (`nohup x &`, daemons). */
  background?: boolean
}

/** A program of the host. It writes to its streams and gives its exit status. */
export type Command = (process: Process) => Promise<number> | number

/**
 * One command in one file under `src/host/commands/`, exported as default; `src/host/commands/index.ts` lists them.
 * `paths` are where it is installed, the first is the file and the others are links; the package must be among the
 * persona's packages (or `base`) for it to exist.
 */
export interface CommandFile {
  name: string
  paths: readonly string[]
  package?: string
  /** Personas' shells that have it as BusyBox/toybox applet too. */
  applet?: boolean
  /** What it takes, where it reads its options as getopt_long(3) does; `short` and `long` as in commands/gnu/options.ts. */
  options?: { short: string; long?: Record<string, string> }
  run: Command
}

/** The logs of a machine, see world/logs/. */
export interface WorldLogs {
  /**
   * Something is said now.
   * @param ago milliseconds that it was said before now
   */
  write(said: Omit<LogMessage, 'at'>, ago?: number): void
  /** Messages with `from` ≤ at < `to` (UTC milliseconds), oldest first. */
  between(from: number, to: number): LogMessage[]
  /** Somebody has got a terminal: wtmp, lastlog. */
  loggedIn(login: LoginSession, uid: number): void
  loggedOut(login: LoginSession): void
}

/**
 * The one state behind every command and protocol of a host. What a command shows comes from here or from a file, never
 * from a constant of its own. Its parts live in files of their own (src/host/world/); accounts are read from
 * /etc/passwd, /etc/shadow and /etc/group, so that editing the file is changing the account.
 */
export interface World {
  readonly persona: Persona
  readonly identity: Identity
  /** May be set, as sethostname(2) does. */
  hostname: string
  /** UTC milliseconds now, as the host's clock shows it. */
  now(): number
  readonly bootedAt: number
  /** Files with root's rights, for the world itself. */
  readonly files: HostFiles
  readonly processes: ProcessList
  /** Who is logged in now, oldest first; `who`, `w`, `last` and utmp show it. */
  readonly logins: readonly LoginSession[]
  /** What the machine's programs say: syslog's files, wtmp and the journal. */
  readonly logs: WorldLogs
  /** Whether somebody has written to a file since the machine was made; false when it is not there. */
  isRewritten(path: string): boolean
  /** Puts a computed tree (`/proc`, `/sys`) over a directory. */
  mount(path: string, files: SyntheticFiles): void
  /** Bytes that files of the image and of this source take on the root file system, for `df` and `du`. */
  readonly usage: { readonly bytes: number; readonly inodes: number }
}
