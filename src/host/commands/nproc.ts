import { processorCount } from '../world/hardware.ts'
import { Failure, gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'nproc',
  usage: '[OPTION]...',
  about: 'Print the number of processing units available to the current process,\nwhich may be less than the number of online processors',
  authors: 'Giuseppe Scrivano',
  short: '',
  long: { all: 'all', ignore: 'ignore=' },
  async run(process, options) {
    const ignore = options.value('ignore') ?? '0'
    if (!/^\d{1,6}$/.test(ignore)) throw new Failure(`invalid number: '${ignore}'`)
    await process.stdout.write(`${Math.max(1, processorCount(process.world) - Number(ignore))}\n`)
    return 0
  },
})
