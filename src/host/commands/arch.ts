import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'arch',
  usage: '[OPTION]...',
  about: 'Print machine architecture.',
  authors: 'David MacKenzie and Karel Zak',
  short: '',
  async run(process) {
    await process.stdout.write(`${process.world.persona.os.kernel.machine}\n`)
    return 0
  },
})
