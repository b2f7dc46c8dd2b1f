import type { ExitStatus } from '../../contract.ts'
import type { KernelProcess } from '../../process/kernel-process.ts'
import { SIGNAL_TEXTS } from '../../process/signals.ts'
import { Interrupted, LoopJump } from '../control.ts'
import { describeJob } from '../jobs.ts'
import type { Shell } from '../shell.ts'

/**
 * Waits for processes that have the terminal. When Ctrl-Z stops them they become a job; when Ctrl-C ended them, an
 * interactive shell gives up the rest of the line too.
 */
export async function waitForeground(shell: Shell, members: readonly KernelProcess[], text: () => string): Promise<ExitStatus[]> {
  const terminal = shell.process.controllingTerminal
  shell.killed.clear()
  const monitor = shell.options.has('monitor') && shell.interactive
  const group = members[0]?.pgid
  if (monitor && terminal && group !== undefined) terminal.foreground = group
  try {
    for (const member of members) {
      while (!member.status) {
        if (monitor && member.stopped) {
          const statuses = await becomeJob(shell, members, text())
          // Who stops a command stops the loop around it.
          if (shell.loopDepth > 0) throw new LoopJump('break', shell.loopDepth)
          return statuses
        }
        await shell.process.changeOf(member)
      }
    }
  } finally {
    if (monitor && terminal) {
      terminal.foreground = shell.process.pgid
      terminal.setMode('cooked')
    }
  }
  const statuses = members.map((member) => member.status ?? { code: 0 })
  await reportSignal(shell, members, text)
  return statuses
}

async function becomeJob(shell: Shell, members: readonly KernelProcess[], text: string): Promise<ExitStatus[]> {
  const jobs = shell.jobs
  const known = jobs?.ofPid(members[0]?.pid ?? 0)
  const job = known ?? jobs?.add([...members], text, false)
  if (jobs && job) {
    jobs.makeCurrent(job)
    job.background = false
    await shell.process.stderr.write(`\n${describeJob(jobs, job)}`)
  }
  // 128 + SIGTSTP
  return members.map(() => ({ code: 148 }))
}

/** Says how a foreground process was ended, as bash does for all signals but SIGINT and SIGPIPE. */
async function reportSignal(shell: Shell, members: readonly KernelProcess[], text: () => string): Promise<void> {
  const last = members.at(-1)
  const signal = last?.status?.signal
  if (!last || !signal) return
  if (signal === 'INT') {
    if (!shell.interactive) return
    if (shell.options.has('monitor')) await shell.process.stderr.write('\n')
    shell.status = 130
    shell.pipeStatus = members.map((member) => member.status?.code ?? 0)
    throw new Interrupted()
  }
  if (signal === 'PIPE' || shell.subshellDepth > 0) return
  const words = SIGNAL_TEXTS[signal] ?? signal
  if (shell.interactive || signal === 'TERM' || shell.dialect.name !== 'bash') await shell.process.stderr.write(`${words}\n`)
  else await shell.complain(`${String(last.pid).padStart(5)} ${words.padEnd(23)} ${text()}`)
}
