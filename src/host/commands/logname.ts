import { Failure, gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'logname',
  usage: '[OPTION]',
  about: "Print the user's login name.",
  short: '',
  async run(process) {
    const tty = process.world.processes.get(process.pid)?.tty
    const login = tty === undefined ? undefined : process.world.logins.find((candidate) => candidate.tty === tty)
    if (!login) throw new Failure('no login name')
    await process.stdout.write(`${login.user}\n`)
    return 0
  },
})
