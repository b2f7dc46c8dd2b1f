import { HostError } from '../contract.ts'
import { complain, Failure, gnuCommand } from './gnu/command.ts'
import { statIfThere } from './gnu/tree.ts'

/** Names that run-parts takes without --regex (run-parts(8)). */
const NAME = /^[a-zA-Z0-9_-]+$/

export default gnuCommand({
  name: 'run-parts',
  package: 'debianutils',
  paths: ['/usr/bin/run-parts', '/bin/run-parts'],
  usage: '[OPTION]... DIRECTORY',
  short: 'vu:a:hV',
  long: { test: 'test', list: 'list', verbose: 'v', report: 'report', reverse: 'reverse', 'exit-on-error': 'exit', umask: 'u', arg: 'a' },
  async run(process, options) {
    const [folder] = options.operands
    if (folder === undefined) {
      await process.stderr.write("run-parts: missing operand\nTry `run-parts --help' for more information.\n")
      return 1
    }
    let names: string[]
    try {
      names = process.files
        .list(folder)
        .filter((name) => NAME.test(name))
        .sort()
    } catch (error) {
      if (error instanceof HostError) throw new Failure(`failed to open directory ${folder}: ${error.message}`)
      throw error
    }
    if (options.has('reverse')) names.reverse()
    let status = 0
    for (const name of names) {
      const path = `${folder}/${name}`
      if (statIfThere(process, path)?.type !== 'file') continue
      const runs = process.files.may('x', path)
      if (options.has('list') || (options.has('test') && runs)) await process.stdout.write(`${path}\n`)
      if (options.has('list') || options.has('test') || !runs) continue
      if (options.has('v')) await process.stderr.write(`run-parts: executing ${path}\n`)
      const argument = options.value('a')
      const code = await process.run([path, ...(argument === undefined ? [] : [argument])])
      if (code === 0) continue
      await complain(process, `${path} exited with return code ${code}`)
      status = 1
      if (options.has('exit')) break
    }
    return status
  },
})
