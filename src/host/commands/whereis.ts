import { baseName, gnuCommand } from './gnu/command.ts'
import { statIfThere } from './gnu/tree.ts'

const BINARIES = [
  '/usr/bin',
  '/usr/sbin',
  '/usr/lib',
  '/bin',
  '/sbin',
  '/etc',
  '/usr/local/bin',
  '/usr/local/sbin',
  '/usr/local/lib',
  '/opt',
  '/usr/games',
]
const MANUALS = ['/usr/share/man/man1', '/usr/share/man/man8', '/usr/share/man/man5', '/usr/share/man/man7']

export default gnuCommand({
  name: 'whereis',
  package: 'util-linux',
  version: 'whereis from util-linux 2.38.1',
  usage: '[options] [-BMS <dir>... -f] <name>',
  about: 'Locate the binary, source, and manual-page files for a command.',
  short: 'bmsulhV',
  async run(process, options) {
    if (options.operands.length === 0) {
      await process.stderr.write('whereis: not enough arguments\n')
      return 1
    }
    const both = !options.has('b', 'm', 's')
    for (const operand of options.operands) {
      const name = baseName(operand)
      const paths = new Set<string>()
      for (const folder of both || options.has('b') ? BINARIES : []) {
        const path = `${folder}/${name}`
        // /bin is /usr/bin on a merged system; the same place is told once.
        if (statIfThere(process, path) && !/^\/s?bin\//.test(process.files.realpath(folder) === folder ? '' : path)) paths.add(path)
      }
      for (const folder of both || options.has('m') ? MANUALS : []) {
        const path = `${folder}/${name}.${folder.slice(-1)}.gz`
        if (statIfThere(process, path)) paths.add(path)
      }
      await process.stdout.write(`${name}:${[...paths].map((path) => ` ${path}`).join('')}\n`)
    }
    return 0
  },
})
