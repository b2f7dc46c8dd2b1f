import type { HostText, Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { exec } from '../../process/exec.ts'
import { Failure } from './command.ts'

/** Goes on as another program in the words of util-linux (exec_shell, errexec); without one, as the user's shell. */
export async function startInPlace(
  process: Process,
  command: readonly HostText[],
  env: ReadonlyMap<string, HostText> = process.env,
): Promise<number> {
  const shell = process.env.get('SHELL') || '/bin/sh'
  const argv = command.length > 0 ? command : [shell.startsWith('/') ? shell : '/bin/sh']
  // A shell that takes the place is a login shell: its name has a dash.
  const words = command.length > 0 ? argv : [`-${(argv[0] as string).slice((argv[0] as string).lastIndexOf('/') + 1)}`]
  try {
    return await exec(process, argv, env, command.length > 0 ? undefined : words)
  } catch (error) {
    if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
    throw new Failure(`failed to execute ${argv[0]}: ${error.message}`, error.code === 'ENOENT' ? 127 : 126, true)
  }
}
