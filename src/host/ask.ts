import { createHash } from 'node:crypto'
import { z } from 'zod'
import { fillPrompt } from '../config/prompt-values.ts'
import type { Question } from '../llm/question.ts'
import { usualAnswer } from './ask-fallback.ts'
import { applyOperations, ShellOperation } from './ask-operations.ts'
import { askedState, dependsOnSource, valuesFor } from './ask-state.ts'
import type { HostText } from './command.ts'
import { HostError } from './contract.ts'
import type { KernelProcess, Program } from './process/kernel-process.ts'
import { toText } from './text.ts'

/** What a program printed and did, as the engine answers it. */
export const ShellAnswer = z.object({
  stdout: z
    .string()
    .max(64 * 1024)
    .describe('exact bytes on standard output'),
  stderr: z
    .string()
    .max(16 * 1024)
    .describe('exact bytes on standard error'),
  exitCode: z.number().int().min(0).max(255),
  operations: z.array(ShellOperation).max(20).describe('what the program changed on the system; empty when nothing'),
})
export type ShellAnswer = z.infer<typeof ShellAnswer>

/** Input of a pipe that a question shows. */
const MOST_INPUT = 8 * 1024

/** The program of an executable that has no implementation: what it prints and does is asked from the engine, and from then on true. */
export function askedProgram(name: string, path: string): Program {
  return (process) => runAsked(process, name, path)
}

async function runAsked(process: KernelProcess, name: string, path: string): Promise<number> {
  const input = await pipedInput(process)
  const shown = new ShownOutput(process)
  const question = questionOf(process, name, path, input, shown)
  const { value, source, generation } = await process.kernel.engine.ask(question)
  await shown.written
  if (!process.status || shown.length > 0) process.session.answered = { source, generation }
  if (process.status) return process.status.code
  applyOperations(process, value.operations)
  await process.stdout.write(value.stdout.slice(shown.length))
  await process.stderr.write(value.stderr)
  return value.exitCode
}

/** What a program has printed while the rest of its answer is still being made. */
class ShownOutput {
  readonly #process: KernelProcess
  /** Settles when the reader has taken all of it, or has gone; rejects only on a fault of ours. */
  written: Promise<void> = Promise.resolve()
  length = 0

  constructor(process: KernelProcess) {
    this.#process = process
  }

  add(piece: string): void {
    this.length += piece.length
    const write = async (): Promise<void> => {
      if (!this.#process.status) await this.#process.stdout.write(piece)
    }
    this.written = this.written.then(write).catch((error: unknown) => {
      // Nobody reads any more: the write after the answer meets the same, and ends the program as it should.
      if (!(error instanceof HostError)) throw error
    })
  }
}

function questionOf(
  process: KernelProcess,
  name: string,
  path: string,
  input: Buffer | undefined,
  shown: ShownOutput,
): Question<ShellAnswer> {
  const { persona } = process.world
  const line = commandLine(process.argv)
  const values = valuesFor(process)
  const piped = input === undefined ? '' : `\nStandard input:\n${toText(input)}`
  return {
    kind: 'shell',
    persona,
    schema: ShellAnswer,
    instructions: fillPrompt(persona.prompts.shell, (name) => values[name]),
    state: askedState(process, path),
    history: process.session.history,
    input: line + piped,
    key: input === undefined ? line : `${line}\0${createHash('sha256').update(input).digest('hex')}`,
    share: input !== undefined || dependsOnSource(process) ? 'source' : 'persona',
    asker: { ip: process.session.remote.ip, session: process.recorder.session },
    variables: values,
    check: (answer) => (answer.operations.every((operation) => isSane(operation)) ? [] : ['operation']),
    stream: {
      field: 'stdout',
      give: (piece) => shown.add(piece),
      end: (stdout) => ({ stdout, stderr: '', exitCode: 0, operations: [] }),
    },
    fallback: () => ({ ...usualAnswer(process, name, path), operations: [] }),
    signal: process.signal,
  }
}

function isSane(operation: ShellOperation): boolean {
  return !('path' in operation) || (operation.path.length < 1024 && !operation.path.includes('\0'))
}

/** The command line as it would be typed. */
export function commandLine(argv: readonly HostText[]): HostText {
  return argv.map((word) => (/^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ')
}

/** What a pipe or file on stdin holds; a terminal or the network is not waited for. */
async function pipedInput(process: KernelProcess): Promise<Buffer | undefined> {
  const file = process.descriptors.get(0)
  if (!file || file.isTerminal || file.name === '/dev/null' || file.isRemote) return undefined
  try {
    const bytes = Buffer.from(await process.stdin.all(MOST_INPUT))
    // Nothing to read is as good as no input: the answer is the same for everybody.
    return bytes.length > 0 ? bytes : undefined
  } catch (error) {
    if (error instanceof HostError && !process.status) return undefined
    throw error
  }
}
