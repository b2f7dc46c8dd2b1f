import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'tty',
  usage: '[OPTION]...',
  about: 'Print the file name of the terminal connected to standard input.',
  authors: 'David MacKenzie',
  trouble: 2,
  short: 's',
  long: { quiet: 's', silent: 's' },
  async run(process, options) {
    const tty = process.stdin.isTerminal ? process.world.processes.get(process.pid)?.tty : undefined
    if (!options.has('s')) await process.stdout.write(tty === undefined ? 'not a tty\n' : `/dev/${tty}\n`)
    return tty === undefined ? 1 : 0
  },
})
