import { runCommandLine } from './cli/cli.ts'
import { verbs } from './cli/verbs.ts'

// `sundew show last | head` closes our output early; that is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

process.exitCode = await runCommandLine(process.argv.slice(2), verbs, {
  line: (text = '') => process.stdout.write(`${text}\n`),
  raw: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(`${text}\n`),
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
})
