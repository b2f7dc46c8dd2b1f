import { MemoryFile } from '../../process/open-file.ts'
import { Interrupted, ShellExit } from '../control.ts'
import type { StatementNode } from '../grammar.ts'
import { printStatement } from '../print.ts'
import type { Shell } from '../shell.ts'
import { runPendingTraps, runTrap } from '../traps.ts'
import { runPipeline } from './pipeline.ts'

/** Runs statements in order; gives the status of the last. */
export async function runList(shell: Shell, statements: readonly StatementNode[], how: { replaceLast?: boolean } = {}): Promise<number> {
  // `bash -n` reads only.
  if (shell.options.has('noexec') && !shell.interactive) return 0
  for (const [index, statement] of statements.entries()) {
    const wait = shell.process.spend(2)
    if (wait) await wait
    if (shell.pendingTraps.length > 0) await runPendingTraps(shell)
    if (shell.interrupted) throw new Interrupted()
    const last = how.replaceLast === true && index === statements.length - 1
    if (statement.background) await startBackground(shell, statement)
    else await runAndOr(shell, statement, last)
  }
  if (shell.pendingTraps.length > 0) await runPendingTraps(shell)
  return shell.status
}

/** `a && b || c`: each pipeline runs if the status so far and its operator allow. */
async function runAndOr(shell: Shell, statement: StatementNode, replace: boolean): Promise<void> {
  const { pipelines, operators } = statement
  for (const [index, pipeline] of pipelines.entries()) {
    const operator = operators[index - 1]
    if ((operator === '&&' && shell.status !== 0) || (operator === '||' && shell.status === 0)) continue
    const last = index === pipelines.length - 1
    const tested = !last || pipeline.negated
    if (tested) shell.conditionDepth++
    try {
      shell.status = await runPipeline(shell, pipeline, { replace: replace && last && pipelines.length === 1 })
    } finally {
      if (tested) shell.conditionDepth--
    }
    if (last && !pipeline.negated) await checkFailure(shell)
  }
}

/** `set -e` and `trap … ERR`, outside of conditions. */
async function checkFailure(shell: Shell): Promise<void> {
  if (shell.status === 0 || shell.conditionDepth > 0) return
  const { status } = shell
  if (shell.traps.get('ERR')) await runTrap(shell, 'ERR')
  shell.status = status
  if (shell.options.has('errexit')) throw new ShellExit(status)
}

/** `… &`: a job of its own, that does not read the terminal. */
async function startBackground(shell: Shell, statement: StatementNode): Promise<void> {
  const monitor = shell.options.has('monitor')
  const descriptors = shell.process.descriptors.copy()
  if (!monitor) descriptors.set(0, new MemoryFile(Buffer.alloc(0), '/dev/null'))
  const foreground = { ...statement, background: false }
  const child = await shell.spawn(
    (sub) => {
      if (!monitor) {
        sub.process.ignoreSignal('INT')
        sub.process.ignoreSignal('QUIT')
      }
      return runList(sub, [foreground], { replaceLast: true })
    },
    { descriptors, ...(monitor && { pgid: 'own' as const }) },
  )
  shell.lastBackground = child.pid
  shell.status = 0
  const job = shell.jobs?.add([child], printStatement(foreground), true)
  if (job && shell.interactive) await shell.process.stderr.write(`[${job.number}] ${child.pid}\n`)
}
