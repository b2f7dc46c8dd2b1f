import { toText } from '../text.ts'
import { gnuCommand } from './gnu/command.ts'
import { localTime, strftime, zoneOf } from './gnu/strftime.ts'

/** Width to which wall fills its lines. */
const WIDTH = 79

export default gnuCommand({
  name: 'wall',
  package: 'bsdutils',
  version: 'wall from util-linux 2.38.1',
  usage: '[options] [<file> | <message>]',
  about: 'Write a message to all users.',
  applet: false,
  short: 'g:nt:hV',
  long: { group: 'g', nobanner: 'n', timeout: 't' },
  async run(process, options) {
    const text = options.operands.length ? options.operands.join(' ') : toText(Buffer.from(await process.stdin.all()))
    const own = process.world.processes.get(process.pid)?.tty
    const when = strftime('%a %b %e %H:%M:%S %Y', localTime(process.world.now(), zoneOf(process)))
    const head = `Broadcast message from ${process.user}@${process.world.hostname} (${own ?? 'somewhere'}) (${when}):`
    const lines = [...(options.has('n') ? [] : [head]), '', ...text.replace(/\n$/, '').split('\n'), '']
    const shown = `\r\n${lines.map((line) => `${line.padEnd(WIDTH)}\r\n`).join('')}`
    if (own && process.terminal) await process.openOutput(`/dev/${own}`, 'append').write(shown)
    return 0
  },
})
