import type { ExitStatus } from '../contract.ts'
import type { KernelProcess } from '../process/kernel-process.ts'
import { SIGNAL_TEXTS } from '../process/signals.ts'

/** A pipeline that runs beside its shell, or that was stopped. */
export interface Job {
  number: number
  processes: KernelProcess[]
  command: string
  pgid: number
  /** The user has been told of its end or stop. */
  notified: boolean
  background: boolean
  /** Removed from `wait` and SIGHUP by `disown -h`. */
  keepsRunning?: boolean
}

export type JobState = { kind: 'running' } | { kind: 'stopped' } | { kind: 'done'; status: ExitStatus }

/** The jobs of one shell, as `jobs`, `fg`, `bg`, `wait` and `kill %1` know them. */
export class Jobs {
  readonly #jobs: Job[] = []
  #current: number[] = []

  get count(): number {
    return this.#jobs.length
  }

  get all(): readonly Job[] {
    return this.#jobs
  }

  add(processes: KernelProcess[], command: string, background: boolean): Job {
    const number = Math.max(0, ...this.#jobs.map((job) => job.number)) + 1
    const pgid = processes[0]?.pgid ?? 0
    const job: Job = { number, processes, command, pgid, notified: false, background }
    this.#jobs.push(job)
    this.makeCurrent(job)
    return job
  }

  remove(job: Job): void {
    const at = this.#jobs.indexOf(job)
    if (at >= 0) this.#jobs.splice(at, 1)
    this.#current = this.#current.filter((number) => number !== job.number)
  }

  clear(): void {
    for (const job of [...this.#jobs]) this.remove(job)
  }

  makeCurrent(job: Job): void {
    this.#current = [job.number, ...this.#current.filter((number) => number !== job.number)]
  }

  /** `+` for the current job, `-` for the one before, a space for others. Stopped jobs come first. */
  mark(job: Job): '+' | '-' | ' ' {
    const order = this.#order()
    if (order[0] === job.number) return '+'
    return order[1] === job.number ? '-' : ' '
  }

  /** Finds a job by `%1`, `%%`, `%+`, `%-`, `%name`, `%?text`; `ambiguous` when several fit. */
  find(spec: string): Job | 'ambiguous' | undefined {
    const name = spec.replace(/^%/, '')
    if (/^\d+$/.test(name)) return this.#jobs.find((job) => job.number === Number(name))
    if (name === '' || name === '%' || name === '+') return this.#numbered(this.#order()[0])
    if (name === '-') return this.#numbered(this.#order()[1] ?? this.#order()[0])
    const fits = name.startsWith('?')
      ? this.#jobs.filter((job) => job.command.includes(name.slice(1)))
      : this.#jobs.filter((job) => job.command.startsWith(name))
    return fits.length > 1 ? 'ambiguous' : fits[0]
  }

  ofPid(pid: number): Job | undefined {
    return this.#jobs.find((job) => job.processes.some((process) => process.pid === pid))
  }

  /** A subshell sees the jobs of its parent and cannot change them. */
  seen(): Jobs {
    const copy = new Jobs()
    copy.#jobs.push(...this.#jobs)
    copy.#current = [...this.#current]
    return copy
  }

  #order(): number[] {
    const stopped = this.#current.filter((number) => stateOf(this.#numbered(number)).kind === 'stopped')
    return [...stopped, ...this.#current.filter((number) => !stopped.includes(number))]
  }

  #numbered(number: number | undefined): Job | undefined {
    return this.#jobs.find((job) => job.number === number)
  }
}

export function stateOf(job: Job | undefined): JobState {
  const running = job?.processes.filter((process) => !process.status) ?? []
  if (running.some((process) => !process.stopped)) return { kind: 'running' }
  if (running.length > 0) return { kind: 'stopped' }
  return { kind: 'done', status: job?.processes.at(-1)?.status ?? { code: 0 } }
}

/** One line of `jobs` or of a notice; jobs.c of bash pads the state to 24 columns. */
export function describeJob(jobs: Jobs, job: Job, how: 'plain' | 'pids' | 'notice' = 'plain'): string {
  const state = stateOf(job)
  const text = state.kind === 'done' ? endText(state.status) : state.kind === 'stopped' ? 'Stopped' : 'Running'
  const pid = how === 'pids' ? `${String(job.processes[0]?.pid ?? 0).padStart(5)} ` : ''
  const ampersand = state.kind === 'running' && job.background ? ' &' : ''
  return `[${job.number}]${jobs.mark(job)} ${pid ? pid : ' '}${text.padEnd(24)}${job.command}${ampersand}\n`
}

function endText(status: ExitStatus): string {
  if (status.signal) return SIGNAL_TEXTS[status.signal] ?? status.signal
  return status.code === 0 ? 'Done' : `Exit ${status.code}`
}
