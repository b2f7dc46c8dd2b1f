import type { HostText, Process } from '../command.ts'
import { attempt, complain, Failure, gnuCommand, Usage } from './gnu/command.ts'
import { modeString, parseMode } from './gnu/mode.ts'
import { parseOptions } from './gnu/options.ts'
import { quoted } from './gnu/quote.ts'
import { statIfThere, walkTree } from './gnu/tree.ts'

const LONG = {
  changes: 'c',
  silent: 'f',
  quiet: 'f',
  verbose: 'v',
  recursive: 'R',
  reference: 'reference=',
  'preserve-root': 'preserve-root',
  'no-preserve-root': 'no-preserve-root',
}

export default gnuCommand({
  name: 'chmod',
  usage: ['[OPTION]... MODE[,MODE]... FILE...', '[OPTION]... OCTAL-MODE FILE...', '[OPTION]... --reference=RFILE FILE...'],
  about: 'Change the mode of each FILE to MODE.',
  authors: 'David MacKenzie and Jim Meyering',
  // `-x` and `-w` are modes, not options: they are taken out before the options are read.
  short: 'cfvRrwxXstugoa,+=0123456789',
  long: LONG,
  async run(process) {
    const words = process.argv.slice(1)
    const at = words.findIndex((word) => /^-[rwxXstugoa,+=-]+[rwxXstugoa]*$/.test(word) && /^-[rwxXst]/.test(word) && !/^-[R]/.test(word))
    const minus = at >= 0 && !words.slice(0, at).some((w) => !w.startsWith('-')) ? words.splice(at, 1)[0] : undefined
    const options = parseOptions(words, { short: 'cfvR', long: LONG })
    const operands = [...options.operands]
    const reference = options.value('reference')
    const text = minus ?? (reference === undefined ? operands.shift() : undefined)
    if (text === undefined && reference === undefined) throw new Usage('missing operand')
    if (operands.length === 0) throw new Usage(text === undefined ? 'missing operand' : `missing operand after ${quoted(text)}`)
    const change = reference === undefined ? parseMode(text as string, process.umask) : fixedMode(process, reference)
    if (!change) throw new Usage(`invalid mode: ${quoted(text as string)}`)
    const job = { change, verbose: options.has('v'), changes: options.has('c'), quiet: options.has('f'), status: 0 }
    for (const name of operands) {
      if (options.has('R')) await recursive(process, name, job)
      else await one(process, name, job)
    }
    return job.status
  },
})

interface Job {
  change: (mode: number, directory: boolean) => number
  verbose: boolean
  changes: boolean
  quiet: boolean
  status: number
}

function fixedMode(process: Process, reference: HostText): (mode: number) => number {
  const stat = statIfThere(process, reference)
  if (!stat) throw new Failure(`failed to get attributes of ${quoted(reference)}: No such file or directory`)
  return () => stat.mode
}

async function recursive(process: Process, name: HostText, job: Job): Promise<void> {
  await walkTree(process, name, {
    pre: ({ path, stat }) => (stat.type === 'symlink' ? undefined : one(process, path, job)),
    failed: async (path, error) => {
      job.status = 1
      if (!job.quiet) await complain(process, `cannot access ${quoted(path)}: ${error.message}`)
    },
  })
}

async function one(process: Process, name: HostText, job: Job): Promise<void> {
  const fine = await attempt(
    async () => {
      const stat = process.files.stat(name)
      const after = job.change(stat.mode, stat.type === 'directory')
      process.files.chmod(name, after)
      const text = (mode: number): string => `${mode.toString(8).padStart(4, '0')} (${modeString({ type: stat.type, mode }).slice(1)})`
      if (after !== stat.mode && (job.verbose || job.changes))
        await process.stdout.write(`mode of ${quoted(name)} changed from ${text(stat.mode)} to ${text(after)}\n`)
      else if (job.verbose) await process.stdout.write(`mode of ${quoted(name)} retained as ${text(after)}\n`)
    },
    async (error) => {
      if (job.quiet) return
      const verb =
        error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'EACCES' ? 'cannot access' : 'changing permissions of'
      await complain(process, `${verb} ${quoted(name)}: ${error.message}`)
    },
  )
  if (!fine) job.status = 1
}
