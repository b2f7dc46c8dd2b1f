import { askedProgram } from '../../ask.ts'
import type { Process } from '../../command.ts'
import { KernelProcess } from '../../process/kernel-process.ts'
import { recordedAnswer } from '../../recorded/answers.ts'
import { say } from '../../recorded/program.ts'

/**
 * Hands a command line over to the engine: for help texts and rare sub-commands, whose real answer is long text that a
 * model knows and a table of ours would only approximate. Undefined when there is no model to ask.
 */
export function askEngine(process: Process): Promise<number> | undefined {
  if (!(process instanceof KernelProcess) || !process.kernel.engine.state().enabled) return undefined
  return Promise.resolve(askedProgram(process.comm, process.exe)(process))
}

/** Answers `--help`: by the page of the program, by the engine, or by the synopsis alone. */
export async function askForHelp(process: Process, synopsis: string): Promise<number> {
  const page = recordedAnswer(process, '--help')
  if (page) return say(process, page)
  const answered = askEngine(process)
  if (answered) return answered
  await process.stdout.write(synopsis)
  return 0
}
