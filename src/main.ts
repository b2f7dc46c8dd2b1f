import { runCommandLine } from './cli/cli.ts'
import { verbs } from './cli/verbs.ts'

process.exitCode = await runCommandLine(process.argv.slice(2), verbs, {
  line: (text = '') => process.stdout.write(`${text}\n`),
  error: (text) => process.stderr.write(`${text}\n`),
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
})
