import type { CapabilitySets } from '../world/capabilities.ts'
import type { Namespaces } from './namespaces.ts'

/** What `ps`, `/proc/PID`, `top` and `kill` know of a process. Times are UTC milliseconds, sizes KiB. */
export interface ProcessInfo {
  readonly pid: number
  readonly ppid: number
  /** Process group and session, as job control knows them. */
  readonly pgid: number
  readonly sid: number
  readonly uid: number
  readonly gid: number
  /** Name of at most 15 bytes, as /proc/PID/comm has it. */
  readonly comm: string
  /** Empty for kernel threads. */
  readonly argv: readonly string[]
  /** Path of the running file; absent for kernel threads. */
  readonly exe: string | undefined
  readonly cwd: string
  readonly env: ReadonlyMap<string, string>
  /** `pts/0`; absent without a controlling terminal. */
  readonly tty: string | undefined
  readonly startedAt: number
  readonly state: 'R' | 'S' | 'D' | 'T' | 'Z' | 'I'
  /** Whether its group is in the foreground of its terminal (`+` in ps). */
  readonly foreground: boolean
  readonly cpuMs: number
  readonly rssKiB: number
  readonly vszKiB: number
  readonly threads: number
  readonly nice: number
  /** Open files by descriptor as /proc/PID/fd names them; absent for processes that are only shown. */
  readonly openFiles?: ReadonlyMap<number, string>
  /** Capabilities that it can have at all, a bit each; all when absent. */
  readonly bounding?: bigint
  /** What the file that it runs gives to whoever runs it. */
  readonly fileCapabilities?: CapabilitySets | undefined
  /** Its root directory when chroot has changed it. */
  readonly root?: string
  /** Absent for processes that are only shown. */
  readonly namespaces?: Namespaces
}

/** A process that is only shown, such as a daemon of the persona or a kernel thread: it runs no code of ours, but can be killed. */
export interface ResidentProcess {
  argv: readonly string[]
  /** Name of a kernel thread (argv empty) or when it differs from the program. */
  comm?: string
  exe?: string
  ppid?: number
  /** Taken if free; the next free one otherwise. */
  pid?: number
  uid?: number
  gid?: number
  startedAt?: number
  rssKiB?: number
  vszKiB?: number
  threads?: number
  nice?: number
  cpuMs?: number
  state?: 'S' | 'I'
  cwd?: string
  /** Called when a signal ends it, so that its service can show `failed` or start it again. */
  onExit?: (signal: string) => void
}

/** The process table as the world shows it. */
export interface ProcessList {
  list(): readonly ProcessInfo[]
  get(pid: number): ProcessInfo | undefined
  /**
   * Sends a signal by name without `SIG` (`TERM`, `KILL`, `0` only checks). A negative pid means the process group.
   * @throws HostError ESRCH, EPERM
   */
  signal(pid: number, name: string, sender: { uid: number }): void
  addResident(process: ResidentProcess): ProcessInfo
  /** A pid for a process that is not shown yet. */
  takePid(): number
  /** Last pid given out, for /proc/loadavg. */
  readonly lastPid: number
}

/** One login, from its accepted password to its end. */
export interface LoginSession {
  user: string
  /** `pts/0`; absent without a terminal. */
  tty: string | undefined
  from: string
  since: number
  pid: number
  /** Time of the last keystroke. */
  lastInput: number
}
