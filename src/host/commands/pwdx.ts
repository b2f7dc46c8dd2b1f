import { HostError } from '../contract.ts'
import { complain, gnuCommand } from './gnu/command.ts'

const USAGE = `
Usage:
 pwdx [options] pid...

Options:
 -h, --help     display this help and exit
 -V, --version  output version information and exit

For more details see pwdx(1).
`

export default gnuCommand({
  name: 'pwdx',
  package: 'procps',
  usage: '[options] pid...',
  short: 'hV',
  async run(process, options) {
    if (options.operands.length === 0) {
      await process.stderr.write(USAGE)
      return 1
    }
    let status = 0
    for (const word of options.operands) {
      const pid = /^(?:\/proc\/)?(\d+)$/.exec(word)?.[1]
      if (pid === undefined) {
        await complain(process, `invalid process id: ${word}`)
        return 1
      }
      try {
        await process.stdout.write(`${word}: ${process.files.readlink(`/proc/${pid}/cwd`)}\n`)
      } catch (error) {
        if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
        await process.stderr.write(`${word}: ${error.code === 'ENOENT' ? 'No such process' : error.message}\n`)
        status = 1
      }
    }
    return status
  },
})
