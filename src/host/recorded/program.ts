import type { Process } from '../command.ts'
import type { Program } from '../process/kernel-process.ts'
import { type Occasion, type RecordedAnswer, recordedAnswer } from './answers.ts'

/** A program that gives its recorded answer to a lone word (`--help`, `--version`), and runs otherwise. */
export function withRecordedAnswers(run: Program): Program {
  return (process) => {
    const [, word, ...more] = process.argv
    const answer = word?.startsWith('-') && more.length === 0 ? recordedAnswer(process, word as Occasion) : undefined
    return answer ? say(process, answer) : run(process)
  }
}

/** The same for a program that nothing of ours plays: it also says what it misses, and that it does not know an option. */
export function withRecordedRefusals(run: Program): Program {
  return withRecordedAnswers((process) => {
    const answer = process.argv.length === 1 ? recordedAnswer(process, 'none') : refusal(process)
    return answer ? say(process, answer) : run(process)
  })
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
