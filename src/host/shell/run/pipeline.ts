import type { KernelProcess } from '../../process/kernel-process.ts'
import { Pipe } from '../../process/pipe.ts'
import type { CommandNode, PipelineNode } from '../grammar.ts'
import { printPipeline } from '../print.ts'
import type { Shell } from '../shell.ts'
import { runCommand } from './command.ts'
import { waitForeground } from './pipeline-wait.ts'
import { timeReport } from './time-report.ts'

/** Runs a pipeline: one command in the shell itself, more of them all at once in processes of their own. */
export async function runPipeline(shell: Shell, pipeline: PipelineNode, how: { replace?: boolean } = {}): Promise<number> {
  const started = performance.now()
  const [only] = pipeline.commands
  const single = pipeline.commands.length === 1 && only !== undefined
  const replace = how.replace === true && !pipeline.negated && !pipeline.timed
  let status = single ? await runCommand(shell, only, { replace }) : await runMembers(shell, pipeline)
  if (single) shell.pipeStatus = [status]
  if (pipeline.negated) status = status === 0 ? 1 : 0
  if (pipeline.timed) await shell.process.stderr.write(timeReport(shell, performance.now() - started, pipeline.timePosix ?? false))
  return status
}

/** `shopt -s lastpipe`: the last command is the shell's own, so that what `read` reads stays. */
async function runLast(shell: Shell, command: CommandNode, input: Pipe): Promise<number> {
  const { descriptors } = shell.process
  const saved = descriptors.get(0)?.retain()
  descriptors.set(0, input.reader)
  try {
    return await runCommand(shell, command, { replace: false })
  } finally {
    if (saved) descriptors.set(0, saved)
    else descriptors.close(0)
  }
}

async function runMembers(shell: Shell, pipeline: PipelineNode): Promise<number> {
  const members: KernelProcess[] = []
  let input: Pipe | undefined
  const own = shell.options.shopt('lastpipe') && !shell.options.has('monitor')
  let last: number | undefined
  for (const [index, command] of pipeline.commands.entries()) {
    if (own && input && index === pipeline.commands.length - 1) {
      last = await runLast(shell, command, input)
      continue
    }
    const output = index < pipeline.commands.length - 1 ? new Pipe() : undefined
    const descriptors = shell.process.descriptors.copy()
    if (input) descriptors.set(0, input.reader)
    if (output) descriptors.set(1, output.writer)
    if (output && pipeline.pipeStderr?.[index]) descriptors.set(2, output.writer.retain())
    const leader = members[0]
    const pgid = shell.options.has('monitor') ? { pgid: leader?.pgid ?? ('own' as const) } : {}
    members.push(await shell.spawn((sub) => runCommand(sub, command, { replace: true }), { descriptors, ...pgid }))
    input = output
  }
  const statuses = await waitForeground(shell, members, () => printPipeline(pipeline))
  shell.pipeStatus = [...statuses.map((status) => status.code), ...(last === undefined ? [] : [last])]
  if (!shell.options.has('pipefail')) return shell.pipeStatus.at(-1) ?? 0
  return [...shell.pipeStatus].reverse().find((code) => code !== 0) ?? 0
}
