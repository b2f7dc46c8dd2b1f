import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'clear',
  package: 'ncurses-bin',
  usage: '[options]',
  short: 'T:Vx',
  async run(process, options) {
    if (options.has('V')) {
      await process.stdout.write('ncurses 6.4.20221231\n')
      return 0
    }
    const term = options.value('T') ?? process.env.get('TERM')
    if (term === undefined) {
      await process.stderr.write('TERM environment variable not set.\n')
      return 1
    }
    // terminfo: xterm and its kind clear the scroll-back (E3) too, as ncurses 6 does.
    if (term !== 'dumb')
      await process.stdout.write(
        /^(xterm|screen|tmux|linux|rxvt)/.test(term) && !options.has('x') ? '\x1b[H\x1b[2J\x1b[3J' : '\x1b[H\x1b[2J',
      )
    return 0
  },
})
