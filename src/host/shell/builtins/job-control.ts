import type { HostText } from '../../command.ts'
import { HostError } from '../../contract.ts'
import type { KernelProcess } from '../../process/kernel-process.ts'
import { SIGNAL_TEXTS, SIGNALS, signalByNumber, signalName } from '../../process/signals.ts'
import { describeJob, type Job, stateOf } from '../jobs.ts'
import type { Builtin } from '../machinery.ts'
import { waitForeground } from '../run/pipeline-wait.ts'
import type { Shell } from '../shell.ts'
import { signalTable } from './flow.ts'
import { invalidOption, takeFlags, usageLine } from './usage.ts'

export const jobs: Builtin = async (shell, args) => {
  const { given, rest, bad } = takeFlags(args, 'lnprsx')
  if (bad) return invalidOption(shell, 'jobs', bad)
  const table = shell.jobs
  if (!table) return 0
  let status = 0
  const wanted: Job[] = []
  for (const spec of rest) {
    const job = table.find(spec)
    if (job && job !== 'ambiguous') wanted.push(job)
    else {
      await shell.complain(`jobs: ${spec}: no such job`)
      status = 1
    }
  }
  for (const job of rest.length ? wanted : [...table.all]) {
    const state = stateOf(job)
    if (given.has('r') && state.kind !== 'running') continue
    if (given.has('s') && state.kind !== 'stopped') continue
    await shell.say(given.has('p') ? `${job.processes[0]?.pid}\n` : describeJob(table, job, given.has('l') ? 'pids' : 'plain'))
    if (state.kind === 'done') table.remove(job)
    else job.notified = true
  }
  return status
}

async function jobFor(shell: Shell, name: string, spec: string | undefined): Promise<Job | undefined> {
  const job = shell.jobs?.find(spec ?? '%+')
  if (job && job !== 'ambiguous') return job
  await shell.complain(job === 'ambiguous' ? `${name}: ${spec}: ambiguous job spec` : `${name}: ${spec ?? 'current'}: no such job`)
  return undefined
}

export const fg: Builtin = async (shell, args) => {
  if (!shell.options.has('monitor')) {
    await shell.complain(`fg: ${shell.dialect.noJob}`)
    return shell.dialect.strict ? 2 : 1
  }
  const job = await jobFor(shell, 'fg', args[0])
  if (!job) return 1
  await shell.say(`${job.command}\n`)
  job.background = false
  resume(job)
  const terminal = shell.process.controllingTerminal
  if (terminal) terminal.foreground = job.pgid
  try {
    const statuses = await waitForeground(shell, job.processes, () => job.command)
    return statuses.at(-1)?.code ?? 0
  } finally {
    if (stateOf(job).kind === 'done') shell.jobs?.remove(job)
  }
}

export const bg: Builtin = async (shell, args) => {
  if (!shell.options.has('monitor')) {
    await shell.complain(`bg: ${shell.dialect.noJob}`)
    return shell.dialect.strict ? 2 : 1
  }
  let status = 0
  for (const spec of args.length ? args : [undefined]) {
    const job = await jobFor(shell, 'bg', spec)
    if (!job) {
      status = 1
      continue
    }
    if (stateOf(job).kind === 'running') {
      await shell.complain(`bg: job ${job.number} already in background`)
      continue
    }
    job.background = true
    await shell.say(`[${job.number}]${shell.jobs?.mark(job)} ${job.command} &\n`)
    resume(job)
  }
  return status
}

function resume(job: Job): void {
  for (const process of job.processes) process.deliver('CONT')
}

export const wait: Builtin = async (shell, args) => {
  shell.killed.clear()
  const { given, rest, bad } = takeFlags(args, 'fnp:')
  if (bad) return invalidOption(shell, 'wait', bad)
  const children = [...shell.process.children]
  if (given.has('n')) return waitAny(shell, rest.length ? chosen(shell, rest) : children.filter((child) => shell.jobs?.ofPid(child.pid)))
  if (rest.length === 0) {
    for (const child of children) if (!child.status) await interruptible(shell, child)
    for (const job of [...(shell.jobs?.all ?? [])]) if (stateOf(job).kind === 'done') shell.jobs?.remove(job)
    return 0
  }
  let status = 0
  for (const spec of rest) status = await waitOne(shell, spec)
  return status
}

async function waitOne(shell: Shell, spec: string): Promise<number> {
  if (spec.startsWith('%')) {
    const job = await jobFor(shell, 'wait', spec)
    const last = job?.processes.at(-1)
    if (!job || !last) return 127
    const status = await interruptible(shell, last)
    shell.jobs?.remove(job)
    return status
  }
  if (!/^\d+$/.test(spec)) {
    await shell.complain(`wait: \`${spec}': not a pid or valid job spec`)
    return 1
  }
  const child = [...shell.process.children].find((process) => process.pid === Number(spec))
  if (!child) {
    if (shell.dialect.name === 'bash') await shell.complain(`wait: pid ${spec} is not a child of this shell`)
    return 127
  }
  const status = await interruptible(shell, child)
  const job = shell.jobs?.ofPid(child.pid)
  if (job && stateOf(job).kind === 'done') {
    await noteEnd(shell, job)
    shell.jobs?.remove(job)
  }
  return status
}

/** A job that a signal ended is told of, even in a script. */
async function noteEnd(shell: Shell, job: Job): Promise<void> {
  const state = stateOf(job)
  if (state.kind !== 'done' || !state.status.signal || shell.interactive) return
  if (state.status.signal === 'INT' || state.status.signal === 'PIPE') return
  const words = SIGNAL_TEXTS[state.status.signal] ?? state.status.signal
  await shell.complain(`${String(job.processes[0]?.pid).padStart(5)} ${words.padEnd(23)} ${job.command}`)
}

function chosen(shell: Shell, specs: readonly string[]): KernelProcess[] {
  return [...shell.process.children].filter(
    (p) => specs.includes(String(p.pid)) || specs.some((s) => s.startsWith('%') && jobHas(shell, s, p)),
  )
}

function jobHas(shell: Shell, spec: string, process: KernelProcess): boolean {
  const job = shell.jobs?.find(spec)
  return job !== undefined && job !== 'ambiguous' && job.processes.includes(process)
}

async function waitAny(shell: Shell, children: readonly KernelProcess[]): Promise<number> {
  const unseen = children.filter((child) => !shell.waitedFor.has(child.pid))
  if (unseen.length === 0) return 127
  for (;;) {
    const ended = unseen.find((child) => child.status)
    if (ended) {
      shell.waitedFor.add(ended.pid)
      return ended.status?.code ?? 0
    }
    await interruptiblyBlock(shell, (done) => {
      const stops = unseen.map((child) => child.watch(done))
      return () => {
        for (const stop of stops) stop()
      }
    })
  }
}

async function interruptible(shell: Shell, child: KernelProcess): Promise<number> {
  while (!child.status) {
    const ended = await interruptiblyBlock(shell, (done) => child.watch(done))
    if (!ended) return 128 + (SIGNALS[shell.pendingTraps[0] ?? 'INT'] ?? 2)
  }
  return child.status.code
}

/** Waits in a way that a trapped signal ends; gives false then. */
async function interruptiblyBlock(shell: Shell, start: (done: () => void) => () => void): Promise<boolean> {
  shell.interruptible = true
  try {
    await shell.process.block<void>(start)
    return true
  } catch (error) {
    if (error instanceof HostError && error.code === 'EINTR' && !shell.process.status && shell.pendingTraps.length > 0) return false
    throw error
  } finally {
    shell.interruptible = false
  }
}

export const disown: Builtin = async (shell, args) => {
  const { given, rest, bad } = takeFlags(args, 'ahr')
  if (bad) return invalidOption(shell, 'disown', bad)
  const all = given.has('a') || given.has('r')
  const found: Job[] = all ? [...(shell.jobs?.all ?? [])] : []
  for (const spec of all ? [] : rest.length ? rest : ['%+']) {
    const job = /^\d+$/.test(spec) ? shell.jobs?.ofPid(Number(spec)) : shell.jobs?.find(spec)
    if (!job || job === 'ambiguous') {
      await shell.complain(`disown: ${rest.length ? spec : 'current'}: no such job`)
      return 1
    }
    found.push(job)
  }
  for (const job of found) {
    if (given.has('h')) job.keepsRunning = true
    else shell.jobs?.remove(job)
  }
  return 0
}

export const kill: Builtin = async (shell, args) => {
  const rest = [...args]
  let signal = 'TERM'
  const first = rest[0]
  if (first === undefined) {
    await usageLine(shell, 'kill')
    return shell.dialect.name === 'bash' ? 2 : 1
  }
  if (first === '-l' || first === '-L') return listSignals(shell, rest.slice(1))
  if (first === '-s' || first === '-n') {
    rest.shift()
    const given = rest.shift() ?? ''
    const name = signalName(given)
    if (name === undefined) return badSignal(shell, given)
    signal = name
  } else if (first.startsWith('-') && first !== '--') {
    rest.shift()
    const name = signalName(first.slice(1))
    if (name === undefined) return badSignal(shell, first.slice(1))
    signal = name
  }
  if (rest[0] === '--') rest.shift()
  if (rest.length === 0) {
    await usageLine(shell, 'kill')
    return shell.dialect.name === 'bash' ? 2 : 1
  }
  let status = 0
  for (const spec of rest) {
    if (await killOne(shell, spec, signal)) continue
    status = shell.dialect.name === 'dash' && !/^-?\d+$/.test(spec) ? 2 : 1
  }
  return status
}

async function killOne(shell: Shell, spec: HostText, signal: string): Promise<boolean> {
  const job = spec.startsWith('%') ? shell.jobs?.find(spec) : undefined
  if (spec.startsWith('%') && (!job || job === 'ambiguous')) {
    await shell.complain(`kill: ${spec}: no such job`)
    return false
  }
  if (!job && !/^-?\d+$/.test(spec)) {
    if (shell.dialect.name === 'ash') {
      await shell.complain(`kill: invalid number '${spec}'`)
      return false
    }
    await shell.complain(
      shell.dialect.name === 'bash' ? `kill: ${spec}: arguments must be process or job IDs` : `kill: Illegal number: ${spec}`,
    )
    return false
  }
  const target = Number(spec)
  try {
    if (shell.interactive)
      for (const pid of job && job !== 'ambiguous' ? job.processes.map((process) => process.pid) : [target]) shell.killed.add(pid)
    if (job && job !== 'ambiguous') {
      for (const process of job.processes) if (!process.status) process.deliver(signal)
      if (signal === 'TERM' || signal === 'HUP') for (const process of job.processes) process.deliver('CONT')
    } else shell.process.kernel.table.signal(target === 0 ? -shell.process.pgid : target, signal, shell.process)
    // Signals to the shell itself take effect before the next command.
    await Promise.resolve()
    return true
  } catch (error) {
    if (!(error instanceof HostError) || shell.process.status) throw error
    await shell.complain(killFailed(shell, spec, error))
    return false
  }
}

function killFailed(shell: Shell, spec: string, error: HostError): string {
  if (shell.dialect.name === 'bash') return `kill: (${spec}) - ${error.message}`
  return shell.dialect.name === 'dash' ? `kill: ${error.message}\n` : `kill: can't kill pid ${spec}: ${error.message}`
}

async function badSignal(shell: Shell, given: string): Promise<number> {
  await shell.complain(
    shell.dialect.name === 'bash' ? `kill: ${given}: invalid signal specification` : `kill: invalid signal number or name: ${given}`,
  )
  return 1
}

async function listSignals(shell: Shell, specs: readonly string[]): Promise<number> {
  if (specs.length === 0) {
    await shell.say(
      shell.dialect.name === 'bash'
        ? signalTable()
        : `${shell.dialect.name === 'dash' ? '0\n' : ''}${Array.from({ length: 31 }, (_, i) => signalByNumber(i + 1)).join('\n')}\n`,
    )
    return 0
  }
  let status = 0
  for (const spec of specs) {
    const number = /^\d+$/.test(spec) ? Number(spec) : undefined
    const name = number === undefined ? signalName(spec) : signalByNumber(number > 128 ? number - 128 : number)
    if (name === undefined) {
      await shell.complain(`kill: ${spec}: invalid signal specification`)
      status = 1
    } else await shell.say(number === undefined ? `${SIGNALS[name]}\n` : `${name}\n`)
  }
  return status
}

export const suspend: Builtin = async (shell, args) => {
  if (!shell.options.has('monitor')) {
    await shell.complain('suspend: cannot suspend: no job control')
    return 1
  }
  if (shell.login && args[0] !== '-f') {
    await shell.complain('suspend: cannot suspend a login shell')
    return 1
  }
  shell.process.deliver('STOP')
  await shell.process.spend()
  return 0
}
