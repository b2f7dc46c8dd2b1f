import type { Process } from '../../command.ts'

/** Asks on stderr and reads a line: yes when it begins with `y` or `Y` (rpmatch in the C locale). */
export async function confirms(process: Process, question: string): Promise<boolean> {
  await process.stderr.write(question)
  return /^[yY]/.test((await process.stdin.line()) ?? '')
}
