import type { Shell } from './shell.ts'

/** The loop of an interactive shell: prompt, line, command. */
export async function interact(shell: Shell): Promise<number> {
  return shell.status
}
