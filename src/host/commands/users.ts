import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'users',
  usage: '[OPTION]... [FILE]',
  about: 'Output who is currently logged in according to FILE.',
  authors: 'Joseph Arceneaux and David MacKenzie',
  short: '',
  async run(process) {
    const names = process.world.logins
      .filter((login) => login.tty !== undefined)
      .map((login) => login.user)
      .sort()
    if (names.length) await process.stdout.write(`${names.join(' ')}\n`)
    return 0
  },
})
