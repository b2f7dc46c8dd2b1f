import { runCommandLine } from '../../src/cli/cli.ts'
import { verbs } from '../../src/cli/verbs.ts'

/** Runs one command line in this process, and keeps what it writes. */
export async function sundew(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = ''
  let err = ''
  const code = await runCommandLine(argv, verbs, {
    line: (text = '') => {
      out += `${text}\n`
    },
    raw: (text) => {
      out += text
    },
    error: (text) => {
      err += `${text}\n`
    },
    columns: undefined,
  })
  return { code, out, err }
}
