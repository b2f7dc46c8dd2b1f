import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'write',
  package: 'bsdutils',
  version: 'write from util-linux 2.38.1',
  usage: '[options] <user> [<ttyname>]',
  about: 'Send a message to another user.',
  applet: false,
  short: 'hV',
  async run(process, options) {
    const [user, tty] = options.operands
    const fail = async (text: string): Promise<number> => {
      await process.stderr.write(`write: ${text}\n`)
      return 1
    }
    if (user === undefined) return fail("bad usage\nTry 'write --help' for more information.")
    const theirs = process.world.logins.filter(
      (login) => login.user === user && (tty === undefined || login.tty === tty.replace(/^\/dev\//, '')),
    )
    if (theirs.length === 0) return fail(tty ? `${user} is not logged in on ${tty}` : `${user} is not logged in`)
    await process.stdin.all()
    return 0
  },
})
