import type { HostText, Process } from '../command.ts'
import type { Executable } from './kernel.ts'
import { KernelProcess } from './kernel-process.ts'

/** What execve(2) changes of a process. */
export function takeOver(process: KernelProcess, { argv, exe, comm, fileCapabilities }: Executable): void {
  process.argv = argv
  process.exe = exe
  process.comm = comm
  process.fileCapabilities = fileCapabilities
}

/**
 * execvpe(3): the process goes on as another program, with its pid, and ends with it.
 * @param words what the program sees as its words; `argv` by default
 * @throws HostError ENOENT, EACCES, ENOEXEC when there is nothing to run
 */
export async function exec(
  process: Process,
  argv: readonly HostText[],
  env: ReadonlyMap<string, HostText> = process.env,
  words = argv,
): Promise<number> {
  const self = own(process)
  const executable = self.kernel.load(self, self.kernel.search(self, argv[0] ?? '', env), words)
  self.env = new Map(env)
  takeOver(self, executable)
  return executable.program(self)
}

/** A process as the kernel has it, to be changed by its own program: its account, its root, its namespaces. */
export function own(process: Process): KernelProcess {
  if (!(process instanceof KernelProcess)) throw new TypeError('not a process of the kernel')
  return process
}
