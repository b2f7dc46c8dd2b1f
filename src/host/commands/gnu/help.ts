import type { Process } from '../../command.ts'

/** Answers `--help`: the engine knows the long text where the host can ask it; the synopsis stands in. */
export async function askForHelp(process: Process, synopsis: string): Promise<number> {
  await process.stdout.write(synopsis)
  return 0
}
