import type { CommandFile, Process } from '../command.ts'
import type { Program } from '../process/kernel-process.ts'
import { type Occasion, type RecordedAnswer, recordedAnswer } from './answers.ts'

/** A program of ours that gives what is recorded to a lone word (`--help`, `--version`), and runs otherwise. */
export function playedProgram(command: CommandFile): Program {
  return (process) => {
    const answer = answerToWord(process) ?? (command.options || process.argv.length > 2 ? undefined : refusal(process))
    return answer ? say(process, answer) : command.run(process)
  }
}

/** The same for a program that nothing of ours plays: it also says what it misses when it is called without words. */
export function unplayedProgram(run: Program): Program {
  return (process) => {
    const answer = answerToWord(process) ?? (process.argv.length === 1 ? recordedAnswer(process, 'none') : refusal(process))
    return answer ? say(process, answer) : run(process)
  }
}

function answerToWord(process: Process): RecordedAnswer | undefined {
  const [, word] = process.argv
  return word?.startsWith('-') && process.argv.length === 2 ? recordedAnswer(process, word as Occasion) : undefined
}

/** The answer to a long option that neither the program's page nor the usage it gives then names; undefined when there is none, or nothing to tell by. */
function refusal(process: Process): RecordedAnswer | undefined {
  const option = process.argv.slice(1).find((word) => word.startsWith('--'))
  if (option === undefined || !/^--[a-z]/i.test(option)) return undefined
  const answer = recordedAnswer(process, 'wrong', option)
  const known = recordedAnswer(process, '--help')?.text ?? /usage:[\s\S]*/i.exec(answer?.text ?? '')?.[0]
  return known === undefined || known.includes(option.split('=', 1)[0] as string) ? undefined : answer
}

/** Writes a recorded answer; gives its exit status. */
export async function say(process: Process, { text, stream, exitCode }: RecordedAnswer): Promise<number> {
  await process[stream].write(text)
  return exitCode
}
