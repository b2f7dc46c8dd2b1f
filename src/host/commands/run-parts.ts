import type { HostText, Process, ProcessOutput } from '../command.ts'
import { HostError } from '../contract.ts'
import { own } from '../process/exec.ts'
import { complain, Failure, gnuCommand } from './gnu/command.ts'
import type { Options } from './gnu/options.ts'
import { statIfThere } from './gnu/tree.ts'
import { Regex } from './regex/regex.ts'

/** Names that run-parts takes without --regex (run-parts(8)). */
const NAME = /^[a-zA-Z0-9_-]+$/
/** With --lsbsysinit: the LANANA name spaces, and not the leavings of dpkg. */
const LSB_NAMES = [/^[a-z0-9]+$/, /^_?([a-z0-9_.]+-)+[a-z0-9]+$/, /^[a-zA-Z0-9_-]+$/]
const LEFT_BY_DPKG = /^[a-z0-9-].*\.dpkg-(old|dist|new|tmp)$/

export default gnuCommand({
  name: 'run-parts',
  package: 'debianutils',
  paths: ['/usr/bin/run-parts', '/bin/run-parts'],
  usage: '[OPTION]... DIRECTORY',
  short: 'vu:a:hVd',
  long: {
    test: 'test',
    list: 'list',
    verbose: 'v',
    debug: 'd',
    report: 'report',
    reverse: 'reverse',
    'exit-on-error': 'exit',
    umask: 'u',
    arg: 'a',
    stdin: 'stdin',
    regex: 'regex=',
    lsbsysinit: 'lsbsysinit',
    'new-session': 'new-session',
  },
  async run(process, options) {
    const [folder] = options.operands
    if (folder === undefined || options.operands.length > 1) {
      await process.stderr.write("run-parts: missing operand\nTry `run-parts --help' for more information.\n")
      return 1
    }
    const mask = options.value('u') ?? '022'
    if (!/^[0-7]{1,4}$/.test(mask)) throw new Failure('bad umask value')
    own(process).umask = Number.parseInt(mask, 8)
    let status = 0
    for (const name of namesOf(process, folder, options)) {
      const path = `${folder}/${name}`
      if (statIfThere(process, path)?.type !== 'file') continue
      const runs = process.files.may('x', path)
      if (options.has('list') || (options.has('test') && runs)) await process.stdout.write(`${path}\n`)
      if (options.has('list') || options.has('test') || !runs) continue
      if (options.has('v')) await process.stderr.write(`run-parts: executing ${path}\n`)
      const words = [path, ...options.values('a')]
      const code = await process.run(words, options.has('report') ? headed(process, path) : {})
      if (code === 0) continue
      await complain(process, `${path} exited with return code ${code}`)
      status = 1
      if (options.has('exit')) break
    }
    return status
  },
})

function namesOf(process: Process, folder: HostText, options: Options): string[] {
  const pattern = options.value('regex')
  const regex = pattern === undefined ? undefined : Regex.compile(pattern, 'extended')
  const isNamed = (name: string): boolean => {
    if (name.startsWith('.')) return false
    if (regex) return regex.test(name)
    if (options.has('lsbsysinit')) return LSB_NAMES.some((one) => one.test(name)) && !LEFT_BY_DPKG.test(name)
    return NAME.test(name)
  }
  try {
    const names = process.files.list(folder).filter(isNamed).sort()
    return options.has('reverse') ? names.reverse() : names
  } catch (error) {
    if (error instanceof HostError) throw new Failure(`failed to open directory ${folder}: ${error.message}`)
    throw error
  }
}

/** The name of a script stands before the first that it says, and on the same stream. */
function headed(process: Process, path: HostText): { stdout: ProcessOutput; stderr: ProcessOutput } {
  let isNamed = false
  const output = (to: ProcessOutput): ProcessOutput => ({
    isTerminal: false,
    async write(data) {
      if (!isNamed) {
        isNamed = true
        await to.write(`${path}:\n`)
      }
      await to.write(data)
    },
  })
  return { stdout: output(process.stdout), stderr: output(process.stderr) }
}
