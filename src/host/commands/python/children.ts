import type { ProcessOutput } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { errno } from '../../files/errno.ts'
import type { Machine } from './machine.ts'
import { PyBytes, PyDict, type Value } from './value.ts'

/** The program has become another one, or ended by a call that no `except` can catch. */
export class ProgramReplaced extends Error {
  readonly status: number

  constructor(status: number) {
    super('replaced')
    this.status = status
  }
}

export interface ChildOptions {
  stdin?: Uint8Array
  stdout?: ProcessOutput
  stderr?: ProcessOutput
  env?: ReadonlyMap<string, string>
  cwd?: string
  signal?: AbortSignal
}

/** A dict as a child's environment. */
export function childEnvironment(env: PyDict): Map<string, string> {
  const made = new Map<string, string>()
  for (const { key, value } of env.map.values()) made.set(textOf(key), textOf(value))
  return made
}

function textOf(value: Value): string {
  return value instanceof PyBytes ? value.data.toString() : String(value)
}

/** Variables of os.environ, when the program has looked at them. */
function currentEnvironment(m: Machine): ReadonlyMap<string, string> {
  const environ = m.modules.get('os')?.attributes.get('environ')
  return environ instanceof PyDict ? childEnvironment(environ) : m.process.env
}

/** Starts a program. @throws HostError at once when it cannot be found or run */
export function startProgram(m: Machine, argv: readonly string[], options: ChildOptions = {}): { ended: Promise<number> } {
  const { process } = m
  const env = options.env ?? currentEnvironment(m)
  const path = process.kernel.search(process, argv[0] ?? '', env)
  // What runs a script may be missing: loading finds it out before a child is born.
  process.kernel.load(process, path, argv)
  if (options.cwd !== undefined && process.files.stat(options.cwd).type !== 'directory') throw errno('ENOTDIR')
  const { stdin, stdout, stderr, cwd, signal } = options
  const ended = process.run(argv, {
    stdin: stdin ?? 'inherit',
    ...(stdout && { stdout }),
    ...(stderr && { stderr }),
    env,
    ...(cwd !== undefined && { cwd }),
    ...(signal && { signal }),
  })
  ended.catch(() => undefined)
  return { ended }
}

/** system(3): interrupts go to the child alone. Gives its status. */
export async function runShell(m: Machine, command: string): Promise<number> {
  m.ignoresInterrupts++
  try {
    return await startProgram(m, ['/bin/sh', '-c', command]).ended
  } catch (error) {
    if (error instanceof HostError && error.code !== 'EPIPE') return 127
    throw error
  } finally {
    m.ignoresInterrupts--
  }
}
