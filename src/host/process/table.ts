import { HostError } from '../contract.ts'
import { errno } from '../files/errno.ts'
import type { ProcessInfo, ProcessList, ResidentProcess } from './list.ts'
import { defaultAction } from './signals.ts'

/** An entry of the table: something that can be shown and signalled. */
export interface TableEntry extends ProcessInfo {
  deliver(signal: string): void
}

/** kernel.pid_max of a 64-bit Linux. */
const HIGHEST_PID = 4_194_304
/** A quiet server starts a process about this often; so pids run on while nobody watches. */
export const FOREIGN_FORK_EVERY_MS = 7000

/** How much further the table reaches for logins; the sensor's bound of connections a source comes long before. */
const LOGIN_RESERVE = 4

/** The processes of one host. */
export class ProcessTable implements ProcessList {
  readonly #entries = new Map<number, TableEntry>()
  readonly #now: () => number
  readonly #limit: number
  #last: number
  #lastAt: number

  /** @param limit most processes at once, as RLIMIT_NPROC and memory bound them on a small machine */
  constructor(now: () => number, firstPid: number, limit = 400) {
    this.#now = now
    this.#last = firstPid
    this.#lastAt = now()
    this.#limit = limit
  }

  get lastPid(): number {
    return this.#last
  }

  list(): readonly ProcessInfo[] {
    return [...this.#entries.values()].sort((a, b) => a.pid - b.pid)
  }

  get(pid: number): TableEntry | undefined {
    return this.#entries.get(pid)
  }

  /**
   * @param whose logins find room that forks of a session do not: the limit is that of a user
   * @throws HostError EAGAIN when there are too many
   */
  add(make: (pid: number) => TableEntry, whose: 'login' | 'session' = 'session'): void {
    if (this.#entries.size >= this.#limit * (whose === 'login' ? LOGIN_RESERVE : 1)) throw errno('EAGAIN')
    const pid = this.#nextPid()
    this.#entries.set(pid, make(pid))
  }

  get full(): boolean {
    return this.#entries.size >= this.#limit
  }

  remove(pid: number): void {
    this.#entries.delete(pid)
  }

  signal(pid: number, name: string, sender: { uid: number }): void {
    const targets =
      pid > 0
        ? [this.#entries.get(pid)]
        : this.list()
            .filter((p) => p.pgid === -pid)
            .map((p) => this.#entries.get(p.pid))
    const there = targets.filter((t) => t !== undefined)
    if (there.length === 0) throw errno('ESRCH')
    const allowed = there.filter((t) => sender.uid === 0 || sender.uid === t.uid)
    if (allowed.length === 0) throw errno('EPERM')
    if (name === '0') return
    for (const target of allowed) target.deliver(name)
  }

  addResident(facts: ResidentProcess): ProcessInfo {
    const free = facts.pid !== undefined && !this.#entries.has(facts.pid) ? facts.pid : this.#nextPid()
    const resident = new Resident(free, facts, this.#now(), () => this.#entries.delete(free))
    this.#entries.set(free, resident)
    return resident
  }

  takePid(): number {
    return this.#nextPid()
  }

  #nextPid(): number {
    const now = this.#now()
    this.#last += 1 + Math.min(5000, Math.max(0, Math.floor((now - this.#lastAt) / FOREIGN_FORK_EVERY_MS)))
    this.#lastAt = now
    while (this.#entries.has(this.#last) || this.#last >= HIGHEST_PID) this.#last = this.#last >= HIGHEST_PID ? 300 : this.#last + 1
    return this.#last
  }
}

class Resident implements TableEntry {
  readonly pid: number
  readonly ppid: number
  readonly pgid: number
  readonly sid: number
  readonly uid: number
  readonly gid: number
  readonly comm: string
  readonly argv: readonly string[]
  readonly exe: string | undefined
  readonly cwd: string
  readonly env: ReadonlyMap<string, string> = new Map()
  readonly tty = undefined
  readonly startedAt: number
  readonly foreground = false
  readonly cpuMs: number
  readonly rssKiB: number
  readonly vszKiB: number
  readonly threads: number
  readonly nice: number
  #state: ProcessInfo['state']
  readonly #onExit: ((signal: string) => void) | undefined
  readonly #remove: () => void

  constructor(pid: number, facts: ResidentProcess, now: number, remove: () => void) {
    const program = facts.argv[0]?.split(' ')[0] ?? ''
    this.pid = pid
    this.ppid = facts.ppid ?? 1
    this.pgid = facts.argv.length ? pid : 0
    this.sid = this.pgid
    this.uid = facts.uid ?? 0
    this.gid = facts.gid ?? this.uid
    this.comm = (facts.comm ?? program.slice(program.lastIndexOf('/') + 1).replace(/:$/, '')).slice(0, facts.argv.length ? 15 : 63)
    this.argv = facts.argv
    this.exe = facts.exe ?? (program.startsWith('/') ? program : undefined)
    this.cwd = facts.cwd ?? '/'
    this.startedAt = facts.startedAt ?? now
    this.cpuMs = facts.cpuMs ?? 0
    this.rssKiB = facts.rssKiB ?? 0
    this.vszKiB = facts.vszKiB ?? 0
    this.threads = facts.threads ?? 1
    this.nice = facts.nice ?? 0
    this.#state = facts.state ?? (facts.argv.length ? 'S' : 'I')
    this.#onExit = facts.onExit
    this.#remove = remove
  }

  get state(): ProcessInfo['state'] {
    return this.#state
  }

  deliver(signal: string): void {
    // Kernel threads and init take no signal that they did not ask for.
    if (this.argv.length === 0 || this.pid === 1) return
    const action = defaultAction(signal)
    if (action === 'stop') this.#state = 'T'
    if (action === 'continue') this.#state = 'S'
    // Most daemons read their configuration again at SIGHUP.
    if (action !== 'end' || signal === 'HUP' || signal === 'USR1' || signal === 'USR2') return
    this.#remove()
    this.#onExit?.(signal)
  }
}

/** Ends the code of a process that a signal has ended; nobody but the kernel catches it. */
export class Killed extends HostError {
  constructor() {
    super('EINTR', 'Interrupted system call')
    this.name = 'Killed'
  }
}
