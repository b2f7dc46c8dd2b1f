import { readText } from '../files/view.ts'
import { attempt, complain, gnuCommand, Usage } from './gnu/command.ts'

export default gnuCommand({
  name: 'mountpoint',
  package: 'util-linux',
  usage: ['[-qd] /path/to/directory', '-x /dev/device'],
  about: '\nCheck whether a directory or file is a mountpoint.',
  short: 'qdx',
  long: { quiet: 'q', 'fs-devno': 'd', devno: 'x', nofollow: 'nofollow' },
  async run(process, options) {
    const [path, extra] = options.operands
    if (path === undefined || extra !== undefined) throw new Usage('bad usage')
    let real = path
    const fine = await attempt(
      () => {
        real = process.files.realpath(path)
        process.files.stat(real)
      },
      async (error) => {
        if (!options.has('q')) await complain(process, `${path}: ${error.message}`)
      },
    )
    if (!fine) return 1
    const isMounted = readText(process.world.files, '/proc/self/mounts')
      .split('\n')
      .some((line) => line.split(' ')[1] === real)
    if (!options.has('q')) await process.stdout.write(`${path} is ${isMounted ? '' : 'not '}a mountpoint\n`)
    return isMounted ? 0 : 32
  },
})
